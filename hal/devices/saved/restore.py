"""Writing back what registers held: what differs, or all."""

from __future__ import annotations

from array import array
from operator import and_, eq, or_
from typing import TYPE_CHECKING, NamedTuple

from hal._binding import Sweep, SweepRow, differing, exception_of, word_list
from hal.access.words import reached_words, split_words, words_of
from hal.design.snapshot import Snapshot, fitted
from hal.errors import LockedError, SnapshotError
from hal.registers.memory import access_of
from hal.registers.sure_reads import read_surely, sweep_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hal.access.shape import RegisterShape
    from hal.design.root import Root
    from hal.registers.space import Space, SpaceNumbers

__all__ = ["after_restore", "restore"]


def restore(root: Root, prefix: str, snapshot: Snapshot, *, force: bool) -> list[str]:
    """Writes back what the registers below a path held. Returns the paths of those that were left out.

    Written are the fields that read back what is written, and beside them bits of no field; all others get what does
    nothing to them. What holds it already, as a look at all of them tells, is not written, unless `force` is set; what
    can't be read without changing something is. A register with a field that any write acts on, or that is written
    once, is left out, and so is one with a field beside that nobody knows (its reset is unknown, and it was never
    written), or that another map of the device saved and this one doesn't have. With `force` too, what is to be all
    ones is read first, which tells a dead bus. SnapshotError for values that a dead bus was read as.
    """
    snapshot = fitted(root._design, snapshot)
    below = (f"{prefix}.", f"{prefix}[") if prefix else ("",)
    lost = [path for path in snapshot.misfits if path.startswith(below)]
    lost += _fill(root, below, snapshot, force=force)
    return lost + _restore(root, prefix, snapshot, force=force)


def _fill(root: Root, below: tuple[str, ...], snapshot: Snapshot, *, force: bool) -> list[str]:
    """Writes memories back, before the registers that may start what uses them. Returns those that are read-only."""
    left = []
    for path, held in snapshot.memories.items():
        if not path.startswith(below):
            continue
        memory = root.find(path)
        memory = getattr(memory, "words", memory)
        if access_of(type(memory)) == "ro":
            left.append(path)
        elif force or memory._content(0, len(memory)) != held:
            memory._write(0, held)
    return left


class _Written(NamedTuple):
    """A register that is restored: where it lies, its bits that come from the snapshot, and its writes."""

    path: str
    shape: RegisterShape
    space: SpaceNumbers
    offset: int
    restored: int
    writes: tuple[tuple[int, range], ...]  # first word and words of each


class _Plan:
    """How the registers of a snapshot are written back, prepared to be written in one call."""

    def __init__(self, root: Root, prefix: str, names: list[str]) -> None:
        design, below = root._design, (f"{prefix}.", f"{prefix}[") if prefix else ("",)
        design.indexed(len(names))
        self.names, self.left, self.chosen = names, list[str](), list[_Written]()
        self.by_rule: list[_Written] = []  # one by one, as their writes want it
        kinds: dict[int, tuple[bool, int, tuple[tuple[int, range], ...]]] = {}
        for path in names:
            shape, space, offset = design.register_at(path)
            if not path.startswith(below):
                continue
            if id(shape) not in kinds:
                writes = tuple(_written_words(shape, shape.held_bits))
                kinds[id(shape)] = shape.acts_on_any_write, shape.restored_bits, writes
            acts, restored, writes = kinds[id(shape)]
            if acts and restored:
                self.left.append(path)
            elif restored and (shape.has_protocol or shape.masked or shape.is_narrow):
                self.by_rule.append(_Written(path, shape, space, offset, restored, writes))
            elif restored:
                self.chosen.append(_Written(path, shape, space, offset, restored, writes))
        found = [(one, row) for one in self.chosen for row in self._rows_of(root, one)]
        self.owners, self.rows = [one for one, _ in found], [row for _, row in found]
        self.sweep = Sweep(self.rows)
        self.word_masks = array("Q", [part for one in self.chosen for part in _in_order(one, one.restored)])
        # What differs is told by the same places, but those that reading changes.
        self.looks = [place for place, one in enumerate(self.owners) if not one.shape.effects]
        all_looked = len(self.looks) == len(self.rows)
        self.look = self.sweep if all_looked else Sweep([self.rows[place] for place in self.looks])
        # A write of these may carry bits that nobody knows.
        self.unsure = [one for one in self.chosen if one.shape.blind_bits & one.shape.last & ~one.restored]
        # Where each takes one write and nothing is remembered, all values are made at once.
        self.is_plain = all(not one.shape.is_wide and not one.shape.last for one in self.chosen)
        self.paths = [one.path for one in self.chosen]
        self.masks = [one.restored for one in self.chosen]
        self.resting = [one.shape.ones & ~one.restored for one in self.chosen]
        self.whole = [one.shape.mask for one in self.chosen]

    @staticmethod
    def _rows_of(root: Root, one: _Written) -> Iterator[SweepRow]:
        bar = root._space_at(one.space).attached()
        memory = root._space_at(one.space).memory(one.offset, one.shape, one.path)
        for number, word in one.writes:
            row = sweep_row(one.shape, bar, one.offset + one.shape.word_at(number, len(word)))._replace(words=len(word))
            yield row if memory is None else row._replace(memos=memory.memos + number)


def _plan_of(root: Root, prefix: str, names: list[str]) -> _Plan:
    plan: _Plan | None = root._plans.get(prefix)
    if plan is None or plan.names != names or root._scopes.blocks:
        plan = root._plans[prefix] = _Plan(root, prefix, names)
    return plan


