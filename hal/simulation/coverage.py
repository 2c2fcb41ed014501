"""Which registers and fields were touched, from the bus words that were accessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hal.access.policies import POLICIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal._binding.sdk.simulation import WordCount
    from hal.design.design import Design
    from hal.registers.space import SpaceNumbers

__all__ = ["Coverage", "FieldCoverage", "RegisterCoverage", "coverage_of"]


@dataclass(frozen=True, slots=True)
class FieldCoverage:
    """A field. `read`, `written`: a read or write of its register reached it.

    `seen`: its bits that reads have shown as 0 and as 1; `set`: those that writes have carried so. Both are of what the
    field allows: `seen` is 0 where it can't be read.
    """

    path: str
    read: bool
    written: bool
    seen: int
    set: int
    readable: bool
    writable: bool

    @property
    def touched(self) -> bool:
        """Whether all that the field allows was done: it was read, and written."""
        return (self.read or not self.readable) and (self.written or not self.writable)


@dataclass(frozen=True, slots=True)
class RegisterCoverage:
    """A register: how often it was read and written, accesses that were refused or not answered, and its fields."""

    path: str
    reads: int
    writes: int
    errors: int
    fields: tuple[FieldCoverage, ...]

    @property
    def touched(self) -> bool:
        """Whether it was accessed."""
        return bool(self.reads or self.writes)


@dataclass(frozen=True, slots=True)
class Coverage:
    """All registers of a design. As text: what was not touched, and the sums."""

    registers: tuple[RegisterCoverage, ...]

    @property
    def fields(self) -> tuple[FieldCoverage, ...]:
        """The fields of all of them."""
        return tuple(field for register in self.registers for field in register.fields)

    @property
    def percent(self) -> float:
        """Of the fields, those that were touched; 100 for a design without."""
        fields = self.fields
        return 100.0 * sum(field.touched for field in fields) / len(fields) if fields else 100.0

    def __str__(self) -> str:
        fields = self.fields
        lines = [f"{field.path}: {_missing(field)}" for field in fields if not field.touched]
        registers = sum(register.touched for register in self.registers)
        touched = sum(field.touched for field in fields)
        lines.append(
            f"registers {registers} of {len(self.registers)}, fields {touched} of {len(fields)}, {self.percent:.1f} %"
        )
        return "\n".join(lines)


def _missing(field: FieldCoverage) -> str:
    parts = (["not read"] if field.readable and not field.read else []) + (
        ["not written"] if field.writable and not field.written else []
    )
    return ", ".join(parts)


def coverage_of(driver: type[Any], words: Sequence[WordCount]) -> Coverage:
    """What was touched of a driver's registers, by the words that were accessed."""
    design: Design = driver._design
    by_place = {((word.pf, word.bar), word.offset): word for word in words}
    registers = [run for run in design.runs() if run.child.is_register]
    return Coverage(
        tuple(
            _register(run.child.shape, run.name(index), run.space, run.at(index), by_place)
            for run in registers
            for index in range(run.number)
        )
    )


def _register(
    shape: Any, path: str, space: SpaceNumbers, offset: int, words: dict[tuple[SpaceNumbers, int], WordCount]
) -> RegisterCoverage:
    places = _bus_words(shape, offset)
    touched = [(words.get((space, at)), shift) for at, shift in places]
    there = [(word, shift) for word, shift in touched if word is not None]

    def bits(name: str) -> int:
        return sum(_shifted(getattr(word, name), shift) for word, shift in there)

    seen, carried = bits("read_ones") & bits("read_zeros"), bits("written_ones") & bits("written_zeros")
    any_read, any_written = bits("read_ones") | bits("read_zeros"), bits("written_ones") | bits("written_zeros")
    fields = []
    for field in shape.fields.values():
        readable, writable = bool(field.readable), bool(POLICIES[field.access].writable)
        fields.append(
            FieldCoverage(
                f"{path}.{field.name}",
                bool(readable and field.mask & any_read),
                bool(writable and field.mask & any_written),
                (seen & field.mask) >> field.lsb if readable else 0,
                (carried & field.mask) >> field.lsb if writable else 0,
                readable,
                writable,
            )
        )
    reads, writes, errors = (
        max((getattr(word, name) for word, _ in there), default=0) for name in ("reads", "writes", "errors")
    )
    return RegisterCoverage(path, reads, writes, errors, tuple(fields))


def _shifted(value: int, shift: int) -> int:
    return value << shift if shift >= 0 else value >> -shift


def _bus_words(shape: Any, offset: int) -> list[tuple[int, int]]:
    """Offsets of the words of 32 bits that a register lies in, and where their lowest bit is in it."""
    found: list[tuple[int, int]] = []
    for number in range(shape.word_count):
        at, low = offset + shape.word_at(number), number * shape.access_width
        words = range(at - at % 4, at + shape.access_width // 8, 4)
        found += [(place, low + 8 * (place - at)) for place in words]
    return found
