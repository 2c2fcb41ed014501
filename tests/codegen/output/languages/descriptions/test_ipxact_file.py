"""IP-XACT 2014: files are of the schema's structure, and a reader of the standard library finds what the map says."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

import codegen
from codegen.model.types import MemoryChild
from codegen.schema.policies import POLICIES
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.descriptions.test_svd_file import ACCESSES, WRITES
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with

NAMESPACE = "http://www.accellera.org/XMLSchema/IPXACT/1685-2014"
# Of IEEE 1685-2014: what each element holds, in that order; ? at most one, * any number, + at least one.
STRUCTURE = {
    "component": "vendor library name version memoryMaps description? parameters?",
    "memoryMaps": "memoryMap+",
    "memoryMap": "name displayName? description? addressBlock* addressUnitBits?",
    "addressBlock": "name displayName? description? baseAddress range width usage? volatile? access? parameters? (register|registerFile)*",
    "registerFile": "name displayName? description? dim* addressOffset range (register|registerFile)+",
    "register": "name displayName? description? dim* addressOffset size volatile? access? field+ alternateRegisters? parameters?",
    "alternateRegisters": "alternateRegister+",
    "alternateRegister": "name displayName? description? alternateGroups volatile? access? field+",
    "alternateGroups": "alternateGroup+",
    "field": "name displayName? description? bitOffset resets? bitWidth volatile? access? enumeratedValues? modifiedWriteValue? "
    "writeValueConstraint? readAction? parameters?",
    "resets": "reset+",
    "reset": "value mask?",
    "enumeratedValues": "enumeratedValue+",
    "enumeratedValue": "name displayName? description? value",
    "writeValueConstraint": "useEnumeratedValues? minimum? maximum?",
    "parameters": "parameter+",
    "parameter": "name displayName? description? value",
}
WORDS = {
    "usage": {"register", "memory"},
    "access": {"read-only", "write-only", "read-write", "writeOnce", "read-writeOnce"},
    "volatile": {"true", "false"},
    "modifiedWriteValue": set(WRITES),
    "readAction": {"clear", "set"},
    "useEnumeratedValues": {"true"},
}


PATTERNS = {
    tag: re.compile(re.sub(r"\(?([\w|]+)\)?([?*+]?)\s*", lambda m: f"(?:(?:{m[1]}) ){m[2]}", text))
    for tag, text in STRUCTURE.items()
}


def number(text):
    """Of the numbers that we write: 12, 'hFF, 32'hFF."""
    digits = text.rpartition("'h")
    return int(digits[2], 16) if digits[1] else int(text)


class Plain:
    """An element without its namespace, which is IP-XACT's for all of them."""

    def __init__(self, element):
        assert element.tag.startswith(f"{{{NAMESPACE}}}")
        self.tag, self.text = element.tag.rpartition("}")[2], element.text or ""
        self.attributes = element.attrib
        self.children = [Plain(child) for child in element]

    def all(self, *tags):
        return [child for child in self.children if child.tag in tags]

    def get(self, tag, default=None):
        return next((child.text for child in self.children if child.tag == tag), default)

    def number(self, tag, default=None):
        text = self.get(tag)
        return default if text is None else number(text)

    def every(self):
        yield self
        for child in self.children:
            yield from child.every()


def check_structure(root):
    ids = []
    for element in root.every():
        tags = "".join(f"{child.tag} " for child in element.children)
        if element.tag in PATTERNS:
            assert PATTERNS[element.tag].fullmatch(tags), (element.tag, tags)
            names = [child.get("name") for child in element.all("addressBlock", "registerFile", "register", "field")]
            assert len(set(names)) == len(names)
        else:
            assert element.children == [], element.tag
            assert element.text.strip(), element.tag
        if element.tag in WORDS:
            assert element.text in WORDS[element.tag]
        ids += [element.attributes[key] for key in element.attributes if key == "parameterId"]
        if element.tag == "memoryMap":
            check_blocks(element)
        if element.tag == "register":
            for field in element.all("field"):
                assert field.number("bitOffset") + field.number("bitWidth") <= element.number("size")
    assert len(set(ids)) == len(ids)


def check_blocks(memory_map):
    """Address blocks don't overlap, and hold what is in them."""
    spans = sorted((item.number("baseAddress"), item.number("range")) for item in memory_map.all("addressBlock"))
    assert all(low + size <= above for (low, size), (above, _) in pairwise(spans))
    for block in memory_map.all("addressBlock"):
        for path, offset, register in registers_of(block):
            assert offset + register.number("size") // 8 <= block.number("range"), path


