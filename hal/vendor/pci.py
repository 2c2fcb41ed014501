"""FpgaPCI: BARs by handle number, as the vendor's class of that name gives them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NoReturn

from hal import _binding
from hal._binding import HandleUser, address_of, in_c
from hal._binding.sdk.discovery import find_library
from hal.codes import SLOTS, bar_name
from hal.errors import CardMissingError, FieldTypeError, FieldValueError, HandleError, StaleHandleError
from hal.values import shown
from hal.vendor.arguments import (
    LengthError,
    RangeError,
    failure,
    refused,
    require,
    slot_number,
    unsigned,
    whole,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = ["FpgaPCI"]

_BARS = 5
_C_INT_BITS = 31
_WORD_BYTES = 4
_SPECS_MAX = 1 << 16  # slots that anybody asks for; each costs a kilobyte


class FpgaPCI(HandleUser):
    """Access to a card's BARs. Offsets are bytes from the BAR's start, any, as in the library.

    Every method raises a RuntimeError that says what failed: HandleError for a handle that is not attached
    (ClosedError after its detach, StaleHandleError after a load, clear or rescan of its slot), AddressError for an
    offset past the end, RangeError for a value that doesn't fit. Nothing was done then.
    `library` as in `hal.open_slot`.
    """

    def __init__(self, library: str | os.PathLike[str] | None = None) -> None:
        self._library = find_library(library)
        self._library.start()
        self._hold_library(address_of(self._library.native))

    # -- attaching ------------------------------------------------------------------------------------------------

    def pci_attach(self, slot_id: int, pf_id: int, bar_id: int, flags: int = 0) -> int:
        """The handle of an attached BAR. pf_id: 0 application, 1 management; flags: 1 for write-combining (app BAR 4).

        Source: fpga_pci_attach. 64 handles can be attached at once.
        """
        action = "pci attach"
        slot, pf, flags = slot_number(slot_id, action), _function(pf_id, action, slot_id), unsigned(flags, 32, "flags")
        _binding.record_process(self._library, slot)
        bar = whole(bar_id, "bar_id")
        if not 0 <= bar < _BARS:
            missing = f"BAR {shown(bar)} does not exist: a function has BARs 0, 2 and 4"
            raise refused(CardMissingError(missing, code=-22), action, slot)
        code, handle = _binding.attach(self._library, slot, pf, bar, flags)
        require(self._library, code, action, slot, f"attach of slot {slot}, {bar_name(pf, bar)}, flags {flags:#x}")
        return handle

    def pci_detach(self, handle: int) -> None:
        """Gives a handle back. ClosedError when it was given back before; source: fpga_pci_detach.

        A handle that a load, clear or rescan has ended is gone already: that is no error here.
        """
        number = _handle(handle, "pci detach")
        code = _binding.detach(self._library, number)
        if code:
            error = failure(self._library, code, "pci detach", None, f"detach of handle {number}")
            if not isinstance(error, StaleHandleError):
                raise error

    # -- single words ---------------------------------------------------------------------------------------------

    @in_c("handle_peek")
    def pci_peek(self, handle: int, offset: int) -> int:
        """The 32-bit word at offset. Source: fpga_pci_peek."""
        return self._peek(handle, offset, 32)

    @in_c("handle_peek8")
    def pci_peek8(self, handle: int, offset: int) -> int:
        """The byte at offset. Source: fpga_pci_peek8."""
        return self._peek(handle, offset, 8)

    @in_c("handle_peek64")
    def pci_peek64(self, handle: int, offset: int) -> int:
        """The 64-bit word at offset. Source: fpga_pci_peek64."""
        return self._peek(handle, offset, 64)

    @in_c("handle_poke")
    def pci_poke(self, handle: int, offset: int, value: int) -> None:
        """Writes the 32-bit word at offset. Source: fpga_pci_poke."""
        self._poke(handle, offset, value, 32)

    @in_c("handle_poke8")
    def pci_poke8(self, handle: int, offset: int, value: int) -> None:
        """Writes the byte at offset. Source: fpga_pci_poke8."""
        self._poke(handle, offset, value, 8)

    @in_c("handle_poke64")
    def pci_poke64(self, handle: int, offset: int, value: int) -> None:
        """Writes the 64-bit word at offset. Source: fpga_pci_poke64."""
        self._poke(handle, offset, value, 64)

    def _peek(self, handle: int, offset: int, width: int) -> int:
        number, place = _handle(handle, "pci peek"), unsigned(offset, 64, "offset")
        code, value = _binding.handle_peek(self._library, number, place, width)
        if code:
            self._peek_failed(code, number, place, width)
        return value

    def _poke(self, handle: int, offset: int, value: int, width: int) -> None:
        number, place = _handle(handle, "pci poke"), unsigned(offset, 64, "offset")
        word = unsigned(value, width, "value")
        code = _binding.handle_poke(self._library, number, place, width, word)
        if code:
            self._poke_failed(code, number, place, width)

    def _peek_failed(self, code: int, handle: int, offset: int, width: int) -> NoReturn:
        self._refuse(code, "pci peek", f"peek of {width} bits", handle, offset)

    def _poke_failed(self, code: int, handle: int, offset: int, width: int) -> NoReturn:
        self._refuse(code, "pci poke", f"poke of {width} bits", handle, offset)

    # -- many words -----------------------------------------------------------------------------------------------

    @in_c("handle_burst")
    def pci_write_burst(
        self, handle: int, offset: int, data: Sequence[int] | Any, dword_len: int | None = None
    ) -> None:
        """Writes the first dword_len 32-bit words of data to rising offsets; None: all of them.

        data: a list of integers, or a contiguous buffer (numpy, array, bytes, memoryview): bytes are words as they lie
        on the card, integers go by value. Source: fpga_pci_write_burst.
        """
        number, place = _handle(handle, "pci write burst"), unsigned(offset, 64, "offset")
        words, have = _words(data)
        with words:
            count = have if dword_len is None else unsigned(dword_len, 64, "dword_len")
            if count > have:
                raise LengthError(f"dword_len is {count}, but data holds {have} words; nothing was written")
            code = _binding.handle_write_words(self._library, number, place, words, count)
        if code:
            self._burst_failed(code, number, place, count)

    def _burst_failed(self, code: int, handle: int, offset: int, count: int) -> NoReturn:
        self._refuse(code, "pci write burst", f"burst of {count} words", handle, offset)

    def pci_memset(self, handle: int, offset: int, value: int, dword_len: int) -> None:
        """Writes the same 32-bit word dword_len times to rising offsets. Source: fpga_pci_memset."""
        number, place = _handle(handle, "memset"), unsigned(offset, 64, "offset")
        word, count = unsigned(value, 32, "value"), unsigned(dword_len, 64, "dword_len")
        code = _binding.handle_fill(self._library, number, place, word, count)
        if code:
            self._refuse(code, "memset", f"memset of {count} words", number, place)

    def pci_get_address(self, handle: int, offset: int, dword_len: int) -> int:
        """The address of dword_len bytes at offset, all of which lie in the BAR: the library counts bytes here.

        Using it is at the caller's risk: nothing checks it, and it dies with the mapping. Source: fpga_pci_get_address.
        """
        number, place = _handle(handle, "pci get address"), unsigned(offset, 64, "offset")
        size = unsigned(dword_len, 64, "dword_len")
        code, address = _binding.handle_address(self._library, number, place, size)
        if code:
            self._refuse(code, "pci get address", f"address of {size} bytes", number, place)
        return address

    # -- what is on the bus ---------------------------------------------------------------------------------------

    def pci_get_slot_spec(self, slot_id: int) -> dict[str, Any]:
        """{'map': [application, management]}, each as `pci_get_resource_map` gives it."""
        slot = slot_number(slot_id, "get slot spec")
        code, members = self._library.services.slot_spec(slot)
        require(self._library, code, "get slot spec", slot)
        return members

    def pci_get_all_slot_specs(self, size: int = SLOTS) -> list[dict[str, Any]]:
        """The specs of slots 0 to size - 1; those without a card, and all from slot 8 on, are zero."""
        count = whole(size, "size")
        if not 0 <= count <= _SPECS_MAX:
            raise RangeError(f"size is {shown(count)}; it is at most {_SPECS_MAX}, and a machine has {SLOTS} slots")
        code, specs = self._library.services.all_slot_specs(SLOTS)
        require(self._library, code, "get all slot specs", None, f"get all slot specs ({count} slots)")
        nothing = range(SLOTS, count)
        return [*specs[:count], *(_no_card() for _ in nothing)]

    def pci_get_resource_map(self, slot_id: int, pf_id: int) -> dict[str, Any]:
        """A PCI function: its ids, its address, and of BAR 0 to 4 the sizes in bytes and burst capabilities.

        The keys are the members of struct fpga_pci_resource_map.
        """
        slot = slot_number(slot_id, "get resource map")
        pf = _function(pf_id, "get resource map", slot)
        code, members = self._library.services.resource_map(slot, pf)
        require(self._library, code, "get resource map", slot)
        return members

    def pci_rescan_slot_app_pfs(self, slot_id: int) -> None:
        """Removes and rescans the application function; its handles go stale. Source: the function of that name."""
        slot = slot_number(slot_id, "rescan slot app pfs")
        code = self._library.services.rescan(slot)
        self._library.retire(slot)
        require(self._library, code, "rescan slot app pfs", slot)

    def _refuse(self, code: int, action: str, what: str, handle: int, offset: int) -> NoReturn:
        place = _binding.handle_place(self._library, handle)
        where = f" (slot {place[0]}, {bar_name(place[1], place[2])})" if place else ""
        raise failure(self._library, code, action, None, f"{what} at {offset:#x} of handle {handle}{where}")


def _function(value: Any, action: str, slot: int) -> int:
    number = whole(value, "pf_id")
    if number not in {0, 1}:
        missing = f"function {shown(number)} does not exist: 0 is the application, 1 the management"
        raise refused(CardMissingError(missing, code=-22), action, slot)
    return number


def _handle(value: Any, action: str) -> int:
    number = whole(value, "handle")
    if not 0 <= number < 1 << _C_INT_BITS:
        wrong = f"{shown(number)} is no handle of an attached BAR; use the number that pci_attach returned"
        raise refused(HandleError(wrong), action)
    return number


def _no_card() -> dict[str, Any]:
    """The spec of a slot that no machine has."""
    members = ("vendor_id", "device_id", "subsystem_device_id", "subsystem_vendor_id", "domain", "bus", "dev", "func")

    def function() -> dict[str, Any]:
        bars = {"resource_burstable": [False] * _BARS, "resource_size": [0] * _BARS}
        return {**dict.fromkeys(members, 0), **bars}

    return {"map": [function(), function()]}


def _words(data: Any) -> tuple[Any, int]:
    """32-bit words as C sees them, and their number."""
    try:
        memoryview(data).release()
    except TypeError:
        data = _packed(data)
    except (BufferError, ValueError):
        pass  # and told below why
    try:
        return _binding.words_of(data, 8 * _WORD_BYTES)
    except (FieldTypeError, FieldValueError) as problem:
        raise type(problem)(f"data: {problem}") from problem.__cause__


def _packed(data: Any) -> array[int]:
    try:
        values = None if isinstance(data, (dict, set, frozenset)) else list(data)
    except TypeError:
        values = None
    if values is None:
        raise FieldTypeError(f"data is a list or a buffer of 32-bit words, not {shown(data)}; nothing was written")
    return array("I", [unsigned(value, 32, f"data[{index}]") for index, value in enumerate(values)])
