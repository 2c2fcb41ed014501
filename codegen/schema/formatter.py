"""`hal fmt`: a map written in one way, or left as it is where that would harm it.

`tidy` writes the text anew, `kept` keeps away from it what it can't improve. What comes out is read again: a text has
the same data and the same comments, and is its own best form, or it is not taken.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from codegen.schema.formatting.kept import comments_of, scalar_spans, without_scalars, written_around
from codegen.schema.formatting.pieces import by_pieces
from codegen.schema.formatting.tidiness import is_tidy
from codegen.schema.vocabulary import SIZE_SHIFTS
from codegen.source.composer import compose
from codegen.source.findings import Findings
from codegen.source.reader import read_alone

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["format_map", "formatted"]

_MARK = "\ufeff"
_ROUNDS = 4
_SIZE = re.compile(r"(\d+)([KMG])iB")


def format_map(path: Path) -> tuple[str, str]:
    """Return a map file's text as it is, and as it should be written.

    The map need not be right, but readable as YAML: MapError. What can't be written anew without harm stays.
    """
    findings = Findings()
    source = read_alone(path, findings)
    findings.raise_any()
    mark = _MARK if path.read_bytes().startswith(_MARK.encode()) else ""
    return mark + source.text, mark + formatted(source.text)


def formatted(text: str) -> str:
    """Return the text of a map as it should be written, with the line ends that it has."""
    ends = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    plain = text.replace("\r\n", "\n")
    if "\r" in plain:
        return text
    best = _settled(plain)
    if best == plain and text == plain.replace("\n", ends):
        return text
    return best.replace("\n", ends)


def _settled(text: str) -> str:
    """Return the form of a text that stays when it is formatted again; the text itself where there is none."""
    if is_tidy(text):
        return text
    by_entries = by_pieces(text, _best)
    if by_entries is not None:
        return by_entries
    before, best = text, _best(text)
    for _ in range(_ROUNDS):
        if best == before or is_tidy(best):
            return best
        before, best = best, _best(best)
    return text


def _best(text: str) -> str:
    """Return a text with all in order, else with all but the order of keys, else as it is."""
    return _attempt(text, ordered=True) or _attempt(text, ordered=False) or text


def _attempt(text: str, *, ordered: bool) -> str | None:
    """Return a text written anew; None where that fails or harms it."""
    from codegen.schema.formatting.tidy import tidied  # noqa: PLC0415  (most texts need no ruamel.yaml)

    try:
        after = written_around(text, partial(tidied, ordered=ordered))
        is_harmless = _data(after) == _data(text) and _comments(after) == _comments(text)
    except Exception:  # noqa: BLE001  (ruamel.yaml fails on some texts in ways of its own: those stay)
        return None
    return after if is_harmless else None


def _data(text: str) -> object:
    problems: list[object] = []
    data = compose(text, lambda *problem: problems.append(problem))
    return problems or _without_sizes(data)


def _without_sizes(data: object) -> object:
    """Return data with sizes as numbers, for those may be written either way."""
    if isinstance(data, dict):
        return {key: _without_sizes(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_without_sizes(value) for value in data]
    match = _SIZE.fullmatch(data) if isinstance(data, str) else None
    return int(match[1]) << SIZE_SHIFTS[match[2]] if match else data


def _comments(text: str) -> Counter[str]:
    return Counter(text[start:end].strip() for start, end in comments_of(without_scalars(text, scalar_spans(text))))
