"""What models need to act for the hardware: which fields it counts and drives, and what it drove them with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.access.hardware import Counter, Hardware

__all__ = ["Inputs", "counter_of", "driven_side"]


class Inputs:
    """The inputs of interrupts as they were driven last, by the paths of registers; at first they are 0."""

    def __init__(self) -> None:
        self._driven: dict[str, dict[str, tuple[Any, Hardware, int]]] = {}

    def clear(self) -> None:
        """All are 0 again."""
        self._driven.clear()

    def change(self, register: str, field: Any, hardware: Hardware, value: int) -> int:
        """Keep what an interrupt is driven with; return what it was driven with before."""
        if not hardware.intr:
            return 0
        fields = self._driven.setdefault(register, {})
        _, _, before = fields.get(field.name, (field, hardware, 0))
        fields[field.name] = field, hardware, value
        return before

    def levels(self, register: str) -> Iterator[tuple[Any, Hardware, int]]:
        """Yield the interrupts of a register that go by the level of their input, and that."""
        for field, hardware, value in self._driven.get(register, {}).values():
            if hardware.intr == "level":
                yield field, hardware, value


def counter_of(field: Any, shown: str) -> Counter:
    """Return how a field counts. Raises ModelError for what is no counter."""
    hardware = _side_of(field, shown)
    if hardware is None or hardware.counter is None:
        raise ModelError(f"{shown} is no counter: the map says nothing of counter for it")
    return hardware.counter


def driven_side(field: Any, shown: str) -> Hardware:
    """Return what hardware does to a field. Raises ModelError for what it never writes, or where nothing is said."""
    hardware = _side_of(field, shown)
    if hardware is None:
        raise ModelError(f"{shown}: the map does not say what hardware does to it; add hw, or use set")
    if not hardware.writes:
        raise ModelError(f"{shown}: hardware never writes it, for the map says hw: {hardware.hw}")
    return hardware


def _side_of(field: Any, shown: str) -> Hardware | None:
    if field is None:
        raise ModelError(f"{shown} is a register with several fields: name one of them")
    if field.alias:
        raise ModelError(f"{shown} has no bits of its own: it acts on {field.alias}, so name that")
    hardware: Hardware | None = field.hardware
    return hardware
