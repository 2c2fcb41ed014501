"""Behaviour of an emulated design in Python: what happens on a read, on a write, and as time goes by."""

from __future__ import annotations

import sys
import time
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from hal.emulator.modelling.handlers import LOADED, READ, WRITE, Handler, Heard, handlers_of, heard_by, words_heard
from hal.emulator.modelling.hardware_side import counter_of, driven_side
from hal.emulator.modelling.model_blocks import ModelBlock, found_at, replaced
from hal.emulator.modelling.model_memories import ModelMemory
from hal.emulator.modelling.model_registers import ModelRegister
from hal.emulator.modelling.storage import Storage
from hal.errors import FieldNameError, FieldTypeError, ModelError
from hal.lines.declared import declared_interrupts
from hal.values import shown, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.emulator.controls import Emulator
    from hal.registers.space import SpaceNumbers

__all__ = ["Model", "TypedModel"]

_PATHS_MAX = 1 << 20
_LAST = chr(sys.maxunicode)


class _Place(NamedTuple):
    """A register's place on the card."""

    path: str
    shape: RegisterShape
    space: SpaceNumbers
    offset: int


class TypedModel:
    """Base of the classes that drivers have for their models, where these are generated: see `Model`."""

    driver: type[Any]
    patience: ClassVar[float] = 30.0
    """Seconds that accesses of other threads, and of other processes, wait for the end of a handler."""

    _driver: ClassVar[type[Any] | None] = None  # of the class
    _handlers: list[Handler]
    _names: frozenset[str] = frozenset()  # of what its design has, but for what its class has under that name

    def __init_subclass__(cls, *, driver: type[Any] | None = None) -> None:
        super().__init_subclass__()
        if driver is not None:
            cls._driver = driver
        if cls._driver is not None:
            handlers_of(cls, _design_of(cls._driver))

    def __init__(self, driver: type[Any] | None = None) -> None:
        """`driver`: the generated class of the design that it plays; the class's own where that has one."""
        chosen = driver or self._driver
        if chosen is None:
            raise FieldTypeError(
                f"{type(self).__name__} needs a driver: give it to super().__init__(Driver), or to its class, as in "
                f"class {type(self).__name__}(hal.Model, driver=Driver)"
            )
        self.driver = chosen
        design = _design_of(chosen)
        self._handlers = handlers_of(type(self), design)
        self._storage = Storage(chosen)
        self._root = ModelBlock(self._storage, design.children, "", design.home, 0)
        self._found: dict[str, tuple[Any, Any]] = {}
        self._heard: dict[tuple[int, str], list[Heard]] = {}
        self._read_words, self._written_words = _by_word(design)
        self._storage.behind = _behind(design)
        memories = [run for run in design.runs() if run.child.is_memory] if self.hears_memories else []
        rows = [(run, index) for run in memories for index in range(run.number)]
        self._memories = sorted((*run.space, run.at(index), run.name(index)) for run, index in rows)
        self._sizes = {run.name(index): run.child.size for run, index in rows}
        self._names = frozenset(name for name in design.children if not hasattr(type(self), name))

    if not TYPE_CHECKING:  # what its design has; a misspelt name of a typed one must not type-check

        def __getattr__(self, name):  # noqa: ANN001, ANN204
            root = self.__dict__.get("_root")
            if root is None or name.startswith("__"):
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            return getattr(root, name)

        def __setattr__(self, name, value):  # noqa: ANN001, ANN204
            if name in self._names:
                raise replaced(f"{self.driver.__name__}.{name}", self.driver._design.children[name])
            object.__setattr__(self, name, value)

    # -- what happens ---------------------------------------------------------------------------------------------

    def on_read(self, register: str) -> None:
        """A register is about to be read."""

    def on_write(self, register: str, value: int) -> None:
        """A register was written; `value` is what the bus carried, for its lowest word's bits and up."""

    def on_memory_read(self, memory: str, offset: int, width: int) -> None:
        """So many bits of a memory are about to be read, at an offset in bytes from its start."""

    def on_memory_write(self, memory: str, offset: int, value: int, width: int) -> None:
        """So many bits of a memory were written; it is called once for each bus word, or part of one."""

    def on_load(self) -> None:
        """The design was loaded; its registers hold their reset values."""

    @property
    def hears_memories(self) -> bool:
        """Whether accesses of memories are events; they are then made word by word, which takes longer."""
        own, base = type(self), TypedModel
        if own.on_memory_read is not base.on_memory_read or own.on_memory_write is not base.on_memory_write:
            return True
        return any(handler.words is not None or handler.in_entries for handler in self._handlers)

    # -- what it can do -------------------------------------------------------------------------------------------

    @property
    def time(self) -> float:
        """Seconds on a clock that only goes forward."""
        return time.monotonic()

    @property
    def card(self) -> Emulator:
        """The emulated card's controls: LEDs, clocks, storage."""
        return self._storage.emulator

    def find(self, path: str) -> Any:
        """What stands at a path, as "ch[2].level": a register, block, array or memory, from the hardware's side.

        For what an attribute of the model itself is in the way of, too.
        """
        node, key = self._at(path)
        if key is not None:
            raise FieldNameError(f"{self._shown(path)} is a value: get reads it", path=path)
        return node

    def get(self, path: str) -> Any:
        """A register's bits, a field's value, or a word of a memory, by path: "ctrl", "ch[2].level.value", "ram[3]"."""
        node, key = self._at(path)
        if isinstance(key, int):
            return node[key]
        self._require_register(node, path)
        return node.read() if key is None else node._get(key)

    def set(self, path: str, value: Any) -> None:
        """Sets a register's bits, a field or a word of a memory, whatever its access policy."""
        node, key = self._at(path)
        if isinstance(key, int):
            node[key] = value
            return
        self._require_register(node, path)
        if key is None:
            node.write(value)
        else:
            node._put(key, value)

    def count(self, path: str, events: int = 1) -> int:
        """So many events of a counter, those below 0 down; returns its step then.

        It saturates or wraps as the map says. A register with one field stands for that.
        """
        register, field = self._field_at(path)
        counter_of(field, self._shown(path))
        assert field is not None  # that was told
        return register._count(field, events)

    def drive(self, path: str, value: Any) -> None:
        """Hardware gives a field a value, and the field takes it as the map says.

        It becomes that, or its bits are set or cleared by it; what is sticky stays. Of an interrupt it is the input,
        whose level or edge sets it; a level sets it again after software cleared it.
        """
        register, field = self._field_at(path)
        driven_side(field, self._shown(path))
        assert field is not None  # that was told
        register._drive(field, value)

    def raise_interrupt(self, name: str) -> None:
        """An interrupt of the map comes: its status is set, and where it is let through, its line makes a request."""
        names = [one.name for one in declared_interrupts(self.driver)]
        if text(name, "an interrupt is its name") not in names:
            known = ", ".join(names) or "none"
            raise FieldNameError(f"{self.driver.__name__} has no interrupt {shown(name)}; it has {known}")
        self.card.raise_interrupt(name)

    # -- what the card does with it -------------------------------------------------------------------------------

    def bind(self, emulator: Emulator) -> None:
        """Called when the model is given to a card."""
        self._storage.bind(emulator)

    def event(self, event: int, _slot: int, pf: int, bar: int, offset: int, width: int, value: int) -> None:
        """Called by the card; finds the register and calls the methods for it."""
        if event == LOADED:
            self._storage.inputs.clear()
            self.on_load()
        elif event in {READ, WRITE}:
            place = (self._read_words if event == READ else self._written_words).get((pf, bar, offset))
            if place is None:
                self._memory_event(event, (pf, bar, offset), width, value)
                return
            for field, hardware, level in self._storage.inputs.levels(place.path):
                self._at(place.path)[0]._hold(field, hardware, level)
            low = place.shape.stored.low_bit_at(offset - place.offset)
            if event == READ:
                self.on_read(place.path)
            else:
                self.on_write(place.path, value << low)
            self._tell(event, place.path, value << low, (1 << width) - 1 << low)

    def _tell(self, event: int, path: str, value: int, mask: int) -> None:
        """The handlers of a register, or of its fields that lie in the mask."""
        for handler, indices in self._heard_at(event, path):
            field = handler.field
            if field is not None and not field.mask & mask:
                continue
            given = value if field is None else field.decode(value)
            getattr(self, handler.method)(*indices, *(() if event == READ else (given,)))

    def _heard_at(self, event: int, path: str) -> list[Heard]:
        if not self._handlers:
            return []
        if (event, path) not in self._heard:
            self._heard[event, path] = heard_by(self._handlers, event, path)
        return self._heard[event, path]

    def _memory_event(self, event: int, word: tuple[int, int, int], width: int, value: int) -> None:
        found = bisect_right(self._memories, (*word, _LAST)) - 1
        *space, start, memory = self._memories[found] if found >= 0 else (None, None, 0, "")
        offset = word[2] - start
        if [*word[:2]] != space or offset >= self._sizes[memory]:
            return
        if event == READ:
            self.on_memory_read(memory, offset, width)
        else:
            self.on_memory_write(memory, offset, value, width)
        for heard in self._heard_at(event, memory):
            if words_heard(heard, offset, width):
                arguments = (offset, width) if event == READ else (offset, value, width)
                getattr(self, heard.handler.method)(*heard.indices, *arguments)
        if any(handler.in_entries for handler in self._handlers):
            self._tell_entry(event, word, width, value)

    def _tell_entry(self, event: int, word: tuple[int, int, int], width: int, value: int) -> None:
        """A register of a memory's entry."""
        pf, bar, offset = word
        path = self.driver._design.locate((pf, bar), offset)
        node = self._at(path)[0] if path else None
        if isinstance(node, ModelRegister):
            low = (offset - node._offset) * 8
            self._tell(event, path, value << low, (1 << width) - 1 << low)

    def _at(self, path: str) -> tuple[Any, FieldDeclaration | int | None]:
        known = self._found.get(path)
        if known is None:
            known = found_at(self._root, text(path, "a path is text such as ctrl.mode"))
            if len(self._found) < _PATHS_MAX:
                self._found[path] = known
        return known

    def _require_register(self, node: Any, path: str) -> None:
        if not isinstance(node, ModelRegister):
            has = (
                "a memory: name a word of it, as in " + f"{path}[0]"
                if isinstance(node, ModelMemory)
                else node._instead()
            )
            raise FieldNameError(f"{self._shown(path)} is {has}", path=path)

    def _field_at(self, path: str) -> tuple[ModelRegister, FieldDeclaration | None]:
        """A register with one field stands for that."""
        node, key = self._at(path)
        self._require_register(node, path)
        register: ModelRegister = node
        fields = register._shape.fields
        if key is None and len(fields) == 1:
            return register, next(iter(fields.values()))
        assert not isinstance(key, int)  # those are of memories
        return register, key

    def _shown(self, path: str) -> str:
        return f"{self.driver.__name__}.{path}"


