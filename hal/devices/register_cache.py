"""Caching registers: what only writes change is remembered, and asked for no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal._binding import Sweep, exception_of, word_list
from hal.access.neighbours import harmed_by, update_of
from hal.access.words import join_words
from hal.devices.arrays import Array
from hal.devices.entry_memory import Entries
from hal.errors import CacheError, ClosedError
from hal.registers.node import making
from hal.registers.register import Register
from hal.registers.sure_reads import sweep_row
from hal.uncopyable import Uncopyable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Self

    from hal.access.remembered import Remembered
    from hal.registers.node import Node
    from hal.registers.space import Space

__all__ = ["Cache", "Stale", "drop_below", "end_cache"]


class Stale(NamedTuple):
    """A field whose remembered value the card does not hold."""

    path: str
    remembered: Any
    found: Any


class Cache(Uncopyable):
    """What is remembered of a device's or a block's registers: `block.cached()`. As a context manager it caches them.

    Of a field that only writes change, as the map says, the value is known after the first read, or a write of it.
    Reads of it and writes of its neighbours then need no read. All else is read as ever.
    """

    def __init__(self, block: Any) -> None:
        self._block, self._root, self._path = block, block._root(), block.path

    def __repr__(self) -> str:
        known = sum(1 for _, one in self._below() if one.known)
        state = "on" if self._root._scopes.have(self._path) else "off"
        return f"<cache of {self._block._full_path()}, {state}: {known} registers remembered>"

    def __enter__(self) -> Self:
        root, scopes = self._root, self._root._scopes
        with making:
            if not root._open or root._claim is None:
                raise ClosedError(f"{root._design.name}: only registers of an open device are cached")
            root._slot.begin_cache(root._claim)
            if not scopes.changes:
                scopes.shared = _shared_places(root)
            scopes.blocks[self._path] = scopes.blocks.get(self._path, 0) + 1
            scopes.changes += 1
            root._layouts.clear()
            for register in _made_registers(self._block):
                register._remember()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        blocks = self._root._scopes.blocks
        with making:
            blocks[self._path] = blocks.get(self._path, 1) - 1
            if blocks[self._path] <= 0:
                del blocks[self._path]
            _end_unscoped(self._root)

    def drop(self) -> None:
        """Forgets what can be read again: when something else than this device has changed the card."""
        drop_below(self._root, self._path)

    def flush(self) -> None:
        """Waits until what was written has arrived at the card.

        Writes are posted: a program that goes on has not waited for them, and a cache leaves out the reads that did.
        One read of each BAR does it, of a register that reading leaves alone. CacheError where a BAR has none.
        """
        root = self._root
        for numbers in sorted({(space.pf, space.bar) for space, _ in self._below()}):
            quiet = next(
                (
                    run
                    for run in root._design.runs()
                    if run.space == numbers and run.child.is_register and _is_quiet(run.child.shape)
                ),
                None,
            )
            if quiet is None:
                raise CacheError(
                    f"{root._design.name}: {root._space_at(numbers).name} has no register that can be read without "
                    "changing something, so nothing tells when writes have arrived"
                )
            root._space_at(numbers).attached().peek(quiet.offset, quiet.child.shape.access_width)

    def sync(self) -> list[str]:
        """Writes all that is remembered, in one call, in the order of addresses: to a card that was reset.

        Settings that can't be read are among it. Returns the paths of registers that are left out, because any write
        of them would act on one of their fields.
        """
        left = []
        with self._root.batch() as device:
            for _, one in self._below():
                shape = one.shape
                named = one.known & one.written_bits
                if not named:
                    continue
                if harmed_by(shape, named) is not None:
                    left.append(one.path)
                    continue
                update = update_of(shape, named, one.value & named)
                spare = shape.reserved & ~update.keep & update.reached
                bits = (update.bits & ~spare) | (one.value & spare)
                device.find(one.path)._update(update._replace(bits=bits))
        return left

    def verify(self) -> list[Stale]:
        """Fields whose remembered value the card does not hold, from a look at all of them. Nothing is changed."""
        rows, seen = [], []
        for space, one in self._below():
            mask = one.known & ~one.shape.blind_bits & ~one.shape.reserved
            if one.is_cached and mask:
                seen.append((one, mask))
                rows.append(sweep_row(one.shape, space.attached(), one.offset))
        code, done, words = Sweep(rows).read()
        if code:
            path = f"{self._root._design.name}.{seen[done][0].path}"
            raise exception_of(code, f"verify: read of {path}", path)
        numbers, at, stale = word_list(words), 0, list[Stale]()
        for one, mask in seen:
            shape = one.shape
            found = join_words(numbers[at : at + shape.word_count], shape.access_width)
            at += shape.word_count
            wrong = (one.value ^ found) & mask
            stale += [
                Stale(f"{one.path}.{field.name}", field.decode(one.value), field.decode(found))
                for field in shape.fields.values()
                if field.readable and field.mask & wrong
            ]
        return stale

    def _below(self) -> list[tuple[Space, Remembered]]:
        return _remembered(self._root, self._path)


def _remembered(root: Any, path: str) -> list[tuple[Space, Remembered]]:
    """What is remembered below a path, in the order of addresses."""
    spaces = [root._space_at(numbers) for numbers in sorted(root._memories.spaces)]
    return [
        (space, space.remembered[offset])
        for space in spaces
        for offset in sorted(space.remembered)
        if _is_below(space.remembered[offset].path, path)
    ]


def _is_below(path: str, block: str) -> bool:
    return not block or path == block or path.startswith((f"{block}.", f"{block}["))


def drop_below(root: Any, path: str) -> None:
    """Forgets what can be read again."""
    for _, one in _remembered(root, path):
        one.forget()


def end_cache(root: Any) -> None:
    """Of a device that is closed."""
    if root._scopes.blocks:
        root._scopes.blocks.clear()
        _end_unscoped(root)


def _end_unscoped(root: Any) -> None:
    scopes = root._scopes
    for one in root._memories.all():
        if one.is_cached and not scopes.have(one.path):
            one.cache(False)
    root._layouts.clear()
    root._plans.clear()
    if not scopes.blocks and root._claim is not None:
        root._claim.let_go()


def _made_registers(node: Any) -> Iterator[Register]:
    """The registers that were used already."""
    if isinstance(node, Register):
        yield node
    elif isinstance(node, Entries):
        return  # the words of a memory may be written without them
    elif isinstance(node, Array):
        items: dict[int, Node] = node._store
        for item in list(items.values()):
            yield from _made_registers(item)
    elif hasattr(node, "_children"):
        for name in node._children:
            yield from _made_registers(node._made(name))


def _is_quiet(shape: Any) -> bool:
    return bool(shape.is_readable and not shape.effects and shape.access_width in {8, 32, 64})


def _shared_places(root: Any) -> frozenset[tuple[int, int, int]]:
    """The words, of four bytes, of registers that others have the bits of too."""
    places = set()
    for run in root._design.runs():
        if run.child.is_register and run.is_alternate:
            for index in range(run.number):
                start = run.at(index)
                end = start + run.child.shape.width // 8
                places |= {(*run.space, word) for word in range(start // 4, (end + 3) // 4)}
    return frozenset(places)
