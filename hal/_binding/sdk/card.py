"""The control calls of the emulated card."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NamedTuple

from hal._binding.extension import ffi, lib
from hal._binding.raising import raise_code
from hal.codes import bar_name, describe_code
from hal.errors import CardMissingError, HalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FOLDER = f"{__file__.rsplit('/', 3)[0]}/".encode()  # of hal's own code, where no call of a user's stands
# Of what the emulated card can and simulated logic can't.
_REASONS = {-errno.EOPNOTSUPP: "behind this slot is simulated logic, which has its state and behaviour itself"}


class LoadedDesign(NamedTuple):
    """The design that an emulated slot holds. `digest`: of its map, "" where it was made of none.

    `known`: the catalogue still has, under this id, the text that was loaded.
    """

    afi: str
    name: str
    digest: str
    known: bool


class ViolationRow(NamedTuple):
    """What the card keeps of an access that a manual forbids. `kind`: HAL_CARD_* by number; `file`: "" unknown."""

    kind: int
    is_write: bool
    pf: int
    bar: int
    offset: int
    width: int
    value: int
    bits: int
    file: str
    line: int


class Card:
    """The control calls of the emulated card, for hal.emulator. Codes become exceptions."""

    def __init__(self, library: Any, api: Any) -> None:
        self._library, self._api = library, api

    def _told(self, code: int, what: str, text: Any = None, *, missing: bool = False) -> None:
        """`missing`: ENOENT says that there is no such card."""
        if code:
            reason = ffi.string(text).decode(errors="replace") if text else _REASONS.get(code, "")
            kind = CardMissingError if missing and code == -errno.ENOENT else HalError
            raise kind(f"{what} failed: {reason or describe_code(code)}", code=code, name=describe_code(code))

    def open(self) -> None:
        """Opens the card that HAL_EMULATOR names, or a private one, unless one is open. CardMissingError."""
        self._opened("use of the emulated card", self._api.open)

    def _opened(self, what: str, call: Callable[[Any, int], int]) -> None:
        text, code = ffi.new("char[]", 1024), -errno.EINTR
        while code == -errno.EINTR:  # a signal came while another process opened a card: its handler has run by now
            code = call(text, 1024)
        self._told(code, what, text, missing=True)

    def use(self, name: str, slots: int) -> None:
        """Chooses the card of this process before its first use; "" is private.

        A shared card with 0 `slots` must exist (else CardMissingError); with 1 to 8 it is made where there is none.
        """
        self._opened(f"use of emulated card {name!r}", lambda *room: self._api.use(name.encode(), slots, *room))

    def install(self, design: str) -> None:
        """Adds a design's text to the card's catalogue."""
        data, text = design.encode(), ffi.new("char[]", 1024)
        self._told(self._api.install(data, len(data), text, 1024), "install of a design on the emulated card", text)

    def knows(self, afi: str) -> bool:
        """Whether the catalogue has this AFI."""
        return bool(self._api.knows(afi.encode()) == 1)

    def design_text(self, afi: str) -> str:
        """The text of a design in the catalogue; "" where there is none."""
        length = self._api.design_text(afi.encode(), ffi.NULL, 0)
        if length <= 0:
            return ""
        data = ffi.new("char[]", length)
        self._api.design_text(afi.encode(), data, length)
        return bytes(ffi.buffer(data, length)).decode()

    def designs(self) -> list[tuple[str, str]]:
        """AFI id and name of each design in the catalogue."""
        lines = self._text(self._api.list).splitlines()
        return [(afi, name) for afi, _, name in (line.partition(" ") for line in lines)]

    def describe(self) -> dict[str, str]:
        """The card's own facts: name, file, slots."""
        lines = self._text(self._api.describe).splitlines()
        return {key: value for key, _, value in (line.partition("=") for line in lines)}

    def _text(self, call: Any) -> str:
        size = max(0, call(ffi.NULL, 0)) + 1
        data = ffi.new("char[]", size)
        call(data, size)
        return str(ffi.string(data).decode(errors="replace"))

    def loaded(self, slot: int) -> LoadedDesign | None:
        """What the slot holds, of whomever; None where it holds nothing."""
        data = ffi.new("char[]", 512)
        length = self._api.loaded(slot, data, 512)
        if length < 0:
            self._told(length, f"look at slot {slot}")
        lines = str(ffi.string(data).decode(errors="replace")).splitlines()
        facts = {key: value for key, _, value in (line.partition("=") for line in lines)}
        if "afi" not in facts:
            return None
        return LoadedDesign(facts["afi"], facts["name"], facts["digest"], facts["text"] == "1")

    def slot_count(self) -> int:
        """How many slots the card has."""
        return int(self._api.slot_count())

    def storage(self, slot: int, pf: int, bar: int, offset: int, length: int) -> bytes:
        """Bytes behind the bus: no side effects, no trace, no model."""
        data = bytearray(length)
        code = self._api.storage_read(slot, pf, bar, offset, ffi.from_buffer(data), length)
        self._told(code, f"storage read of {length} bytes at {offset:#x} of {bar_name(pf, bar)}")
        return bytes(data)

    def set_storage(self, slot: int, pf: int, bar: int, offset: int, data: bytes) -> None:
        """Sets bytes behind the bus."""
        code = self._api.storage_write(slot, pf, bar, offset, data, len(data))
        self._told(code, f"storage write of {len(data)} bytes at {offset:#x} of {bar_name(pf, bar)}")

    def change_storage(
        self,
        slot: int,
        place: tuple[int, int, bool, int],
        width: int,
        mask: int,
        value: int,
        expected: int | None = None,
    ) -> tuple[bool, int]:
        """Gives the masked bits of a word behind the bus a value, in one step, where they are as expected.

        `place`: PCI function, BAR, whether it is the word's second storage, and offset. Returns whether they were, and
        the word as it was.
        """
        found = ffi.new("uint64_t *")
        wanted = ffi.NULL if expected is None else ffi.new("uint64_t *", expected)
        code = self._api.storage_change(slot, *place, width, mask, value, wanted, found)
        if code not in {0, 1}:
            pf, bar, _, offset = place
            self._told(code, f"storage write of {width // 8} bytes at {offset:#x} of {bar_name(pf, bar)}")
        return code == 0, int(found[0])

    def be_patient(self, slot: int, milliseconds: int) -> None:
        """How long accesses of other threads wait for the end of an event of the slot's hook."""
        code = lib.hal_set_model_patience(self._library, slot, milliseconds)
        if code:
            raise_code(code, "patience with a model")

    def expect_hook(self, slot: int) -> None:
        """From now on a hook of this slot comes before the slot's other locks; what has begun without it goes on."""
        code = lib.hal_expect_model(self._library, slot)
        if code:
            raise_code(code, "start of a model")

    def set_hook(self, slot: int, hook: Any) -> None:
        """Has the card call hook(event, slot, pf, bar, offset, width, value), one event at a time; None ends it.

        Waits until no other thread runs the one before.
        """
        called = ffi.NULL if hook is None else ffi.cast("void *", id(hook))  # the extension holds it from here on
        code = lib.hal_set_python_model(self._library, slot, called)
        if code in _REASONS:
            self._told(code, "start of a model")
        if code:
            raise_code(code, f"{'start' if hook is not None else 'removal'} of a model")

    def hook_memories(self, slot: int, *, wanted: bool) -> None:
        """Whether the slot's hook is called for accesses of memories too."""
        self._told(self._api.hook_memories(slot, int(wanted)), "events of memories")

    def has_hook(self, slot: int) -> bool:
        """Whether this process has the card call something."""
        return bool(lib.hal_has_model(self._library, slot))

    def fault(self, slot: int, spec: str) -> None:
        """Provokes a failure; "" ends all of them."""
        text = ffi.new("char[]", 1024)
        self._told(self._api.fault(slot, spec.encode(), text, 1024), f"fault {spec!r}", text)

    def trace(self, slot: int, capacity: int) -> None:
        """Keeps the newest accesses that reach the slot's BARs; 0 stops."""
        self._told(self._api.trace(slot, capacity), "trace")

    def trace_take(self, slot: int, limit: int) -> tuple[list[tuple[int, int, int, int, int, int]], int]:
        """Moves out the oldest accesses as (pf, bar, width, is_write, offset, value), and how many were lost."""
        rows, lost = ffi.new("hal_card_access[]", limit), ffi.new("uint64_t *")
        count = self._api.trace_take(slot, rows, limit, lost)
        if count < 0:
            self._told(count, "trace")
        return list(_whole_accesses([rows[i] for i in range(count)])), lost[0]

    def watch(self, slot: int, capacity: int) -> None:
        """Keeps the newest violations, with the lines of Python that did them; 0 stops and forgets."""
        code = lib.hal_watch_users(self._library, slot, capacity, _FOLDER)
        if code:
            raise_code(code, "watching the users of the emulated card")

    def violations(self, slot: int, limit: int) -> tuple[list[ViolationRow], int] | None:
        """Those that are kept, the oldest first, and how many there have been; None where nobody watches."""
        rows, total = ffi.new("hal_card_violation[]", limit), ffi.new("uint64_t *")
        count = self._api.violations(slot, rows, limit, total)
        if count == -errno.ENODATA:
            return None
        if count < 0:
            self._told(count, "look at violations")
        return [_violation(rows[i]) for i in range(min(count, limit))], int(total[0])

    def set_leds(self, slot: int, value: int) -> None:
        """What the design drives on the virtual LEDs."""
        self._told(self._api.set_leds(slot, value), "setting the LEDs")

    def clock_hz(self, slot: int) -> list[int]:
        """Hertz of main_a0, a1, a2, a3, b0, b1, c0, c1, hbm_axi, hbm_ref."""
        out = ffi.new("uint64_t[10]")
        code = lib.hal_clock_hz(self._library, slot, out)
        if code:
            raise_code(code, "clocks")
        return list(out)

    def reset(self, slot: int) -> None:
        """A power cycle of the slot."""
        code = lib.hal_power_cycle(self._library, slot)
        if code:
            raise_code(code, f"power cycle of slot {slot}")


def _violation(row: Any) -> ViolationRow:
    file = ffi.string(row.file).decode(errors="replace")
    access = bool(row.is_write), row.pf, row.bar, row.offset, row.width, row.value, row.bits
    return ViolationRow(row.kind, *access, file, row.line)


def _whole_accesses(rows: list[Any]) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Accesses of more than 64 bits are several rows of the card's."""
    value = bits = 0
    for row in rows:
        value |= row.value << bits
        bits += row.width
        if not row.more:
            yield row.pf, row.bar, bits, row.is_write, row.offset - (bits - row.width) // 8, value
            value = bits = 0
