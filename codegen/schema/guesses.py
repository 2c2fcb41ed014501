"""What a wrong name was meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codegen.source.findings import Findings

__all__ = ["closest"]

_MAX_COMPARED, _MAX_COMPARED_IN_ALL = 500, 5_000  # known names, for one that is wrong and for all of a run


def closest(name: str, known: Iterable[str], what: str, findings: Findings) -> str:
    """Return the hint for an unknown name; a similar one only for the first of a run: to look takes 20 us a name."""
    import difflib  # noqa: PLC0415  (most maps have no wrong name)

    known = list(known)
    if findings.compared < _MAX_COMPARED_IN_ALL:
        findings.compared += len(known[:_MAX_COMPARED])
        if near := difflib.get_close_matches(name, known[:_MAX_COMPARED], 1):
            return f"Did you mean {near[0]!r}?"
    return f"Known {what}: {', '.join(known[:40])}." if known else f"No {what} are defined."
