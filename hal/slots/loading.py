"""Loading and clearing a slot: started, awaited, and believed only when the slot itself says so."""

from __future__ import annotations

import dataclasses
import errno
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from hal._binding import NOT_ON_CARD, TIMEOUT_CODE, attach, detach
from hal.codes import Command, ErrorCode, Pf, Status
from hal.errors import CardPermissionError, HalError, LoadError, LoadTimeoutError
from hal.slots.failures import management_error
from hal.slots.pci.pci_bus import rescan_obstacles, udev_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding import Library
    from hal._binding.sdk.services import Services
    from hal.info import ImageInfo
    from hal.slots.progress import Progress

__all__ = ["Loader"]

_POLL_SECONDS = (0.002, 0.1)  # first and longest pause between two looks at the status
_TIMED_OUT = (ErrorCode.AFI_LOAD_TIMEOUT, -errno.ETIMEDOUT, TIMEOUT_CODE)  # mostly without cause: it goes on
_SPURIOUS = (*_TIMED_OUT, ErrorCode.BUSY)
_NO_PERMISSION = (ErrorCode.UNRESPONSIVE, -errno.EACCES, -errno.EPERM)  # how the SDK tells a file that it may not open
_LEAST_WAIT = 0.05  # of any call, in seconds
_RESCAN_WAIT = 20.0  # the SDK's own pauses in a rescan come to eight seconds
_APPEAR_WAIT = 5.0  # for the system to show a rescanned function, and udev to open its files
_HINTS = {
    ErrorCode.INVALID_AFI_ID: "check the id, and that this account and region may use it",
    ErrorCode.SHELL_VERSION_NOT_SUPPORTED: "the AFI was built for another shell: build it again",
    ErrorCode.AFI_POWER_VIOLATION: "the design draws too much power: lower its clocks",
    ErrorCode.BUSY: "another load holds the slot: try again, or with a longer timeout",
}


