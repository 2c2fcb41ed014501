"""What a map means: sizes, defaults, resets."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from codegen.model.loader import check
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.schema.spaces import Space
from codegen.source.uncollected import uncollected
from tests.support import MAPS


def device(body: str) -> codegen.Device:
    return codegen.loads(f"schema: 1\nname: dut\n{body}")


def register(body: str, before: str = "") -> codegen.model.types.RegisterType:
    (child,) = device(f"{before}registers:\n  r: {body}\n").root.children
    assert isinstance(child, RegisterChild)
    return child.type


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_loads_or_raises_map_error(text: str) -> None:
    with pytest.raises(codegen.MapError):
        codegen.loads(text)


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_file_loads_or_raises_map_error(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.yaml"
        path.write_bytes(content)
        with pytest.raises(codegen.MapError):
            codegen.load(path)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_damaged_map_loads_or_raises_map_error(data: st.DataObject) -> None:
    text = (MAPS / "blinker.yaml").read_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    damaged = text[:start] + data.draw(st.text(max_size=6)) + text[end:]
    driver = ""
    problems: tuple[codegen.Problem, ...] = ()
    try:
        driver = codegen.render_python(codegen.loads(damaged))
    except codegen.MapError as error:
        problems = error.problems
    assert bool(driver) != bool(problems)
    compile(driver, "driver", "exec")


def test_defaults() -> None:
    found = device("registers: {r: {offset: 0x10}}")
    assert found.space == Space("app", 0)
    assert (found.afi_ids, found.pci, found.identity, found.clkgen) == ((), None, None, False)
    (place,) = found.walk()
    assert (place.path, place.space, place.offset) == ("r", Space("app", 0), 0x10)
    assert (place.register.width, place.register.access_width, place.register.reset) == (32, 32, 0)
    (field,) = place.register.fields
    assert (field.name, field.msb, field.lsb, field.access, field.kind) == (
        "value", 31, 0, "rw", "unsigned",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given_size", "size"), [("0x10", 16), ("4KiB", 4096), ("1MiB", 1 << 20), ("2_0KiB", 20 << 10)]
)
def test_sizes(given_size: str, size: int) -> None:
    (child,) = device(f"memories: {{m: {{offset: 0, size: {given_size}, width: 8}}}}").root.children
    assert isinstance(child, MemoryChild)
    assert (child.size, child.width, child.access) == (size, 8, "rw")


@pytest.mark.parametrize(("width", "access_width"), [(8, 8), (16, 8), (32, 32), (64, 64)])
def test_access_width_defaults_to_what_the_bus_has(width: int, access_width: int) -> None:
    assert register(f"{{offset: 0, width: {width}}}").access_width == access_width


def test_a_wide_register_takes_a_wide_reset() -> None:
    wide = register("{offset: 0, width: 4096, access_width: 32, reset: 0x" + "F" * 1024 + ", words: latched}")
    assert (wide.size, wide.words, wide.reset) == (512, "latched", (1 << 4096) - 1)


@pytest.mark.parametrize(
    ("field", "reset"),
    [
        ("{bits: 7:4, reset: 0xA}", 0xA0),
        ("{bits: 7:4, format: signed, reset: -1}", 0xF0),
        ("{bits: 7:4, format: signed, reset: 0xF}", 0xF0),
        ("{bits: 7:4, format: {fixed: {signed: true, fraction_bits: 2}}, reset: -8}", 0x80),
        ("{bits: 4, format: bool, reset: true}", 0x10),
        ("{bits: 7:4, enum: Mode, reset: fast}", 0x20),
        ("{bits: 7:4, enum: Mode, reset: true}", 0x30),
        ("{bits: 7:4, access: wo, idle: 1, pulse: true}", 0xF0),  # zero acts
        ("{bits: 7:4, access: wo, idle: 1}", 0),
        ("{bits: 7:4, access: wo, idle: 0, pulse: true}", 0),
    ],
)
def test_field_resets(field: str, reset: int) -> None:
    enums = "enums: {Mode: {off: 0, fast: 2, true: 3}}\n"
    assert register(f"{{offset: 0, fields: {{f: {field}}}}}", enums).reset == reset


def test_a_fields_reset_is_its_part_of_the_registers() -> None:
    found = register("{offset: 0, reset: 0x1234, fields: {a: {bits: 7:4}, b: {bits: 15:8, reset: 0x12}}}")
    assert [(field.name, field.reset) for field in found.fields] == [("a", 3), ("b", 0x12)]


def test_a_field_takes_access_and_volatile_from_its_register() -> None:
    found = register(
        "{offset: 0, access: ro, volatile: true, fields: {a: {bits: 0}, b: {bits: 1, access: w1c, volatile: false}}}"
    )
    assert [(field.access, field.volatile) for field in found.fields] == [("ro", True), ("w1c", False)]


@pytest.mark.parametrize(
    ("top", "own", "is_big"),
    [
        ("", "", False),
        ("endian: big\n", "", True),
        ("", "endian: big, ", True),
        ("endian: big\n", "endian: little, ", False),
    ],
)
def test_a_register_takes_its_words_places_from_its_file(top: str, own: str, is_big: bool) -> None:
    found = register(f"{{offset: 0, {own}width: 64, access_width: 32}}", top)
    assert found.big_endian is is_big
    assert not register("{offset: 0}", "endian: big\n").big_endian  # one word has no order


def test_registers_and_blocks_have_the_description_of_their_type_or_one_of_their_own() -> None:
    """Where it is the type's it is not said twice."""
    found = device(
        "types: {t: {description: Of t., registers: {r: {offset: 0, description: Mine.}}}}\n"
        "register_types: {s: {description: Of s., fields: {a: {bits: 0}}}}\n"
        "registers:\n  one: {offset: 0x0, type: s}\n  own: {offset: 0x4, type: s, description: Own.}\n"
        "blocks:\n  b: {offset: 0x10, type: t}\n  c: {offset: 0x20, type: t, description: Other.}\n"
        "  d: {offset: 0x30, description: Here., registers: {r: {offset: 0}}}\n"
    )
    told = {child.name: (child.description, child.type.description) for child in found.root.children}
    assert told == {
        "one": ("", "Of s."),
        "own": ("Own.", "Of s."),
        "b": ("", "Of t."),
        "c": ("Other.", "Of t."),
        "d": ("", "Here."),
    }
    block = next(child.type for child in found.root.children if child.name == "b")
    assert [(child.description, child.type.description) for child in block.children] == [("", "Mine.")]


