"""What a map's text means: scalars, sizes, defaults, includes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from codegen.model.types import BlockChild, MemoryChild, RegisterChild
from codegen.schema.spaces import Space
from codegen.source.composer import compose, locate
from tests.support import MAPS


def composed(text: str) -> object:
    problems: list[object] = []
    value = compose(text, lambda *problem: problems.append(problem))
    assert problems == []
    return value


def device(body: str) -> codegen.Device:
    return codegen.loads(f"schema: 1\nname: dut\n{body}")


def register(body: str, before: str = "") -> codegen.model.types.RegisterType:
    (child,) = device(f"{before}registers:\n  r: {body}\n").root.children
    assert isinstance(child, RegisterChild)
    return child.type


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", "off"),
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("3:1", "3:1"),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("010", 10),
        ("0x1F", 31),
        ("0XFF", "0XFF"),
        ("0b101", 5),
        ("0o17", 15),
        ("1_000", 1000),
        ("0xDEAD_BEEF", 0xDEADBEEF),
        ("1__0", "1__0"),
        ("_1", "_1"),
        ("0x", "0x"),
        ("0x1g", "0x1g"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ('"7"', "7"),
        ("'0x7'", "0x7"),
        ("9" * 5000, "9" * 5000),
        ("0x" + "F" * 1024, (1 << 4096) - 1),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    result = composed(f"key: {text}")
    assert result == {"key": value}
    assert type(result["key"]) is type(value)


def test_keys_are_always_their_text() -> None:
    assert composed("{off: 1, 7: 2, true: 3, 0x1: 4}") == {"off": 1, "7": 2, "true": 3, "0x1": 4}


def test_bits_need_no_quotes_in_flow_mappings() -> None:
    assert composed("{bits: 3:1, enum: Mode}") == {"bits": "3:1", "enum": "Mode"}


def test_aliases_share_their_value() -> None:
    result = composed("a: &x {b: 1}\nc: *x")
    assert result == {"a": {"b": 1}, "c": {"b": 1}}


KEYS = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
TREES = st.recursive(
    st.integers(-(1 << 70), 1 << 70) | st.booleans() | st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(TREES, st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(tree: object, style: int) -> None:
    text = yaml.safe_dump({"root": tree}, default_flow_style=style % 2 == 0, indent=2 + style)
    if any(word in text for word in ("'", '"')):  # words such as 'on' that the dumper quotes
        text = text.replace("'", '"')
    assert composed(text) == {"root": tree}


def test_locate_finds_keys_and_values() -> None:
    text = "a:\n  b: [x, {c: 1}]\n"
    assert locate(text, [("a", "b"), ("a", "b", 1, "c"), ("a", "z")]) == {
        (): ((1, 1), (1, 1)),
        ("a",): ((1, 1), (2, 3)),
        ("a", "b"): ((2, 3), (2, 6)),
        ("a", "b", 1): ((2, 10), (2, 10)),
        ("a", "b", 1, "c"): ((2, 11), (2, 14)),
    }


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


def test_the_parser_in_python_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (MAPS / "blinker.yaml").read_text()
    damaged = text.replace("3:1", "1:3").replace("offset: 0x8", "ofset: 0x8")
    driver = codegen.render_python(codegen.loads(text))
    with pytest.raises(codegen.MapError) as fast:
        codegen.loads(damaged)
    monkeypatch.setattr("codegen.source.composer._LOADER", yaml.BaseLoader)
    assert codegen.render_python(codegen.loads(text)) == driver
    with pytest.raises(codegen.MapError) as slow:
        codegen.loads(damaged)
    assert len(slow.value.problems) == 3
    assert str(slow.value) == str(fast.value)


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


def test_include_brings_types_and_enums(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "top.yaml").write_text(
        "schema: 1\nname: top\ninclude: [parts/a.yaml, parts/b.yaml]\nblocks: {c: {type: channel, offset: 0}}\n"
    )
    (tmp_path / "parts/a.yaml").write_text(
        "schema: 1\ninclude: b.yaml\n"
        "types: {channel: {registers: {r: {offset: 0, fields: {m: {bits: 0, enum: Mode}}}}}}\n"
    )
    (tmp_path / "parts/b.yaml").write_text("schema: 1\nenums: {Mode: {low: 0, high: 1}}\n")
    found = codegen.load(tmp_path / "top.yaml")
    assert [place.path for place in found.walk()] == ["c.r"]
    assert [enum.name for enum in found.enums] == ["Mode"]
    assert found.source == "top.yaml"


def test_include_from_a_root(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "maps").mkdir()
    (tmp_path / "library/types.yaml").write_text("schema: 1\ntypes: {t: {registers: {r: {offset: 0}}}}\n")
    top = tmp_path / "maps/top.yaml"
    top.write_text("schema: 1\nname: top\ninclude: types.yaml\nblocks: {b: {type: t, offset: 0}}\n")
    found = codegen.load(top, roots=[tmp_path / "library"])
    assert [place.path for place in found.walk()] == ["b.r"]
    with pytest.raises(codegen.MapError, match=r"can't include 'types\.yaml'"):
        codegen.load(top)


def test_digest_depends_on_every_text_and_on_nothing_else(tmp_path: Path) -> None:
    def digest(folder: str, bit: int) -> str:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "top.yaml").write_text(
            "schema: 1\nname: top\ninclude: e.yaml\nregisters: {r: {offset: 0}}\n"
        )
        (tmp_path / folder / "e.yaml").write_text(f"schema: 1\nenums: {{Mode: {{low: {bit}}}}}\n")
        return codegen.load(tmp_path / folder / "top.yaml").digest

    assert digest("a", 0) == digest("b", 0)
    assert digest("c", 1) != digest("d", 0)


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "top.yaml"
    path.write_bytes(b"\xef\xbb\xbfschema: 1\r\nname: top\r\nregisters:\r\n  r: {offset: 0x4}\r\n")
    assert [place.offset for place in codegen.load(path).walk()] == [4]


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
