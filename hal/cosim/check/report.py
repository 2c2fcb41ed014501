"""What a check found: faults, and how much of the design was proven."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Fault", "RegisterRow", "Report"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A difference between map and logic.

    `kind`: reset, address, bits, policy, strobe, neighbour, clear, unmapped, memory, sequence or bus. `path`: of
    the field or memory, "" where it is none's. `expected`, `found`: the word on the bus; None where there is none.
    """

    kind: str
    path: str
    text: str
    expected: int | None = None
    found: int | None = None

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.kind}: {where}{self.text}"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register, or those that share a word. `bits`: of its fields. `proven`: of them, those seen as 0 and as 1.

    `provable`: those that can be; the others can't be read, or written, or hardware changes them. `result`: "ok",
    "FAULT", or why it was only read, or not even that.
    """

    register: str
    accesses: int
    bits: int
    provable: int
    proven: int
    result: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of a check. `seed`: makes the same accesses again."""

    design: str
    seed: int
    accesses: int
    rows: tuple[RegisterRow, ...]
    faults: tuple[Fault, ...]

    @property
    def proven(self) -> tuple[int, int, int]:
        """Bits that were proven, that could be, and of all fields."""
        return sum(row.proven for row in self.rows), sum(row.provable for row in self.rows), self.bits

    @property
    def bits(self) -> int:
        """Of all fields."""
        return sum(row.bits for row in self.rows)

    @property
    def percent(self) -> float:
        """Of the bits that could be proven, those that were; 100 where there are none."""
        proven, provable, _ = self.proven
        return 100.0 * proven / provable if provable else 100.0

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        facts = {"design": self.design, "seed": self.seed, "accesses": self.accesses, "percent": round(self.percent, 2)}
        return {
            **facts,
            "registers": [asdict(row) for row in self.rows],
            "faults": [asdict(fault) for fault in self.faults],
        }

    def summary(self) -> str:
        """One line."""
        proven, provable, bits = self.proven
        faults = f"{len(self.faults)} fault{'' if len(self.faults) == 1 else 's'}" if self.faults else "no fault"
        return (
            f"{self.design}: {self.accesses} accesses, {proven} of {provable} bits proven ({self.percent:.1f} %), "
            f"{bits - provable} more can't be; {faults}"
        )
