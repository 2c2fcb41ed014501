"""What the card stores for the registers and memories of a model, past every access policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.emulator.modelling.hardware_side import Inputs
from hal.errors import ModelError

if TYPE_CHECKING:
    from hal.emulator.controls import Emulator
    from hal.registers.space import SpaceNumbers

__all__ = ["Storage", "WordPlace"]

WordPlace = tuple[int, int, bool, int]
"""PCI function, BAR, whether it is the second storage that the card has for a word there, and offset."""


class Storage:
    """The card's words, for the nodes of one model. `name`: of its driver; `inputs`: what it drove interrupts with."""

    def __init__(self, driver: type[Any]) -> None:
        self.name = driver.__name__
        self.inputs = Inputs()
        self.behind: frozenset[str] = frozenset()  # paths of registers in second storages
        self._emulator: Emulator | None = None

    def bind(self, emulator: Emulator) -> None:
        """From now on these are the words of this card."""
        self._emulator = emulator

    @property
    def emulator(self) -> Emulator:
        """The card's controls. ModelError while there is none."""
        if self._emulator is None:
            raise ModelError("this model is on no card yet: give it to slot.emulator.set_model(...)")
        return self._emulator

    def read(self, space: SpaceNumbers, offset: int, count: int) -> bytes:
        """So many bytes."""
        emulator = self.emulator
        return emulator._card.storage(emulator._slot.number, *space, offset, count)

    def write(self, space: SpaceNumbers, offset: int, data: bytes) -> None:
        """Sets bytes."""
        emulator = self.emulator
        emulator._card.set_storage(emulator._slot.number, *space, offset, data)

    def word(self, place: WordPlace, width: int) -> int:
        """A word of so many bits."""
        if place[2]:
            return self._change(place, width, 0, 0, None)[1]
        return int.from_bytes(self.read(place[:2], place[3], width // 8), "little")

    def change(self, place: WordPlace, width: int, mask: int, value: int) -> None:
        """Sets some bits of a word, and no other, whatever programs write meanwhile."""
        self._change(place, width, mask, value, None)

    def swap(self, place: WordPlace, width: int, mask: int, value: int, expected: int) -> bool:
        """The same where these bits are as expected; says whether they were."""
        return self._change(place, width, mask, value, expected)[0]

    def _change(self, place: WordPlace, width: int, mask: int, value: int, expected: int | None) -> tuple[bool, int]:
        emulator = self.emulator
        return emulator._card.change_storage(emulator._slot.number, place, width, mask, value, expected)
