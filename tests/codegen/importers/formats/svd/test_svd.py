"""SVD files become maps that say the same, and what they can't say is in the report with its line."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

import codegen
from codegen.importers.described.request import Options
from codegen.importers.importing import import_file
from codegen.importers.writing.map_text import map_text
from codegen.schema.formatter import formatted
from tests.support.refusals import require_refused

CHIP = """<?xml version="1.0" encoding="utf-8"?>
<device schemaVersion="1.3">
  <vendor>Acme</vendor><name>TOY1</name><version>1.0</version>
  <addressUnitBits>8</addressUnitBits><width>32</width>
  <size>32</size><access>read-write</access><resetValue>0</resetValue><resetMask>0xFFFFFFFF</resetMask>
  <peripherals>
    <peripheral>
      <name>UART0</name><description>Talks.</description><baseAddress>0x40000000</baseAddress>
      <interrupt><name>UART0_IRQ</name><value>7</value></interrupt>
      <registers>
        <register>
          <name>CTRL</name><addressOffset>0x0</addressOffset><resetValue>0x80000012</resetValue>
          <fields>
            <field><name>EN</name><bitOffset>0</bitOffset><bitWidth>1</bitWidth></field>
            <field>
              <name>MODE</name><lsb>1</lsb><msb>2</msb>
              <enumeratedValues>
                <name>Mode</name>
                <enumeratedValue><name>Off</name><value>0</value></enumeratedValue>
                <enumeratedValue><name>8N1</name><description>Eight bits.</description><value>1</value></enumeratedValue>
                <enumeratedValue><name>Any</name><value>#1x</value></enumeratedValue>
              </enumeratedValues>
            </field>
            <field><name>DONE</name><bitRange>[4:4]</bitRange>
              <modifiedWriteValue>oneToClear</modifiedWriteValue></field>
            <field><name>KEY</name><bitOffset>8</bitOffset><bitWidth>8</bitWidth><access>write-only</access></field>
            <field><name>GO</name><bitOffset>16</bitOffset><bitWidth>1</bitWidth><access>write-only</access></field>
          </fields>
        </register>
        <register derivedFrom="CTRL"><name>CTRL2</name><addressOffset>0x4</addressOffset></register>
        <register>
          <name>RX</name><addressOffset>0x8</addressOffset><access>read-only</access>
          <readAction>clear</readAction>
        </register>
        <register>
          <dim>4</dim><dimIncrement>8</dimIncrement><name>BUF[%s]</name><addressOffset>0x10</addressOffset>
          <writeConstraint><range><minimum>1</minimum><maximum>9</maximum></range></writeConstraint>
        </register>
        <register>
          <dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>A,B</dimIndex>
          <name>CH%s_CTRL</name><addressOffset>0x40</addressOffset>
          <fields><field><dim>2</dim><dimIncrement>1</dimIncrement><dimIndex>2-3</dimIndex>
            <name>IN%s</name><bitOffset>2</bitOffset></field></fields>
        </register>
        <cluster>
          <dim>2</dim><dimIncrement>0x10</dimIncrement><name>LANE[%s]</name><addressOffset>0x80</addressOffset>
          <register><name>LEVEL</name><addressOffset>0</addressOffset><size>16</size>
            <resetValue>0x1234</resetValue><resetMask>0xFF</resetMask></register>
        </cluster>
        <register><name>OVER</name><addressOffset>0x9</addressOffset><size>8</size></register>
      </registers>
    </peripheral>
    <peripheral derivedFrom="UART0"><name>UART1</name><baseAddress>0x40001000</baseAddress></peripheral>
    <peripheral derivedFrom="UART0">
      <name>USART</name><baseAddress>0x40002000</baseAddress>
      <registers><register><name>EXTRA</name><addressOffset>0x100</addressOffset></register></registers>
    </peripheral>
  </peripherals>
