"""Loading and clearing a slot: started, awaited, and believed only when the slot itself says so."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

from hal.codes import ErrorCode, Status
from hal.errors import LoadError, LoadTimeoutError
from hal.slots.failures import management_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding import Library
    from hal.info import ImageInfo
    from hal.slots.progress import Progress

__all__ = ["Loader"]

_POLL_SECONDS = (0.002, 0.1)  # first and longest pause between two looks at the status
_TIMED_OUT = (ErrorCode.AFI_LOAD_TIMEOUT, -errno.ETIMEDOUT)  # mostly without cause: what was asked goes on
_SPURIOUS = (*_TIMED_OUT, ErrorCode.BUSY)
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

    def begin(self, flags: int = 0) -> None:
        """Gives the command; a slot that is busy with somebody's load takes it later."""
        services = self._library.services
        if self._afi:
            self._retry_busy(lambda: services.load(self._slot, self._afi.encode(), flags))
        else:
            self._retry_busy(lambda: services.clear(self._slot))

    def wait(self, tell: Progress) -> ImageInfo:
        """Looks until the slot holds the AFI (is cleared), and trusts nothing else."""
        start, pause = time.monotonic(), _POLL_SECONDS[0]
        wanted = Status.LOADED if self._afi else Status.CLEARED
        while True:
            info = self._look()
            if info is not None:
                if info.status == wanted and self._afi in {"", info.afi_id}:
                    return info
                if info.status == Status.LOAD_FAILED:
                    raise self.error(info.status_q, info)
            now = time.monotonic()
            if now >= self._deadline:
                raise self._late(now - start, info)
            tell(now - start)
            time.sleep(min(pause, max(0.0, self._deadline - now)))
            pause = min(2 * pause, _POLL_SECONDS[1])

    def error(self, code: int, info: ImageInfo | None = None) -> LoadError:
        """What a code means here, and what to do."""
        text = self._library.error_text(code)
        hint = _HINTS.get(code, "see the slot's metrics, or clear it and load again")  # type: ignore[call-overload]
        return LoadError(
            f"{self._what} slot {self._slot} failed: {text} (code {code}); {hint}",
            slot=self._slot,
            afi=self._afi,
            status=info.status if info else None,
            qualifier=info.status_q if info else None,
            code=code,
            name=text,
        )

    @property
    def _what(self) -> str:
        return f"load of {self._afi} into" if self._afi else "clear of"

    def _retry_busy(self, call: Callable[[], int]) -> None:
        pause = _POLL_SECONDS[0]
        while True:
            code = call()
            if code == 0 or code in _TIMED_OUT:
                return
            if code != ErrorCode.BUSY or time.monotonic() >= self._deadline:
                raise self.error(code)
            time.sleep(pause)
            pause = min(2 * pause, _POLL_SECONDS[1])

    def _look(self) -> ImageInfo | None:
        """The slot's word on itself; None where it was busy or the call timed out without cause."""
        code, info = self._library.services.describe(self._slot)
        if code == 0:
            return info
        if code in _SPURIOUS:
            return None
        raise management_error(self._library, self._slot, code, "describe")

    def _late(self, seconds: float, info: ImageInfo | None) -> LoadTimeoutError:
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
