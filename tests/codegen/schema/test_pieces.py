"""A text that is written anew entry by entry becomes what it becomes as a whole."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from codegen.schema import formatter
from codegen.schema.formatting import pieces, tidiness
from codegen.source.forms.usual_form import usual_data
from tests.support import MAPS, ROOT

TEXTS = [path.read_text() for path in (*sorted(MAPS.glob("*.yaml")), *sorted((ROOT / "regmaps").glob("*.yaml")))]
REGISTERS = "schema: 1\nname: many\n\nregisters:\n" + "".join(
    f"  # Of number {number}.\n  r{number}:\n    offset: 0x{4 * number:X}\n    fields:\n"
    f"      low: {{bits: 7:0, reset: 0x{number % 16:X}}}  # a note\n      high: {{bits: 15:8}}\n\n"
    for number in range(60)
)


def whole(text):
    """What becomes of a text that is written anew at once."""
    before, best = text, formatter._best(text)
    while best != before and not tidiness.is_tidy(best):
        before, best = best, formatter._best(best)
    return best


def lower_hex(line):
    return re.sub("0x[0-9A-F]+", lambda found: found[0].lower(), line)


def decimal(line):
    return re.sub("offset: 0x([0-9A-F]+)", lambda found: f"offset: {int(found[1], 16)}", line)


def other_order(line):
    return re.sub(r"\{(bits: [^,}]+), ([a-z]+: [^,}]+)\}", r"{\2, \1}", line)


def above(line):
    pad = line[: len(line) - len(line.lstrip())]
    return f"{pad}# Said of it.\n{line}"


def wide_flow(line):
    return line.replace("{", "{ ").replace(", ", ",  ")


CHANGES = (lower_hex, decimal, other_order, above, wide_flow)


@st.composite
def untidy(draw):
    lines = draw(st.sampled_from([*TEXTS, REGISTERS])).split("\n")
    for place in draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, max_size=4)):
        if lines[place].strip() and "#" not in lines[place]:
            lines[place] = draw(st.sampled_from(CHANGES))(lines[place])
    swapped = draw(st.integers(1, len(lines) - 1))
    one, other = lines[swapped - 1 : swapped + 1]
    if draw(st.booleans()) and len(one) - len(one.lstrip()) == len(other) - len(other.lstrip()):
        lines[swapped - 1 : swapped + 1] = other, one
    return "\n".join(lines)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=untidy())
def test_it_becomes_what_it_becomes_as_a_whole(monkeypatch, text):
    monkeypatch.setattr(pieces, "_SMALL", 2)
    found = pieces.by_pieces(text, formatter._best)
    if found is not None:
        assert found == whole(text)
        assert usual_data(found) == usual_data(text)


def test_only_what_is_not_tidy_is_written_anew():
    lines = REGISTERS.rstrip("\n").split("\n")
    lines.append("")
    tidy = "\n".join(lines)
    assert formatter.formatted(tidy) == tidy
    anew = []

    def best(text):
        anew.append(text)
        return formatter._best(text)

    lines[lines.index("    offset: 0x2C")] = "    offset: 44"
    lines[lines.index("      low: {bits: 7:0, reset: 0xA}  # a note")] = "      low: {reset: 0xa, bits: 7:0}  # a note"
    assert pieces.by_pieces("\n".join(lines), best) == tidy
    assert [text.count("\n") for text in anew] == [6, 6]
    assert [text.split("\n")[1].strip() for text in anew] == ["r10:", "r11:"]
    assert formatter.formatted("\n".join(lines)) == tidy


def test_keys_of_large_parts_change_places_with_them():
    """What stands below goes with its key; types have parts of their own."""
    inner = "".join(f"      r{number}: {{offset: {16 * number}}}\n" for number in range(40))
    text = (
        "name: x  # called so\nschema: 1\n"
        "# What is where.\nblocks:\n  b: {type: t, offset: 0x0}\n"
        f"types:\n  t:\n    registers:\n{inner}    description: It.\n"
    )
    found = pieces.by_pieces(text, formatter._best)
    assert found is not None
    assert found == whole(text)
    assert found.index("types:") < found.index("# What is where.\nblocks:")
    assert found.index("description: It.") < found.index("r39: {offset: 0x270}")


@pytest.mark.parametrize(
    "text",
    [
        "schema: 1\nname: x\nregisters: &all\n  r: {offset: 4}\n",
        "- a\n- b\n",
        "# nothing\n",
        "",
    ],
)
def test_what_has_no_pieces_is_left_to_be_written_as_a_whole(text):
    assert pieces.by_pieces(text, formatter._best) is None
