"""Accesses of a recording as people read them: registers by their paths, with the fields that were read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal.codes import Pf, describe_code
from hal.errors import FieldNameError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal._binding import TapeEntry
    from hal._binding.tapes.tape_file import Tape
    from hal.access.shape import RegisterShape
    from hal.design.design import Design

__all__ = ["TapeRow", "tape_rows"]

_RUN_MIN = 4  # words of a memory in a row that are told in one line
_SHOWN = 4  # values of such a line


class TapeRow(NamedTuple):
    """One line: an access, or many words of a memory."""

    text: str
    data: dict[str, Any]


def tape_rows(tape: Tape, design: Design | None) -> Iterator[TapeRow]:
    """The accesses in their order; `design`: where the paths and fields are from, else those of the recording."""
    names = _Names(design)
    at, count = 0, len(tape.entries)
    while at < count:
        path = names.path(tape, at)
        end = _run_end(tape, names, at, path)
        if end - at >= _RUN_MIN:
            yield _run_row(tape, at, end, path)
        else:
            end = at + 1
            yield _row(at, tape.entries[at], path, names)
        at = end


class _Names:
    """Each address is looked up once."""

    def __init__(self, design: Design | None) -> None:
        self._design = design
        self._paths: dict[tuple[int, int, int], str] = {}
        self._shapes: dict[str, tuple[RegisterShape, int] | None] = {}

    def path(self, tape: Tape, at: int) -> str:
        """The design's name of what was accessed, else that of the recording."""
        if self._design is None:
            return tape.paths[at]
        entry = tape.entries[at]
        place = entry.pf, entry.bar, entry.offset
        if place not in self._paths:
            self._paths[place] = self._design.locate(place[:2], place[2])
        return self._paths[place] or tape.paths[at]

    def register(self, path: str) -> tuple[RegisterShape, int] | None:
        """The shape and the offset of a register of the design; None of a memory's word, and without a design."""
        if self._design is None or not path:
            return None
        if path not in self._shapes:
            try:
                shape, _, offset = self._design.register_at(path)
                self._shapes[path] = shape.stored, offset
            except FieldNameError:
                self._shapes[path] = None
        return self._shapes[path]

    def fields(self, entry: TapeEntry, path: str) -> dict[str, str]:
        """The fields that the access covers, as people read them."""
        found = self.register(path)
        if found is None:
            return {}
        shape, offset = found
        low = shape.low_bit_at(entry.offset - offset) + (entry.offset - offset) * 8 % shape.access_width
        covered = (1 << entry.width) - 1 << low
        bits = entry.value << low
        parts = ((name, item) for name, item in shape.declared.items() if item.mask & shape.mask & ~covered == 0)
        return {name: item.text(bits) for name, item in parts}


def _run_end(tape: Tape, names: _Names, start: int, path: str) -> int:
    """Where the words of a memory that follow each other end. Registers of an array are one each, with their fields."""
    first, at = tape.entries[start], start + 1
    memory, _, index = path.rpartition("[")
    if not index.endswith("]") or first.code or names.register(path) is not None:
        return at
    step = first.width // 8
    while at < len(tape.entries):
        entry = tape.entries[at]
        wanted = first._replace(attached=entry.attached, value=entry.value, offset=first.offset + (at - start) * step)
        if entry._replace(slot=first.slot) != wanted:
            break
        name = names.path(tape, at)
        if name.rpartition("[")[0] != memory or "." in name.rpartition("]")[2]:
            break
        at += 1
    return at


def _run_row(tape: Tape, start: int, end: int, path: str) -> TapeRow:
    entries = tape.entries[start:end]
    action = _action(entries[0])
    values = [entry.value for entry in entries]
    shown = ", ".join(f"{value:#x}" for value in values[:_SHOWN]) + (", ..." if len(values) > _SHOWN else "")
    text = f"{start + 1:>6}  {action:<5}  {path}  {len(entries)} words of {entries[0].width} bits: {shown}"
    place = {"path": path, "pf": Pf(entries[0].pf).name.lower(), "bar": entries[0].bar, "offset": entries[0].offset}
    return TapeRow(text, {"number": start + 1, "action": action, **place, "width": entries[0].width, "values": values})


def _row(at: int, entry: TapeEntry, path: str, names: _Names) -> TapeRow:
    action, fields = _action(entry), {} if entry.code else names.fields(entry, path)
    pf = Pf(entry.pf).name.lower()
    place = path or f"{pf}:{entry.bar} {entry.offset:#x}"
    value = f"{entry.value:#0{entry.width // 4 + 2}x}"
    told = ", ".join(f"{name}={value}" for name, value in fields.items())
    if entry.code:
        value, told = "-", f"failed: {describe_code(entry.code)} (code {entry.code})"
    data: dict[str, Any] = {"number": at + 1, "action": action, "path": path, "pf": pf, "bar": entry.bar}
    data |= {"offset": entry.offset, "width": entry.width, "value": entry.value}
    data |= {"code": entry.code} if entry.code else {}
    data |= {"fields": fields} if fields else {}
    return TapeRow(f"{at + 1:>6}  {action:<5}  {place:<24}  {value}  {told}".rstrip(), data)


def _action(entry: TapeEntry) -> str:
    return "write" if entry.is_write else "read"
