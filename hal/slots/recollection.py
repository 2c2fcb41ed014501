"""What this process knows of the registers of each slot, whichever of its devices wrote them, and who caches them."""

from __future__ import annotations

import gc
import os
import weakref
from typing import TYPE_CHECKING

from hal._binding import tell_of_staleness
from hal.errors import CacheError, SlotError
from hal.registers.node import making
from hal.registers.space import Memories
from hal.slots.locking import take_cache

if TYPE_CHECKING:
    from hal._binding import HeldLock, Library
    from hal.design.design import Design

__all__ = ["Claim", "Recollection"]


class Claim:
    """That a design is in use on a slot, as long as its device holds this. `number`: of the slot's design then.

    `is_cached`: its device remembers registers.
    """

    __slots__ = ("__weakref__", "_lock", "design", "is_cached", "number")

    def __init__(self, design: str, number: int) -> None:
        self.design, self.number, self.is_cached = design, number, False
        self._lock: HeldLock | None = None

    def hold(self, lock: HeldLock | None) -> None:
        """Caches from now on, with the slot's lock of caches."""
        self.is_cached, self._lock = True, lock

    def let_go(self) -> None:
        """Caches no more."""
        lock, self._lock, self.is_cached = self._lock, None, False
        if lock is not None:
            lock.release()


class Recollection:
    """Of one slot of a library, in this process. A load, clear or rescan of the slot ends what is known."""

    _all: dict[tuple[str, int, int], Recollection] = {}  # by library, slot and process  # noqa: RUF012

    def __init__(self) -> None:
        self._number = self._loaded = -1  # of the design that it is of, and of the one that this process loaded
        self._memories: dict[tuple[str, str], Memories] = {}
        self._claims: weakref.WeakSet[Claim] = weakref.WeakSet()

    @classmethod
    def of(cls, library: Library, slot: int) -> Recollection:
        """That of this slot."""
        with making:
            return cls._all.setdefault((library.path, slot, os.getpid()), cls())

    def loaded(self, number: int) -> None:
        """This process has loaded the design that has this number: its registers are at their reset values."""
        self._loaded = number

    def is_loaded(self, number: int) -> bool:
        """Whether this process has loaded the design that has this number."""
        return number == self._loaded

    def memories(self, design: Design, number: int, *, replays: bool) -> Memories:
        """What is known of a design's registers, for a device that begins to use them.

        Nobody else has used them where this process loaded the design, and this is its first device on it. A replayed
        recording began with such a one.
        """
        with making:
            if number != self._number:
                self._number, self._memories = number, {}
            fresh = replays or (number == self._loaded and not self._memories)
            key = design.name, design.digest
            for one in self._memories[key].all() if key in self._memories else ():
                one.cache(False)  # of a device that was dropped: nobody who caches is here beside this one
            if key not in self._memories:
                self._memories[key] = Memories(fresh=fresh)
            return self._memories[key]

    def drop(self) -> None:
        """Forgets what can be read again."""
        for memories in list(self._memories.values()):
            for one in memories.all():
                one.forget()

    @classmethod
    def drop_all(cls) -> None:
        """Of every slot: somebody else has loaded one, and an access has met it. What is asked for then says so."""
        for one in list(cls._all.values()):
            one.drop()

    def claim(self, claim: Claim) -> None:
        """A device begins to use the slot. CacheError while another one caches its registers."""
        if any(other.is_cached for other in self._beside(claim)):
            gc.collect()  # dropped devices are in nobody's way
            for other in self._beside(claim):
                if other.is_cached:
                    raise CacheError(
                        f"{other.design} caches registers of this slot in this process, and would not see what another "
                        "device writes: use that one, or end its cache first"
                    )
        self._claims.add(claim)

    def begin_cache(self, claim: Claim, library: Library, slot: int) -> None:
        """Registers of this device are cached from now on. CacheError where others would change them unseen."""
        if claim.is_cached:
            return
        if self._beside(claim):
            gc.collect()
        names = ", ".join(sorted({other.design for other in self._beside(claim)}))
        if names:
            raise CacheError(
                f"{claim.design} can't cache registers of slot {slot}: this process has another device of {names} open "
                "on it, whose writes it would not see; close that, or use one device"
            )
        try:
            claim.hold(take_cache(slot, library))
        except SlotError as problem:
            raise CacheError(
                f"{claim.design} can't cache registers of slot {slot}, as another process does: {problem}"
            ) from problem

    def _beside(self, claim: Claim) -> list[Claim]:
        return [other for other in list(self._claims) if other is not claim and other.number == claim.number]


tell_of_staleness(Recollection.drop_all)
