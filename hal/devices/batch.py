"""Batches: accesses that are collected in a block and made in one call at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hal._binding import (
    Bar,
    BatchReader,
    CollectingBar,
    PendingRead,
    PreparedRead,
    PreparedReads,
    StepList,
    address_of,
    asked_words,
    exception_of,
    in_c,
)
from hal.access.words import join_words, span_of
from hal.codes import SPACES, bar_name
from hal.design.root import Root
from hal.errors import BatchError, FieldTypeError
from hal.registers.node import making
from hal.registers.space import Memories, Space
from hal.uncopyable import Uncopyable
from hal.values import shown

if TYPE_CHECKING:
    from types import TracebackType

    from hal.registers.register import Register

__all__ = ["Batch", "Future"]

D = TypeVar("D", bound=Root)

_ACTIONS = ("read", "write", "read-modify-write", "check")


class Future(PendingRead):
    """A value that is there when its batch has been made."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a checker would take it for a class that can't be used

        def __new__(cls, *_, **__):  # noqa: ANN002, ANN003, ANN204, D102
            raise FieldTypeError("a Future is made by a batch: with device.batch() as d, batch.read(register)")

    @property
    def _path(self) -> str:
        read: _Read = self._read
        path = read.here._full_path()
        return path if read.field is None else f"{path}.{read.field.name}"

    @property
    def done(self) -> bool:
        """Whether the value is there."""
        return self._is_done

    @property
    def value(self) -> Any:
        """The register's bits, or the field's value. BatchError while it is not there."""
        if not self._is_done:
            raise BatchError(f"{self._path} has no value: its batch has not been made", path=self._path)
        return self._value

    def __repr__(self) -> str:
        return f"<{self._path} = {self._value!r}>" if self.done else f"<{self._path}: not read yet>"


class Batch(BatchReader, Uncopyable, Generic[D]):
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
        steps, made = self._view.steps, self._view
        steps.collect()
        self._hold_batch(steps.native, steps.address, made.known, made.futures, Future)
        view: D = made.device
        return view

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        view, self._view = self._open_view(), None
        self._end_batch()
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

    @in_c("batch_read")
    def read(self, register: Register, field: str = "") -> Future:
        """Reads a register, or one of its fields, at this point of the batch."""
        view = self._open_view()
        if not isinstance(field, str):
            raise FieldTypeError(f"{register._where()}: a field is asked for by its name, not by {shown(field)}")
        return view.read(register, str.__str__(field))  # no subclass, which may be anything

    def _open_view(self) -> _View:
        if self._view is None:
            raise BatchError(f"{self._device._design.name}: this batch collects only inside of its with block")
        return self._view


class _Read(PreparedRead):
    """A read of a register or of one of its fields, prepared for a view.

    `given`: what was asked with; `here`: that register in the view. `words` as `asked_words` has them.
    """

    __slots__ = ("field", "given", "here", "is_high_first", "shift", "words")

    def __init__(self, given: Register, here: Register, name: str) -> None:
        here._require_readable()
        field, shape = None, here._shape
        if name:
            field = shape.fields.get(name)
            if field is None or not field.readable:
                raise here._refusal(name, "read")
        self.given, self.here, self.field = given, here, field
        mask, width = shape.mask if field is None else field.mask, shape.access_width
        first, count = span_of(shape, mask)
        self.shift = first * width - shape.lane_at(here._offset)
        self.is_high_first = shape.words == "high-first"
        words = [
            (shape.word_at(number) - shape.word_at(0), mask >> number * width & (1 << width) - 1)
            for number in range(first, first + count)
        ]
        self.words = asked_words(here._store, words[::-1] if self.is_high_first else words)
        self._tell(name, mask)

    def _tell(self, name: str, mask: int) -> None:
        """For the accelerator: how a value of one bus word is made of it."""
        field, count = self.field, len(self.words)
        low = 0 if field is None else field.lsb
        accessor = None if field is None else getattr(type(self.here), field.attribute)
        shift, bits = (low - self.shift, mask >> low) if count == 1 else (0, 0)
        words = self.words, address_of(self.words), count
        self._hold_words(self.given, name, *words, id(self.here), shift, bits, accessor)

    def decode(self, words: list[int]) -> Any:
        """The value of these bus words, in the order of their accesses."""
        field, shape, shift = self.field, self.here._shape, self.shift
        bits = join_words(words[::-1] if self.is_high_first else words, shape.access_width)
        bits = (bits << shift if shift >= 0 else bits >> -shift) & shape.mask
        return bits if field is None else field.decode(bits)


class _View:
    """A device of the same class, whose BARs collect. It is used again by later batches, with its registers made."""

    def __init__(self, device: Root) -> None:
        self.steps = StepList()
        self._real = device
        self.futures: list[Future] = []
        self.known = PreparedReads()
        self._bars: dict[tuple[int, int], Bar] = {}
        # What is remembered begins each block as the device's, and the device's follows when the steps are made.
        self._memories = Memories(fresh=False)
        self._changes = device._scopes.changes
        self._spaces = {numbers: self._space(*numbers) for numbers in SPACES}
        self.device: Any = device._view(self._spaces)

    def _space(self, pf: int, bar: int) -> Space:
        under, scopes = self._real._space_at((pf, bar)), self._real._scopes
        facts: Any = {"prefetchable": under.prefetchable, "under": under, "look": self.steps.look}
        return Space(self._stand_in, pf, bar, self._memories, scopes, **facts)

    def _target(self, pf: int, bar: int, _burst: bool) -> Bar:
        return self._real._space_at((pf, bar)).attached()

    def _stand_in(self, pf: int, bar: int, _burst: bool) -> Bar:
        """Bulk writes keep their place among the others: all of them take one way."""
        with making:
            if (pf, bar) not in self._bars:
                self._bars[pf, bar] = CollectingBar(self.steps, self._target(pf, bar, False))
            return self._bars[pf, bar]

    def _prepared(self, register: Register, name: str) -> _Read:
        """How a register or a field of it is read here; `register` may be the device's own."""
        found: _Read | None = self.known.find(register, name)
        if found is not None:
            return found
        own = register._space is self._spaces.get((register._space.pf, register._space.bar))
        here: Register = register if own else self.device.find(register.path)
        read = _Read(register, here, name)
        self.known.add(read)
        return read

    def read(self, register: Register, name: str) -> Future:
        read = self._prepared(register, name)
        code, steps = self.steps.read(id(read.here), read.words)
        if code:
            raise exception_of(code, f"read of {read.here._where()}", read.here._full_path())
        future: Future = object.__new__(Future)
        future._hold_steps(read, steps)
        self.futures.append(future)
        return future

    def run(self) -> None:
        code, done, failed = self.steps.run()
        if self._changes != self._real._scopes.changes:  # some of its registers were not cached when they were made
            self._real._drop("")
        if code:
            raise exception_of(code, self._what(done, failed), self._path(failed))
        self.steps.fill(self.futures)

    def forget(self) -> None:
        """Ready for the next batch."""
        self.futures = []

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
