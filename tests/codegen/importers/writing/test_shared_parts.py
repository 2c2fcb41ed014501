"""What several maps of one import have is in one file that they include, and means the same."""

from __future__ import annotations

import codegen
from codegen.importers.described.description import Block, Device, Enum, Field, Member, Origin, Register
from codegen.importers.described.remarks import Remarks
from codegen.importers.described.request import Options
from codegen.importers.settled.device_settling import settle
from codegen.importers.writing.map_text import map_text
from codegen.importers.writing.map_tree import map_tree
from codegen.importers.writing.shared_parts import share_parts
from codegen.model.loader import check
from codegen.schema.formatter import format_map

HERE = Origin("a.txt", 3)


def enum(*names, name="Mode", comments=()):
    members = [Member(own, HERE, value=value) for value, own in enumerate(names)]
    return Enum(name, HERE, comments=list(comments), members=members)


def register(name, values, offset=0):
    return Register(name, HERE, offset=offset, fields=[Field("m", HERE, width=2, enum=values, write_enum=values)])


def block(name, *children, offset=0x10, type_name=""):
    return Block(name, HERE, offset=offset, children=list(children), type_name=type_name)


def shared_of(folder, **devices):
    """Write maps with what they share; return the text of that, {name: text}, each of which means what it did alone."""
    trees = []
    for name, children in devices.items():
        device, remarks = Device(name, HERE, children=children), Remarks()
        settle(device, Options(), remarks)
        trees.append(map_tree(device, remarks))
    alone = {tree.name: codegen.loads(map_text(tree)).digest for tree in trees}
    parts = share_parts(trees, "chip", ["a.txt"])
    (folder / "parts").mkdir(exist_ok=True)
    if parts is not None:
        file = folder / "parts" / "chip.yaml"
        file.write_text(map_text(parts))
        check(file)
        assert len(set(format_map(file))) == 1
    texts = {tree.name: map_text(tree) for tree in trees}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
        assert codegen.load(folder / f"{name}.yaml").digest == alone[name]
    return None if parts is None else map_text(parts), texts


def test_an_enum_of_two_maps_is_in_a_file_that_they_include(tmp_path):
    parts, texts = shared_of(
        tmp_path,
        a=[register("r", enum("off", "on", "any", comments=["Dropped: x"]))],
        b=[register("q", enum("off", "on", "any", comments=["Dropped: x"]))],
        c=[register("q", enum("one", "of", "c", name="Own"))],
    )
    assert parts == (
        "# What maps made from a.txt have in common, for them to include.\n"
        "schema: 1\n"
        "enums:\n"
        "  # Dropped: x\n"
        "  Mode: {off: 0, on: 1, any: 2}\n"
    )
    assert texts["a"] == (
        "schema: 1\nname: a\ninclude: parts/chip.yaml\n"
        "registers:\n  r: {offset: 0x0, fields: {m: {bits: 1:0, enum: Mode, reset: off}}}\n"
    ).replace(", reset: off", "")
    assert "include" not in texts["c"]


def test_enums_of_one_name_that_differ_stay_where_they_are_and_so_do_their_blocks(tmp_path):
    def of(*names):
        return [block("unit", register("r", enum(*names)))]

    parts, texts = shared_of(tmp_path, a=of("x", "y", "z"), b=of("x", "y", "z"), c=of("x", "y", "w"))
    assert parts is None
    assert all("include" not in text for text in texts.values())
    assert shared_of(tmp_path, a=of("x", "y", "z"))[0] is None


def test_blocks_of_two_maps_are_types_however_the_maps_have_them(tmp_path):
    """Alone, or as a type already; inner ones before those that hold them."""

    def unit(name, offset, type_name=""):
        inner = block("fifo", register("level", enum("low", "mid", "full", name="Fill")), offset=4)
        return block(name, register("ctrl", enum("a", "b", "c")), inner, offset=offset, type_name=type_name)

    parts, texts = shared_of(
        tmp_path,
        a=[unit("left0", 0x10, "Side"), unit("left1", 0x20, "Side"), register("only", None, 0x40)],
        b=[unit("right", 0x20)],
        c=[block("fifo", register("level", enum("low", "mid", "full", name="Fill")))],
    )
    assert parts == (
        "# What maps made from a.txt have in common, for them to include.\n"
        "schema: 1\n"
        "enums:\n"
        "  Mode: {a: 0, b: 1, c: 2}\n"
        "  Fill: {low: 0, mid: 1, full: 2}\n"
        "types:\n"
        "  fifo:\n"
        "    registers:\n"
        "      level: {offset: 0x0, fields: {m: {bits: 1:0, enum: Fill}}}\n"
        "  side:\n"
        "    registers:\n"
        "      ctrl: {offset: 0x0, fields: {m: {bits: 1:0, enum: Mode}}}\n"
        "    blocks:\n"
        "      fifo: {type: fifo, offset: 0x4}\n"
    )
    assert "  left0: {type: side, offset: 0x10}\n  left1: {type: side, offset: 0x20}\n" in texts["a"]
    assert "types:" not in texts["a"]
    assert texts["b"].endswith("blocks:\n  right: {type: side, offset: 0x20}\n")
    assert texts["c"] == "schema: 1\nname: c\ninclude: parts/chip.yaml\nblocks:\n  fifo: {type: fifo, offset: 0x10}\n"
    drivers = [file.read_text() for file in codegen.generate([tmp_path / "c.yaml"], tmp_path)]
    assert "class Mode" not in drivers[0]


def test_names_of_types_that_others_have_are_not_taken(tmp_path):
    def two(first, second, name):
        return [
            block(f"u{place}", *children, offset=place * 16) for place, children in enumerate([first, first, second])
        ]

    plain, other = [Register("r", HERE)], [Register("q", HERE)]
    third = [block("u0", Register("z", HERE), offset=0), block("u1", Register("z", HERE), offset=16)]
    parts, texts = shared_of(tmp_path, a=two(plain, other, "a"), b=two(plain, other, "b"), c=third)
    assert "  u_2:\n" in parts
    assert "  u_3:\n" in parts
    assert "include" not in texts["c"]
    assert "  u:\n" in texts["c"]