def registers_of(element, base=0, path=""):
    """Registers with paths and places; arrays follow each other, of files by their range."""
    for child in element.all("register", "registerFile"):
        step = child.number("range") if child.tag == "registerFile" else child.number("size") // 8
        count = child.number("dim")
        for index in range(count or 1):
            name = f"{path}{child.get('name')}{'' if count is None else f'[{index}]'}"
            where = base + child.number("addressOffset") + index * step
            if child.tag == "registerFile":
                yield from registers_of(child, where, f"{name}.")
            else:
                yield name, where, child


def parsed(text):
    root = Plain(ET.fromstring(text))
    check_structure(root)
    return root, {item.get("name"): item for item in root.all("memoryMaps")[0].all("memoryMap")}


def fields_of(register):
    for field in register.all("field"):
        read, write, once = ACCESSES[field.get("access")]
        policy = field.get("readAction") or read, WRITES.get(field.get("modifiedWriteValue"), write), once
        (reset,) = field.all("resets")[0].all("reset")
        ones = (1 << field.number("bitWidth")) - 1
        members = [
            (item.attributes["usage"], item.get("name"), item.number("value"), item.get("description", ""))
            for group in field.all("enumeratedValues")
            for item in group.all("enumeratedValue")
        ]
        yield (
            *(field.get("name"), field.number("bitOffset"), field.number("bitWidth"), policy, members),
            *(reset.number("value"), ones & ~reset.number("mask", ones), field.get("volatile") == "true"),
        )


def expected_fields(register):
    for field in register.fields:
        policy = POLICIES[field.access]
        if field.alternate is not None or not (policy.readable or policy.writable):
            continue
        usage = "read-write" if policy.readable and policy.writable else "read" if policy.readable else "write"
        enums = {usage: field.enum} if field.write_enum is None else {"read": field.enum, "write": field.write_enum}
        members = [
            (use, one.map_name, one.value, one.description)
            for use, enum in enums.items()
            if enum is not None
            for one in enum.members
        ]
        labels = [""] if field.array is None else [f"_{label}" for label in field.array.labels]
        for label, low, reset in zip(labels, field.element_lows, field.element_resets, strict=True):
            unknown = field.unknown >> low - field.lsb & (1 << field.width) - 1
            yield field.name + label, low, field.width, tuple(policy), members, reset, unknown, field.volatile


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_reader_finds_what_the_map_says(path):
    device = codegen.load(path)
    text = one_file(device, "ipxact")
    _, maps = parsed(text)
    places = {}
    for place in device.walk():
        places.setdefault(f"{place.space.pf}_bar{place.space.bar}", {})[place.offset, place.register.width] = place
    for name, memory_map in maps.items():
        blocks = {block.get("name"): block for block in memory_map.all("addressBlock")}
        if "registers" not in blocks:
            continue
        found = [*registers_of(blocks["registers"])]
        assert len(found) == len(places[name])
        for path_there, offset, register in found:
            place = places[name][offset, register.number("size")]
            assert path_there.rpartition(".")[2].partition("[")[0] == place.path.rpartition(".")[2].partition("[")[0]
            assert [*fields_of(register)] == [*expected_fields(place.register)], place.path
    for child in device.root.children:
        if isinstance(child, MemoryChild):
            home = maps[f"{device.space.pf}_bar{device.space.bar}"]
            found = [item for item in home.all("addressBlock") if item.get("name") == child.name]
            if not found:  # it lies between registers
                assert f"memory {child.name} at {child.offset:#X}".replace("0X", "0x") in text
                continue
            (block,) = found
            assert (block.number("baseAddress"), block.number("range")) == (child.offset, child.size)
            assert block.number("width") == child.width


def test_what_ipxact_has_no_word_for_is_told_at_its_place():
    text = one_file(codegen.loads(EVERYTHING), "ipxact")
    told = "\n".join(re.findall(r"<!-- (.*?) -->", text))
    for words in (
        "Not in IP-XACT 2014: card kcu1500",
        "AFI agfi-0123456789abcdef0; PCI ids 1d0f:f010:0000:0000; id reads 0x1234; interrupt frame, line 3",
        'x-owner: "dsp"; x-team: {"lead": "ann"}.',
        "x-reviewed: true; after a reset, bits of no field are 0x80000000, and are kept so",
        "field view, bits 2:1: access rw",
        "field nothing, bits 19:18: access none:none",
        "pulse; idle 1, given to it when a neighbour is written",
        "idle last",
        "writeback false",
        "unit mV; value = step * 0.5 + 20; range 20 to 85",
        "format fixed, signed, 4 fraction bits",
        "accessed in words of 32 bits; its words are accessed high-first",
        "format bool; one of an array, pin[0..3], of 4 fields 1 bit apart",
        "its elements are called rx, tx",
        "its elements are numbered from 2",
        "writes of fields use what was written last, and read nothing; Writes pass while regwen.en is 0x1",
        "Each write follows writes of 0x45670123 to pass",
        "Each write is made twice",
        "The high half of a write says",
        "held by other logic",
        "baud: it is there when enables.frame is 0x1",
        "Fields are set by out_set and cleared by out_clr",
        "it acts on raw.all",
        "Hardware counts it up by 2 and down by 1, and it saturates",
        "its elements are called left, right; its window is of 32 B; words that hold nothing read 0xDEADBEEF",
        "a memory of 64 entries, each a Descriptor of 16 B",
        "Descriptor: source at 0x0, 64 bits, value 63:0 rw.",
    ):
        assert words in told, words


