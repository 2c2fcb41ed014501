"""Behaviour of an emulated design in Python: what happens on a read, on a write, and as time goes by."""

from __future__ import annotations

import sys
import time
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.access.words import join_words, split_words
from hal.emulator.hardware_side import Inputs, counter_of, driven_side
from hal.errors import FieldNameError, FieldTypeError, FieldValueError, ModelError
from hal.lines.declared import declared_interrupts
from hal.values import fitting, integer, shown, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.emulator.controls import Emulator
    from hal.registers.space import SpaceNumbers

__all__ = ["CLEARED", "LOADED", "Model"]

_READ, _WRITE, LOADED, CLEARED = range(4)
_PATHS_MAX = 1 << 20
_LAST = chr(sys.maxunicode)


class _Place(NamedTuple):
    """A register's place on the card."""

    path: str
    shape: RegisterShape
    space: SpaceNumbers
    offset: int


class Model:
    """Base class of models. `driver`: the generated class of the design that it plays.

    Override `on_read` (before a register is read: `set` what shall be read), `on_write` (after a write took effect
    by its access policies), `on_load` (the design was loaded). Registers and fields are named by their paths, e.g.
    "ch[2].status" and "ch[2].status.done"; `get` and `set` reach them past every access policy, and so the entries of
    memories ("ring[5].length"). Accesses of memories are events where a model overrides `on_memory_read` or
    `on_memory_write`. `card.host` is the host's memory, which logic reaches as a bus master. `count` and `drive` act
    for the hardware, as the map says of its side. There are no threads: what takes time is worked out from `self.time`
    when the card is next accessed.
    """

    def __init__(self, driver: type[Any]) -> None:
        self.driver = driver
        places = list(_places(driver._design))
        self._by_path = {place.path: place for place in places}
        # Of several registers at one address: by whether they are read, or written; alternates behind the others.
        self._by_word: dict[int, dict[tuple[int, int, int], _Place]] = {_READ: {}, _WRITE: {}}
        for place in places:
            for number in range(place.shape.width // 8):
                word = (*place.space, place.offset + number)
                if place.shape.is_readable:
                    self._by_word[_READ].setdefault(word, place)
                if place.shape.is_writable:
                    self._by_word[_WRITE].setdefault(word, place)
        for word, place in [*self._by_word[_READ].items(), *self._by_word[_WRITE].items()]:
            for found in self._by_word.values():
                found.setdefault(word, place)
        memories = [run for run in driver._design.runs() if run.child.is_memory] if self.hears_memories else []
        rows = [(run, index) for run in memories for index in range(run.number)]
        self._memories = sorted((*run.space, run.at(index), run.name(index)) for run, index in rows)
        self._sizes = {run.name(index): run.child.size for run, index in rows}
        self._emulator: Emulator | None = None
        self._inputs = Inputs()

    def on_read(self, register: str) -> None:
        """A register is about to be read."""

    def on_write(self, register: str, value: int) -> None:
        """A register was written; `value` is what the bus carried, for its lowest word's bits and up."""

    def on_memory_read(self, memory: str, offset: int, width: int) -> None:
        """So many bits of a memory are about to be read, at an offset in bytes from its start."""

    def on_memory_write(self, memory: str, offset: int, value: int, width: int) -> None:
        """So many bits of a memory were written; it is called once for each bus word, or part of one."""

    @property
    def hears_memories(self) -> bool:
        """Whether accesses of memories are events; they are then made word by word, which takes longer."""
        own, base = type(self), Model
        return own.on_memory_read is not base.on_memory_read or own.on_memory_write is not base.on_memory_write

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
        return field.decode(raw)

    def set(self, path: str, value: Any) -> None:
        """Sets a register's bits or a field, whatever its access policy."""
        place, field = self._find(path)
        width = place.shape.width if field is None else field.width
        try:
            bits = fitting(value, width) if field is None else field.kind.encode(value, width)
        except (FieldValueError, FieldTypeError) as problem:
            raise type(problem)(f"{self.driver.__name__}.{path}: {problem}", path=path) from problem.__cause__
        self._put(place, field, bits)

    def count(self, path: str, events: int = 1) -> int:
        """So many events of a counter, those below 0 down; returns its step then.

        It saturates or wraps as the map says. A register with one field stands for that.
        """
        place, field = self._find_field(path)
        counter = counter_of(field, self._shown(path))
        number = integer(events, "events are an integer", "")
        if number and not (counter.incrvalue if number > 0 else counter.decrvalue):
            raise ModelError(f"{self._shown(path)} does not count {'up' if number > 0 else 'down'}")
        step = counter.after(self._bits(place, field), number, field.width)
        self._put(place, field, step)
        return step

    def drive(self, path: str, value: Any) -> None:
        """Hardware gives a field a value, and the field takes it as the map says.

        It becomes that, or its bits are set or cleared by it; what is sticky stays. Of an interrupt it is the input,
        whose level or edge sets it; a level sets it again after software cleared it.
        """
        place, field = self._find_field(path)
        hardware = driven_side(field, self._shown(path))
        try:
            given = field.kind.encode(value, field.width)
        except (FieldValueError, FieldTypeError) as problem:
            raise type(problem)(f"{self._shown(path)}: {problem}", path=path) from problem.__cause__
        before = self._inputs.change(place.path, field, hardware, given)
        self._put(place, field, hardware.driven(self._bits(place, field), given, before))

    def raise_interrupt(self, name: str) -> None:
        """An interrupt of the map comes: its status is set, and where it is let through, its line makes a request."""
        names = [one.name for one in declared_interrupts(self.driver)]
        if text(name, "an interrupt is its name") not in names:
            known = ", ".join(names) or "none"
            raise FieldNameError(f"{self.driver.__name__} has no interrupt {shown(name)}; it has {known}")
        self.card.raise_interrupt(name)

    def _put(self, place: _Place, field: Any, bits: int) -> None:
        if field is not None:
            bits = (self._raw(place) & ~field.mask) | bits << field.lsb
        shape = place.shape.stored
        for number, word in enumerate(split_words(bits, shape)):
            self.card.poke(*place.space, place.offset + shape.word_at(number), word, shape.access_width)

    def bind(self, emulator: Emulator) -> None:
        """Called when the model is given to a card."""
        self._emulator = emulator

    def event(self, event: int, _slot: int, pf: int, bar: int, offset: int, width: int, value: int) -> None:
        """Called by the card; finds the register and calls the method for it."""
        if event == LOADED:
            self._inputs.clear()
            self.on_load()
        elif event in {_READ, _WRITE}:
            place = self._by_word[event].get((pf, bar, offset))
            if place is None:
                self._memory_event(event, (pf, bar, offset), width, value)
                return
            for field, hardware, level in self._inputs.levels(place.path):
                self._put(place, field, hardware.driven(self._bits(place, field), level, level))
            if event == _READ:
                self.on_read(place.path)
            else:
                self.on_write(place.path, value << place.shape.stored.low_bit_at(offset - place.offset))

    def _memory_event(self, event: int, word: tuple[int, int, int], width: int, value: int) -> None:
        found = bisect_right(self._memories, (*word, _LAST)) - 1
        *space, start, memory = self._memories[found] if found >= 0 else (None, None, 0, "")
        offset = word[2] - start
        if [*word[:2]] != space or offset >= self._sizes[memory]:
            return
        if event == _READ:
            self.on_memory_read(memory, offset, width)
        else:
            self.on_memory_write(memory, offset, value, width)

    def _shown(self, path: str) -> str:
        return f"{self.driver.__name__}.{path}"

    def _bits(self, place: _Place, field: Any) -> int:
        bits: int = (self._raw(place) & field.mask) >> field.lsb
        return bits

    def _raw(self, place: _Place) -> int:
        shape = place.shape.stored
        step, offsets = shape.access_width, map(shape.word_at, range(shape.word_count))
        return join_words([self.card.peek(*place.space, place.offset + offset, step) for offset in offsets], step)

    def _place(self, path: str) -> _Place | None:
        """The register at a path; those in entries of memories are not known beforehand."""
        place = self._by_path.get(path)
        if place is not None or "[" not in path:
            return place
        try:
            return _Place(path, *self.driver._design.register_at(path))
        except FieldNameError:
            return None

    def _find(self, path: str) -> tuple[_Place, Any]:
        place = self._place(text(path, "a path is text such as ctrl.mode"))
        if place is not None:
            return place, None
        register, _, name = path.rpartition(".")
        place = self._place(register)
        field = None if place is None else place.shape.field_named(name)
        if place is None or field is None:
            raise FieldNameError(f"{self.driver.__name__} has no register or field {path!r}")
        return place, field

    def _find_field(self, path: str) -> tuple[_Place, Any]:
        place, field = self._find(path)
        if field is None and len(place.shape.fields) == 1:
            field = next(iter(place.shape.fields.values()))
        return place, field


def _places(design: Design) -> Iterator[_Place]:
    for run in sorted(design.runs(), key=lambda run: run.is_alternate):
        if run.number > _PATHS_MAX:
            raise ModelError(f"{run.path}: an array of {run.number} is too large for a model")
        for index in range(run.number if run.child.is_register else 0):
            yield _Place(run.name(index), run.child.shape, run.space, run.at(index))
