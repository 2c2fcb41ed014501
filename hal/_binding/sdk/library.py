"""A loaded library with the SDK's interface."""

from __future__ import annotations

import errno
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hal._binding.extension import ffi, lib
from hal._binding.raising import explain_served, raise_code
from hal._binding.sdk.card import Card
from hal._binding.sdk.lines import Lines
from hal._binding.sdk.pace import REAL_TIME, RealTime, SimulatedTime
from hal._binding.sdk.served import Served
from hal._binding.sdk.simulation import Simulation
from hal.codes import SPACES, Pf, bar_name, describe_code
from hal.errors import CardMissingError, LibraryError
from hal.uncopyable import Uncopyable
from hal.values import shown

if TYPE_CHECKING:
    from hal._binding.sdk.host_memory import HostMemory
    from hal._binding.sdk.pci_functions import PciFunctions
    from hal._binding.sdk.services import Services


_PCI_SPACES = tuple((0, bar) for bar in range(6))  # a slot is one function there, with up to six BARs
_WRITE_COMBINING = (0, 4)  # of an F2 card the one BAR that can be attached with BURST_CAPABLE


class ConnectionFacts(NamedTuple):
    """What went over a connection to another host so far.

    `messages`: requests, each with an answer. `single_accesses`: those of them that read or wrote one word alone, and
    `single_seconds`: how long they took in all. `lost`: it can't be used any more.
    """

    messages: int
    bytes_sent: int
    bytes_received: int
    single_accesses: int
    single_seconds: float
    lost: bool


class HeldLock(Protocol):
    """What is held: a lock, or all of a card of another host."""

    def release(self) -> None:
        """Gives it back."""


class OtherHost(Protocol):
    """What is known and asked of a card of another host beside the SDK's interface. A design is given as its facts."""

    emulated: bool

    @property
    def facts(self) -> ConnectionFacts:
        """What went over the connection."""

    def another(self, design: dict[str, Any]) -> str:
        """What the slot holds instead of it, in words; "" when it is this design, or nothing is known."""

    def provide(self, design: dict[str, Any]) -> None:
        """Loads it into the emulated slot."""

    def lock(self, kind: str) -> HeldLock:
        """Takes one of the slot's locks over there. SlotError when another process has it."""


class Tape(Protocol):
    """What writes down all accesses of this process to a slot."""

    def saw(self, slot: int, design: Named, *, fresh: bool) -> None:
        """From now on a device of this design is used; `fresh`: this process has loaded it."""


class Named(Protocol):
    """A design, as a recording needs it."""

    @property
    def name(self) -> str:
        """As its map has it."""

    @property
    def digest(self) -> str:
        """Of its map."""

    def locate(self, space: tuple[int, int], offset: int) -> str:
        """The path of what lies there, or ""."""


