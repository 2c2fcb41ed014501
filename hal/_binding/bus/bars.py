"""An attached BAR, with checked access to any offset."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, NoReturn

from hal._binding.accelerator import AttachedBar, in_c
from hal._binding.bus.buffers import checked_offset, checked_width, room_of, words_of
from hal._binding.extension import address_of, ffi, lib
from hal._binding.raising import ERRNO_ABSENT, REASONS, passed, raise_code
from hal.codes import bar_name
from hal.uncopyable import Uncopyable
from hal.values import fitting

if TYPE_CHECKING:
    from hal._binding.sdk.library import Library
    from hal._binding.sdk.pace import RealTime


class Bar(Uncopyable, AttachedBar):
    """An attached BAR: checked access to any offset, in bytes from its start.

    Made by `Slot.bar()`, for the design of the slot that has this number. Raises AddressError for offsets that are
    misaligned or past the end, ClosedError and StaleHandleError when the mapping is gone, or on an emulated card the
    design. Source: fpga_pci_peek, _poke, _write_burst, _memset.
    """

    __slots__ = ("__weakref__", "_attached", "_bar", "_generation", "_library", "bar", "handle", "pf", "size", "slot")

    def __init__(
        self, library: Library, slot: int, pf: int, bar: int, *, burst: bool = False, design: int | None = None
    ) -> None:
        # Dropped, it gives its handle back, as there are only 64, which many share; in C, where no signal's handler
        # ends that.
        out = ffi.gc(ffi.new("hal_attached *"), lib.hal_give_back)

        def attach() -> int:
            number = ffi.new("uint64_t *", library.design_number(slot) if design is None else design)
            return int(lib.hal_attach(library.native, slot, pf, bar, int(burst), number, out))

        code = attach()
        if passed(code) and code not in ERRNO_ABSENT:
            gc.collect()  # handles are few, and dropped devices hold theirs until they are collected
            code = attach()
        if code:
            raise_code(code, f"attach of slot {slot}, {bar_name(pf, bar)}")
        self._library, self._attached = library, out
        self.slot, self.pf, self.bar = slot, pf, bar
        self.handle: int = out.handle
        self.size: int = out.size
        self._bar: Any = out.bar
        self._generation: int = out.generation
        self._hold_bar(address_of(self._bar), self._generation)

    def __repr__(self) -> str:
        return f"<{self.name} of slot {self.slot}, {self.size:#x} bytes, {self.state}>"

    @property
    def name(self) -> str:
        """Its name in words: app BAR 0."""
        return bar_name(self.pf, self.bar)

    @property
    def pace(self) -> RealTime:
        """The time in which its users wait."""
        return self._library.pace

    @property
    def state(self) -> str:
        """The word attached, or the error that an access would raise."""
        code = lib.hal_state(self._bar, self._generation)
        return "attached" if code == 0 else REASONS[code][0].__name__

    @property
    def attached(self) -> bool:
        """Whether accesses still reach the card."""
        return bool(lib.hal_state(self._bar, self._generation) == 0)

    @property
    def attached_as(self) -> tuple[int, int]:
        """Handle and generation: what no other BAR is ever attached as, but those that share the handle."""
        return self.handle, self._attached.recorded_as

    def detach(self) -> None:
        """Gives the BAR back. Once is enough; again does nothing."""
        if self.attached:
            code = lib.hal_release(self._bar, self._generation)
            if code and code not in REASONS:  # a reason: another thread was faster
                raise_code(code, f"detach of {self.name}")

    def what(self, action: str, offset: int, width: int) -> str:
        """An access in words, for errors."""
        return f"{action} of {width} bits at {offset:#x} of {self.name} (slot {self.slot}, {self.size:#x} bytes)"

    def _failed(self, code: int, action: str, offset: int, width: int) -> NoReturn:
        raise_code(code, self.what(action, offset, width))

    def place_ports(self, plans: Any, offset: int) -> tuple[Any, int]:
        """The ports of one register at `offset`, whose class has these plans (see `port_plans`); and a code."""
        count = len(plans)
        ports = ffi.new("hal_port[]", count)
        return ports, lib.hal_ports_place(ports, plans, count, self._bar, self._generation, offset)

    def place_lanes(self, plans: Any, offset: int, beside: tuple[int, int, int, int]) -> tuple[Any, int]:
        """As `place_ports`, for a register in a lane: `beside` is as `hal_lane` has it in C."""
        count = len(plans)
        ports, lane = ffi.new("hal_port[]", count), ffi.new("hal_lane *", beside)
        return ports, lib.hal_lanes_place(ports, plans, count, self._bar, self._generation, offset, lane)

    @in_c("bar_peek")
    def peek(self, offset: int, width: int = 32) -> int:
        """The word of `width` bits (8, 32 or 64) at `offset`."""
        start, bits, out = checked_offset(offset), checked_width(width), ffi.new("uint64_t *")  # a word is its low end
        code = lib.hal_read_block(self._bar, self._generation, start, bits, out, 1)
        if code:
            self._failed(code, "read", start, bits)
        return int(out[0])

    @in_c("bar_poke")
    def poke(self, offset: int, value: int, width: int = 32) -> None:
        """Writes the word of `width` bits (8, 32 or 64) at `offset`."""
        start, bits = checked_offset(offset), checked_width(width)
        data = fitting(value, bits).to_bytes(bits // 8, "little")
        code = lib.hal_write_block(self._bar, self._generation, start, bits, data, 1)
        if code:
            self._failed(code, "write", start, bits)

    def read_into(self, offset: int, buffer: Any, width: int = 32) -> None:
        """Fills a writable contiguous buffer with words of `width` bits from rising offsets, in one C call.

        The buffer is of bytes, or of integers that hold every word (see docs/drivers.md, Arrays and memories).
        """
        start, bits = checked_offset(offset), checked_width(width)
        with room_of(buffer, bits) as room:
            code = self.read_words(start, room.data, room.count, bits)
            if code:
                raise_code(code, self.what(f"read of {room.count} words", start, bits))
            room.hand_over()

    def write_from(self, offset: int, buffer: Any, width: int = 32) -> None:
        """Writes words of `width` bits to rising offsets, in one C call.

        They come from a contiguous buffer of bytes or integers, or from an iterable of integers.
        """
        start, bits = checked_offset(offset), checked_width(width)
        data, count = words_of(buffer, bits)
        code = self.write_words(start, data, count, bits)
        if code:
            raise_code(code, self.what(f"write of {count} words", start, bits))

    def fill(self, offset: int, value: int, count: int) -> None:
        """Writes the same 32-bit word `count` times from `offset` on."""
        start, word, words = checked_offset(offset), fitting(value, 32), checked_offset(count)
        code = self.fill_words(start, word, words)
        if code:
            raise_code(code, self.what(f"fill of {words} words", start, 32))

    def read_words(self, offset: int, data: Any, count: int, width: int) -> int:
        """Code of a read into what `words_of` gave, which is used up."""
        with data:  # a traceback must not hold the caller's buffer
            return int(lib.hal_read_block(self._bar, self._generation, offset, width, data, count))

    def write_words(self, offset: int, data: Any, count: int, width: int) -> int:
        """Code of a write of what `words_of` gave, which is used up."""
        with data:
            return int(lib.hal_write_block(self._bar, self._generation, offset, width, data, count))

    def read_bytes(self, offset: int, data: Any, size: int, width: int, reads: int = 0) -> int:
        """Code of a read of `size` bytes in accesses of `width` bits, into a buffer of C's, which is used up.

        Of 64 bits, or of 512, where `reads` says so and they lie in what is read.
        """
        with data:
            return int(lib.hal_read_wide(self._bar, self._generation, offset, width, reads, data, size))

    def write_bytes(self, offset: int, data: Any, size: int, width: int) -> int:
        """Code of a write of `size` bytes, which keeps the others of the words of `width` bits that they lie in."""
        with data:
            return int(lib.hal_write_bytes(self._bar, self._generation, offset, width, data, size))

    def fill_words(self, offset: int, value: int, count: int) -> int:
        """Code of `count` writes of one 32-bit word."""
        return int(lib.hal_fill(self._bar, self._generation, offset, value, count))

    def run(self, steps: list[tuple[int, int, int, int, int]]) -> tuple[int, int, list[int]]:
        """Runs steps (kind, offset, width, keep, value) in one call: code, how many were made, their values.

        An update writes (old & keep) ^ value: bits of both are inverted.
        """
        ops = ffi.new("hal_op[]", len(steps))
        for op, (kind, offset, width, keep, value) in zip(ops, steps, strict=True):
            op.bar, op.generation = self._bar, self._generation
            op.kind, op.offset, op.width, op.keep, op.value = kind, offset, width, keep, value
        done, failed = ffi.new("size_t *"), ffi.new("size_t *")
        code = lib.hal_run(ops, len(steps), done, failed)
        return code, done[0], [op.value for op in ops]
