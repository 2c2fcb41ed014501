"""Controls of the emulated card: designs, models, faults, and what the bus saw."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from hal._binding import AccessLock
from hal.codes import Status, bar_name
from hal.dma.host_side import Host
from hal.emulator.agreement import design_facts, why_another
from hal.emulator.kept_text import text_of
from hal.emulator.state import card_state, set_card_state
from hal.emulator.violations import Violations, violations_of
from hal.errors import FieldValueError, HalError, IdentityError, LibraryError
from hal.lines.line_controls import LineControls
from hal.uncopyable import Uncopyable
from hal.values import fitting, integer, seconds, shown, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hal._binding import Card, Library, Lines
    from hal.design.design import Design
    from hal.design.snapshot import Snapshot
    from hal.info import ImageInfo

__all__ = ["Access", "Emulator", "Trace"]

_TRACE_PIECE = 4096
_WATCH_CAPACITY = 1024  # violations that are kept
_WIDTH_MAX = 64
_PATIENCE_MS = 30000
_LONGEST_MS = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Access:
    """One access that reached a BAR: "read" or "write", bytes from the BAR's start, bits, and the bus value."""

    action: str
    pf: int
    bar: int
    offset: int
    width: int
    value: int

    def __str__(self) -> str:
        return f"{self.action} {bar_name(self.pf, self.bar)} {self.offset:#x} {self.width} bits {self.value:#x}"


class Trace(list[Access]):
    """The accesses in their order. `lost`: how many older ones did not fit."""

    lost: int = 0


class EmulatedSlot(Protocol):
    """The slot that hands itself in."""

    number: int
    library: Library
    model_chosen: bool  # nobody looks for a catalogue's model any more

    def describe(self) -> ImageInfo:
        """What it holds."""

    def load(self, afi: str) -> ImageInfo:
        """Loads an AFI and waits for it."""

    def designs_in_use(self) -> set[str]:
        """Names of the designs whose devices are open on it."""

    def designs_seen(self) -> list[Design]:
        """Those whose devices were made on it, the latest first."""


class Behaviour(Protocol):
    """What a model is to the card."""

    def bind(self, emulator: Emulator) -> None:
        """It was given to this card."""

    def event(self, event: int, slot: int, pf: int, bar: int, offset: int, width: int, value: int, /) -> None:
        """Something happened on the card."""