</device>
"""


@pytest.fixture
def chip(tmp_path):
    path = tmp_path / "chip.svd"
    path.write_text(CHIP)
    return path


def registers(device):
    return {place.path: place for place in device.walk()}


def fields(device, path):
    return {field.name: field for field in registers(device)[path].register.fields}


def test_a_peripheral_as_a_second_reader_sees_it(chip):
    """Names, offsets, bits, resets and accesses of the elements, by the standard library's ElementTree."""
    device = codegen.load(f"{chip}#UART0")
    tree = ET.fromstring(CHIP).find(".//peripheral")
    found = registers(device)
    for element in tree.iterfind("registers/register"):
        name = element.findtext("name")
        if "%s" in name or name in {"OVER", "CTRL2"}:
            continue
        assert found[name.lower()].offset == int(element.findtext("addressOffset"), 0)
        assert found[name.lower()].register.reset == int(element.findtext("resetValue", "0"), 0)
    ctrl = fields(device, "ctrl")
    for field in tree.iterfind(".//field"):
        offset = field.findtext("bitOffset")
        if offset and field.findtext("dim") is None:
            assert ctrl[field.findtext("name").lower()].lsb == int(offset)
    assert {name: (field.lsb, field.width, field.access, field.idle) for name, field in ctrl.items()} == {
        "en": (0, 1, "rw", None),
        "mode": (1, 2, "rw", None),
        "done": (4, 1, "w1c", None),
        "key": (8, 8, "wo", "last"),
        "go": (16, 1, "wo", 0),
    }
    assert [(member.map_name, member.value, member.title) for member in ctrl["mode"].enum.members] == [
        ("off", 0, ""),
        ("v8n1", 1, "8N1"),
        ("any_2", 2, ""),
        ("any_3", 3, ""),
    ]
    assert not ctrl["mode"].enum.is_open


def test_arrays_clusters_and_what_is_derived(chip):
    found = registers(codegen.load(f"{chip}#usart"))
    assert {path: place.offset for path, place in found.items()} == {
        "ctrl": 0x0, "ctrl2": 0x4, "rx": 0x8, "buf[0]": 0x10, "buf[1]": 0x18, "buf[2]": 0x20, "buf[3]": 0x28,
        "cha_ctrl": 0x40, "chb_ctrl": 0x44, "lane[0].level": 0x80, "lane[1].level": 0x90, "extra": 0x100,
    }  # fmt: skip
    assert found["ctrl2"].register.reset == 0x80000012
    assert found["rx"].register.fields[0].access == "rc"
    (inputs,) = found["cha_ctrl"].register.fields
    assert (inputs.name, inputs.lsb, inputs.array.labels) == ("in", 2, ("2", "3"))
    level = found["lane[0].level"].register
    assert (level.width, level.access_width, level.reset, level.unknown) == (16, 8, 0x34, 0xFF00)


def test_the_report_tells_what_is_not_as_in_the_source(chip):
    imported = import_file(chip, Options())
    assert [tree.name for tree in imported.maps] == ["uart0", "usart"]
    told = {(remark.kind, remark.path, remark.message) for remark in imported.remarks.all if remark.kind != "carried"}
    assert ("dropped", "UART0.UART0_IRQ", "interrupt has no counterpart in a map") in told
    message = "OVER: it lies over register RX at 0x8, and a map holds one of both"
    assert ("dropped", "UART0.OVER", message) in told
    lines = CHIP.splitlines()
    for remark in imported.remarks.all:
        assert "<" in lines[remark.origin.line - 1]
    over = next(remark for remark in imported.remarks.all if remark.path == "UART0.OVER" and remark.kind == "dropped")
    assert "<name>OVER</name>" in lines[over.origin.line - 1]
    carried = [remark.path for remark in imported.remarks.of("carried")]
    assert {"UART0.CTRL.MODE", "UART1", "UART0.LANE[%s].LEVEL"} <= set(carried)


def test_the_map_is_what_a_person_would_write(chip):
    text = map_text(import_file(chip, Options()).maps[0])
    assert text.startswith(
        "# UART0 of Acme TOY1, version 1.0, at 0x40000000. Made from chip.svd.\n"
        "# Interrupts: UART0_IRQ (7).\n"
        "#\n"
        "# The same registers: UART1 at 0x40001000.\n"
        "#\n"
        "# Dropped: OVER: it lies over register RX at 0x8, and a map holds one of both\n"
        "schema: 1\n"
        "name: uart0\n"
        "description: Talks.\n"
        "enums:\n"
        '  Mode: {off: 0, v8n1: {value: 1, title: "8N1", description: Eight bits.}, any_2: 2, any_3: 3}\n'
    )
    assert formatted(text) == text
    assert codegen.loads(text).digest == codegen.load(f"{chip}#UART0").digest
    assert "  rx: {offset: 0x8, access: rc}\n" in text
    assert "      key: {bits: 15:8, access: wo, idle: last}\n" in text
    assert "  buf: {offset: 0x10, count: 4, stride: 0x8, fields: {value: {bits: 31:0, range: [1, 9]}}}\n" in text


