"""Reading all registers of a block in one call."""

from __future__ import annotations

from operator import and_
from typing import TYPE_CHECKING, Any

from hal._binding import Sweep, SweepRow, exception_of, word_list
from hal.access.words import join_words, split_words
from hal.design.memory_contents import BYTES_MAX
from hal.design.snapshot import Snapshot
from hal.design.walk import runs
from hal.errors import SnapshotError
from hal.registers.sure_reads import read_words_surely, sweep_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hal._binding import Bar
    from hal.access.shape import RegisterShape
    from hal.design.root import Root
    from hal.design.walk import Run
    from hal.registers.child import Child
    from hal.registers.memory import MemoryBase
    from hal.registers.node import Node

__all__ = ["lay_out"]


def _is_wanted(shape: RegisterShape, *, effects: bool, config: bool) -> bool:
    """Whether a snapshot holds registers of this shape."""
    return (shape.is_restorable if config else shape.is_readable) and (effects or not shape.effects)


class _Layout:
    """Which registers a snapshot holds, prepared to be read in one call."""

    def __init__(
        self, root: Root, block: Node, children: Mapping[str, Child[Any]], *, effects: bool, config: bool
    ) -> None:
        self._design, self._is_config = root._design, config
        path, space = block.path, (block._space.pf, block._space.bar)
        found = runs(children, space, block._offset, f"{path}." if path else "")
        self._runs = [
            run for run in found if _is_kept(run) and _is_wanted(run.child.shape, effects=effects, config=config)
        ]
        self._names: list[str] | None = None  # from the first look at a snapshot on
        self._masks: list[int] = []
        bars = {run.space: root._space_at(run.space).attached() for run in self._runs}
        self._sweep = Sweep([row for run in self._runs for row in _rows_of(run, bars[run.space])])

    def taken(self, root: Root, memories: Iterable[MemoryBase] | None) -> Snapshot:
        """A snapshot of what the device holds now, and of these memories."""
        wanted = None if memories is None else _within_room(list(memories))
        words: Any
        if root._scopes.blocks:
            words = self._with_remembered(root)
        else:
            code, done, words = self._sweep.read()
            if code:
                path = f"{self._design.name}.{self._path(done)}"
                raise exception_of(code, f"snapshot: read of {path}", path)
        held = {memory.path: bytes(read_words_surely(memory, 0, len(memory))) for memory in wanted} if wanted else None
        return Snapshot._taken(self._design, self._decode, words, held)

    def _bits_of(self, shape: RegisterShape) -> int:
        """What it holds of a register: all that can be read, or what can be written back."""
        return shape.restored_bits if self._is_config else shape.readable_bits

    def _decode(self, words: Any) -> dict[str, int]:
        """The bits of each register by path."""
        numbers = words if isinstance(words, list) else word_list(words)
        if self._names is None:
            # The names last: another thread that sees them needs the masks.
            self._masks = [self._bits_of(run.child.shape) for run in self._runs for _ in range(run.number)]
            self._names = [run.name(index) for run in self._runs for index in range(run.number)]
        values = numbers if len(numbers) == len(self._names) else self._joined(numbers)
        return dict(zip(self._names, map(and_, values, self._masks), strict=True))

    def _joined(self, numbers: list[int]) -> list[int]:
        """The registers' values, where some have several words."""
        at, values = 0, []
        for run in self._runs:
            shape = run.child.shape
            count = shape.word_count
            if count == 1:
                values += numbers[at : at + run.number]
                at += run.number
                continue
            for _ in range(run.number):
                values.append(join_words(numbers[at : at + count], shape.access_width))
                at += count
        return values

    def _with_remembered(self, root: Root) -> Any:
        """The words of a device with a cache: what it does not answer is read, in one call."""
        known: list[list[int] | None] = []
        rows, names = [], []
        for run in self._runs:
            shape, space = run.child.shape, root._space_at(run.space)
            bar = space.attached()
            for index in range(run.number):
                offset, path = run.at(index), run.name(index)
                memory = space.memory(offset, shape, path)
                if memory is not None and memory.is_cached and not self._bits_of(shape) & ~memory.known:
                    known.append(split_words(memory.value, shape))
                    continue
                known.append(None)
                names.append(path)
                rows.append(sweep_row(shape, bar, offset)._replace(memos=None if memory is None else memory.memos))
        code, done, words = Sweep(rows).read()
        if code:
            path = f"{self._design.name}.{names[done]}"
            raise exception_of(code, f"snapshot: read of {path}", path)
        read, at, numbers = word_list(words), 0, list[int]()
        shapes = (run.child.shape for run in self._runs for _ in range(run.number))
        for values, shape in zip(known, shapes, strict=True):
            numbers += values or read[at : at + shape.word_count]
            at += 0 if values else shape.word_count
        return numbers

    def _path(self, number: int) -> str:
        """The path of the register with this number."""
        for run in self._runs:
            if number < run.number:
                return run.name(number)
            number -= run.number
        return ""


def _rows_of(run: Run, bar: Bar) -> Iterator[SweepRow]:
    """The innermost rows of an array, or the one register."""
    count, stride = run.child.dimensions[-1] if run.child.count is not None else (1, 0)
    for place in range(0, run.number, count):
        yield sweep_row(run.child.shape, bar, run.at(place), stride, count)


def lay_out(root: Root, block: Node, children: Mapping[str, Child[Any]], key: tuple[str, bool, bool]) -> _Layout:
    """What snapshots of a device, or of a block in it, which declares these children, hold for a key, from now on.

    The key: the block's path; whether registers that reading changes are left out, and whether also those are held that
    can't be written back.
    """
    found = root._layouts[key] = _Layout(root, block, children, effects=not key[1], config=not key[2])
    return found


def _within_room(memories: list[MemoryBase]) -> list[MemoryBase]:
    total = sum(memory.size for memory in memories)
    if total > BYTES_MAX:
        largest = max(memories, key=lambda memory: memory.size)
        raise SnapshotError(
            f"the memories have {total} bytes, more than a snapshot holds, {BYTES_MAX}; {largest._where()} has "
            f'{largest.size}: name those that are wanted, as in memories=("table",)'
        )
    return memories


def _is_kept(run: Run) -> bool:
    """A register that holds bits of its own: those of alternates and aliases are others'."""
    return run.child.is_register and not run.is_alternate and not run.child.shape.is_alias
