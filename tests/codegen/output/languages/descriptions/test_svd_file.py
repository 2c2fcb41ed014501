"""SVD: what a reader of the standard library finds is what the map says, or a comment tells it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

import codegen
from codegen.schema.policies import POLICIES
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with

ACCESSES = {
    "read-write": ("value", "value", False),
    "read-only": ("value", "none", False),
    "write-only": ("none", "value", False),
    "read-writeOnce": ("value", "value", True),
    "writeOnce": ("none", "value", True),
}
WRITES = {
    "oneToClear": "one_clears",
    "oneToSet": "one_sets",
    "oneToToggle": "one_toggles",
    "zeroToClear": "zero_clears",
    "zeroToSet": "zero_sets",
    "zeroToToggle": "zero_toggles",
    "clear": "clears",
    "set": "sets",
}
ORDER = {  # of the schema's sequences
    "peripheral": "dim dimIncrement dimIndex name description baseAddress addressBlock interrupt registers",
    "cluster": "dim dimIncrement dimIndex name description alternateCluster addressOffset register cluster",
    "register": "dim dimIncrement dimIndex name displayName description alternateRegister addressOffset size access "
    "resetValue resetMask dataType modifiedWriteValue writeConstraint readAction fields",
    "field": "dim dimIncrement dimIndex name description bitOffset bitWidth access modifiedWriteValue writeConstraint "
    "readAction enumeratedValues",
    "enumeratedValues": "name usage enumeratedValue",
    "enumeratedValue": "name description value",
    "interrupt": "name description value",
    "addressBlock": "offset size usage",
}


def number(element, tag, default=None):
    text = element.findtext(tag)
    return default if text is None else int(text, 0)


def elements_of(element):
    """Names and places of an element, those of an array one by one."""
    name = element.findtext("name")
    count = number(element, "dim")
    if count is None:
        yield name, 0
        return
    index = element.findtext("dimIndex") or f"0-{count - 1}"
    first, _, last = index.partition("-")
    labels = [str(label) for label in range(int(first), int(last) + 1)] if last else index.split(",")
    assert len(labels) == count
    for position, label in enumerate(labels):
        brackets = f"[{label}]" if "[%s]" in name else f"_{label}"
        yield re.sub(r"(\[%s\]|_%s)$", brackets, name), position * number(element, "dimIncrement")


def registers_of(element, base=0, path=""):
    for child in element:
        if child.tag in {"register", "cluster"}:
            for name, distance in elements_of(child):
                where = base + number(child, "addressOffset") + distance
                if child.tag == "cluster":
                    yield from registers_of(child, where, f"{path}{name}.")
                else:
                    yield path + name, where, child


def in_order(root):
    for element in root.iter():
        if element.tag in ORDER:
            tags = [child.tag for child in element if isinstance(child.tag, str)]
            known = ORDER[element.tag].split()
            assert set(tags) <= set(known), (element.tag, tags)
            places = [known.index(tag) for tag in tags if tag not in {"register", "cluster"}]
            assert places == sorted(places), (element.tag, tags)
            assert element.tag != "cluster" or any(tag in {"register", "cluster"} for tag in tags)


def parsed(text):
    """The peripherals by name; elements of every one are in the schema's order."""
    root = ET.fromstring(text)
    assert (root.tag, root.get("schemaVersion"), root.findtext("addressUnitBits")) == ("device", "1.3", "8")
    in_order(root)
    return {item.findtext("name"): item for item in root.iter("peripheral")}


def policy_of(element, outer):
    access = element.findtext("access") or outer.findtext("access")
    read, write, once = ACCESSES[access]
    return element.findtext("readAction") or read, WRITES.get(element.findtext("modifiedWriteValue"), write), once


def enums_of(field):
    return [
        [(item.findtext("name"), int(item.findtext("value")), item.findtext("description") or "") for item in group]
        for group in ([*found.iter("enumeratedValue")] for found in field.iter("enumeratedValues"))
    ]


def fields_of(register):
    found = [*register.iter("field")]
    if not found:
        return [("value", 0, number(register, "size"), policy_of(register, register), [])]
    return [
        (name, number(field, "bitOffset") + at, number(field, "bitWidth"), policy_of(field, register), enums_of(field))
        for field in found
        for name, at in elements_of(field)
    ]


def expected_fields(register):
    for field in register.fields:
        policy = POLICIES[field.access]
        if field.alternate is not None or not (policy.readable or policy.writable):
            continue
        labels = [""] if field.array is None else [f"_{label}" for label in field.array.labels]
        enums = [enum for enum in (field.enum, field.write_enum) if enum is not None]
        members = [[(one.map_name, one.value, one.description) for one in enum.members] for enum in enums]
        for label, low in zip(labels, field.element_lows, strict=True):
            yield field.name + label, low, field.width, tuple(policy), members


def compare(device, peripheral):
    found = {path: (offset, element) for path, offset, element in registers_of(peripheral.find("registers"))}
    compared = 0
    for place in device.walk():
        if place.space != device.space or place.path not in found:
            continue
        offset, element = found[place.path]
        register = place.register
        ones = (1 << register.width) - 1
        assert (offset, number(element, "size")) == (place.offset, register.width)
        assert number(element, "resetValue") == register.reset
        assert number(element, "resetMask") == ones & ~register.unknown
        assert fields_of(element) == [*expected_fields(register)], place.path
        compared += 1
    return compared, found


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_reader_finds_what_the_map_says(path):
    device = codegen.load(path)
    peripherals = parsed(one_file(device, "svd"))
    if device.name not in peripherals:
        assert all(place.space != device.space for place in device.walk())
        return
    compared, found = compare(device, peripherals[device.name])
    left = [name for name in found if "word" not in name]
    assert compared == len(left) > 0