def svd(registers, *, peripheral="<name>P</name><baseAddress>0</baseAddress>"):
    return (
        f"<device><name>D</name><peripherals><peripheral>{peripheral}<registers>\n{registers}\n"
        "</registers></peripheral></peripherals></device>"
    )


def register(body="", *, name="R", offset="0", attributes=""):
    return f"<register{attributes}><name>{name}</name><addressOffset>{offset}</addressOffset>{body}</register>"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<device", 1, "not valid XML: unclosed token"),
        ("<device>\n<peripherals></device>", 2, "not valid XML: mismatched tag"),
        ("", 1, "not valid XML: no element found"),
        ("\x00\x01\x02", 1, "not valid XML"),
        ("<kingdom/>", 1, "the root is <kingdom>, wanted <device>"),
        ("<device/>", 1, "no registers are in the file"),
        ('<!DOCTYPE d [\n<!ENTITY a "b">]><device/>', 2, "a document type with declarations or entities"),
        ('<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<device>&a;</device>', 1, "or entities"),
        ("<a>" * 99, 1, "nested deeper than 64 levels"),
        (svd("<register><name>R</name></register>"), 2, "<register> needs <addressOffset>"),
        (svd(register(offset="zero")), 2, "<addressOffset> is 'zero', wanted a number"),
        (svd(register(attributes=' derivedFrom="Q"')), 2, "derivedFrom names 'Q', which is not there"),
        (
            svd(register(name="A", attributes=' derivedFrom="B"') + register(name="B", attributes=' derivedFrom="A"')),
            2,
            "derivedFrom leads back to itself: B -> A",
        ),
        (svd(register("<access>sometimes</access>")), 2, "<access> is 'sometimes', allowed: read-only, write-only"),
        (svd(register("<readAction>modify</readAction>")), 2, "readAction is modify: a read changes it"),
        (svd(register("<dim>0</dim><dimIncrement>4</dimIncrement>")), 2, "<dim> is 0, allowed: 1 to"),
        (svd(register("<dim>2</dim>")), 2, "<register> needs <dimIncrement>"),
        (svd(register("<dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>A</dimIndex>")), 2, "names 1 elements"),
        (
            svd(register(f"<dim>2</dim><dimIncrement>4</dimIncrement><dimIndex>{'9' * 5000}-3</dimIndex>")),
            2,
            "<dimIndex> has numbers of too many digits",
        ),
        (svd(register("<fields><field><name>F</name></field></fields>")), 2, "the field has no bits"),
        (svd(register("<size>99999</size>")), 2, "<size> is 99999 bits, allowed: 1 to 4096"),
        (svd(register(), peripheral="<name>P</name>"), 1, "<peripheral> needs <baseAddress>"),
        (svd(register(offset="0xFFFFFFFFFFFF")), 1, "more than any BAR has"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, said, tmp_path):
    path = tmp_path / "bad.svd"
    path.write_text(text)
    require_refused(path, line, said)


def test_a_readaction_that_is_decided(tmp_path):
    path = tmp_path / "d.svd"
    path.write_text(svd(register("<readAction>modify</readAction>") + register(name="S", offset="4")))
    imported = import_file(path, Options(read_modify="clear"))
    assert imported.maps[0].data["registers"]["r"] == {"offset": 0, "access": "wrc"}
    (told,) = [remark.message for remark in imported.remarks.of("approximated") if "modify" in remark.message]
    assert told == "readAction modify is taken as clear, as was asked"


def test_names_that_meet(tmp_path):
    path = tmp_path / "d.svd"
    path.write_text(svd(register(name="A_B") + register(name="A-B", offset="4") + register(name="1W", offset="8")))
    imported = import_file(path, Options())
    assert imported.maps[0].data["registers"] == {
        "a_b": {"offset": 0},
        "a_b_2": {"offset": 4, "title": "A-B"},
        "r_1w": {"offset": 8, "title": "1W"},
    }
    assert codegen.load(path).root.children[1].title == "A-B"


