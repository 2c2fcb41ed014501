"""Line breaks that few programs show: nothing may hide behind one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen

HEAD = "schema: 1\nname: dut\nregisters:\n  r: {offset: 0x0}"
UNSEEN = "\x85\u2028\u2029"


def problem(text):
    with pytest.raises(codegen.MapError) as refused:
        codegen.loads(text)
    (found,) = refused.value.problems
    return found.line, found.column, found.rule


@pytest.mark.parametrize("character", UNSEEN)
@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD} # a?memories: {{m: {{offset: 0x100, size: 4}}}}\n",
        f"?{HEAD}",
        f"{HEAD}?",
        f"{HEAD}\ndescription: a?  b\n",
        f"{HEAD}\ndescription: |\n  a?  b\n",
        f"{HEAD}\ndescription: 'it''s' #?\n",
        f"{HEAD}?x: [",
    ],
)
def test_outside_of_quotes_it_is_refused_with_its_place(character, text):
    lines = text.partition("?")[0].split("\n")
    assert problem(text.replace("?", character)) == (len(lines), len(lines[-1]) + 1, "line-break")


@pytest.mark.parametrize("quote", "'\"")
def test_inside_of_quotes_it_is_a_character_of_the_text(quote):
    assert codegen.loads(f"{HEAD}\ndescription: {quote}a\x85b{quote}\n").description == "a b"
    for character in "\u2028\u2029":
        assert problem(f"{HEAD}\ndescription: {quote}a{character}b{quote}\n") == (5, 14, "control-character")
        # The second is outside; after the first, the parser is one line further.
        assert problem(f"{HEAD}\ndescription: {quote}a{character}b{quote} #{character}\n")[2] == "line-break"


def test_what_is_wrong_before_it_is_told_first():
    assert problem(f"{HEAD}\nx: ]\n# \u2028\n") == (5, 4, "yaml-syntax")


@given(st.text(st.sampled_from("ab #'\":\n\x85\u2028"), max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_comment_becomes_a_key(text):
    """What a person sees as one line of comment is no part of the map."""
    line = "".join(text.split("\n"))
    try:
        device = codegen.loads(f"{HEAD}\n# {line}\n")
    except codegen.MapError as error:
        assert [found.rule for found in error.problems] == ["line-break"]
        assert set(line) & set(UNSEEN)
    else:
        assert not set(line) & set(UNSEEN)
        assert [child.name for child in device.root.children] == ["r"]