class Loader:
    """Loads (`afi`: an id) or clears (`afi`: "") one slot, within seconds from now."""

    def __init__(self, library: Library, slot: int, afi: str, timeout: float) -> None:
        self._library, self._slot, self._afi = library, slot, afi
        self._start = time.monotonic()
        self._deadline = self._start + timeout
        self._shown: ImageInfo | None = None

    @property
    def _services(self) -> Services:
        return self._library.services.within(self._left(_LEAST_WAIT))

    def _left(self, least: float = 0.0) -> float:
        return max(least, self._deadline - time.monotonic())

    # -- the command ----------------------------------------------------------------------------------------------

    def begin(self, flags: int = 0) -> None:
        """Gives the command; a slot that is busy with somebody's load takes it later."""
        if self._afi:
            self._retry_busy(lambda: self._services.load(self._slot, self._afi.encode(), flags))
        else:
            self._retry_busy(lambda: self._services.clear(self._slot))

    def wait(self, tell: Progress) -> ImageInfo:
        """Looks until the slot holds the AFI (is cleared), and trusts nothing else."""
        wanted = Status.LOADED if self._afi else Status.CLEARED

        def done() -> ImageInfo | None:
            info = self._look()
            if info is not None and info.status == Status.LOAD_FAILED:
                raise self.error(info.status_q, info)
            return info if info is not None and info.status == wanted and self._afi in {"", info.afi_id} else None

        return self._until(done, tell)

    def wait_for_cache(self, tell: Progress) -> ImageInfo:
        """After a prefetch: looks until the AFI is among the cached ones. What the slot holds is what it held."""
        number = int(self._afi.rpartition("-")[2], 16) & (1 << 64) - 1

        def done() -> ImageInfo | None:
            code, metrics = self._services.metrics(self._slot, int(Command.GET_HW_METRICS))
            if code and code not in _SPURIOUS:
                raise management_error(self._library, self._slot, code, "describe")
            return self._look() if code == 0 and number in metrics.cached_agfis else None

        return self._until(done, tell)

    # -- the bus --------------------------------------------------------------------------------------------------

    def rescan(self, info: ImageInfo | None = None) -> None:
        """Removes and rescans the application function. `info`: of the slot, whose load or clear it is to show."""
        self._library.retire(self._slot)  # before too: what uses a BAR ends first
        code = self._library.services.within(_RESCAN_WAIT).rescan(self._slot)
        self._library.retire(self._slot)
        if code:
            raise self._rescan_error(code, info)

    def appear(self, tell: Progress) -> ImageInfo:
        """After a rescan: looks until the bus shows the slot's own ids, and this user can attach the function.

        It returns what there is after some seconds: a design may have other ids than its AFI says.
        """
        limit = min(self._deadline, time.monotonic() + _APPEAR_WAIT)
        last: list[tuple[int, ImageInfo]] = []

        def done() -> ImageInfo | None:
            code, info = self._services.describe(self._slot)  # a function that is not there yet is an error of its own
            last[:] = [(code, info)]
            return info if code == 0 and is_shown(info) and self._attachable() else None

        with suppress(LoadTimeoutError):
            return self._until(done, tell, limit)
        code, info = last[0]
        if code:
            raise management_error(self._library, self._slot, code, "describe after the rescan")
        return info

    def answer(self, info: ImageInfo, probe: Callable[[], bool], tell: Progress) -> ImageInfo:
        """Reads until the design answers. LoadTimeoutError when it never does."""
        try:
            return self._until(lambda: info if probe() else None, tell)
        except LoadTimeoutError as late:
            raise LoadTimeoutError(
                f"slot {self._slot}: {self._afi} is loaded, and its registers do not answer in time; wait "
                "longer, or load it again",
                slot=self._slot,
                afi=self._afi,
                status=info.status,
                qualifier=info.status_q,
                code=late.code,
                name=late.name,
            ) from None

    def _attachable(self) -> bool:
        if self._library.card is not None:
            return True
        code, handle = attach(self._library, self._slot, Pf.APP, 0, 0)
        if code == 0:
            detach(self._library, handle)
        return code not in _NO_PERMISSION

    # -- how ------------------------------------------------------------------------------------------------------

    def _until(self, done: Callable[[], ImageInfo | None], tell: Progress, deadline: float | None = None) -> ImageInfo:
        start, pause = time.monotonic(), _POLL_SECONDS[0]
        deadline = self._deadline if deadline is None else deadline
        while True:
            info = done()
            if info is not None:
                return info
            now = time.monotonic()
            if now >= deadline:
                raise self._late(now - start)
            tell(now - start)
            time.sleep(min(pause, deadline - now))
            pause = min(2 * pause, _POLL_SECONDS[1])

    def _retry_busy(self, call: Callable[[], int]) -> None:
        pause = _POLL_SECONDS[0]
        while True:
            code = call()
            if code == 0 or code in _TIMED_OUT:
                return
            if code == NOT_ON_CARD:
                raise management_error(self._library, self._slot, code, self._what.partition(" ")[0])
            if code != ErrorCode.BUSY or time.monotonic() >= self._deadline:
                raise self.error(code)
            time.sleep(pause)
            pause = min(2 * pause, _POLL_SECONDS[1])

    def _look(self) -> ImageInfo | None:
        """The slot's word on itself; None where it was busy or the call timed out without cause."""
        code, info = self._services.describe(self._slot)
        if code == 0:
            self._shown = info
            return info
        self._shown = None
        if code in _SPURIOUS:
            return None
        raise management_error(self._library, self._slot, code, "describe")

    # -- errors ---------------------------------------------------------------------------------------------------

    def error(self, code: int, info: ImageInfo | None = None) -> LoadError:
        """What a code means here, and what to do."""
        text = self._library.error_text(code)
        hint = _HINTS.get(code, "see the slot's metrics, or clear it and load again")  # type: ignore[call-overload]
        return self._told(f"{self._what} slot {self._slot} failed: {text} (code {code}); {hint}", code, text, info)

    def _told(self, message: str, code: int, name: str, info: ImageInfo | None) -> LoadError:
        return LoadError(
            message,
            slot=self._slot,
            afi=self._afi,
            status=info.status if info else None,
            qualifier=info.status_q if info else None,
            code=code,
            name=name,
        )

    @property
    def _what(self) -> str:
        return f"load of {self._afi} into" if self._afi else "clear of"

    def _rescan_error(self, code: int, info: ImageInfo | None) -> HalError:
        """A rescan that was refused; after a load or clear that was not."""
        state = f"slot {self._slot}: "
        if info is not None:
            held = f"{info.afi_id} is loaded" if info.loaded else "the slot is cleared"
            state += f"{held}, but the PCI bus still shows the ids of before: "
        is_here = self._library.card is None and self._library.far is None
        address = str(self._application(info)) if is_here else ""
        files = rescan_obstacles(address) if code in _NO_PERMISSION and address else ()
        if files:
            names = " and ".join(map(str, files))
            return CardPermissionError(
                f"{state}the rescan of {address} was refused, permission denied for {names}. Type as root: "
                f"echo 1 > /sys/bus/pci/devices/{address}/remove; echo 1 > /sys/bus/pci/rescan; and to be allowed it "
                f"from now on, the line that hal doctor prints: {udev_rule(address)}",
                code=code,
                name="EACCES",
            )
        text = self._library.error_text(code)
        message = f"{state}the rescan of the application function failed: {text} (code {code}); hal doctor tells more"
        return (
            management_error(self._library, self._slot, code, "rescan")
            if info is None
            else self._told(message, code, text, info)
        )

    def _application(self, info: ImageInfo | None) -> object:
        """The application function's PCI address."""
        if info is None:
            code, info = self._library.services.within(_RESCAN_WAIT).describe(self._slot)
            if code:
                return ""
        return info.app.address

    def _late(self, seconds: float) -> LoadTimeoutError:
        info = self._shown
        last = f"{info.status_name}, AFI {info.afi_id}, qualifier {info.status_q}" if info else "no answer"
        return LoadTimeoutError(
            f"{self._what} slot {self._slot} did not end within {seconds:.1f} s; the slot says: {last}; "
            "try again with a longer timeout, or clear the slot",
            slot=self._slot,
            afi=self._afi,
            status=info.status if info else None,
            qualifier=info.status_q if info else None,
            code=int(ErrorCode.AFI_LOAD_TIMEOUT),
            name="afi-load-timeout",
        )


def is_shown(info: ImageInfo) -> bool:
    """Whether the bus shows the ids of what the slot holds, which after a load or clear takes a rescan."""
    app = info.app
    shown = app.vendor_id, app.device_id, app.subsystem_vendor_id, app.subsystem_device_id
    return shown == (info.vendor_id, info.device_id, info.subsystem_vendor_id, info.subsystem_device_id)


def with_times(info: ImageInfo, start: float, held: float, what: str) -> ImageInfo:
    """What the slot holds, with how long it took from `start` until it held it, and from then until it answered."""
    load, answer = held - start, time.monotonic() - held
    logging.getLogger("hal").info("slot %d: %s in %.2f s, on the bus %.2f s later", info.slot, what, load, answer)
    return dataclasses.replace(info, load_seconds=load, answer_seconds=answer)
