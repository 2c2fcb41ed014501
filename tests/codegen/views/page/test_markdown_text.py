"""Descriptions as Markdown: a reader of the output sees the tree that the map's text is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from codegen.views.page.formatted_text import formatted, plain_text
from codegen.views.page.markdown_text import markdown_block, markdown_line
from tests.codegen.views.page.test_formatted_text import PIECES


@pytest.mark.parametrize(
    ("text", "line", "block"),
    [
        ("a_b *c*", "a\\_b *c*", "a\\_b *c*"),
        ("x\n\n- a\n- b", "x a b", "x\n\n- a\n- b"),
        ("3. a\n4. b", "3\\. a 4\\. b", "3. a\n4. b"),
        ("`` a`b ``", "``a`b``", "``a`b``"),
        ("`a|b`", "`a\\|b`", "`a|b`"),
        ("> quoted", "quoted", "> quoted"),
        ("[a](https://e.org/b_c)", "[a](<https://e.org/b_c>)", "[a](<https://e.org/b_c>)"),
        ("- a\n\n  b", "a b", "- a\n\n  b"),
        ("+5 V", "\\+5 V", "\\+5 V"),
    ],
)  # fmt: skip
def test_marks(text, line, block):
    assert markdown_line(text) == line
    assert markdown_block(text) == block


READER = MarkdownIt("commonmark", {"html": True}).enable("table")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text("ab|1", max_size=3), max_size=12).map("".join))
def test_a_cell_stays_one_cell_and_no_word_is_lost(text):
    tokens = READER.parse(f"| a | b |\n|---|---|\n| {markdown_line(text)} | end |\n")
    assert [token.type for token in tokens].count("td_open") == 2
    assert not any(child.type in ("html_inline", "image") for token in tokens for child in token.children or ())
    shown = "".join(child.content for token in tokens for child in token.children or ())
    assert [word for word in re.findall(r"[^\W_]+", plain_text(formatted(text))) if word not in shown] == []