class Model(TypedModel):
    """Base class of models. `driver`: the generated class of the design that it plays.

    Registers, blocks and memories of the design are attributes, as of its driver, from the hardware's side:
    `self.ch[2].status.done = 1`, `self.ram[0:4] = [1, 2, 3, 4]`; reading and setting them passes every access policy.
    `get`, `set` and `find` take paths.

    Methods with `@hal.on_write(path)` and `@hal.on_read(path)` are called for one register, field or memory; before
    them `on_write`, `on_read`, `on_memory_write` and `on_memory_read`, where a model overrides them, for all;
    `on_load` when the design was loaded. `count` and `drive` act for the hardware, as the map says of its side.
    `card.host` is the host's memory, which logic reaches as a bus master.

    What takes time is worked out from `self.time` when the card is next accessed. Everything runs in the thread that
    accesses the card, one event at a time for a slot, and may use the card as any program does; what it accesses calls
    no handler. It must not wait for another thread that accesses the slot: that one waits for the handler, `patience`
    seconds at most.
    """

    if TYPE_CHECKING:  # of a driver without typed classes for models

        def __getattr__(self, name: str) -> Any: ...


def _design_of(driver: Any) -> Design:
    design: Design | None = getattr(driver, "_design", None)
    if design is None:
        raise FieldTypeError(f"a model's driver is a generated class, not {shown(driver)}")
    return design