def test_several_devices_where_one_is_wanted(chip):
    with pytest.raises(codegen.MapError) as caught:
        codegen.load(chip)
    assert "the file has 2 devices" in str(caught.value)
    assert f"Name one: {chip}#uart0. There are: uart0, usart." in str(caught.value)
    with pytest.raises(codegen.MapError, match="nothing in the file is called 'NONE'"):
        codegen.load(f"{chip}#NONE")


def test_fields_whose_indices_are_no_numbers_are_single_ones(tmp_path):
    path = tmp_path / "a.svd"
    array = "<field><dim>2</dim><dimIncrement>{}</dimIncrement>{}<name>{}</name><bitOffset>{}</bitOffset><bitWidth>2</bitWidth></field>"
    fields = array.format(4, "<dimIndex>A,B</dimIndex>", "P%s", 0) + array.format(1, "", "O", 16)
    fields += array.format(4, "", "EN[%s]", 2)
    path.write_text(svd(register(f"<resetValue>0x80</resetValue><fields>{fields}</fields>")))
    made = import_file(path, Options()).maps[0].data["registers"]["r"]["fields"]
    assert {name: (field["bits"], field.get("count")) for name, field in made.items()} == {
        "pa": ("1:0", None), "pb": ("5:4", None), "o0": ("17:16", None), "o1": ("18:17", None), "en": ("3:2", 2),
    }  # fmt: skip
    assert made["en"]["reset"] == [0, 2]
    codegen.load(path)


def test_registers_of_a_group_are_there_when_it_is(tmp_path):
    path = tmp_path / "a.svd"
    path.write_text(svd(register(name="INPUT") + register("<alternateGroup>output</alternateGroup>", name="OUTPUT")))
    imported = import_file(path, Options())
    made = imported.maps[0].data["registers"]["output"]
    assert (made["alternate"], made["when"]) == ("input", "in the group output")
    assert not [remark for remark in imported.remarks.all if "alternate" in remark.message]
    codegen.load(path)


LANES = """<?xml version="1.0"?>
<device><name>CHIP</name><peripherals><peripheral><name>TIMER</name><baseAddress>0</baseAddress><size>8</size><registers>
<register><name>MODE</name><addressOffset>0</addressOffset></register>
<register><name>COUNT</name><addressOffset>2</addressOffset><size>16</size></register>
<register><name>DATA</name><addressOffset>4</addressOffset><access>write-only</access></register>
<register><name>CTRL</name><addressOffset>5</addressOffset></register>
<register><name>ALONE</name><addressOffset>8</addressOffset><size>16</size><access>write-only</access></register>
<register><name>FULL</name><addressOffset>12</addressOffset><size>32</size></register>
<register><dim>4</dim><dimIncrement>1</dimIncrement><name>LEVEL[%s]</name><addressOffset>16</addressOffset></register>
</registers></peripheral></peripherals></device>
"""


def test_narrow_registers_are_parts_of_bus_words_where_that_does_no_harm(tmp_path):
    (tmp_path / "chip.svd").write_text(LANES)
    imported = import_file(tmp_path / "chip.svd", Options(bus_width=32))
    device = codegen.loads(map_text(imported.maps[0]))
    widths = {child.name: (child.type.width, child.type.access_width) for child in device.root.children}
    assert widths == {
        "mode": (8, 32), "count": (16, 32), "data": (8, 8), "ctrl": (8, 8), "alone": (16, 32), "full": (32, 32),
        "level": (8, 32),
    }  # fmt: skip
    told = [(remark.path, remark.message) for remark in imported.remarks.all if "by bytes" in remark.message]
    message = "it is accessed by bytes, not as a part of a word of 32 bits: an access of its word would harm what else is there"
    assert told == [("TIMER.DATA", message), ("TIMER.CTRL", message)]


def test_words_are_known_in_other_capitals(tmp_path):
    path = tmp_path / "a.svd"
    path.write_text(svd(register("<access>read-writeonce</access>")))
    assert import_file(path, Options()).maps[0].data["registers"]["r"]["access"] == "w1"
