"""What is to be said of a source, in few lines: what holds of many things is said once, with the first lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codegen.source.problem import Problem

__all__ = ["Said", "grouped", "notice"]

_SHOWN_LINES = 6
_SHOWN_GROUPS = 16


class Said(NamedTuple):
    """Something that is said of a place; `path` by the source's names."""

    file: str
    line: int
    path: str
    message: str


def grouped(remarks: Iterable[Said]) -> Iterator[str]:
    """Yield a line for each message of a file, in the order in which they come first."""
    groups: dict[tuple[str, str], list[Said]] = {}
    for remark in remarks:
        groups.setdefault((remark.file, remark.message), []).append(remark)
    for (file, message), group in groups.items():
        if len(group) == 1:
            yield f"{file}:{group[0].line}: {group[0].path}: {message}"
            continue
        lines = sorted({remark.line for remark in group})
        more = ", ..." if len(lines) > _SHOWN_LINES else ""
        shown = ", ".join(map(str, lines[:_SHOWN_LINES]))
        yield f"{file}: {message}: {len(group)} times, in lines {shown}{more}"


def notice(notes: Sequence[Problem]) -> tuple[str, ...]:
    """Return what a user of files is told of what they say and a driver does not: a heading, and some lines."""
    if not notes:
        return ()
    counts = {kind: sum(note.rule == kind for note in notes) for kind in ("approximated", "dropped")}
    counted = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    files = ", ".join(dict.fromkeys(note.file for note in notes))
    lines = list(grouped(Said(note.file, note.line, note.path, note.message) for note in notes))
    more = [f"  ... and more, which hal validate {files} lists"] if len(lines) > _SHOWN_GROUPS else []
    return (f"{files}: {counted}", *(f"  {line}" for line in lines[:_SHOWN_GROUPS]), *more)