class Emulator(LineControls, Uncopyable):
    """The emulated card behind a slot; `slot.emulator`."""

    _provided: ClassVar[dict[tuple[str, int], int]] = {}  # the number of the design that `provide` loaded last
    _adopted: ClassVar[set[tuple[str, int]]] = set()  # slots whose model is a catalogue's

    def __init__(self, slot: EmulatedSlot) -> None:
        card = slot.library.card
        if card is None:
            raise LibraryError(f"{slot!r} is no emulated card, so it can't be controlled; use library='emulator'")
        self._slot = slot
        self._card: Card = card

    def _own_lines(self) -> tuple[Lines, int]:
        lines = self._slot.library.lines
        assert lines is not None  # every emulated card has them
        return lines, self._slot.number

    def __repr__(self) -> str:
        return f"<emulated card of {self._slot!r}>"

    # -- designs --------------------------------------------------------------------------------------------------

    def install(self, driver: type[Any]) -> str:
        """Makes the driver's design loadable; returns the AFI id to load it by."""
        self._card.install(text_of(driver._design))
        afi: str = driver._design.afi_id
        return afi

    def install_text(self, design: str) -> None:
        """Makes a design loadable that is given as text."""
        self._card.install(text(design, "a design is text"))

    def designs(self) -> list[tuple[str, str]]:
        """AFI id and name of all designs that can be loaded."""
        return self._card.designs()

    def provide(self, driver: type[Any], *, replace: bool = True) -> None:
        """Loads the driver's design where the slot is cleared, or where an earlier `provide` loaded another one.

        What `Slot.load` or another process has put there stays, as all does without `replace`: the driver's own check
        tells when it is another design. IdentityError when this process has that one open.
        """
        design: Design = driver._design
        info = self._slot.describe()
        if info.status == Status.CLEARED:
            self._load(design)
            return
        loaded = self._card.loaded(self._slot.number)
        why = why_another(self._card, loaded, design_facts(design)) if loaded is not None else ""
        if not why or not replace or self._provided.get(self._key) != self._number():
            return
        if self._slot.designs_in_use():
            gc.collect()  # dropped devices are in nobody's way
        names = ", ".join(sorted(self._slot.designs_in_use()))
        if names:
            raise IdentityError(
                f"slot {self._slot.number} holds {why}; this process has {names} open on it: close that first. Two "
                "drivers share a slot where one design with their AFI id holds the registers of both"
            )
        self._load(design)

    def _load(self, design: Design) -> None:
        self._card.install(text_of(design))
        self._slot.load(design.afi_id)
        self._provided[self._key] = self._number()

    def _number(self) -> int:
        return self._slot.library.design_number(self._slot.number)

    @property
    def _key(self) -> tuple[str, int]:
        return self._slot.library.path, self._slot.number

    def another(self, driver: type[Any]) -> str:
        """What the slot holds instead of the driver's design, in words; "" when it is this design, or holds nothing."""
        loaded = self._card.loaded(self._slot.number)
        return why_another(self._card, loaded, design_facts(driver._design)) if loaded is not None else ""

    def design_text(self, afi: str) -> str:
        """The text of a design that can be loaded; "" where there is none."""
        return self._card.design_text(afi)

    @property
    def afi_id(self) -> str:
        """The AFI that the slot holds now, whoever loaded it; "" without one."""
        design = self._card.loaded(self._slot.number)
        return "" if design is None else design.afi

    @property
    def has_model(self) -> bool:
        """Whether the slot has a model in this process."""
        return self._card.has_hook(self._slot.number)

    def drop_adopted(self) -> None:
        """Takes a catalogue's model away: its design is gone. One that a program gave stays."""
        if (self._slot.library.path, self._slot.number) in self._adopted:
            self.set_model(None)

    def set_model(self, model: Behaviour | None, *, adopted: bool = False) -> None:
        """Gives the slot behaviour; None takes it away. The model acts in this process. `adopted`: a catalogue's.

        Waits until no other thread is in the model before, which has then been called for the last time.
        """
        if model is not None:
            model.bind(self)
            self._card.be_patient(self._slot.number, self._milliseconds(getattr(model, "patience", 0)))
            self._card.expect_hook(self._slot.number)
            AccessLock.pass_all()
        self._card.set_hook(self._slot.number, model.event if model is not None else None)
        self._card.hook_memories(self._slot.number, wanted=getattr(model, "hears_memories", False))
        self._slot.model_chosen = True
        key = self._slot.library.path, self._slot.number
        self._adopted.discard(key)
        if adopted:
            self._adopted.add(key)

    @staticmethod
    def _milliseconds(patience: Any) -> int:
        """Of a model's patience; 0: as long as without a choice."""
        return min(int(seconds(patience, "a model's patience is seconds") * 1000), _LONGEST_MS)

    def serve(
        self,
        model: Behaviour,
        *,
        seconds: float | None = None,
        loaded: bool = False,
        ready: Callable[[], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Runs a model for all processes that use this shared card, until Ctrl-C, or for so many seconds.

        It acts while the slot holds its design, and in this thread: accesses of the others wait for it, for the model's
        `patience` at most. `loaded`: its design was loaded just now, so `on_load` comes first. `ready`: is called when
        accesses reach it. `failed`: is told what it raises, which the access gets as ModelError; without, it is logged.
        HalError where another process runs one.
        """
        from hal.emulator.modelling.served_models import serve_model  # noqa: PLC0415  (most programs run none)

        served = self._slot.library.served
        if served is None:
            raise LibraryError(f"{self!r} has no other processes that could use a model")
        patience = self._milliseconds(getattr(model, "patience", 0)) or _PATIENCE_MS
        options: dict[str, Any] = {"limit": seconds, "loaded": loaded, "ready": ready, "failed": failed}
        serve_model(self, model, served, self._slot.number, milliseconds=patience, **options)

    @property
    def server(self) -> int | None:
        """The process that runs a model for all that use the slot."""
        served = self._slot.library.served
        return None if served is None else served.server(self._slot.number)

    # -- what a test bench can do -------------------------------------------------------------------------------

    def fault(self, spec: str) -> None:
        """Provokes a failure from now on, e.g. "load-error=17", "never-ready", "bus-dead=ocl"; "" ends all."""
        self._card.fault(self._slot.number, text(spec, 'a fault is text such as "never-ready"'))

    @contextmanager
    def trace(self, capacity: int = 65536) -> Iterator[Trace]:
        """Records what reaches the slot's BARs; the list is filled when the block ends."""
        record = Trace()
        self._card.trace(self._slot.number, _count(capacity))
        try:
            yield record
        finally:
            self._take(record)
            self._card.trace(self._slot.number, 0)

    def _take(self, record: Trace) -> None:
        while True:
            rows, lost = self._card.trace_take(self._slot.number, _TRACE_PIECE)
            record.lost += lost
            record.extend(
                Access("write" if is_write else "read", pf, bar, offset, width, value)
                for pf, bar, width, is_write, offset, value in rows
            )
            if not rows:
                return

    def watch_users(self, on: bool = True) -> None:
        """From now on the card keeps what this process does that a manual forbids; off, it stops and forgets.

        Accesses take their slow way meanwhile, as they do in a trace.
        """
        if on is not True and on is not False:
            raise FieldValueError(f"watching is on or off: give True or False, not {shown(on)}")
        self._card.watch(self._slot.number, _WATCH_CAPACITY if on else 0)

    def violations(self) -> Violations:
        """What this process did since `watch_users()`, the newest 1024; see `hal.Violation`.

        A latched register of which so far one half was read counts as half read.
        """
        return self._violations_since(0)

    @contextmanager
    def watch(self) -> Iterator[Violations]:
        """Watches for a `with` block; the list is filled when it ends. Inside of `watch_users()` that goes on."""
        found, outer = Violations(), self._card.violations(self._slot.number, 0)
        if outer is None:
            self.watch_users()
        before = 0 if outer is None else outer[1]
        try:
            yield found
        finally:
            seen = self._violations_since(before)
            found.extend(seen)
            found.lost = seen.lost
            if outer is None:
                self.watch_users(False)

    def _violations_since(self, start: int) -> Violations:
        kept = self._card.violations(self._slot.number, _WATCH_CAPACITY)
        if kept is None:
            raise HalError("nobody watches this card: call slot.emulator.watch_users() first, or use watch()")
        rows, total = kept
        new = rows[max(0, len(rows) - (total - start)) :]
        found = Violations(violations_of(new, self._slot.designs_seen()))
        found.lost = total - start - len(new)
        return found

    def peek(self, pf: int, bar: int, offset: int, width: int = 32) -> int:
        """A word of the card's storage: no side effect, no trace, no model."""
        place, size = _place(pf, bar, offset), _bytes(width)
        return int.from_bytes(self._card.storage(self._slot.number, *place, size), "little")

    def poke(self, pf: int, bar: int, offset: int, value: int, width: int = 32) -> None:
        """Sets a word of the card's storage, past every access policy."""
        place, size = _place(pf, bar, offset), _bytes(width)
        data = fitting(value, 8 * size).to_bytes(size, "little")
        self._card.set_storage(self._slot.number, *place, data)

    def save_state(self, driver: type[Any]) -> Snapshot:
        """What the card stores for all of a driver's registers, also write-only ones; memories are not in it."""
        return card_state(driver._design, lambda space, offset, width: self.peek(space[0], space[1], offset, width))

    def load_state(self, snapshot: Snapshot) -> None:
        """Sets the registers of a snapshot, past every access policy; others stay as they are."""

        def store(space: tuple[int, int], offset: int, value: int, width: int) -> None:
            self.poke(*space, offset, value=value, width=width)

        set_card_state(snapshot, store)

    @property
    def host(self) -> Host:
        """The host's memory, as the card's logic reaches it."""
        return Host(self._slot.library.host_memory, self._slot.number)

    def set_leds(self, value: int) -> None:
        """What the design shows on the 16 virtual LEDs."""
        self._card.set_leds(self._slot.number, fitting(value, 16, "the 16 LEDs are an integer", "; nothing was set"))

    def clock_hz(self) -> dict[str, int]:
        """Hertz of every clock, as the emulated generator makes them."""
        names = ("main_a0", "extra_a1", "extra_a2", "extra_a3", "extra_b0", "extra_b1", "extra_c0", "extra_c1")
        all_names = (*(f"clk_{name}" for name in names), "clk_hbm_axi", "clk_hbm_ref")
        return dict(zip(all_names, self._card.clock_hz(self._slot.number), strict=True))

    def power_cycle(self) -> None:
        """The slot as after power-up: cleared, counters and switches zero, no faults. Open devices go stale."""
        self._card.reset(self._slot.number)
        self._slot.library.retire(self._slot.number, everything=True)


def _place(pf: Any, bar: Any, offset: Any) -> tuple[int, int, int]:
    """PCI function, BAR and offset as C takes them."""
    function, number = (
        fitting(given, 31, f"a {what} is a number", "") for given, what in ((pf, "function"), (bar, "BAR"))
    )
    return function, number, fitting(offset, 64, "an offset is an integer", "")


def _bytes(width: Any) -> int:
    """Of a word of so many bits."""
    bits = integer(width, "a width is a number of bits")
    if bits % 8 or not 0 < bits <= _WIDTH_MAX:
        raise FieldValueError(f"{shown(bits)} bits are no word of the card's storage: use 8, 16, 32 or 64")
    return bits // 8


def _count(capacity: Any) -> int:
    return fitting(capacity, 32, "a trace's capacity is a number of accesses", "; nothing is traced")
