"""Descriptions with marks: what becomes of them, and that nothing that they say is lost or more than text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.views.page.formatted_text import formatted, plain_text

TAGS = {"p", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "br", "table", "tr", "th", "td", "a"}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Rate: baud * 2^20 / clock, in a_b_c.", "Rate: baud * 2^20 / clock, in a_b_c."),
        ("Writes *once*, **never** `twice`.", ["Writes ", ["em", "once"], ", ", ["strong", "never"], " ", ["code", "twice"], "."]),
        ("Two\nlines.", "Two\nlines."),
        ("One.\n\nTwo.", [["p", "One."], ["p", "Two."]]),
        ("Modes:\n- off\n- on", [["p", "Modes:"], ["ul", ["li", "off"], ["li", "on"]]]),
        ("3. three\n4. four", [["ol", 3, ["li", "three"], ["li", "four"]]]),
        ("0. zero", [["ol", 0, ["li", "zero"]]]),
        ("[UG](https://e.org/a_b?c=1&d)", [["a", "https://e.org/a_b?c=1&d", "UG"]]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", [["table", ["tr", ["th", "a"], ["th", "b"]], ["tr", ["td", "1"], ["td", "2"]]]]),
        ("```c\nx = 1;\n```", [["pre", "x = 1;"]]),
        ("# Title", [["strong", "Title"]]),
    ],
)  # fmt: skip
def test_marks(text, tree):
    assert formatted(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b> &amp; &lt;i&gt;",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "<javascript:alert(1)>",
        "![a](https://e.org/x.png",
        "[a]: https://e.org",
        "Title\n=====",
    ],
)
def test_what_is_no_mark_stays_as_it_is(text):
    assert plain_text(formatted(text)) == text


def strings(node):
    for item in node:
        if isinstance(item, str):
            yield item
        elif isinstance(item, int):
            yield str(item)
        else:
            assert item[0] in TAGS
            assert item[0] != "a" or re.match(r"https?://", item[1])
            yield from strings(item[1:])


PIECES = [
    "*",
    "_",
    "`",
    "[a](b)",
    "[x](https://e.org)",
    "\n",
    "\n\n",
    "- ",
    "2. ",
    "> ",
    "|",
    "|-|",
    "~~~ 1",
    "#",
    "\\",
    "<",
    "&lt;",
    " ",
    "word",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text("abcä1", max_size=3), max_size=14).map("".join))
def test_no_word_is_lost_and_no_tag_is_new(text):
    tree = formatted(text)
    said = " ".join([tree] if isinstance(tree, str) else strings(tree))
    missing = [word for word in re.findall(r"[^\W_]+", text) if word not in said]
    assert missing == []


def test_a_long_text_is_not_looked_at():
    assert formatted("*" * 30_000) == "*" * 30_000
