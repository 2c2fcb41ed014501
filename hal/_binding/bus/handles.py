"""Access by handle, for the classes with the vendor's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding.extension import ffi, lib

if TYPE_CHECKING:
    from hal._binding.sdk.library import Library


def attach(library: Library, slot: int, pf: int, bar: int, flags: int) -> tuple[int, int]:
    """Code and handle of fpga_pci_attach."""
    library.start()
    out = ffi.new("hal_attached *", {"handle": -1})
    return lib.hal_attach(library.native, slot, pf, bar, flags, ffi.NULL, out), out.handle


def detach(library: Library, handle: int) -> int:
    """Code of fpga_pci_detach."""
    return int(lib.hal_detach(library.native, handle))


def handle_place(library: Library, handle: int) -> tuple[int, int, int] | None:
    """Slot, function and BAR of an attached handle; None where nothing is attached."""
    out = ffi.new("hal_attached *")
    if lib.hal_attached_of(library.native, handle, out):
        return None
    return out.slot, out.pf, out.number


def handle_peek(library: Library, handle: int, offset: int, width: int) -> tuple[int, int]:
    """Code and value of a read of `width` bits."""
    out = ffi.new("uint64_t *")
    return lib.hal_peek(library.native, handle, offset, width, out), out[0]


def handle_poke(library: Library, handle: int, offset: int, width: int, value: int) -> int:
    """Code of a write of `width` bits."""
    return int(lib.hal_poke(library.native, handle, offset, width, value))


def handle_write_words(library: Library, handle: int, offset: int, words: Any, count: int) -> int:
    """Code of a write of 32-bit words from what `words_of` gave, which holds at least `count` of them."""
    return int(lib.hal_burst_at(library.native, handle, offset, words, count))


def handle_fill(library: Library, handle: int, offset: int, value: int, count: int) -> int:
    """Code of a write of the same 32-bit word `count` times."""
    return int(lib.hal_fill_at(library.native, handle, offset, value, count))


def handle_address(library: Library, handle: int, offset: int, size: int) -> tuple[int, int]:
    """Code and address of `size` bytes at `offset` in the BAR's mapping."""
    out = ffi.new("uint64_t *")
    return lib.hal_address(library.native, handle, offset, size, out), out[0]