class Library(Uncopyable):
    """A loaded library with the SDK's interface. One object for each; it stays loaded until the process ends."""

    replays = False
    records_opening = False  # of one that replays: what opening a device accesses is on it
    begins_fresh = True  # of one that replays: nobody had used the registers before
    tape: Tape | None = None
    card: Card | None = None
    simulation: Simulation | None = None
    lines: Lines | None = None
    served: Served | None = None  # where models of other processes may play its slots
    pci: PciFunctions | None = None
    pace: RealTime = REAL_TIME
    _is_quick = False  # none of its calls waits for long, or each ends by itself
    _ready = False
    _services: Services | None = None
    _opened: dict[str, Library] = {}  # noqa: RUF012  (shared on purpose)

    def __init__(self, path: str) -> None:
        holder, text = ffi.new("hal_library **"), ffi.new("char[]", 4096)
        code = lib.hal_library_open(path.encode(), holder, text, 4096)
        if code:
            reason = ffi.string(text).decode(errors="replace")
            if reason.startswith("lacks "):
                reason += "; it is no complete SDK library (libfpga_mgmt.so): install the SDK, or give another path"
            else:
                reason += "; install the SDK, or set HAL_LIBRARY to sdk, emulator or a path"
            raise LibraryError(f"library {path}: {reason}", code=code, name="library")
        self.native: Any = holder[0]
        self.path = path
        card = lib.hal_library_card(self.native)
        self.card = Card(self.native, card) if card else None
        cosim = lib.hal_library_cosim(self.native)
        if cosim:
            self.simulation, self.pace = Simulation(self.native, cosim), SimulatedTime(self.native, cosim)
        lines = lib.hal_library_interrupts(self.native)
        self.lines = Lines(lines) if lines else None
        served = lib.hal_library_served(self.native)
        if served:
            self.served = Served(served)
            explain_served(self.served.reason)
        self.pci = self._pci_functions()
        self._is_quick = bool(self.card or self.pci)

    def _pci_functions(self) -> PciFunctions | None:
        api = lib.hal_library_pci(self.native)
        if not api:
            return None
        from hal._binding.sdk.pci_functions import PciFunctions  # noqa: PLC0415  (importing a driver is to be quick)

        return PciFunctions(api)

    @classmethod
    def load(cls, path: str) -> Library:
        """The library at a path or name that dlopen takes. LibraryError names what is wrong with it."""
        if path not in cls._opened:
            cls._opened.setdefault(path, cls(path))  # of two threads that open it at once, both get the first's
        return cls._opened[path]

    def start(self) -> None:
        """Runs the library's own set-up (fpga_pci_init, fpga_mgmt_init), once."""
        if not self._ready:
            if self.card is not None:
                self.card.open()  # which says more than the SDK's codes
            if self.pci is not None:
                self.pci.choose("")
                if self.pci.fake_root:
                    from logging import getLogger  # noqa: PLC0415  (importing a driver is to be quick)

                    getLogger("hal").warning("HAL_PCI_ROOT is set: slots are a test's files in %s", self.pci.fake_root)
            code = -errno.EINTR
            while code == -errno.EINTR:  # a signal came while another process opened a card: its handler has run by now
                code = lib.hal_library_init(self.native)
            if code:
                raise_code(code, f"start of library {self.path}")
            self._ready = True

    def __repr__(self) -> str:
        kind = ", simulated logic" if self.simulation else ", emulated card" if self.card else ""
        if self.pci:
            kind = f", PCI functions{' of the tests in ' + self.pci.fake_root if self.pci.fake_root else ''}"
        return f"<library {self.path}{kind}>"

    def has(self, function: str) -> bool:
        """Whether the library exports this function of the SDK."""
        return bool(lib.hal_library_has(self.native, function.encode()))

    def error_text(self, code: int) -> str:
        """What the library says of a code (fpga_mgmt_strerror), or our own name for it."""
        text = lib.hal_strerror(self.native, code)
        return ffi.string(text).decode(errors="replace") if text else describe_code(code)

    def error_text_long(self, code: int) -> str:
        """The longer text (fpga_mgmt_strerror_long); "" where the library has none."""
        text = lib.hal_strerror_long(self.native, code)
        return ffi.string(text).decode(errors="replace") if text else ""

    def status_name(self, status: int) -> str:
        """The library's name of a slot's status (fpga_mgmt_get_status_name)."""
        text = lib.hal_status_name(self.native, status)
        return ffi.string(text).decode(errors="replace") if text else f"status {status}"

    @property
    def spaces(self) -> tuple[tuple[int, int], ...]:
        """PCI function and BAR of all that its slots can have."""
        return SPACES if self.pci is None else _PCI_SPACES

    def require_space(self, pf: int, bar: int) -> None:
        """Raises CardMissingError where no slot has this BAR."""
        if (pf, bar) not in self.spaces:
            names = ", ".join(bar_name(*space) for space in self.spaces)
            raise CardMissingError(f"{Pf(pf).name.lower()} BAR {shown(bar)} does not exist: there are {names}")

    def combines(self, slot: int, pf: int, bar: int) -> bool:
        """Whether a BAR can be attached so that writes combine."""
        return (pf, bar) == _WRITE_COMBINING if self.pci is None else self.pci.combines(slot, bar)

    @property
    def far(self) -> OtherHost | None:
        """Of a card of another host."""
        return None

    @property
    def services(self) -> Services:
        """The library's management calls."""
        if self._services is None:
            from hal._binding.sdk.services import Services  # noqa: PLC0415  (importing a driver is to be quick)

            self._services = Services(self.native, self.start, quick=self._is_quick)
        return self._services

    @property
    def is_this_machines(self) -> bool:
        """Whether its card, or what plays it, shares memory with this process: no recording, and not elsewhere."""
        return type(self) is Library

    @cached_property
    def host_memory(self) -> HostMemory:
        """The library's functions for memory of the host, and of its DMA engine."""
        from hal._binding.sdk.host_memory import HostMemory  # noqa: PLC0415  (importing a driver is to be quick)

        return HostMemory(self.native)

    def share_locks(self, slot: int, bars: dict[tuple[int, int], int], services: int) -> None:
        """Has the slot's locks hold between processes: a file's descriptor for each BAR, and one for its services."""
        for (pf, bar), file in bars.items():
            _require(lib.hal_share_bar(self.native, slot, pf, bar, file), slot)
        _require(lib.hal_share_services(self.native, slot, services), slot)

    def retire(self, slot: int, *, everything: bool = False) -> None:
        """Ends every mapping of the slot's design, or of the whole slot; who holds one gets StaleHandleError."""
        code = lib.hal_retire(self.native, slot, int(everything))
        if code:
            raise_code(code, f"detach of slot {slot}")

    def design_number(self, slot: int) -> int:
        """A number that changes when the slot comes to hold another design, as far as this process can know."""
        number = ffi.new("uint64_t *")
        code = lib.hal_design_number(self.native, slot, number)
        if code:
            raise_code(code, f"slot {slot}")
        return int(number[0])

    def incidents(self, slot: int) -> tuple[int, ...]:
        """How often looks at the slot's metrics have found new timeouts: of OCL, PCIS, SDA, virtual JTAG."""
        numbers = ffi.new("uint32_t[5]")
        lib.hal_incidents(self.native, slot, numbers)
        return tuple(numbers)[:4]


def _require(code: int, slot: int) -> None:
    if code:
        raise_code(code, f"sharing the locks of slot {slot}")
