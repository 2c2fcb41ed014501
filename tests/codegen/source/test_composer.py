"""What the text of a map says: scalars, keys, positions."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
from codegen.source.composer import compose
from codegen.source.forms.yaml_events import locate
from tests.support import MAPS


def composed(text: str) -> object:
    problems: list[object] = []
    value = compose(text, lambda *problem: problems.append(problem))
    assert problems == []
    return value


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


def test_the_parser_in_python_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (MAPS / "blinker.yaml").read_text()
    damaged = text.replace("3:1", "1:3").replace("offset: 0x8", "ofset: 0x8")
    driver = codegen.render_python(codegen.loads(text))
    with pytest.raises(codegen.MapError) as fast:
        codegen.loads(damaged)
    monkeypatch.setattr("codegen.source.forms.yaml_events._LOADER", yaml.BaseLoader)
    assert codegen.render_python(codegen.loads(text)) == driver
    with pytest.raises(codegen.MapError) as slow:
        codegen.loads(damaged)
    assert len(slow.value.problems) == 3
    assert str(slow.value) == str(fast.value)
