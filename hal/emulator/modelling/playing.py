"""A model that acts only while the slot holds what it plays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.emulator.modelling.handlers import CLEARED, LOADED

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PlaysWhile"]


class PlaysWhile:
    """A model that rests while the slot does not hold its design: any process may load another one."""

    def __init__(self, model: Any, holds: Callable[[], bool]) -> None:
        """`holds`: whether the slot holds it now."""
        self._model, self._holds = model, holds
        self.hears_memories: bool = getattr(model, "hears_memories", False)
        self.patience: float = getattr(model, "patience", 0)
        self._plays = holds()

    def bind(self, emulator: Any) -> None:
        """It was given to this card."""
        self._model.bind(emulator)

    def event(self, event: int, slot: int, pf: int, bar: int, offset: int, width: int, value: int) -> None:
        """Something happened on the card."""
        if event in {LOADED, CLEARED}:
            self._plays = event == LOADED and self._holds()
        if self._plays:
            self._model.event(event, slot, pf, bar, offset, width, value)
