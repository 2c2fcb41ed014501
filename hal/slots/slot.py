"""A slot: which AFI it holds, loading and clearing, LEDs, DIP switches, clocks, and the devices on it."""

from __future__ import annotations

import re
import time
import weakref
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from hal._binding import AccessLock, Bar, bus_timeout, record_process
from hal.codes import INTERFACES, Command, Pf, Status, interface_name
from hal.errors import BusTimeoutError, CardMissingError, ClosedError, LibraryError, LoadError
from hal.registers.node import making
from hal.shown import Shown
from hal.slots.clocks import Clocks
from hal.slots.failures import require
from hal.slots.loading import Loader, is_shown, with_times
from hal.slots.progress import Progress, progress_for
from hal.slots.recollection import Claim, Recollection
from hal.slots.sides import Sides
from hal.uncopyable import Closing, Uncopyable
from hal.values import fitting, integer, seconds, shown, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from hal._binding import ConnectionFacts, HeldLock, Library
    from hal.design.design import Design
    from hal.emulator.controls import Emulator
    from hal.info import ImageInfo, Metrics
    from hal.registers.node import Node
    from hal.registers.space import Memories
    from hal.simulation.simulated_logic import Simulation

__all__ = ["Slot"]

D = TypeVar("D", bound="Attachable")

AFI_PATTERN = re.compile(r"a?g?fi-[0-9a-f]{17}")

_choosing = AccessLock()


class Attachable(Protocol):
    """A driver class."""

    @classmethod
    def _attach(cls, slot: Slot, *, verify: bool) -> Self: ...

    @classmethod
    def _probe(cls, slot: Slot) -> Callable[[], bool]: ...


