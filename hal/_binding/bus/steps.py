"""What a batch collects, in the core."""

from __future__ import annotations

from typing import Any, NamedTuple

from hal._binding.accelerator import fill_pending
from hal._binding.bus.bars import Bar
from hal._binding.extension import address_of, ffi, lib
from hal._binding.raising import raise_code
from hal.uncopyable import Uncopyable


class Step(NamedTuple):
    """One access of a batch. `offset`: bytes in the BAR. `width`: bits. `kind`: 0 read, 1 write, 2 modify."""

    pf: int
    bar: int
    offset: int
    width: int
    kind: int
    value: int


class StepList(Uncopyable):
    """The steps that a batch collects, in the core."""

    def __init__(self) -> None:
        holder = ffi.new("hal_batch **")
        code = lib.hal_batch_new(holder)
        if code:
            raise_code(code, "start of a batch")
        self.native: Any = ffi.gc(holder[0], lib.hal_batch_free)
        self._done: Any = ffi.new("size_t[2]")  # how many steps were made, and which one failed
        self._step: Any = ffi.new("hal_step *")

    def __len__(self) -> int:
        return int(lib.hal_batch_count(self.native))

    def collect(self) -> None:
        """Starts an empty list."""
        code = lib.hal_batch_collect(self.native, 1)
        if code:
            raise_code(code, "the batch")

    def end(self) -> None:
        """Collects no more."""
        lib.hal_batch_collect(self.native, 0)

    def look(self, memos: Any) -> None:
        """Brings what is remembered in this batch of a register up to date."""
        for number in range(len(memos)):
            lib.hal_batch_look(self.native, memos + number)

    def read(self, reader: int, words: Any) -> tuple[int, tuple[int, ...]]:
        """Adds reads of a register's words, see `asked_words`: code, and which steps they are.

        `reader`: a number that tells the register from others.
        """
        steps = ffi.new("size_t[]", len(words))
        code: int = lib.hal_batch_read(self.native, reader, words, len(words), steps)
        return code, tuple(steps)

    def fill(self, futures: list[Any]) -> None:
        """Gives them what the steps have read."""
        fill_pending(futures, self.address, self._word_of)

    @property
    def address(self) -> int:
        """Where the core has it, for the accelerator."""
        return address_of(self.native)

    def _word_of(self, place: int) -> int:
        lib.hal_batch_step(self.native, place, self._step)
        return int(self._step.value)

    def run(self) -> tuple[int, int, int]:
        """Makes all steps in one call: code, how many were made, and which one the code is of."""
        done = self._done
        code: int = lib.hal_batch_run(self.native, done, done + 1)
        return code, done[0], done[1]

    def step(self, place: int) -> Step:
        """What a step does, and where; of one that has run, its value."""
        out = ffi.new("hal_step *")
        code = lib.hal_batch_step(self.native, place, out)
        if code:
            raise_code(code, f"step {place} of a batch")
        return Step(out.pf, out.bar, out.offset, out.width, out.kind, out.value)


class CollectingBar(Bar):
    """Stands for a BAR in a batch: what is written through it becomes a step, and a read is refused.

    It holds nothing of the card.
    """

    __slots__ = ("_steps",)

    def __init__(self, steps: StepList, target: Bar) -> None:
        holder = ffi.new("hal_bar **")
        code = lib.hal_batch_bar(steps.native, target._bar, target._generation, holder)
        if code:
            raise_code(code, f"batch on {target.name}")
        self._steps, self._library = steps, target._library
        self.slot, self.pf, self.bar, self.handle, self.size = target.slot, target.pf, target.bar, -1, target.size
        self._bar, self._generation = holder[0], 0

    def write_words(self, offset: int, data: Any, count: int, width: int) -> int:
        """A step for each word."""
        with data:
            return int(lib.hal_batch_block(self._steps.native, self._bar, offset, width, data, count))

    def write_bytes(self, offset: int, data: Any, size: int, width: int) -> int:
        """A step for each word of `width` bits that holds some of them."""
        with data:
            return int(lib.hal_batch_bytes(self._steps.native, self._bar, offset, width, data, size))

    def fill_words(self, offset: int, value: int, count: int) -> int:
        """A step for each word."""
        words = ffi.from_buffer(value.to_bytes(4, "little") * count)
        return self.write_words(offset, words, count, 32)
