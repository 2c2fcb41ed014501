"""Reading all registers of a block in one call, and writing back what was read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hal._binding import Sweep, exception_of, word_list
from hal.access.policies import POLICIES
from hal.access.words import join_words, reached_words, split_words, words_of
from hal.design.snapshot import Snapshot, fitted
from hal.design.walk import runs
from hal.errors import SnapshotError
from hal.registers.space import remembering
from hal.registers.sure_reads import read_surely, sweep_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hal.access.shape import RegisterShape
    from hal.design.root import Root
    from hal.registers.child import Child
    from hal.registers.node import Node
    from hal.registers.space import Space

__all__ = ["restore", "take"]


class _Layout:
    """Which registers a snapshot holds, prepared to be read in one call."""

    def __init__(self, root: Root, block: Node, children: Mapping[str, Child[Any]], *, effects: bool) -> None:
        self.design = root._design
        path, space = block.path, (block._space.pf, block._space.bar)
        found = runs(children, space, block._offset, f"{path}." if path else "")
        self._runs = [run for run in found if run.child.is_register and _is_taken(run.child.shape, effects=effects)]
        bars = {run.space: root._space_at(run.space).attached() for run in self._runs}
        self.sweep = Sweep(
            [
                sweep_row(run.child.shape, bars[run.space], run.offset, run.child.stride, run.number)
                for run in self._runs
            ]
        )

    def decode(self, words: Any) -> dict[str, int]:
        """All bits of each register by path."""
        numbers, at, values = word_list(words), 0, {}
        for run in self._runs:
            shape = run.child.shape
            count, mask = shape.word_count, shape.readable_bits
            for index in range(run.number):
                bits = numbers[at] if count == 1 else join_words(numbers[at : at + count], shape.access_width)
                values[run.name(index)] = bits & mask
                at += count
        return values

    def path(self, number: int) -> str:
        """The path of the register with this number."""
        for run in self._runs:
            if number < run.number:
                return run.name(number)
            number -= run.number
        return ""


def take(root: Root, block: Node, children: Mapping[str, Child[Any]], *, effects: bool) -> Snapshot:
    """A snapshot of a device or of a block in it, which declares these children."""
    key = block.path, effects
    layout: _Layout | None = root._layouts.get(key)
    if layout is None:
        layout = root._layouts[key] = _Layout(root, block, children, effects=effects)
    code, done, words = layout.sweep.read()
    if code:
        path = f"{layout.design.name}.{layout.path(done)}"
        raise exception_of(code, f"snapshot: read of {path}", path)
    return Snapshot._taken(layout.design, partial(layout.decode, words))


def restore(root: Root, prefix: str, snapshot: Snapshot) -> list[str]:
    """Writes back what the registers below a path held. Returns the paths of those that were left out.

    Written are the fields that read back what is written, and beside them bits of no field; all others get what does
    nothing to them. A register with a field that any write acts on, or that is written once, is left out, and so is one
    that another map of the device saved and this one doesn't have. What is to be all ones is read first, which tells a
    dead bus. SnapshotError for values that a dead bus was read as.
    """
    snapshot = fitted(root._design, snapshot)
    below = (f"{prefix}.", f"{prefix}[") if prefix else ("",)
    lost = [path for path in snapshot.misfits if path.startswith(below)]
    with remembering.models() as entered, remembering.behind(entered):
        return lost + _restore(root, prefix, snapshot)


def _restore(root: Root, prefix: str, snapshot: Snapshot) -> list[str]:
    below = list(_held_below(snapshot, prefix))
    left = [path for path, shape, _ in below if _acts_on_any_write(shape)]
    chosen = [(root.find(path), shape, bits) for path, shape, bits in below if path not in left]
    _require_bus(root, snapshot, chosen)
    rows, words, written = [], [], []
    for node, shape, bits in chosen:
        space, offset = node._space, node._offset
        restored = shape.held_bits | shape.unused_bits
        value = _resting(shape, space, offset, restored) | (bits & restored)
        for number, word in _written_words(shape, shape.held_bits):
            at = offset + shape.word_at(number, len(word))
            rows.append(sweep_row(shape, space.attached(), at)._replace(words=len(word)))
            words += [split_words(value, shape)[number + i] for i in word]
        if shape.last:
            written.append((len(rows), space, offset, value))
    before = [space.remember({offset: value}) for _, space, offset, value in written]
    code, done = Sweep(rows).write(words)
    if code:
        for (needed, space, *_), old in zip(written, before, strict=True):
            if needed > done:
                space.put_back(old)
        raise exception_of(code, f"restore of {root._design.name}: write {done + 1} of {len(rows)}")
    return left


def _require_bus(root: Root, snapshot: Snapshot, chosen: list[tuple[Any, RegisterShape, int]]) -> None:
    """Before anything is written: values that are a dead bus's are refused, and all ones are not written to one."""
    if not snapshot._is_answered:
        _require_values(root, snapshot)
    for node, shape, bits in chosen:
        if _is_ones(shape, bits, whole=snapshot._is_answered) and _is_taken(shape, effects=False):
            read_surely(node)


def _held_below(snapshot: Snapshot, prefix: str) -> Iterator[tuple[str, RegisterShape, int]]:
    """Path, shape and bits of the registers below a path that hold anything that is written to them."""
    for path, bits in snapshot._registers().items():
        shape = snapshot._design.shape_at(path)
        if shape.held_bits and (not prefix or path.startswith((f"{prefix}.", f"{prefix}["))):
            yield path, shape, bits


def _acts_on_any_write(shape: RegisterShape) -> bool:
    return any(POLICIES[field.access].acts_on_any_write for field in shape.fields.values())


def _is_ones(shape: RegisterShape, bits: int, *, whole: bool) -> bool:
    """Whether a word of the register is all ones; not `whole`: in the bits that can be read."""
    wanted = (word if whole else word & shape.readable_bits for word in words_of(shape))
    return any(word and bits & word == word for word in wanted)


def _require_values(root: Root, snapshot: Snapshot) -> None:
    """SnapshotError where all registers of a BAR are all ones: a snapshot not taken here may be a dead bus's."""
    spaces: dict[str, list[bool]] = {}
    for path, bits in snapshot._registers().items():
        readable = root._design.shape_at(path).readable_bits
        spaces.setdefault(root.find(path)._space.name, []).append(bool(readable) and bits & readable == readable)
    for name, ones in spaces.items():
        if len(ones) > 1 and all(ones):
            raise SnapshotError(
                f"all {len(ones)} registers of {name} are all ones in this snapshot, as a dead bus is read; nothing "
                "was written. Take it again, or write the registers one by one"
            )


def _is_taken(shape: RegisterShape, *, effects: bool) -> bool:
    return shape.is_readable and (effects or not shape.effects)


def _resting(shape: RegisterShape, space: Space, offset: int, restored: int) -> int:
    last = space.shadows.get(offset, shape.reset)
    return ((last & shape.last) | shape.ones) & ~restored


def _written_words(shape: RegisterShape, held: int) -> Iterator[tuple[int, range]]:
    """First word and words of each write that the register takes."""
    if shape.words == "latched":
        yield 0, range(shape.word_count)
        return
    numbers = [(word.bit_length() - 1) // shape.access_width for word in reached_words(shape, held)]
    for number in reversed(numbers) if shape.words == "high-first" else numbers:
        yield number, range(1)
