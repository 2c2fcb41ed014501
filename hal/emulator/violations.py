"""What a program did on an emulated card that a manual forbids: reserved bits, locks, addresses without a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.codes import bar_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hal._binding.sdk.card import ViolationRow
    from hal.design.design import Design

__all__ = ["KINDS", "Violation", "Violations", "violations_of"]

# By the card's number: the name, what was done, what to try.
_RULES = (
    (
        "reserved-bits",
        "changes bits {bits:#x}, which are of no field",
        "write them as they read, or as their reset",
    ),
    ("read-only", "is of what only hardware writes", "drop the write, or give the map the access that the logic has"),
    ("locked", "is dropped by its lock", "open the lock first, or write the keys just before, in their order"),
    ("write-only", "is of what shows nothing", "keep the value in the program, or read another register"),
    ("unmapped", "is where the design has nothing", "compare the address with the map"),
    ("half-read", "is of a part of a latched register", "read all its words, the lowest first"),
)
KINDS = tuple(name for name, _, _ in _RULES)


@dataclass(frozen=True, slots=True)
class Violation:
    """One access that a manual forbids.

    `kind`: "reserved-bits", "read-only", "locked", "write-only", "unmapped" or "half-read". `action`: "read" or
    "write". `offset`: bytes from the BAR's start; `width` in bits; `value`: what the bus carried, and `bits` of it
    those that it is about. `path`: of the register, by the driver that was attached last and has one there, or "".
    `site`: file:line of the program, or "" where that is not known: of other languages, and of transfers and waits.
    """

    kind: str
    action: str
    pf: int
    bar: int
    offset: int
    width: int
    value: int
    bits: int
    path: str
    site: str

    @property
    def advice(self) -> str:
        """What to try."""
        return _RULES[KINDS.index(self.kind)][2]

    def __str__(self) -> str:
        place = f"{bar_name(self.pf, self.bar)}, {self.offset:#x}"
        where = f"{self.path} ({place})" if self.path else place
        by = f"{self.site}: " if self.site else ""
        does = _RULES[KINDS.index(self.kind)][1].format(bits=self.bits)
        return f"{by}{self.kind}: {self.action} of {self.value:#x}, {self.width} bits, at {where} {does}"


class Violations(list[Violation]):
    """The violations in their order. `lost`: how many older ones did not fit."""

    lost: int = 0


def violations_of(rows: Iterable[ViolationRow], designs: list[Design]) -> Iterator[Violation]:
    """The card's rows with names; `designs`: those that may have a register there, the likeliest first."""
    for row in rows:
        action = "write" if row.is_write else "read"
        space = row.pf, row.bar
        paths = (_path(design, space, row.offset, is_write=row.is_write) for design in designs)
        site = f"{row.file}:{row.line}" if row.file else ""
        path = next(filter(None, paths), "")
        kind, place = KINDS[row.kind], (row.pf, row.bar, row.offset, row.width)
        yield Violation(kind, action, *place, row.value, row.bits, path, site)


def _path(design: Design, space: tuple[int, int], offset: int, *, is_write: bool) -> str:
    """Of several registers there the one that is written, or read."""
    other = ""
    for run in design.runs():
        if not run.child.is_register or run.space != space or run.is_alternate or offset < run.offset:
            continue
        index = run.child.nearest(offset - run.offset)
        shape = run.child.shape
        if offset < run.at(index) + shape.width // 8:
            if shape.is_writable if is_write else shape.is_readable:
                return run.name(index)
            other = other or run.name(index)
    return other or design.locate(space, offset)
