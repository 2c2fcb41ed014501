"""From YAML text to plain dicts, lists, text and numbers, without recursion.

Scalars are read as YAML 1.2 does, so `off` and `3:1` are text. A text in its usual form is read by its lines, any other
by the events of a parser, which most runs need not load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.source.forms.usual_form import usual_data
from codegen.source.positions import LINE_BREAK, Mark, Path

if TYPE_CHECKING:
    from codegen.source.forms.yaml_events import Report

__all__ = ["LINE_BREAK", "Mark", "Path", "compose"]


def compose(text: str, report: Report, *, merges: bool = False, shares: bool = False) -> object:
    """Return the document's value, or None when the text can't be read to its end.

    `report(mark, path, rule, message, hint)` is called for every fault. `merges`: << is a key as any other.
    `shares`: as in `usual_data`.
    """
    data = usual_data(text, shares=shares)
    if data is not None:
        return data
    from codegen.source.forms.yaml_events import parsed  # noqa: PLC0415

    return parsed(text, report, merges=merges)
