"""Text of a map inside other languages: it stays text, whatever it says.

Nothing else brings descriptions and file names into C, SystemVerilog and Markdown; Python has
`literals`, HTML and SVG have the template engine's own escaping.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "ascii_comment",
    "block_comment",
    "csv_cell",
    "line_comment",
    "markdown",
    "markdown_start",
    "markdown_words",
    "one_line",
    "printable",
    "rdl_comment",
    "rdl_string",
    "xml_comment",
    "xml_text",
]

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&$#])")
# What makes a list, a heading, a rule or one of MyST's constructs at the start of a line.
_MARKDOWN_START = re.compile(r"\A(\d{0,9})([-+=:%(.)])")
# What XML 1.0 has no way to say.
_NO_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_FORMULA_STARTS = ("=", "+", "-", "@")
_REMEMBERED = 4096
"""Texts of which the escaped form is remembered: names and short descriptions repeat."""


def one_line(text: str) -> str:
    """Return a text as one line; what can't be printed is written as an escape."""
    if text.isprintable() and "  " not in text and text == text.strip(" "):  # as most are
        return text
    line = " ".join(text.split())
    return line if line.isprintable() else printable(line)


def printable(text: str) -> str:
    """Return a text with what can't be printed as escapes."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def block_comment(text: str) -> str:
    """Return a text for a C comment: it can't end or nest it, and forms no trigraph."""
    if not text:
        return ""
    line = one_line(text)
    if "/" not in line and "?" not in line:
        return line
    for harmful, harmless in (("*/", "* /"), ("/*", "/ *"), ("??", "? ?")):
        while harmful in line:
            line = line.replace(harmful, harmless)
    return line


def line_comment(text: str) -> str:
    """Return a text for a comment to the end of the line, in C++ and SystemVerilog.

    A backslash at the end would draw in the next line.
    """
    line = block_comment(text)
    return f"{line} ." if line.endswith("\\") else line


@lru_cache(_REMEMBERED)
def markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, in a paragraph or a table's cell."""
    return markdown_start(markdown_words(text))


def markdown_words(text: str) -> str:
    """Return a text that Markdown shows as it is, within a line."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", one_line(text))


def markdown_start(line: str) -> str:
    """Return a line of Markdown that is no list, heading or rule."""
    return _MARKDOWN_START.sub(r"\1\\\2", line)


def ascii_comment(text: str) -> str:
    """Return a text for a comment to the end of the line in ASCII, for languages that take no more, such as VHDL."""
    return line_comment(text).encode("ascii", "backslashreplace").decode("ascii")


def rdl_string(text: str) -> str:
    """Return a text as a string of SystemRDL. What its preprocessors act on in strings too is parted by a blank."""
    escaped = _rdl_plain(text.replace("\t", " ")).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def rdl_comment(text: str) -> str:
    """Return a text for a comment to the end of the line, in SystemRDL."""
    return _rdl_plain(line_comment(text))


def _rdl_plain(text: str) -> str:
    """Part what starts Perl, and the one directive that is obeyed everywhere."""
    for harmful, harmless in (("<%", "< %"), ("`include", "` include")):
        text = text.replace(harmful, harmless)
    return text


def xml_text(text: str) -> str:
    """Return a text without what no document of XML 1.0 can hold, for the template engine to escape."""
    return re.sub(_NO_XML, "\N{REPLACEMENT CHARACTER}", text)


def xml_comment(text: str) -> str:
    """Return a text for a comment of XML: it can't end it."""
    line = xml_text(one_line(text))
    while "--" in line:
        line = line.replace("--", "- -")
    return f"{line} " if line.endswith("-") else line


def csv_cell(text: str) -> str:
    """Return a text as a cell of CSV, on one line; a spreadsheet takes none for a formula."""
    line = one_line(text)
    if line.startswith(_FORMULA_STARTS):
        line = f"'{line}"
    return '"{}"'.format(line.replace('"', '""')) if any(mark in line for mark in ',"') else line
