"""Python source for values of a map. Nothing else brings a map's text into generated code."""

from __future__ import annotations

from codegen.views.escapes import printable

__all__ = ["docstring", "text_literal", "within_docstring"]

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def text_literal(text: str) -> str:
    """Return a string literal, in double quotes unless that needs escapes and single ones don't."""
    if text.isprintable() and "\\" not in text and '"' not in text:
        return f'"{text}"'
    quote = "'" if '"' in text and "'" not in text else '"'
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character == quote:
        return "\\" + quote
    return _ESCAPES.get(character) or printable(character)


def docstring(text: str, default: str) -> str:
    """Return what stands between a docstring's quotes, without indentation.

    Each paragraph of the text becomes one line, the first of them a sentence. The lines can't end
    the docstring early: backslashes and triple quotes are escaped, a full stop comes last.
    """
    paragraphs = [" ".join(part.split()) for part in _paragraphs(text)]
    safe_paragraphs: list[str] = []
    for paragraph in paragraphs or [default]:
        safe = within_docstring(paragraph)
        safe_paragraphs.append(safe if safe.endswith((".", "!", "?")) else f"{safe}.")
    return "\n\n".join(safe_paragraphs)


def within_docstring(text: str) -> str:
    """Return a text of one line so that it can stand inside a docstring."""
    return printable(text.replace("\\", "\\\\")).replace('"""', '\\"\\"\\"')


def _paragraphs(text: str) -> list[str]:
    paragraphs = [""]
    for line in text.split("\n"):
        if line.strip():
            paragraphs[-1] += line + "\n"
        elif paragraphs[-1]:
            paragraphs.append("")
    return [paragraph for paragraph in paragraphs if paragraph]
