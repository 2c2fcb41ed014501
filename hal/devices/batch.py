"""Batches: accesses that are collected in a block and made in one call at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from hal._binding import Bar, CollectingBar, StepList, exception_of, word_port
from hal.access.words import join_words, span_of
from hal.codes import SPACES, bar_name
from hal.design.root import Root
from hal.errors import BatchError
from hal.registers.node import making
from hal.registers.space import Memories, Space
from hal.uncopyable import Uncopyable

if TYPE_CHECKING:
    from types import TracebackType

    from hal.access.fields import FieldDeclaration
    from hal.registers.register import Register

__all__ = ["Batch", "Future"]

D = TypeVar("D", bound=Root)

_ACTIONS = ("read", "write", "read-modify-write", "check")


class Future:
    """A value that is there when its batch has been made."""

    __slots__ = ("_field", "_register", "_shift", "_steps", "_value")

    def __init__(self, register: Register, field: FieldDeclaration | None, steps: list[int], shift: int) -> None:
        self._register, self._field, self._steps, self._shift = register, field, steps, shift
        self._value: Any = None

    @property
    def _path(self) -> str:
        path = self._register._full_path()
        return path if self._field is None else f"{path}.{self._field.name}"

    @property
    def done(self) -> bool:
        """Whether the value is there."""
        return not self._steps

    @property
    def value(self) -> Any:
        """The register's bits, or the field's value. BatchError while it is not there."""
        if self._steps:
            raise BatchError(f"{self._path} has no value: its batch has not been made", path=self._path)
        return self._value

    def __repr__(self) -> str:
        return f"<{self._path} = {self._value!r}>" if self.done else f"<{self._path}: not read yet>"

    def _fill(self, steps: StepList) -> None:
        words = [steps.value(place) for place in self._steps]
        shape, shift = self._register._shape, self._shift
        bits = words[0] if len(words) == 1 else join_words(words, shape.access_width)
        bits = (bits << shift if shift >= 0 else bits >> -shift) & shape.mask
        field = self._field
        self._value = bits if field is None else field.decode(bits)
        self._steps = []


class Batch(Uncopyable, Generic[D]):
    """`with device.batch() as d:` makes `d` look like the device, and collects what is written to it.

    When the block ends, everything is sent in one call, in its order; when it raises, nothing is. A write of a plain
    field joins the one just before it in the same register, of plain fields or of a flag that was cleared: they become
    one access. All else stays as it was given: commands, two flags, a setting and then a flag, and a field that is
    written twice. `read` asks for a value that is there after the block.
    """

    def __init__(self, device: D) -> None:
        self._device = device
        self._view: _View | None = None

    def __enter__(self) -> D:
        if self._view is not None:
            raise BatchError(f"{self._device._design.name}: this batch is being collected already; make another one")
        idle = self._device._idle_views
        while idle and idle[-1]._changes != self._device._scopes.changes:
            idle.pop()
        self._view = idle.pop() if idle else _View(self._device)
        self._view.steps.collect()
        view: D = self._view.device
        return view

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        view, self._view = self._open_view(), None
        view.steps.end()
        try:
            if error is None:
                view.run()
        finally:
            view.forget()
            self._device._idle_views.append(view)

    def __len__(self) -> int:
        """How many accesses were collected so far."""
        return len(self._open_view().steps)

    def read(self, register: Register, field: str = "") -> Future:
        """Reads a register, or one of its fields, at this point of the batch."""
        return self._open_view().read(register, field)

    def _open_view(self) -> _View:
        if self._view is None:
            raise BatchError(f"{self._device._design.name}: this batch collects only inside of its with block")
        return self._view


class _Wanted(NamedTuple):
    """A read of a register or a field: what was asked with, the register in the view, bits, words in order."""

    given: Register
    here: Register
    field: FieldDeclaration | None
    mask: int
    numbers: range
    shift: int
    ports: list[tuple[int, Any]]


def _wanted(given: Register, here: Register, name: str) -> _Wanted:
    here._require_readable()
    field, shape = None, here._shape
    if name:
        field = shape.fields.get(name)
        if field is None or not field.readable:
            raise here._refusal(name, "read")
    mask = shape.mask if field is None else field.mask
    first, count = span_of(shape, mask)
    numbers = range(first, first + count)
    ports = [
        (number, word_port(here._store, shape.word_at(number) - shape.word_at(0)))
        for number in (reversed(numbers) if shape.words == "high-first" else numbers)
    ]
    return _Wanted(given, here, field, mask, numbers, first * shape.access_width - shape.lane_at(here._offset), ports)


class _Read:
    """What was read of a register at one point of a batch: which bits, and the step of each bus word."""

    __slots__ = ("mask", "places", "register", "steps")

    def __init__(self, register: Register) -> None:
        self.register, self.mask, self.steps = register, 0, 0
        self.places: dict[int, int] = {}


class _View:
    """A device of the same class, whose BARs collect. It is used again by later batches, with its registers made."""

    def __init__(self, device: Root) -> None:
        self.steps = StepList()
        self._real = device
        self._futures: list[Future] = []
        self._last_read: _Read | None = None
        self._known: dict[tuple[int, str], _Wanted] = {}  # by what was asked for
        self._bars: dict[tuple[int, int], Bar] = {}
        # What is remembered begins each block as the device's, and the device's follows when the steps are made.
        self._memories = Memories(fresh=False)
        self._changes = device._scopes.changes
        self._spaces = {numbers: self._space(*numbers) for numbers in SPACES}
        self.device: Any = device._view(self._spaces)

    def _space(self, pf: int, bar: int) -> Space:
        under, scopes = self._real._space_at((pf, bar)), self._real._scopes
        return Space(self._stand_in, pf, bar, self._memories, scopes, under=under, look=self.steps.look)

    def _target(self, pf: int, bar: int, _burst: bool) -> Bar:
        return self._real._space_at((pf, bar)).attached()

    def _stand_in(self, pf: int, bar: int, _burst: bool) -> Bar:
        """Bulk writes keep their place among the others: all of them take one way."""
        with making:
            if (pf, bar) not in self._bars:
                self._bars[pf, bar] = CollectingBar(self.steps, self._target(pf, bar, False))
            return self._bars[pf, bar]

    def _wanted(self, register: Register, name: str) -> _Wanted:
        """How a register or a field of it is read here; `register` may be the device's own."""
        key = id(register), name
        wanted = self._known.get(key)
        if wanted is None or wanted.given is not register:
            own = register._space is self._spaces.get((register._space.pf, register._space.bar))
            here: Register = register if own else self.device.find(register.path)
            wanted = self._known[key] = _wanted(register, here, name)
        return wanted

    def read(self, register: Register, name: str) -> Future:
        wanted = self._wanted(register, name)
        future = Future(wanted.here, wanted.field, self._steps_of(wanted), wanted.shift)
        self._futures.append(future)
        return future

    def _steps_of(self, wanted: _Wanted) -> list[int]:
        """The steps that read these words, lowest first.

        Fields of one register that are read one after the other are read once; the same one again is read again.
        """
        last, here, steps = self._last_read, wanted.here, self.steps
        if last is None or last.register is not here or last.mask & wanted.mask or last.steps != len(steps):
            last = self._last_read = _Read(here)
        last.mask |= wanted.mask
        places = last.places
        for number, port in wanted.ports:
            if number not in places:
                code, places[number] = steps.read(port)
                if code:
                    raise exception_of(code, f"read of {here._where()}", here._full_path())
                last.steps = places[number] + 1
        return [places[number] for number in wanted.numbers]

    def run(self) -> None:
        code, done, failed = self.steps.run()
        if self._changes != self._real._scopes.changes:  # some of its registers were not cached when they were made
            self._real._drop("")
        if code:
            raise exception_of(code, self._what(done, failed), self._path(failed))
        for future in self._futures:
            future._fill(self.steps)

    def forget(self) -> None:
        """Ready for the next batch."""
        self._futures, self._last_read = [], None

    def _path(self, place: int) -> str:
        step = self.steps.step(place)
        return f"{self._real._design.name}.{self._real._design.locate((step.pf, step.bar), step.offset)}"

    def _what(self, done: int, failed: int) -> str:
        step = self.steps.step(failed)
        if done == len(self.steps):
            made = "all were made"
        else:
            made = f"{done} before it were made" if done else "nothing was sent"
        where = f"{self._path(failed)} ({bar_name(step.pf, step.bar)}, {step.offset:#x})"
        return f"batch access {failed + 1} of {len(self.steps)} ({made}): {_ACTIONS[step.kind]} of {where}"