def test_what_svd_has_no_word_for_is_told_at_its_place():
    text = one_file(codegen.loads(EVERYTHING), "svd")
    told = "\n".join(re.findall(r"<!-- (.*?) -->", text))
    for words in (
        "Not in SVD: card kcu1500",
        "AFI agfi-0123456789abcdef0; PCI ids 1d0f:f010:0000:0000; id reads 0x1234; constant LANES = 4",
        'x-owner: "dsp"; x-team: {"lead": "ann"}.',
        "interrupt frame, line 3, status events.frame, enable by enables.frame = 1",
        "Not in SVD: field view, bits 2:1: access rw",
        "Not in SVD: field nothing, bits 19:18: access none:none",
        'the hardware calls fast "2x"',
        "Not in SVD: Baud rates.",
        "pulse; idle 1, given to it when a neighbour is written",
        "idle last",
        "volatile; writeback false",
        "unit mV; value = step * 0.5 + 20; range 20 to 85",
        "format fixed, signed, 4 fraction bits",
        "accessed in words of 32 bits; its words are accessed high-first",
        "96 bits, more than readers of SVD take: word0 is the lowest one.",
        "writes of fields use what was written last, and read nothing; Writes pass while regwen.en is 0x1",
        "Each write follows writes of 0x45670123 to pass",
        "Each write is made twice",
        "The high half of a write says",
        "held by other logic",
        "it is there when enables.frame is 0x1",
        "Fields are set by out_set and cleared by out_clr",
        "it acts on raw.all",
        "Hardware counts it up by 2 and down by 1, and it saturates",
        "its window is of 32 B; words that hold nothing read 0xDEADBEEF",
        "memory table, 4 KiB at 0x1000, ro, words of 32 bits. Words.",
        "memory ring, 1 KiB at 0x2000, rw; a memory of 64 entries, each a Descriptor of 16 B",
        "Descriptor: source at 0x0, 64 bits, value 63:0 rw.",
        "Not in SVD: block bulk at 0x0, which has no registers.",
        "memory ddr, 1 MiB at 0x0, rw, words of 64 bits",
    ):
        assert words in told, words


def test_everything_that_svd_has_a_word_for():
    peripherals = parsed(one_file(codegen.loads(EVERYTHING), "svd"))
    home = peripherals["everything"]
    found = {path: element for path, _, element in registers_of(home.find("registers"))}
    places = {path: offset for path, offset, _ in registers_of(home.find("registers"))}
    assert places["ch_right.level"] == 0x120
    assert [places[f"lane_{label}"] for label in (2, 3, 4)] == [0x40, 0x44, 0x48]
    assert found["ctrl"].findtext("displayName") == "CTRL/A"
    assert found["baud"].findtext("alternateRegister") == "rx"
    mode, rate = (
        next(item for item in found["ctrl"].iter("field") if item.findtext("name") == name) for name in ("mode", "rate")
    )
    assert [group.findtext("usage") for group in mode.iter("enumeratedValues")] == ["read", "write"]
    assert mode.find("writeConstraint").findtext("useEnumeratedValues") == "true"
    assert rate.find("writeConstraint") is None  # any other value is one too
    assert number(found["resets"], "resetMask") == 0xFFFF00F0
    blocks = [[child.text for child in item] for item in home.iter("addressBlock")]
    assert blocks == [["0x0", "0x140", "registers"], ["0x1000", "0x1000", "buffer"], ["0x2000", "0x400", "buffer"]]
    (interrupt,) = home.iter("interrupt")
    assert [child.text for child in interrupt] == ["frame", "A frame is there.", "3"]
    assert [number(found[f"wide.word{word}"], "resetValue") for word in range(3)] == [3, 2, 1]
    assert peripherals["everything_bulk"].find("registers") is None


def test_a_range_is_a_constraint_and_a_whole_number_its_type():
    text = """\
schema: 1
name: dut
registers:
  a: {offset: 0, fields: {minute: {bits: 6:0, range: [0, 59]}}}
  b: {offset: 4, fields: {value: {bits: 31:0, format: signed}}}
"""
    home = parsed(one_file(codegen.loads(text), "svd"))["dut"]
    found = {path: element for path, _, element in registers_of(home.find("registers"))}
    limits = found["a"].find("fields/field/writeConstraint/range")
    assert [child.text for child in limits] == ["0", "59"]
    assert (found["b"].findtext("dataType"), found["b"].find("fields")) == ("int32_t", None)


@HARD
@given(DESCRIPTIONS)
def test_texts_stay_texts(text):
    root, plain = (ET.fromstring(one_file(device_with(said), "svd")) for said in (text, "x"))
    assert [element.tag for element in root.iter()] == [element.tag for element in plain.iter()]
    found = [element.text for element in root.iter("description")]
    assert [" ".join(said.split()) for said in found] == [" ".join(text.split())] * len(found)


def test_intricate_places():
    home = parsed(one_file(codegen.loads(INTRICATE), "svd"))
    places = {path: offset for path, offset, _ in registers_of(home["intricate"].find("registers"))}
    assert places["outer[1].inner[3].level[2]"] == 0x1000 + 0x100 + 0x20 + 3 * 0x20 + 4 + 2 * 8
    far = {path: offset for path, offset, _ in registers_of(home["intricate_far"].find("registers"))}
    assert far == {"far.id": 0x1010}