def test_a_block_that_names_the_devices_own_space_is_in_no_other() -> None:
    (child,) = device("blocks: {b: {offset: 0, space: {pf: app, bar: 0}, registers: {r: {offset: 0}}}}").root.children
    assert isinstance(child, BlockChild)
    assert child.space is None


def test_what_is_in_a_block_lies_in_order() -> None:
    """As in a device, whatever the order of the map."""
    found = device("blocks: {b: {offset: 0, registers: {z: {offset: 8}, a: {offset: 4}, m: {offset: 0}}}}")
    assert [place.path for place in found.walk()] == ["b.m", "b.a", "b.z"]


@pytest.mark.parametrize(
    ("body", "size"), [("", 1), ("unmapped: 0, ", 4), ("size: 12, unmapped: 0, ", 12), ("size: 3, ", 3)]
)
def test_a_block_ends_behind_what_is_in_it_or_with_a_word_that_says_what_is_not(body: str, size: int) -> None:
    (child,) = device(f"blocks: {{b: {{offset: 0, {body}registers: {{r: {{offset: 0, width: 8}}}}}}}}").root.children
    assert isinstance(child, BlockChild)
    assert child.type.size == size


def test_names_that_are_words_of_python_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "top.yaml"
    fields = "{in: {bits: 0}, is: {bits: 1, python: what}, plain: {bits: 2}}"
    path.write_text(
        f"schema: 1\nname: top\nregisters:\n  find: {{offset: 0, fields: {fields}}}\n  walk: {{offset: 4, python: run}}\n"
    )
    notes = check(path)
    assert [(note.path, note.rule) for note in notes] == [
        ("registers.find", "python-name"),
        ("registers.find.fields.in", "python-name"),
    ]


def test_blinker() -> None:
    found = codegen.load(MAPS / "blinker.yaml")
    assert [(place.path, place.offset) for place in found.walk()] == [
        ("ctrl", 0), ("cycles", 8), ("ch[0].level", 0x100), ("ch[1].level", 0x110),
        ("ch[2].level", 0x120), ("ch[3].level", 0x130),
    ]  # fmt: skip
    assert [(place.path, place.offset) for place in found.places() if isinstance(place.item, MemoryChild)] == [
        ("table", 0x1000)
    ]
    assert found.root.size == 0x2000
    channels = next(child for child in found.root.children if child.name == "ch")
    assert isinstance(channels, BlockChild)
    assert (channels.count, channels.stride, channels.type.size) == (4, 0x10, 4)


@pytest.mark.usefixtures("unsettled")
def test_what_was_made_without_searches_is_not_searched_at_the_end() -> None:
    """The next thing that a caller makes was the occasion for a search of all."""
    gc.collect()
    try:
        with uncollected():
            made = [[number] for number in range(50_000)]
            assert not gc.isenabled()
        assert gc.isenabled()
        assert len(gc.get_objects(generation=0)) + len(gc.get_objects(generation=1)) < len(made)
        gc.freeze()
        frozen = gc.get_freeze_count()
        with uncollected():
            made.append([])
        assert gc.get_freeze_count() == frozen  # a program's own, before a fork
    finally:
        gc.unfreeze()
    gc.disable()
    try:
        with uncollected():
            made.append([])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_small_map_takes_no_look_at_all_that_a_program_froze() -> None:
    """To count that takes 20 ms in a program of half a million objects, and the map 2 ms."""
    codegen.load(MAPS / "blinker.yaml")  # what it imports is more
    called = set()
    before = sys.getprofile()
    sys.setprofile(lambda _frame, event, what: called.add(what) if event == "c_call" else None)
    try:
        codegen.load(MAPS / "blinker.yaml")
    finally:
        sys.setprofile(before)
    assert gc.disable in called
    assert gc.get_freeze_count not in called
