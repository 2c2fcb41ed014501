"""What memories hold, in a snapshot: bounded, as bytes, the low byte of each word first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal.design.older_maps import Misfit
from hal.errors import SnapshotError
from hal.shown import Shown
from hal.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal.design.design import Design

__all__ = ["BYTES_MAX", "Difference", "Differences", "differing_words", "memories_of"]

BYTES_MAX = 16 << 20
"""Of all memories in a snapshot."""


class Difference(NamedTuple):
    """A field that two snapshots disagree on; None where one of them lacks its register.

    A register's own path stands for its bits of no field; with None, for a register that was saved with another map
    and that this one doesn't have, or not so. Of a memory it is a word.
    """

    path: str
    old: Any
    new: Any


class Differences(list[Difference], Shown):
    """What two snapshots disagree on, in the map's order."""


class _Memory(NamedTuple):
    """Bytes of a memory, and of its words."""

    size: int
    step: int


def _declared(design: Design) -> dict[str, _Memory]:
    return {
        run.name(index): _Memory(run.child.size, run.child.width // 8)
        for run in design.runs()
        if run.child.is_memory
        for index in range(run.number)
    }


def differing_words(design: Design, mine: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> Iterator[Difference]:
    """The words that differ, of memories that both have."""
    declared = _declared(design)
    for path, held in mine.items():
        other = theirs.get(path, held)
        if held == other:
            continue
        step = declared[path].step
        for at in range(0, len(held), step):
            if held[at : at + step] != other[at : at + step]:
                values = (int.from_bytes(part[at : at + step], "little") for part in (held, other))
                yield Difference(f"{path}[{at // step}]", *values)


def memories_of(design: Design, saved: Any) -> tuple[dict[str, bytes], dict[str, Misfit]]:
    """The saved memories that the design has, and those that it doesn't have so. SnapshotError for what is none."""
    if not isinstance(saved, dict):
        raise SnapshotError("this is no snapshot: its memories are no mapping")
    declared = _declared(design) if saved else {}
    held, lost, total = dict[str, bytes](), dict[str, Misfit](), 0
    for path, text in saved.items():
        content = _bytes_of(path, text)
        total += len(content)
        if total > BYTES_MAX:
            raise SnapshotError(f"the snapshot does not fit: its memories are larger than {BYTES_MAX >> 20} MiB")
        memory = declared.get(path)
        if memory is None:
            lost[path] = Misfit(0, "the map has no such memory")
        elif memory.size != len(content):
            lost[path] = Misfit(0, f"it had {len(content)} bytes, and has {memory.size}")
        else:
            held[path] = content
    return held, lost


def _bytes_of(path: object, text: object) -> bytes:
    try:
        if isinstance(path, str) and isinstance(text, str):
            return bytes.fromhex(text)
    except ValueError:
        pass
    raise SnapshotError(f"this is no snapshot: memory {shown(path)} is not in hex")
