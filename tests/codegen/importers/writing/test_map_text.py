"""Maps of descriptions: what blocks have in common is a type, equal enums are one, and texts stay texts."""

from __future__ import annotations

from codegen import loads
from codegen.importers.described.description import Block, Device, Enum, Field, Member, Memory, Origin, Register
from codegen.importers.described.remarks import Remarks
from codegen.importers.described.request import Options
from codegen.importers.settled.device_settling import settle
from codegen.importers.writing.map_text import map_text
from codegen.importers.writing.map_tree import map_tree
from codegen.schema.policies import NAMES, AccessPolicy

HERE = Origin("a.txt", 3)


def text_of(*children, **said):
    device, remarks = Device("Dev", HERE, children=list(children), **said), Remarks()
    settle(device, Options(), remarks)
    text = map_text(map_tree(device, remarks))
    loads(text)
    return text


def enum(*names, name="E"):
    return Enum(name, HERE, members=[Member(own, HERE, value=value) for value, own in enumerate(names)])


def test_what_several_blocks_have_in_common_is_a_type():
    def lane(number):
        inner = Block("fifo", HERE, children=[Register("data", HERE)])
        return Block(f"LANE{number}", HERE, offset=number * 16, children=[inner, Register("level", HERE, offset=4)])

    assert text_of(lane(0), lane(1), Block("other", HERE, offset=64, children=[Register("data", HERE)])) == (
        "schema: 1\n"
        "name: dev\n"
        "types:\n"
        "  fifo:\n"
        "    registers:\n"
        "      data: {offset: 0x0}\n"
        "  lane:\n"
        "    registers:\n"
        "      level: {offset: 0x4}\n"
        "    blocks:\n"
        "      fifo: {type: fifo, offset: 0x0}\n"
        "blocks:\n"
        "  lane0: {type: lane, offset: 0x0}\n"
        "  lane1: {type: lane, offset: 0x10}\n"
        "  other: {type: fifo, offset: 0x40}\n"
    )


def test_equal_enums_are_one_and_others_get_the_name_of_their_register():
    modes, others = enum("a", "b", "c", name="MODE"), enum("x", "y", name="MODE")
    text = text_of(
        Register("R", HERE, fields=[Field("m", HERE, width=2, enum=modes, write_enum=modes, reset=2)]),
        Register(
            "S",
            HERE,
            offset=4,
            fields=[Field("n", HERE, width=2, enum=(same := enum("a", "b", "c", name="N")), write_enum=same)],
        ),
        Register("T", HERE, offset=8, fields=[Field("m", HERE, enum=others, write_enum=others)]),
        Register("U", HERE, offset=12, fields=[Field("m", HERE, width=2, enum=modes, write_enum=others)]),
    )
    assert "  Mode: {a: 0, b: 1, c: 2}\n  TMode: {x: 0, y: 1}\n" in text
    assert "fields: {m: {bits: 1:0, enum: Mode, reset: c}}" in text
    assert "fields: {m: {bits: 1:0, enum: {read: Mode, write: TMode}}}" in text


def test_texts_that_could_be_something_else_stay_texts():
    texts = [
        "yes: no",
        "# x",
        "true",
        "1",
        "0x1F",
        "- a",
        "a #b",
        "{x}",
        "null",
        "é: ü",
        "a\tb",
        'say "x"',
        "a\\b",
        "...",
    ]
    registers = [Register(f"r{i}", HERE, text, offset=4 * i) for i, text in enumerate(texts)]
    device = loads(text_of(*registers))
    assert [child.type.description for child in device.root.children] == [" ".join(text.split()) for text in texts]


def test_long_texts_are_folded_and_lists_stay():
    words = "word " * 60
    text = text_of(Register("r", HERE, f"{words}\n\n- one\n- two\n  and more\n"))
    description = loads(text).root.children[0].type.description
    assert description == f"{words.strip()}\n\n- one\n- two and more"
    assert max(map(len, text.splitlines())) <= 110


def test_comments_are_no_text_of_the_map():
    register = Register("r", HERE, comments=["Dropped: a\nschema: 2", "x" * 300, "\x1b[31m"])
    text = text_of(register, head=["Made from a: b.", "", "::error::x"])
    assert "# Dropped: a schema: 2" in text
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line.startswith("schema")] == ["schema: 1"]


def test_accesses_resets_and_memories():
    text = text_of(
        Register("r", HERE, access=AccessPolicy("clear", "one_clears"), reset=0xF0),
        Register("s", HERE, offset=4, reset=0x8001, fields=[Field("f", HERE, width=4), Field("g", HERE, lsb=4)]),
        Register("t", HERE, offset=8, fields=[Field("f", HERE, access=NAMES["w1c"]), Field("g", HERE, lsb=4)]),
        Memory("m", HERE, offset=0x1000, size=4096, access="ro"),
        Register("long", HERE, "A text.", offset=0x20, width=64, access_width=32, endian="big", count=2, stride=16),
    )
    assert "  r: {offset: 0x0, access: {read: clear, write: one_clears}, reset: 0xF0}\n" in text
    assert "    reset: 0x8001\n    fields:\n      f: {bits: 3:0}\n" in text
    assert "      f: {bits: 0, access: w1c}\n      g: {bits: 4}\n" in text
    assert "  m: {offset: 0x1000, size: 4KiB, access: ro}\n" in text
    assert "count: 2, stride: 0x10, width: 64, access_width: 32, endian: big, description: A text.}" in text
