"""What the elements of an array of registers or blocks are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["NUMBERED", "Axis", "Numbering", "index_fault"]

_LONGEST = 40


class Numbering(NamedTuple):
    """Elements are numbered from `first` on, or have the names of `index`, as those of arrays of fields."""

    first: int = 0
    index: tuple[str, ...] = ()  # type: ignore[assignment]  # a tuple's methods are not needed

    def label(self, number: int) -> str:
        """Return what stands in brackets for the element of that number, from 0 on."""
        return self.index[number] if self.index else str(self.first + number)

    def holds(self, label: str, count: int) -> bool:
        """Return whether one of so many elements is called so."""
        if self.index or not label.isdecimal():
            return label in self.index
        return 0 <= int(label) - self.first < count

    def shown(self, count: int) -> str:
        """Return what stands in brackets for all of them: "0..3", "rx, tx", and of many names the ends."""
        is_whole = self.index and not self.left_out
        return ", ".join(self.index) if is_whole else f"{self.label(0)}..{self.label(count - 1)}"

    @property
    def left_out(self) -> str:
        """Return the names, where they are too many to stand in a path."""
        names = ", ".join(self.index)
        return f"Elements: {names}." if len(names) > _LONGEST else ""


NUMBERED = Numbering()


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension of an array: `count` elements, `stride` apart, in bytes, or of an array of fields in bits.

    They are numbered from `first` on, or have the names of `index`.
    """

    count: int
    stride: int
    first: int = 0
    index: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands in brackets for each of them."""
        return self.index or tuple(str(self.first + number) for number in range(self.count))

    @property
    def numbering(self) -> Numbering:
        """What stands in brackets for one of them."""
        return Numbering(self.first, self.index)


def index_fault(index: tuple[str, ...], count: int, first: int | None) -> str:
    """Return what is wrong with the names of so many elements; empty if nothing is."""
    faults = {
        "the list is empty": not index,
        f"{len(index)} names for {count} elements": len(index) != count,
        "elements have names, so first numbers nothing": first is not None,
        "two elements have one name": len(set(index)) != len(index),
    }
    return next((message for message, is_so in faults.items() if is_so), "")
