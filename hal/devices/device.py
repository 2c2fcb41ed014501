"""A device: a design's registers on one slot. Base class of every generated driver."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from hal.codes import Pf, Status
from hal.design.design import F2_PREFETCHABLE, Design, known_drivers
from hal.devices.block import Block
from hal.devices.lookup import node_at
from hal.devices.register_cache import drop_below, end_cache
from hal.errors import ClosedError, FieldTypeError, IdentityError
from hal.registers.classes.unmade import end_of_driver
from hal.registers.node import making
from hal.registers.register import Register
from hal.registers.space import CacheScopes, Memories, Space, SpaceName, SpaceNumbers, space_numbers
from hal.registers.sure_reads import read_surely
from hal.uncopyable import Closing

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from logging import Logger

    from typing_extensions import Self

    from hal._binding import Bar, Library
    from hal.devices.batch import Batch
    from hal.devices.record import Recording
    from hal.info import ImageInfo
    from hal.slots.recollection import Claim
    from hal.slots.slot import Slot

__all__ = ["Device"]

D = TypeVar("D", bound="Device")  # where editors that do without Self complete what is opened


class Device(Block, Closing):
    """A design's registers, memories and blocks on a slot.

    Class keywords, as the generator states them: `name`, the home space `pf` and `bar`, the AFI ids `afi`, the PCI ids
    `pci` (vendor, device, subsystem vendor, subsystem device; 0: any), `identity` (a register's path and its
    expected value), `clkgen` (the AFI holds the clock generator), `prefetchable` (BARs of the application function in
    which reads change nothing), `digest` of the map.
    A context manager; leaving it detaches its BARs.
    """

    __slots__ = (
        "_bars",
        "_claim",
        "_idle_views",
        "_interrupts",
        "_layouts",
        "_memories",
        "_number",
        "_open",
        "_own_slot",
        "_plans",
        "_scopes",
        "_slot",
        "_spaces",
    )

    _may_wait = False
    _design: ClassVar[Design]

    _bars: dict[tuple[int, int, bool], Bar]
    _spaces: dict[SpaceNumbers, Space]
    _slot: Slot
    _memories: Memories  # what is remembered of its registers
    _scopes: CacheScopes
    _open: bool
    _number: int  # of the slot's design when this was attached: see Slot.look
    _claim: Claim | None
    _own_slot: bool
    _plans: dict[str, Any]  # of what was restored last, by path
    _layouts: dict[tuple[str, bool, bool], Any]  # of snapshots, by path, and by what they were asked for
    _interrupts: Any  # the group that the driver declares, once it was asked for
    _idle_views: list[Any]  # of batches that have ended

    def __init_subclass__(
        cls,
        *,
        name: str = "",
        pf: str = "app",
        bar: int = 0,
        size: int = 0,
        unmapped: int | None = None,
        afi: tuple[str, ...] = (),
        pci: tuple[int, int, int, int] = (0, 0, 0, 0),
        identity: tuple[str, int] | None = None,
        clkgen: bool = False,
        prefetchable: tuple[int, ...] = F2_PREFETCHABLE,
        digest: str = "",
    ) -> None:
        _refuse_slots(cls)
        if not name:  # a user's subclass: the same design, and methods and state of its own
            super().__init_subclass__()
            others = {"pf": pf != "app", "bar": bar, "size": size, "unmapped": unmapped is not None, "afi": afi}
            others |= {"pci": any(pci), "identity": identity, "clkgen": clkgen, "digest": digest}
            others["prefetchable"] = prefetchable != F2_PREFETCHABLE
            _keep_design(cls, [keyword for keyword, said in others.items() if said])
            return
        super().__init_subclass__(size=size, unmapped=unmapped)
        cls._design = Design(cls, name, space_numbers((pf, bar)), afi, pci, identity, clkgen, digest, prefetchable)
        end_of_driver(cls.__module__)
        if digest:
            known_drivers[name, digest] = cls

    @classmethod
    def open(  # noqa: PYI019
        cls: type[D],
        slot: int | str = 0,
        library: str | os.PathLike[str] | Library | None = None,
        *,
        verify: bool = True,
        timeout: float = 20.0,
        cache: bool = False,
    ) -> D:
        """The device on slot `slot`: opens the slot and attaches; closing the device closes the slot too.

        An emulated slot that is cleared gets this driver's own design first, its registers at their reset values; and
        with `verify` one that holds another driver's, whom this process had opened and closed. `library` and `timeout`
        as in `hal.open_slot`, `verify` as in `Slot.attach`. `cache`: its registers are cached, as in a block of
        `with device.cached()`.
        """
        from hal.slots.opening import open_slot  # noqa: PLC0415  (importing a driver is to be quick)

        opened = open_slot(slot, library, timeout=timeout)
        try:
            opened.provide(cls, replace=verify)
            device = opened.attach(cls, verify=verify)
            if cache:
                device.cached().__enter__()
        except BaseException:
            opened.close()
            raise
        object.__setattr__(device, "_own_slot", True)
        return device

    @classmethod
    def _attach(cls, slot: Slot, *, verify: bool) -> Self:
        info, number = slot.look() if verify else (None, slot.library.design_number(slot.number))
        claim = slot.claim(cls._design, number)
        self = cls._new(slot, {}, number, slot.memories(cls._design, number))
        object.__setattr__(self, "_claim", claim)
        try:
            if info is not None:
                self._verify(info)
            if cls.__init__ is not object.__init__:
                self._make_state()
        except BaseException:
            self.close()
            raise
        return self

    @classmethod
    def _probe(cls, slot: Slot) -> Callable[[], bool]:
        """What tells whether the design's registers answer; where the map has none that may be read so, they do."""
        place = cls._design.quiet_place()
        if place is None:
            return lambda: True
        (pf, number), offset, width = place
        bar = slot.bar(Pf(pf), number)
        return lambda: bar.peek(offset, width) != (1 << width) - 1 or not slot.timed_out()

    @classmethod
    def _new(cls, slot: Slot, spaces: dict[SpaceNumbers, Space], number: int, memories: Memories) -> Self:
        self = object.__new__(cls)
        parts = {"_slot": slot, "_bars": {}, "_spaces": spaces, "_open": True, "_own_slot": False}
        for name, value in {
            **parts,
            "_memories": memories,
            "_scopes": CacheScopes(),
            "_number": number,
            "_claim": None,
            "_layouts": {},
            "_plans": {},
            "_idle_views": [],
        }.items():
            object.__setattr__(self, name, value)
        self._place(None, cls._design.name, self._space_at(cls._design.home), 0)
        return self

    def _view(self, spaces: dict[SpaceNumbers, Space]) -> Self:
        """A device of the same class on other spaces, with the same state where a user's subclass has one."""
        view = self._new(self._slot, spaces, self._number, Memories(fresh=False))
        if hasattr(self, "__dict__"):
            object.__setattr__(view, "__dict__", self.__dict__)
        return view

    @classmethod
    def afi_id(cls) -> str:
        """The design's first AFI id; where its map has none, the one that the emulated card knows it by."""
        return cls._design.afi_id

    def close(self) -> None:
        """Detaches the device's BARs. Whatever still uses it gets ClosedError. Again does nothing."""
        with making:
            object.__setattr__(self, "_open", False)
            end_cache(self)
            object.__setattr__(self, "_claim", None)
            bars = list(self._bars.values())
        for bar in bars:
            bar.detach()
        waited_for = getattr(self, "_interrupts", None)
        if waited_for is not None:
            waited_for.close()
        if self._own_slot:
            self._slot.close()

    @property
    def slot(self) -> Slot:
        """The slot that the device is on."""
        return self._slot

    def batch(self) -> Batch[Self]:
        """Collects accesses in a block, and makes them in one call at its end: `with device.batch() as d: ...`."""
        from hal.devices.batch import Batch  # noqa: PLC0415  (most programs use none)

        return Batch(self)

    def record(self, file: str | os.PathLike[str]) -> Recording:
        """Writes every bus access of a block to a file that `hal.replay` takes: `with device.record(file): ...`."""
        from hal.devices.record import Recording  # noqa: PLC0415

        return Recording(self._slot, self._design, self._bars, file)

    def find(self, path: str) -> Any:
        """What stands at a path, e.g. "ch[2].level": a register, block, array or memory. Reads nothing.

        FieldNameError when nothing stands there, IndexError for an index outside of its array.
        """
        return node_at(self, path)

    def __repr__(self) -> str:
        state = "" if self._open else ", closed"
        return f"<{type(self).__name__} on slot {self._slot.number}{state}: {', '.join(self._children)}>"

    # -- how ------------------------------------------------------------------------------------------------------

    def _drop(self, path: str) -> None:
        drop_below(self, path)

    def _space_at(self, numbers: SpaceNumbers) -> Space:
        with making:
            if numbers not in self._spaces:
                is_prefetchable = self._design.is_prefetchable(numbers)
                self._spaces[numbers] = Space(
                    self._bar_at, *numbers, self._memories, self._scopes, prefetchable=is_prefetchable
                )
            return self._spaces[numbers]

    def _space_of(self, name: SpaceName) -> Space:
        return self._space_at(space_numbers(name))

    def _bar_at(self, pf: int, bar: int, burst: bool) -> Bar:
        """Attaches a BAR when it is first needed, once; with `burst` a second time, to combine writes where it can."""
        attached = self._bars.get((pf, bar, burst))
        if attached is not None and self._open:
            return attached
        burst = burst and self._slot.library.combines(self._slot.number, pf, bar)
        with making:
            if not self._open:
                raise ClosedError(f"{self._design.name} on slot {self._slot.number} was closed; open it again")
            if (pf, bar, burst) not in self._bars:
                can = burst and self._can_burst(pf, bar)
                self._bars[pf, bar, burst] = self._slot.bar(Pf(pf), bar, burst=can, design=self._number)
            return self._bars[pf, bar, burst]

    def _can_burst(self, pf: int, bar: int) -> bool:
        """Whether the machine maps a BAR to combine writes; where the library does not tell, that is tried."""
        code, function = self._slot.library.services.resource_map(self._slot.number, pf)
        return bool(code or function["resource_burstable"][bar])

    def _verify(self, info: ImageInfo) -> None:
        if info.status != Status.LOADED:
            wanted = f", e.g. {self.afi_id()}" if self._design.afi else ""
            raise IdentityError(
                f"slot {self._slot.number} holds no AFI (status {info.status_name}): load one first{wanted}, with "
                "hal.open_slot(...).load(...); verify=False opens it as it is"
            )
        have = (info.vendor_id, info.device_id, info.subsystem_vendor_id, info.subsystem_device_id)
        if any(want not in {0, got} for want, got in zip(self._design.pci, have, strict=True)):
            remedy = "load its AFI" if self._slot.library.pci is None else "choose another PCI function"
            raise IdentityError(
                f"slot {self._slot.number} holds {info.afi_id} with PCI ids {_ids(have)}, and {self._design.name} is "
                f"{_ids(self._design.pci)}: {remedy}; verify=False opens it all the same"
            )
        other = self._slot.another(type(self))
        if other:
            raise IdentityError(
                f"slot {self._slot.number} holds {other}: load its AFI; or clear the slot (hal clear "
                f"{self._slot.number}) and open it again, which loads its design; verify=False opens it all the same"
            )
        _log().info("slot %d holds %s, PCI ids %s", self._slot.number, info.afi_id, _ids(have))
        # A recording of a device began after this read.
        library = self._slot.library
        if self._design.identity is not None and (library.records_opening or not library.replays):
            self._verify_register(*self._design.identity)

    def _verify_register(self, path: str, expected: int) -> None:
        register = self.find(path)
        assert isinstance(register, Register)
        found = read_surely(register)
        if found != expected:
            raise IdentityError(
                f"slot {self._slot.number}: {register._where()} reads {found:#x}, and {self._design.name} has "
                f"{expected:#x} there: another design is loaded; verify=False opens it all the same",
                path=path,
            )
        _log().info("%s reads %#x, as %s has it", register._where(), found, self._design.name)


def _keep_design(cls: type[Device], keywords: list[str]) -> None:
    base = cls.__mro__[1]
    if keywords:
        raise FieldTypeError(
            f"{cls.__name__} keeps the design of {base.__name__}: {keywords[0]}= needs name= beside it"
        )
    cls._design = cls._design._replace(driver=cls)


def _refuse_slots(cls: type[Device]) -> None:
    """State in slots would not be there in a batch, whose device shares the dict of this one."""
    slots = vars(cls).get("__slots__", ())
    own = ({slots} if isinstance(slots, str) else set(slots)) - cls._children.keys() - {"__dict__", "__weakref__"}
    if own:
        raise FieldTypeError(f"{cls.__name__} can't have __slots__ ({', '.join(sorted(own))}): leave them out")


@cache
def _log() -> Logger:
    """Asked for once: of threads that are interrupted in it, logging may keep its lock."""
    from logging import getLogger  # noqa: PLC0415  (importing a driver is to be quick)

    return getLogger("hal")


def _ids(ids: tuple[int, int, int, int]) -> str:
    return "any" if ids == (0, 0, 0, 0) else ":".join(f"{number:04x}" if number else "any" for number in ids)


Device._design = Design(Device)