def test_everything_that_ipxact_has_a_word_for():
    root, maps = parsed(one_file(codegen.loads(EVERYTHING), "ipxact"))
    home = maps["app_bar0"]
    blocks = {block.get("name"): block for block in home.all("addressBlock")}
    assert [blocks[name].get("usage") for name in ("registers", "table", "ring")] == ["register", "memory", "memory"]
    assert (blocks["table"].get("access"), blocks["table"].get("description")) == ("read-only", "Words.")
    assert [item.get("name") for item in maps["app_bar2"].all("addressBlock")] == ["bulk_ddr"]
    found = {path: register for path, _, register in registers_of(blocks["registers"])}
    fields = {field.get("name"): field for field in found["ctrl"].all("field")}
    assert (found["ctrl"].get("displayName"), fields["flag"].get("displayName")) == ("CTRL/A", "1WIRE")
    titles = [item.get("displayName") for item in fields["mode"].all("enumeratedValues")[0].all("enumeratedValue")]
    assert titles == [None, None, "2x", None, None]
    limits = [fields[name].all("writeValueConstraint") for name in ("mode", "rate")]
    assert (limits[0][0].get("useEnumeratedValues"), limits[1]) == ("true", [])
    (view,) = found["rx"].all("alternateRegisters")[0].children
    assert (view.get("name"), view.get("description")) == ("baud", "The divisor.")
    assert found["wide"].number("size") == 96
    (constant,) = root.all("parameters")[0].children
    assert (constant.attributes["parameterId"], constant.get("value")) == ("LANES", "4")


def test_memories_between_registers_are_told():
    text = """\
schema: 1
name: dut
registers: {a: {offset: 0}, b: {offset: 0x1000}, spread: {offset: 0x2000, count: 3, stride: 16, access: ro}}
memories: {m: {offset: 0x100, size: 64, description: Amid.}, behind: {offset: 0x8000, size: 64}}
blocks: {pair: {offset: 0x4000, count: 2, stride: 0x100, memories: {n: {offset: 0x80, size: 16}}, registers: {c: {offset: 0}}}}
"""
    made = one_file(codegen.loads(text), "ipxact")
    _, maps = parsed(made)
    assert [item.get("name") for item in maps["app_bar0"].all("addressBlock")] == ["registers", "behind"]
    assert "Not in IP-XACT 2014: memory m at 0x100, 64 B, rw, words of 32 bits. Amid." in made
    assert "Not in IP-XACT 2014: memory n at 0x80, 16 B" in made
    places = {path: offset for path, offset, _ in registers_of(maps["app_bar0"].all("addressBlock")[0])}
    spread = {f"spread[{index}].spread": 0x2000 + 16 * index for index in range(3)}
    assert places == {"a": 0, "b": 0x1000, "pair[0].c": 0x4000, "pair[1].c": 0x4100} | spread


@HARD
@given(DESCRIPTIONS)
def test_texts_stay_texts(text):
    root, plain = (Plain(ET.fromstring(one_file(device_with(said), "ipxact"))) for said in (text, "x"))
    assert [element.tag for element in root.every()] == [element.tag for element in plain.every()]
    found = [element.text for element in root.every() if element.tag == "description"]
    assert [" ".join(said.split()) for said in found] == [" ".join(text.split())] * len(found)


def test_intricate_places():
    _, maps = parsed(one_file(codegen.loads(INTRICATE), "ipxact"))
    places = {path: offset for path, offset, _ in registers_of(maps["app_bar0"].all("addressBlock")[0])}
    assert places["outer[1].inner[3].level[2].level"] == 0x1000 + 0x100 + 0x20 + 3 * 0x20 + 4 + 2 * 8
    assert [(path, offset) for path, offset, _ in registers_of(maps["mgmt_bar4"].all("addressBlock")[0])] == [
        ("far.id", 0x1010)
    ]