class Slot(Sides, Shown, Closing, Uncopyable):
    """One FPGA of the machine. A context manager: leaving it detaches every BAR and closes every device on it."""

    _claims: ClassVar[dict[tuple[str, int], weakref.WeakSet[Claim]]] = {}  # by library and number, of all objects
    # The drivers of devices that were made on it, the latest last.
    _seen: ClassVar[dict[tuple[str, int], weakref.WeakKeyDictionary[type[Any], int]]] = {}

    def __init__(
        self, number: int, library: Library, ownership: HeldLock | None = None, *, timeout: float = 20.0
    ) -> None:
        self._ownership = ownership
        self.number = number
        self.library = library
        self._services = library.services.within(timeout)
        self._services.bound(number)
        self.clocks = Clocks(library, number, self._services)
        self._bars: weakref.WeakSet[Bar] = weakref.WeakSet()
        self._made = weakref.WeakSet()
        self._open = True
        library.start()
        record_process(library, number)
        self.model_chosen = library.card is None
        self.look()  # an absent card, or one that this user may not use, is told now
        self._told = library.incidents(number)

    @property
    def connection(self) -> ConnectionFacts:
        """What went over the connection to another host's slot. LibraryError on a slot of this machine."""
        if self.library.far is None:
            raise LibraryError(f"{self!r} is of this machine: there is no connection")
        return self.library.far.facts

    def __repr__(self) -> str:
        return f"<slot {self.number} on {self.library!r}{'' if self._open else ', closed'}>"

    def close(self) -> None:
        """Detaches every BAR that was attached, and closes what else was made, through this object: buffers, lines."""
        with making:
            self._open = False
            bars = list(self._bars)
        for bar in bars:
            bar.detach()
        self._close_sides()
        if self._ownership is not None:
            self._ownership.release()

    # -- what it holds --------------------------------------------------------------------------------------------

    def describe(self) -> ImageInfo:
        """What the slot holds, and its PCI functions."""
        self._require_open()
        code, info = self._services.describe(self.number)
        self._check(code, "describe")
        return info

    def look(self) -> tuple[ImageInfo, int]:
        """The same, and the number of the design that it says so of, which changes when the slot holds another one."""
        self._require_open()
        code, info, design = self._services.look(self.number)
        self._check(code, "describe")
        return info, design

    def metrics(self, flags: Command = Command(0)) -> Metrics:
        """The shell's counters; Command.CLEAR_HW_METRICS also clears them after they are read."""
        self._require_open()
        bits = Command.GET_HW_METRICS | _flags(flags)
        code, metrics = self._services.metrics(self.number, bits)
        self._check(code, "describe")
        return metrics

    def status(self) -> Status | int:
        """The slot's status alone."""
        return self.describe().status

    def check_bus(self, node: Node | None = None) -> None:
        """Raises BusTimeoutError when the metrics say that reads timed out; for when one came back as all ones.

        Of timeouts since the slot was opened each is told once; older ones are not. `node`: a register or memory that
        was read, to name it and to look at its interface only.
        """
        if self.library.pci is not None:
            return  # each read of all ones has looked for itself
        rows = {name: (address, count) for name, address, count in self.metrics().timeouts()}
        before, now = self._told, self.library.incidents(self.number)
        wanted = INTERFACES if node is None else (interface_name(node._space.pf, node._space.bar),)
        new = [place for place, name in enumerate(INTERFACES) if name in wanted and now[place] != before[place]]
        if not new:
            return
        name = INTERFACES[new[0]]
        self._told = tuple(now[place] if place == new[0] else old for place, old in enumerate(before))
        where = f"read of {node._where()}" if node is not None else ""
        path = node._full_path() if node is not None else None
        raise bus_timeout(where, path, self.number, name, *rows.get(name, (0, 0)))

    def timed_out(self) -> bool:
        """Whether the metrics count timeouts that were not told yet, by this or by `check_bus`."""
        try:
            self.check_bus()
        except BusTimeoutError:
            return True
        return False

    # -- loading --------------------------------------------------------------------------------------------------

    def load(
        self,
        afi: str,
        *,
        timeout: float = 60.0,
        flags: Command = Command(0),
        driver: type[Attachable] | None = None,
        progress: Progress | None = None,
    ) -> ImageInfo:
        """Loads an AFI and waits until the slot says that it is there, and the PCI bus shows it.

        `timeout` in seconds, of all of it. `driver`: it also waits until this driver's registers answer, which on a
        card can take seconds more: until a read of one is no bus timeout. `progress` is called with the seconds since
        the start; None draws a bar on a terminal. Devices that were open go stale. With Command.PREFETCH it waits until
        the AFI is in the shell's cache: what the slot holds, and devices that are open, stay. What is returned says how
        long it took. LoadError tells what the slot says; LoadTimeoutError that it took too long; CardPermissionError
        that the AFI is loaded, and this user may not rescan the bus to show it.
        """
        self._require_open()
        told = "; nothing was loaded"
        if not AFI_PATTERN.fullmatch(text(afi, "an AFI id is text, agfi- and 17 hex digits", told)):
            raise LoadError(f"{shown(afi)} is no AFI id: agfi- and 17 hex digits{told}", slot=self.number, afi=afi)
        bits, limit = _flags(flags), seconds(timeout, "a load's timeout is seconds")
        loader = Loader(self.library, self.number, afi, limit)
        with progress_for(progress, f"loading {afi} into slot {self.number}") as tell:
            start = time.monotonic()
            loader.begin(bits)
            if bits & Command.PREFETCH:
                return loader.wait_for_cache(tell)
            self._end_generation()
            info = loader.wait(tell)
            held = time.monotonic()
            info = self._shown(loader, info, tell)
            self._recollection.loaded(self.library.design_number(self.number))
            self._choose_model(info, loaded=True)
            if driver is not None:
                info = loader.answer(info, driver._probe(self), tell)
        return with_times(info, start, held, f"loaded {afi}")

    def clear(self, *, timeout: float = 60.0, progress: Progress | None = None) -> ImageInfo:
        """Clears the slot and waits until it is; `timeout` in seconds. Devices that were open go stale."""
        self._require_open()
        loader = Loader(self.library, self.number, "", seconds(timeout, "a clear's timeout is seconds"))
        with progress_for(progress, f"clearing slot {self.number}") as tell:
            start = time.monotonic()
            loader.begin()
            self._end_generation()
            info = loader.wait(tell)
            held = time.monotonic()
            info = self._shown(loader, info, tell)
        return with_times(info, start, held, "cleared")

    def rescan(self) -> None:
        """Removes and rescans the application function; devices that were open go stale."""
        self._require_open()
        Loader(self.library, self.number, "", 0.0).rescan()

    def _shown(self, loader: Loader, info: ImageInfo, tell: Progress) -> ImageInfo:
        """The slot once the bus shows its ids, which after a load or clear takes a rescan where they are others."""
        if is_shown(info):
            return info
        loader.rescan(info)
        return loader.appear(tell)

    def _end_generation(self) -> None:
        """What was attached of the design is attached to one that is gone, and so is its model."""
        self.library.retire(self.number)
        if self.library.card is not None:
            self.emulator.drop_adopted()

    def _choose_model(self, info: ImageInfo, *, loaded: bool) -> None:
        """Gives the emulated slot the model that the user's catalogue has for its AFI; once, whether or not it can."""
        if self.library.card is None or not info.loaded:
            return
        from hal.emulator.catalogue_models import adopt_model  # noqa: PLC0415  (importing a driver is to be quick)

        with _choosing.models() as entered, _choosing.behind(entered):  # a model may use the slot while it is made
            if loaded or not self.model_chosen:
                self.model_chosen = True
                adopt_model(self.emulator, info.afi_id, loaded=loaded)

    # -- LEDs and switches ----------------------------------------------------------------------------------------

    @property
    def leds(self) -> int:
        """The 16 virtual LEDs, one bit each. Source: fpga_mgmt_get_vLED_status."""
        return self._sixteen(self._services.leds, "leds")

    @property
    def dip(self) -> int:
        """The 16 virtual DIP switches, one bit each; may be set. Source: fpga_mgmt_get_vDIP_status, _set_vDIP."""
        return self._sixteen(self._services.dip, "dip")

    @dip.setter
    def dip(self, value: int) -> None:
        self._require_open()
        switches = fitting(value, 16, f"slot {self.number}: the 16 DIP switches are an integer")
        self._check(self._services.set_dip(self.number, switches), "setting the DIP switches")

    def _sixteen(self, call: Callable[[int], tuple[int, int]], what: str) -> int:
        self._require_open()
        code, bits = call(self.number)
        self._check(code, f"reading the {what}")
        return bits

    # -- devices --------------------------------------------------------------------------------------------------

    def bar(self, pf: Pf | str, bar: int, *, burst: bool = False, design: int | None = None) -> Bar:
        """Attaches a BAR of function "app" or "mgmt", for raw offsets. `burst`: write-combining, app BAR 4 only.

        `design`: the number, as `look` gives it, of the design that it is for, if not for what the slot holds now;
        StaleHandleError when the slot holds another one.
        """
        function, number = _function(pf), integer(bar, "a BAR is a number")
        self.library.require_space(function, number)
        if not self.model_chosen:  # who only looks at a slot runs no model
            self._choose_model(self.describe(), loaded=False)
        with making:  # what is attached beside a close is either refused or detached by it
            self._require_open()
            attached = Bar(self.library, self.number, function, number, burst=burst, design=design)
            self._bars.add(attached)
        return attached

    def attach(self, driver: type[D], *, verify: bool = True) -> D:
        """A device of this driver class on what the slot holds.

        `verify` checks the AFI's PCI ids and the design's identity register, where the map has them, and on an emulated
        card which design it is; it raises IdentityError when they are another design's.
        """
        return driver._attach(self, verify=verify)

    def claim(self, design: Design, number: int) -> Claim:
        """Says that a design, which had this number, is in use here until what is returned is dropped."""
        with making:
            claim, key = Claim(design.name, number), (self.library.path, self.number)
            self._recollection.claim(claim)
            self._claims.setdefault(key, weakref.WeakSet()).add(claim)
            seen = self._seen.setdefault(key, weakref.WeakKeyDictionary())
            seen.pop(design.driver, None)
            seen[design.driver] = number
            return claim

    def memories(self, design: Design, number: int) -> Memories:
        """What this process knows of the registers of a design, which had this number."""
        library = self.library
        if library.tape is not None:
            library.tape.saw(self.number, design, fresh=self._recollection.is_loaded(number))
        return self._recollection.memories(design, number, replays=library.replays and library.begins_fresh)

    def begin_cache(self, claim: Claim) -> None:
        """The device with this claim caches registers. CacheError where others would change them unseen."""
        self._recollection.begin_cache(claim, self.library, self.number)

    @property
    def _recollection(self) -> Recollection:
        return Recollection.of(self.library, self.number)

    def provide(self, driver: type[Any], *, replace: bool) -> None:
        """Loads the driver's design where the slot is emulated and cleared; see `Emulator.provide`."""
        if self.library.card is not None:
            self.emulator.provide(driver, replace=replace)
        elif self.library.far is not None and self.library.far.emulated and self.status() == Status.CLEARED:
            self.library.far.provide(_facts_of(driver))

    def another(self, driver: type[Any]) -> str:
        """What the slot holds instead of the driver's design, in words; "" as far as nobody knows it."""
        if self.library.card is not None:
            return self.emulator.another(driver)
        return "" if self.library.far is None else self.library.far.another(_facts_of(driver))

    def designs_seen(self) -> list[Design]:
        """Designs of the devices that were made on what the slot holds now, in this process, the latest first."""
        with making:
            seen = list(self._seen.get((self.library.path, self.number), {}).items())
        number = self.library.design_number(self.number)
        return [driver._design for driver, seen_at in reversed(seen) if seen_at == number]

    def designs_in_use(self) -> set[str]:
        """Names of the designs whose devices are open on this slot, in this process, and not stale."""
        with making:
            claims = list(self._claims.get((self.library.path, self.number), ()))
        number = self.library.design_number(self.number)
        return {claim.design for claim in claims if claim.number == number}

    @property
    def emulator(self) -> Emulator:
        """The emulated card's controls. LibraryError on a real card."""
        from hal.emulator.controls import Emulator  # noqa: PLC0415  (a real card never needs it)

        return Emulator(self)

    @property
    def simulation(self) -> Simulation:
        """Controls of the simulated logic behind the slot. LibraryError where there is none."""
        from hal.simulation.simulated_logic import Simulation  # noqa: PLC0415  (a card never needs it)

        return Simulation(self.library)

    # -- how ------------------------------------------------------------------------------------------------------

    def _require_open(self) -> None:
        if not self._open:
            raise ClosedError(f"slot {self.number} was closed; open it again")

    def _check(self, code: int, action: str) -> None:
        require(self.library, self.number, code, action)


def _facts_of(driver: type[Any]) -> dict[str, Any]:
    from hal.emulator.agreement import facts_of  # noqa: PLC0415  (importing a driver is to be quick)

    return facts_of(driver._design)


def _function(pf: Any) -> int:
    """A PCI function by its name or number."""
    names = {"app": 0, "mgmt": 1}
    number = names.get(pf.lower(), -1) if isinstance(pf, str) else integer(pf, "a function is app or mgmt, or 0 or 1")
    if number not in names.values():
        raise CardMissingError(f"function {shown(pf)} does not exist: it is app (0) or mgmt (1)")
    return number


def _flags(flags: Any) -> int:
    """What C takes as flags of a command."""
    return fitting(flags, 32, "flags are an integer, as hal.Command has it", "; nothing was done")
