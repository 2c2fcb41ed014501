"""What is read line by line is what the parser reads, and the usual is read so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import codegen
from codegen.source.forms.plain_scalars import MAX_DEPTH, MAX_SCALAR
from codegen.source.forms.usual_form import apart, usual_data
from codegen.source.forms.yaml_events import parsed
from tests.support import MAPS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = sorted((ROOT / "regmaps").glob("*.yaml"))

USUAL = """\
# yaml-language-server: $schema=./map.schema.json
schema: 1
name: blinker   # its name
description: >-
  Blinks, and
  goes on.

  For ever.
afi: {ids: [agfi-0123456789abcdef0, "agfi-1"], pci: {vendor: 0x1d0f, device: 0xf010}}
include:
- a.yaml
- 'b.yaml'
nothing:
empty: {}
none: []
registers:

  ctrl:
    offset: 0x0
    description: |
      One.
       Two.
    fields:
      mode: {bits: 3:1, enum: Mode, reset: off, description: "Chooses: fast, or slow"}
      wide:
        {bits: 31:16, access: ro,
         description: Goes on
           here.}
      # the last
      done: {bits: "8", volatile: true}
x-list:
    - 1
    - {a: -1.5, b: ~}
"""

PIECES = [
    *("a:", "b: ", "- ", "-", " ", "  ", "    ", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ", ", ",", ": ", ":"),
    *("x", "y y", "1", "-1", "0x1F", "off", "~", "3:1", "a: 1", "{a: 1, b: c}", "[1, x]", "{}", "[]", "'q'", '"q"'),
    *('"a: b"', "''", "'it''s'", '"\\n"', "#", " #", " # c", "|", "|-", ">", ">-", ">+", "|2", "&a", "*a", "!t", "<<"),
    *("?", "? ", "%", "@", "`", "---", "...", "\t", "\r\n", "\xa0", "\u2028", "é", "k: |-\n", "k: >\n", "{a: {b: c}}"),
    *(
        "k:\n",
        "k:\n  j: 1\n",
        "k:\n- 1\n",
        "1:",
        "x-y:",
        "a b:",
        "{a: b\n  , c: d}\n",
        "{a: 'b\n c'}",
        "{a b: 1}",
        "a?b",
    ),
]


def must_agree(text: str) -> None:
    found = usual_data(text)
    if found is None:
        return
    problems: list[object] = []
    value = parsed(text, lambda *problem: problems.append(problem))
    assert (repr(found), problems) == (repr(value), [])
    assert repr(usual_data(text, shares=True)) == repr(value)


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_any_text_is_read_as_the_parser_does_or_left_to_it(text: str) -> None:
    must_agree(text)
    must_agree(f"a: 1\nb:\n  c: {text}\n")


@given(st.data())
def test_a_usual_text_with_changes_is_read_as_the_parser_does_or_left_to_it(data: st.DataObject) -> None:
    text = USUAL
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 3))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[start + cut :]
    must_agree(text)


def test_the_usual_is_read_by_lines() -> None:
    assert usual_data(USUAL) is not None
    must_agree(USUAL)


@pytest.mark.parametrize("path", [*SHIPPED, *sorted(MAPS.glob("*.yaml"))], ids=lambda path: path.stem)
def test_shipped_maps_and_those_of_the_tests_agree(path: Path) -> None:
    must_agree(path.read_text(encoding="utf-8"))


def test_most_maps_here_are_usual() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (*SHIPPED, *MAPS.glob("*.yaml"))]
    assert sum(usual_data(text) is not None for text in texts) >= 0.7 * len(texts)


def test_line_ends_of_windows_are_usual() -> None:
    assert usual_data("a: 1\r\nb:\r\n  c: x\r\n") == {"a": 1, "b": {"c": "x"}}


@pytest.mark.parametrize(
    "text",
    [
        "a: &b 1\n",
        "a: 1\na: 2\n",
        "a: !t 1\n",
        "<<: {a: 1}\n",
        "a: b: c\n",
        "a: 1\n  b: 2\n",
        'a: "\\n"\n',
        "- 1\n",
        "",
    ],
)
def test_what_may_be_wrong_or_rare_is_left_to_the_parser(text: str) -> None:
    assert usual_data(text) is None


def test_limits_are_left_to_the_parser() -> None:
    deep = "".join(f"{' ' * level}a:\n" for level in range(MAX_DEPTH + 2))
    assert usual_data(deep) is None
    assert usual_data("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH) is None
    assert usual_data(f"a: {'x' * (MAX_SCALAR + 1)}\n") is None
    assert usual_data(f"a: [{'1,' * 2_000_000}1]\n") is None


def test_values_that_look_alike_are_not_shared() -> None:
    data = usual_data("a: {b: 1}\nc: {b: 1}\n")
    assert isinstance(data, dict)
    assert data["a"] is not data["c"]


def test_flow_mappings_that_are_written_alike_are_one_object_until_they_are_taken_apart() -> None:
    text = "a: {x: 1, y: [2]}\nb: {x: 1}\nc: {d: {x: 1}}\ne:\n- {x: 1}\n- {x: 1}\nf: {x: 1} # one\n"
    data = usual_data(text, shares=True)
    assert data is not None
    assert data["b"] is data["e"][0] is data["e"][1]  # type: ignore[index]
    assert apart(data) == usual_data(text)
    data["b"]["x"] = 2  # type: ignore[index]
    assert data["e"] == [{"x": 1}, {"x": 1}]


HEAD = "schema: 1\nname: m\nregisters:\n"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (
            "  a: {offset: 0, fields: {}}\n  b:\n    offset: 4\n    fields:\n      x: {bits: 99}\n      y: {bits: 99}\n",
            2,
        ),
        ("  a:\n    offset: 0\n    fields:\n      x: {bits: N}\n      y: {bits: N}\nconstants: {M: 1}\n", 4),
        ("  a:\n    offset: 0\n    fields:\n      x: {bits: 0, x-a: .inf}\n      y: {bits: 0, x-a: .inf}\n", 3),
        # What is right as a field and wrong as a register is cut out of one place alone.
        ("  a: {bits: 99}\n  b:\n    offset: 4\n    fields:\n      x: {bits: 99}\n", 3),
    ],
    ids=["bits", "constants", "properties", "register"],
)
def test_faults_of_what_is_written_alike_are_told_at_each_place(text: str, rules: int) -> None:
    with pytest.raises(codegen.MapError) as refused:
        codegen.loads(HEAD + text)
    by_events = HEAD.replace("m\n", "&n m\n") + text
    with pytest.raises(codegen.MapError) as other:
        codegen.loads(by_events)
    assert [str(problem) for problem in refused.value.problems] == [str(problem) for problem in other.value.problems]
    assert len(refused.value.problems) == rules