def _restore(root: Root, prefix: str, snapshot: Snapshot, *, force: bool) -> list[str]:
    held = snapshot._registers()
    plan = _plan_of(root, prefix, list(held))
    unsure = {one.path for one in plan.unsure if _is_unsure(root, one)}
    left = plan.left
    if unsure:
        left = [path for path in held if path in unsure or path in plan.left]
        plan = _Plan(root, prefix, [path for path in held if path not in unsure])
    values = list(map(held.__getitem__, plan.paths))
    if not snapshot._is_answered:
        _require_values(root, snapshot)
    if force:
        _require_bus(root, snapshot, plan, values)
    words: Sequence[int]
    if plan.is_plain:
        written_bits = map(and_, values, plan.masks)
        words = array("Q", list(map(or_, written_bits, plan.resting) if any(plan.resting) else written_bits))
    else:
        words = _each_restored(root, plan, values)
    wanted = None if force else _differing(root, plan, words)
    code, done = plan.sweep.write(words, wanted)
    if code:
        raise exception_of(code, f"restore of {root._design.name}: write {done + 1} of {len(plan.rows)}")
    return left + [one.path for one in plan.by_rule if not _is_put_back(root, one, held[one.path], force=force)]


def _differing(root: Root, plan: _Plan, words: Sequence[int]) -> bytes:
    """For each row, whether it has to be written, as a byte."""
    code, done, now = plan.look.read()
    if code:
        path = f"{root._design.name}.{plan.owners[plan.looks[done]].path}"
        raise exception_of(code, f"restore: read of {path}", path)
    if plan.look is plan.sweep and len(words) == len(plan.rows):  # a word each
        return differing(now, words if isinstance(words, array) else array("Q", words), plan.word_masks)
    found = word_list(now)
    wanted, looked, looks, at = bytearray(), 0, set(plan.looks), 0
    for place, row in enumerate(plan.rows):
        differs = place not in looks
        if not differs:
            pairs = zip(found[looked : looked + row.words], words[at : at + row.words], strict=True)
            differs = any((old ^ new) & mask for (old, new), mask in zip(pairs, plan.word_masks[at:], strict=False))
            looked += row.words
        wanted.append(differs)
        at += row.words
    return bytes(wanted)


def _is_put_back(root: Root, one: _Written, bits: int, *, force: bool) -> bool:
    """Writes a register whose writes have rules; False where its lock is closed."""
    shape, restored = one.shape, one.shape.held_bits if one.shape.masked else one.restored
    register = root.find(one.path)
    if not (force or shape.effects or (read_surely(register) ^ bits) & restored):
        return True
    value = _resting(shape, root._space_at(one.space), one.offset, restored) | (bits & restored)
    try:
        register._write_raw(shape.selected(value, restored))
    except LockedError:
        return False
    return True


def _is_unsure(root: Root, one: _Written) -> bool:
    """Whether a write of it would have to invent bits that no read tells."""
    memory = root._space_at(one.space).memory(one.offset, one.shape, one.path)
    return bool(one.shape.blind_bits & one.shape.last & ~one.restored & ~(memory.known if memory else 0))


def _each_restored(root: Root, plan: _Plan, values: list[int]) -> list[int]:
    """The bus words."""
    words = []
    for one, bits in zip(plan.chosen, values, strict=True):
        shape, space = one.shape, root._space_at(one.space)
        value = _resting(shape, space, one.offset, one.restored) | (bits & one.restored)
        words += _in_order(one, value)
    return words


def _in_order(one: _Written, value: int) -> list[int]:
    """A register's value as the bus words that are written, in their order."""
    parts = split_words(value, one.shape)
    return [parts[number + i] for number, word in one.writes for i in word]


def _require_bus(root: Root, snapshot: Snapshot, plan: _Plan, values: list[int]) -> None:
    """All ones are not written to a dead bus."""
    answered = snapshot._is_answered
    if answered and plan.is_plain and not any(map(eq, values, plan.whole)):
        return
    for one, bits in zip(plan.chosen, values, strict=True):
        if _is_ones(one.shape, bits, whole=answered) and one.shape.is_readable and not one.shape.effects:
            read_surely(root.find(one.path))


def after_restore(now: Snapshot, saved: Snapshot) -> Snapshot:
    """What a snapshot of now would hold if `saved` was written back, closed locks apart. Reads nothing."""
    values = {}
    for path in now:
        shape = now._design.shape_at(path)
        bits = 0 if path not in saved or shape.acts_on_any_write else shape.restored_bits
        values[path] = now[path] & ~bits | (saved[path] & bits if bits else 0)
    held = {path: saved.memories.get(path, content) for path, content in now.memories.items()}
    return Snapshot._taken(now._design, dict, values, held)


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


def _resting(shape: RegisterShape, space: Space, offset: int, restored: int) -> int:
    memory = space.remembered.get(offset)
    last = shape.reset if memory is None else memory.value
    return ((last & shape.last) | shape.ones) & ~restored


def _written_words(shape: RegisterShape, held: int) -> Iterator[tuple[int, range]]:
    """First word and words of each write that the register takes."""
    if shape.words == "latched":
        yield 0, range(shape.word_count)
        return
    numbers = [(word.bit_length() - 1) // shape.access_width for word in reached_words(shape, held)]
    for number in reversed(numbers) if shape.words == "high-first" else numbers:
        yield number, range(1)
