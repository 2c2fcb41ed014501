"""FpgaMgmt: loading, clearing and describing AFIs, as the vendor's class of that name does it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from hal import _binding
from hal._binding.sdk.discovery import find_library
from hal.codes import Command, ErrorCode
from hal.vendor.arguments import afi_bytes, require, slot_number, unsigned, whole

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from hal._binding import Library

__all__ = ["FpgaMgmt"]

# The SDK's own: 2500 looks, 2 ms apart.
DEFAULT_TIMEOUT = 2500
DEFAULT_DELAY_MSEC = 2

# Commands that were refused have left the slot as it was.
_REFUSED = {
    ErrorCode.BUSY,
    ErrorCode.DRAM_DATA_RETENTION_NOT_POSSIBLE,
    ErrorCode.SOFTWARE_PROBLEM,
    ErrorCode.ERR_INCOMPATIBLE_AFI_CMD_FLAGS,
}


class FpgaMgmt:
    """Management of a machine's slots. `library` as in `hal.open_slot`.

    Failures raise ManagementError and others of RuntimeError's kind, with action, slot, code and text. A load or clear
    ends the handles of the slot's application function: later accesses raise StaleHandleError; attach again.
    """

    def __init__(self, library: str | os.PathLike[str] | None = None) -> None:
        self._library = find_library(library)
        self._library.start()

    # -- loading and clearing -------------------------------------------------------------------------------------

    def load_local_image(self, slot_id: int, afi_id: str) -> dict[str, Any]:
        """Starts a load, and describes the slot: its status is 'busy' until the load has ended."""
        return self._load(slot_id, afi_id, 0, "load AFI")

    def load_local_image_flags(self, slot_id: int, afi_id: str, flags: int) -> dict[str, Any]:
        """As `load_local_image`, with flags (`hal.Command`)."""
        return self._load(slot_id, afi_id, unsigned(flags, 32, "flags"), "load AFI flags")

    def load_local_image_sync_flags(
        self,
        slot_id: int,
        afi_id: str,
        flags: int = 0,
        timeout: int = DEFAULT_TIMEOUT,
        delay_msec: int = DEFAULT_DELAY_MSEC,
    ) -> dict[str, Any]:
        """Loads, waits until the load has ended, and describes the slot.

        It looks `timeout` times, `delay_msec` milliseconds apart.
        """
        action = "load AFI sync flags"
        slot, bits = slot_number(slot_id, action), unsigned(flags, 32, "flags")
        waits = (unsigned(timeout, 32, "timeout"), unsigned(delay_msec, 32, "delay_msec"))
        data = afi_bytes(afi_id, slot, action)
        code = self._library.services.load_sync(slot, data, bits, *waits)
        self._end_handles(slot, code, bits)
        require(self._library, code, action, slot, f"load of {afi_id} on slot {slot}")
        return self.describe_local_image(slot, Command.GET_HW_METRICS)

    def clear_local_image(self, slot_id: int) -> dict[str, Any]:
        """Starts a clear, and describes the slot: its status is 'busy' until the clear has ended."""
        action = "clear image on FPGA"
        slot = slot_number(slot_id, action)
        code = self._library.services.clear(slot)
        self._end_handles(slot, code, 0)
        require(self._library, code, action, slot)
        return self.describe_local_image(slot, Command.GET_HW_METRICS)

    def clear_local_image_sync(
        self, slot_id: int, timeout: int = DEFAULT_TIMEOUT, delay_msec: int = DEFAULT_DELAY_MSEC
    ) -> dict[str, Any]:
        """Clears, waits until the slot is clear, and describes it; the waits as in `load_local_image_sync_flags`."""
        action = "clear local image sync"
        slot = slot_number(slot_id, action)
        waits = (unsigned(timeout, 32, "timeout"), unsigned(delay_msec, 32, "delay_msec"))
        code = self._library.services.clear_sync(slot, *waits)
        self._end_handles(slot, code, 0)
        require(self._library, code, action, slot)
        return self.describe_local_image(slot, Command.GET_HW_METRICS)

    def _load(self, slot_id: int, afi_id: str, flags: int, action: str) -> dict[str, Any]:
        slot = slot_number(slot_id, action)
        code = self._library.services.load(slot, afi_bytes(afi_id, slot, action), flags)
        self._end_handles(slot, code, flags)
        require(self._library, code, action, slot, f"load of {afi_id} on slot {slot}")
        return self.describe_local_image(slot, Command.GET_HW_METRICS)

    def _end_handles(self, slot: int, code: int, flags: int) -> None:
        """A prefetch, or a command that was refused, changes nothing on the slot; one that timed out goes on."""
        if (code >= 0 or code == -errno.ETIMEDOUT) and code not in _REFUSED and not flags & Command.PREFETCH:
            self._library.retire(slot)

    # -- what a slot says -----------------------------------------------------------------------------------------

    def describe_local_image(self, slot_id: int, flags: int = 0) -> dict[str, Any]:
        """The slot's status (its name), AFI id, PCI functions, shell version and metrics, as a dict.

        The metrics are read with flag 1 << 1 (GET_HW_METRICS), else they are zero. `json.dumps` takes all but the id,
        which is bytes.
        """
        slot, bits = slot_number(slot_id, "describe local image"), unsigned(flags, 32, "flags")
        code, members = self._library.services.image_members(slot, bits)
        require(self._library, code, "describe local image", slot)
        name = self._library.status_name(members["status"])
        found = {**members, "status": name, "afi_id": {"afi_id": members["afi_id"]}}
        found["metrics"]["cached_agfis"] = self.process_cached_agfis(found)
        return found

    @staticmethod
    def process_cached_agfis(result: dict[str, Any]) -> list[str]:
        """The numbers in result['metrics']['cached_agfis'] as text: agfi- and hex digits, '0' for an empty place.

        As the vendor's: without the zeros that an id may begin with.
        """
        numbers = result["metrics"]["cached_agfis"]
        return [f"agfi-{whole(number, 'cached_agfis'):x}" if number else "0" for number in numbers]

    def get_status(self, slot_id: int) -> dict[str, int]:
        """{'status', 'status_q', 'return_code'}, all numbers."""
        slot = slot_number(slot_id, "get FPGA status")
        code, status, qualifier = self._library.services.status(slot)
        require(self._library, code, "get FPGA status", slot)
        return {"status": status, "status_q": qualifier, "return_code": code}

    @staticmethod
    def strerror(error: int) -> str:
        """The library's short text for an error code."""
        return _default_library().error_text(_c_int(error, "error"))

    @staticmethod
    def strerror_long(err: int) -> str:
        """The library's explanation of an error code; "" where it has none."""
        return _default_library().error_text_long(_c_int(err, "err"))

    @staticmethod
    def get_status_name(status: int) -> str:
        """The library's name of a slot's status."""
        return _default_library().status_name(_c_int(status, "status"))

    # -- settings, LEDs and switches ------------------------------------------------------------------------------

    def set_cmd_timeout(self, value: int) -> None:
        """How many delays a command may take; the SDK's default is 2500. Source: fpga_mgmt_set_cmd_timeout."""
        _require_set(self._library.services.set_cmd_timeout(unsigned(value, 32, "value")), "set_cmd_timeout")

    def set_cmd_delay_msec(self, value: int) -> None:
        """Milliseconds of one delay; the SDK's default is 2. Source: fpga_mgmt_set_cmd_delay_msec."""
        _require_set(self._library.services.set_cmd_delay(unsigned(value, 32, "value")), "set_cmd_delay")

    def get_vLED_status(self, slot_id: int) -> int:  # noqa: N802  (the vendor's name)
        """The 16 virtual LEDs."""
        return self._sixteen(self._library.services.leds, slot_id, "get vLED status")

    def get_vDIP_status(self, slot_id: int) -> int:  # noqa: N802
        """The 16 virtual DIP switches."""
        return self._sixteen(self._library.services.dip, slot_id, "get vDIP status")

    def set_vDIP(self, slot_id: int, value: int) -> None:  # noqa: N802
        """Sets the 16 virtual DIP switches."""
        slot, bits = slot_number(slot_id, "set vDIP status"), unsigned(value, 16, "value")
        require(self._library, self._library.services.set_dip(slot, bits), "set vDIP status", slot)

    def _sixteen(self, call: Callable[[int], tuple[int, int]], slot_id: int, action: str) -> int:
        slot = slot_number(slot_id, action)
        code, bits = call(slot)
        require(self._library, code, action, slot)
        return bits


def _require_set(code: int, function: str) -> None:
    if code:
        raise _binding.exception_of(code, function)


def _default_library() -> Library:
    library = find_library()
    library.start()
    return library


def _c_int(value: Any, name: str) -> int:
    """A C int: the code of a function."""
    number = whole(value, name)
    unsigned(number + (1 << 31), 32, name)
    return number
