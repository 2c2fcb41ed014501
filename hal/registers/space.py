"""One BAR of a device, attached when it is first needed, and what is remembered of its registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.access.remembered import Remembered, cached_bits
from hal.codes import Pf, bar_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding import Bar
    from hal.access.shape import RegisterShape

    Attach = Callable[[int, int, bool], Bar]

__all__ = ["CacheScopes", "Memories", "Space", "SpaceName", "SpaceNumbers", "space_numbers"]

SpaceName = tuple[str, int]
SpaceNumbers = tuple[int, int]


class CacheScopes:
    """Which blocks of a device are cached, by path, and how often that was asked for.

    `shared`: places (function, BAR, number of a word of four bytes) where several registers have the same bits, of
    which none is cached. `changes`: how often blocks were added.
    """

    def __init__(self) -> None:
        self.blocks: dict[str, int] = {}
        self.shared: frozenset[tuple[int, int, int]] = frozenset()
        self.changes = 0

    def have(self, path: str) -> bool:
        """Whether what stands at this path is cached."""
        return any(not block or path == block or path.startswith((f"{block}.", f"{block}[")) for block in self.blocks)


class Memories:
    """What is remembered of the registers of one design on a slot, by BAR and offset.

    `fresh`: they were at their reset values when this was made.
    """

    def __init__(self, *, fresh: bool) -> None:
        self.fresh = fresh
        self.spaces: dict[SpaceNumbers, dict[int, Remembered]] = {}

    def all(self) -> list[Remembered]:
        """Of every register."""
        return [one for space in list(self.spaces.values()) for one in list(space.values())]


class Space:
    """A BAR by PCI function and number. `attach` is called with both, and whether writes shall combine.

    `prefetchable`: reads change nothing in it, and may be wider than asked for.

    `memories`, `scopes`: of its device. `under`: the device's own, where this one's BAR only collects; `look` then
    brings what is remembered here up to date.
    """

    __slots__ = (
        "_attach",
        "_look",
        "_memories",
        "bar",
        "name",
        "pf",
        "prefetchable",
        "remembered",
        "scopes",
        "under",
    )

    def __init__(
        self,
        attach: Attach,
        pf: int,
        bar: int,
        memories: Memories,
        scopes: CacheScopes,
        *,
        prefetchable: bool,
        under: Space | None = None,
        look: Callable[[Any], None] | None = None,
    ) -> None:
        self._attach, self._memories, self._look = attach, memories, look
        self.pf, self.bar, self.name = pf, bar, bar_name(pf, bar)
        self.scopes, self.under, self.prefetchable = scopes, under, prefetchable
        # By offset, of registers that were used.
        self.remembered = memories.spaces.setdefault((pf, bar), {})

    def attached(self) -> Bar:
        """The BAR."""
        return self._attach(self.pf, self.bar, False)

    def real(self) -> Bar:
        """The BAR that can be accessed even in a batch."""
        return (self.under or self).attached()

    def for_bulk(self) -> Bar:
        """The BAR by a handle of its own that combines writes and reads lines, where it can; only for memories."""
        return self._attach(self.pf, self.bar, self.prefetchable)

    def without_cache(self) -> Space:
        """The same for what lies in a memory, whose words may be written without a register."""
        facts: Any = {"prefetchable": self.prefetchable, "under": self.under, "look": self._look}
        return Space(self._attach, self.pf, self.bar, self._memories, CacheScopes(), **facts)

    def memory(self, offset: int, shape: RegisterShape, path: str) -> Remembered | None:
        """What is remembered of a register; None where nothing is to be."""
        scopes = self.scopes
        cached = bool(scopes.blocks) and scopes.have(path) and self._may_cache(offset, shape)
        if not (cached or shape.last):
            return None
        found = self.remembered.get(offset)
        if found is None:
            found = self.remembered.setdefault(offset, self._new_memory(offset, shape, path))
        if cached and self.under is None:
            found.cache(True)
        return found

    def _new_memory(self, offset: int, shape: RegisterShape, path: str) -> Remembered:
        if self.under is None:
            return Remembered(shape.settled, path, offset, fresh=self._memories.fresh)
        origin = self.under.memory(offset, shape, path)
        assert origin is not None
        assert self._look is not None
        return Remembered.over(origin, self._look)

    def _may_cache(self, offset: int, shape: RegisterShape) -> bool:
        words = range(offset // 4, (offset + shape.width // 8 + 3) // 4)
        return cached_bits(shape) != (0, 0) and not any(
            (self.pf, self.bar, word) in self.scopes.shared for word in words
        )


def space_numbers(name: SpaceName) -> SpaceNumbers:
    """PCI function and BAR of a space: ("app", 0) is (0, 0)."""
    return int(Pf[name[0].upper()]), name[1]
