"""Behaviour of an emulated design in Python: what happens on a read, on a write, and as time goes by."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hal.errors import FieldNameError, ModelError
from hal.registers.block import Block, space_numbers
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.devices.device import Device
    from hal.emulator.controls import Emulator

__all__ = ["Model"]

_READ, _WRITE, _LOADED, _CLEARED = range(4)
_PATHS_MAX = 1 << 20


class _Place:
    """A register's place on the card."""

    __slots__ = ("kind", "offset", "path", "space")

    def __init__(self, path: str, kind: type[Register], space: tuple[int, int], offset: int) -> None:
        self.path, self.kind, self.space, self.offset = path, kind, space, offset


class Model:
    """Base class of models. `driver`: the generated class of the design that it plays.

    Override `on_read` (before a register is read: `set` what shall be read), `on_write` (after a write took effect
    by its access policies), `on_load` (the design was loaded). Registers and fields are named by their paths, e.g.
    "ch[2].status" and "ch[2].status.done"; `get` and `set` reach them past every access policy. There are no threads:
    what takes time is worked out from `self.time` when the card is next accessed.
    """

    def __init__(self, driver: type[Device]) -> None:
        self.driver = driver
        places = list(_places(driver, driver._home, 0, ""))
        self._by_path = {place.path: place for place in places}
        self._by_word = {
            (*place.space, place.offset + number): place for place in places for number in range(place.kind._width // 8)
        }
        self._emulator: Emulator | None = None

    def on_read(self, register: str) -> None:
        """A register is about to be read."""

    def on_write(self, register: str, value: int) -> None:
        """A register was written; `value` is what the bus carried, for its lowest word's bits and up."""

    def on_load(self) -> None:
        """The design was loaded; its registers hold their reset values."""

    @property
    def time(self) -> float:
        """Seconds on a clock that only goes forward."""
        return time.monotonic()

    @property
    def card(self) -> Emulator:
        """The emulated card's controls: LEDs, clocks, storage."""
        if self._emulator is None:
            raise ModelError("this model is on no card yet: give it to slot.emulator.set_model(...)")
        return self._emulator

    def get(self, path: str) -> Any:
        """A register's bits, or a field's value, by path."""
        place, field = self._find(path)
        raw = self._raw(place)
        if field is None:
            return raw
        return field.kind.decode((raw & field.mask) >> field.lsb, field.width)

    def set(self, path: str, value: Any) -> None:
        """Sets a register's bits or a field, whatever its access policy."""
        place, field = self._find(path)
        if field is not None:
            bits = field.kind.encode(value, field.width) << field.lsb
            value = (self._raw(place) & ~field.mask) | bits
        step = place.kind._access_width
        for number in range(place.kind._width // step):
            word = (value >> (number * step)) & ((1 << step) - 1)
            self.card.poke(*place.space, place.offset + number * step // 8, word, step)

    def bind(self, emulator: Emulator) -> None:
        """Called when the model is given to a card."""
        self._emulator = emulator

    def event(self, event: int, _slot: int, pf: int, bar: int, offset: int, _width: int, value: int) -> None:
        """Called by the card; finds the register and calls the method for it."""
        if event == _LOADED:
            self.on_load()
        elif event in {_READ, _WRITE}:
            place = self._by_word.get((pf, bar, offset))
            if place is None:
                return
            if event == _READ:
                self.on_read(place.path)
            else:
                self.on_write(place.path, value << (8 * (offset - place.offset)))

    def _raw(self, place: _Place) -> int:
        step = place.kind._access_width
        words = range(place.kind._width // step)
        return sum(
            self.card.peek(*place.space, place.offset + number * step // 8, step) << (number * step) for number in words
        )

    def _find(self, path: str) -> tuple[_Place, Any]:
        place = self._by_path.get(path)
        if place is not None:
            return place, None
        register, _, name = path.rpartition(".")
        place = self._by_path.get(register)
        if place is None or name not in place.kind._fields:
            raise FieldNameError(f"{self.driver.__name__} has no register or field {path!r}")
        return place, place.kind._fields[name]


def _places(kind: type[Block], space: tuple[int, int], base: int, prefix: str) -> Iterator[_Place]:
    for child in kind._children.values():
        at = child.offset if child.space else base + child.offset
        where = space_numbers(child.space) if child.space else space
        if child.count is not None and child.count > _PATHS_MAX:
            raise ModelError(f"{prefix}{child.name}: an array of {child.count} is too large for a model")
        for index in range(1 if child.count is None else child.count):
            name = f"{prefix}{child.name}" + ("" if child.count is None else f"[{index}]")
            if issubclass(child.kind, Register):
                yield _Place(name, child.kind, where, at + index * child.stride)
            elif issubclass(child.kind, Block):
                yield from _places(child.kind, where, at + index * child.stride, name + ".")