def _by_word(design: Design) -> tuple[dict[tuple[int, int, int], _Place], dict[tuple[int, int, int], _Place]]:
    """Of several registers at one address: by whether they are read, or written; alternates behind the others."""
    places = list(_places(design))
    read: dict[tuple[int, int, int], _Place] = {}
    written: dict[tuple[int, int, int], _Place] = {}
    for place in places:
        for number in range(place.shape.width // 8):
            word = (*place.space, place.offset + number)
            if place.shape.is_readable:
                read.setdefault(word, place)
            if place.shape.is_writable:
                written.setdefault(word, place)
    for word, place in [*read.items(), *written.items()]:
        read.setdefault(word, place)
        written.setdefault(word, place)
    return read, written


def _behind(design: Design) -> frozenset[str]:
    """Registers that are only written, where another one is read: the card keeps both."""
    runs = [run for run in design.runs() if run.child.is_register and not run.is_alternate]
    if all(run.child.shape.is_readable for run in runs):
        return frozenset()
    read = {(run.space, run.at(index)) for run in runs if run.child.shape.is_readable for index in range(run.number)}
    written = [run for run in runs if not run.child.shape.is_readable]
    rows = ((run, index) for run in written for index in range(run.number))
    return frozenset(run.name(index) for run, index in rows if (run.space, run.at(index)) in read)


def _places(design: Design) -> Iterator[_Place]:
    for run in sorted(design.runs(), key=lambda run: run.is_alternate):
        if run.number > _PATHS_MAX:
            raise ModelError(f"{run.path}: an array of {run.number} is too large for a model")
        for index in range(run.number if run.child.is_register else 0):
            yield _Place(run.name(index), run.child.shape, run.space, run.at(index))
