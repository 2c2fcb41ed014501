"""A slot: which AFI it holds, loading and clearing, LEDs, DIP switches, clocks, and the devices on it."""

from __future__ import annotations

import logging
import re
import time
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from hal import _binding
from hal._binding import Bar
from hal._binding.discovery import find_library
from hal.codes import Command, ErrorCode, Pf, Status, bar_name, interface_name
from hal.errors import (
    BusTimeoutError,
    CardMissingError,
    ClosedError,
    FieldValueError,
    LoadError,
    LoadTimeoutError,
    ManagementError,
)
from hal.info import ImageInfo, Metrics
from hal.registers.node import making
from hal.slots.clocks import Clocks
from hal.slots.locking import SlotLock, share_locks, take_ownership
from hal.slots.progress import Progress, progress_for

if TYPE_CHECKING:
    import os
    from types import TracebackType

    from typing_extensions import Self

    from hal._binding import Library
    from hal.devices.device import Device
    from hal.emulator.controls import Emulator
    from hal.registers.node import Node

__all__ = ["Slot", "open_slot"]

D = TypeVar("D", bound="Device")

AFI_PATTERN = re.compile(r"a?g?fi-[0-9a-f]{17}")
_SLOTS = 8
_POLL_SECONDS = (0.002, 0.1)  # first and longest pause between two looks at the status
_SPURIOUS = (ErrorCode.AFI_LOAD_TIMEOUT, ErrorCode.BUSY)

_log = logging.getLogger("hal")


def open_slot(
    number: int = 0,
    library: str | os.PathLike[str] | Library | None = None,
    *,
    exclusive: bool = False,
    interprocess: bool = False,
) -> Slot:
    """Slot `number` (0 to 7) of this machine's cards.

    `library`: "sdk", "emulator", "emulator:NAME" (a shared card), a path, or an open one; None takes HAL_LIBRARY, or
    looks at the PCI bus. `exclusive`: no other process may open it exclusively until this one closes it or ends.
    `interprocess`: from now on this process's read-modify-writes and management calls of the slot wait for those of
    every other process that asked for it too; each then costs two system calls more. Errors: LibraryError,
    CardMissingError, CardPermissionError; SlotError when another process holds it.
    """
    if not isinstance(number, int) or not 0 <= number < _SLOTS:
        raise CardMissingError(f"slot {number!r} does not exist: slots are numbered 0 to {_SLOTS - 1}")
    found = find_library(library)
    ownership = take_ownership(number, found) if exclusive else None
    try:
        if interprocess:
            share_locks(number, found)
        return Slot(number, found, ownership)
    except BaseException:
        if ownership is not None:
            ownership.release()
        raise


class Slot:
    """One FPGA of the machine. A context manager: leaving it detaches every BAR and closes every device on it."""

    def __init__(self, number: int, library: Library, ownership: SlotLock | None = None) -> None:
        self._ownership = ownership
        self.number = number
        self.library = library
        self.clocks = Clocks(self)
        self._bars: weakref.WeakSet[Bar] = weakref.WeakSet()
        self._open = True
        library.start()
        info = self.describe()  # an absent card, or one that this user may not use, is told now
        if info.loaded and library.card is not None:
            self.emulator.adopt_model(info.afi_id)

    def __repr__(self) -> str:
        return f"<slot {self.number} on {self.library!r}{'' if self._open else ', closed'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Detaches every BAR that was attached through this object; what uses one gets ClosedError."""
        with making:
            self._open = False
            bars = list(self._bars)
        for bar in bars:
            bar.detach()
        if self._ownership is not None:
            self._ownership.release()

    # -- what it holds --------------------------------------------------------------------------------------------

    def describe(self) -> ImageInfo:
        """What the slot holds, and its PCI functions."""
        return ImageInfo.from_native(self._describe(Command(0)))

    def metrics(self, flags: Command = Command(0)) -> Metrics:
        """The shell's counters; Command.CLEAR_HW_METRICS also clears them after they are read."""
        return Metrics.from_native(self._describe(Command.GET_HW_METRICS | flags).metrics.f2)

    def status(self) -> Status | int:
        """The slot's status alone."""
        return self.describe().status

    def check_bus(self, node: Node | None = None) -> None:
        """Raises BusTimeoutError when the metrics say that reads timed out; for when one came back as all ones.

        `node`: a register or memory that was read, to name it and to look at its interface only.
        """
        interface = interface_name(node._space.pf, node._space.bar) if node is not None else ""
        for name, address, count in self.metrics().timeouts():
            if node is not None and name != interface:
                continue
            path = node._full_path() if node is not None else None
            what = f"{path}: " if path else ""
            raise BusTimeoutError(
                f"{what}slot {self.number}: the {name} interface timed out {count} times, last at {address:#x}; "
                "all ones is no register's value then. Check that the AFI answers there, and load it again",
                interface=name,
                address=address,
                path=path,
            )

    # -- loading --------------------------------------------------------------------------------------------------

    def load(
        self,
        afi: str,
        *,
        timeout: float = 60.0,
        flags: Command = Command(0),
        progress: Progress | None = None,
    ) -> ImageInfo:
        """Loads an AFI and waits until the slot says that it is there.

        `timeout` in seconds. `progress` is called with the seconds since the start; None draws a bar on a terminal.
        Devices that were open go stale. LoadError tells what the slot says; LoadTimeoutError that it took too long.
        """
        self._require_open()
        if not AFI_PATTERN.fullmatch(afi):
            raise LoadError(
                f"{afi!r} is no AFI id: agfi- and 17 hex digits; nothing was loaded", slot=self.number, afi=afi
            )
        deadline = time.monotonic() + timeout
        with progress_for(progress, f"loading {afi} into slot {self.number}") as tell:
            self._begin_load(afi, flags, deadline)
            self._end_generation()
            info = self._await(afi, deadline, tell)
        if (info.app.vendor_id, info.app.device_id) != (info.vendor_id, info.device_id):
            self._rescan(afi)
            info = self.describe()
        if self.library.card is not None:
            self.emulator.adopt_model(info.afi_id)
        _log.info("slot %d: loaded %s", self.number, afi)
        return info

    def clear(self, *, timeout: float = 60.0, progress: Progress | None = None) -> ImageInfo:
        """Clears the slot and waits until it is; `timeout` in seconds. Devices that were open go stale."""
        self._require_open()
        deadline = time.monotonic() + timeout
        with progress_for(progress, f"clearing slot {self.number}") as tell:
            self._retry_busy(lambda: self.library.call("clear", self.number), "", deadline)
            self._end_generation()
            return self._await("", deadline, tell)

    def rescan(self) -> None:
        """Removes and rescans the application function; devices that were open go stale."""
        self._require_open()
        self._rescan("")

    def _begin_load(self, afi: str, flags: Command, deadline: float) -> None:
        self._retry_busy(lambda: self.library.call("load", self.number, afi.encode(), int(flags)), afi, deadline)

    def _retry_busy(self, call: Any, afi: str, deadline: float) -> None:
        """A slot that is busy with somebody's load takes the command later."""
        pause = _POLL_SECONDS[0]
        while True:
            code = call()
            if code in {ErrorCode.OK, ErrorCode.AFI_LOAD_TIMEOUT}:
                return
            if code != ErrorCode.BUSY or time.monotonic() >= deadline:
                raise self._load_error(code, afi, None)
            time.sleep(pause)
            pause = min(2 * pause, _POLL_SECONDS[1])

    def _await(self, afi: str, deadline: float, tell: Progress) -> ImageInfo:
        """Looks until the slot holds this AFI ("" : is cleared), and trusts nothing else."""
        start, pause = time.monotonic(), _POLL_SECONDS[0]
        while True:
            info = self._look()
            if info is not None:
                if info.status == (Status.LOADED if afi else Status.CLEARED) and afi in {"", info.afi_id}:
                    return info
                if info.status == Status.LOAD_FAILED:
                    raise self._load_error(info.status_q, afi, info)
            now = time.monotonic()
            if now >= deadline:
                raise self._late(afi, now - start, info)
            tell(now - start)
            time.sleep(min(pause, max(0.0, deadline - now)))
            pause = min(2 * pause, _POLL_SECONDS[1])

    def _look(self) -> ImageInfo | None:
        """The slot's word on itself; None where it was busy or the call timed out without cause."""
        raw = self.library.new("struct fpga_mgmt_image_info *")
        code = self._describe_code(raw, Command(0))
        if code == 0:
            return ImageInfo.from_native(raw)
        if code in _SPURIOUS:
            return None
        raise self._management_error(code, "describe")

    def _load_error(self, code: int, afi: str, info: ImageInfo | None) -> LoadError:
        text = self.library.error_text(code)
        hints = {
            ErrorCode.INVALID_AFI_ID: "check the id, and that this account and region may use it",
            ErrorCode.SHELL_VERSION_NOT_SUPPORTED: "the AFI was built for another shell: build it again",
            ErrorCode.AFI_POWER_VIOLATION: "the design draws too much power: lower its clocks",
            ErrorCode.BUSY: "another load holds the slot: try again, or with a longer timeout",
        }
        hint = hints.get(code, "see the slot's metrics, or clear it and load again")  # type: ignore[call-overload]
        what = f"load of {afi} into" if afi else "clear of"
        return LoadError(
            f"{what} slot {self.number} failed: {text} (code {code}); {hint}",
            slot=self.number,
            afi=afi,
            status=info.status if info else None,
            qualifier=info.status_q if info else None,
            code=code,
            name=text,
        )

    def _late(self, afi: str, seconds: float, info: ImageInfo | None) -> LoadTimeoutError:
        what = f"load of {afi} into" if afi else "clear of"
        last = f"{info.status_name}, AFI {info.afi_id}, qualifier {info.status_q}" if info else "no answer"
        return LoadTimeoutError(
            f"{what} slot {self.number} did not end within {seconds:.1f} s; the slot says: {last}; "
            "try again with a longer timeout, or clear the slot",
            slot=self.number,
            afi=afi,
            status=info.status if info else None,
            qualifier=info.status_q if info else None,
            code=int(ErrorCode.AFI_LOAD_TIMEOUT),
            name="afi-load-timeout",
        )

    def _rescan(self, afi: str) -> None:
        code = self.library.call("rescan", self.number)
        self._end_generation()
        if code:
            raise self._load_error(code, afi, None)

    def _end_generation(self) -> None:
        """What was attached to the application function is attached to a design that is gone."""
        self.library.retire(self.number, int(Pf.APP))

    # -- LEDs and switches ----------------------------------------------------------------------------------------

    @property
    def leds(self) -> int:
        """The 16 virtual LEDs, one bit each. Source: fpga_mgmt_get_vLED_status."""
        return self._sixteen("leds")

    @property
    def dip(self) -> int:
        """The 16 virtual DIP switches, one bit each; may be set. Source: fpga_mgmt_get_vDIP_status, _set_vDIP."""
        return self._sixteen("dip")

    @dip.setter
    def dip(self, value: int) -> None:
        self._require_open()
        if not 0 <= value < 1 << 16:
            raise FieldValueError(f"slot {self.number}: {value!r} does not fit 16 switches; nothing was written")
        self._check(self.library.call("set_dip", self.number, value), "setting the DIP switches")

    def _sixteen(self, what: str) -> int:
        self._require_open()
        out = self.library.new("uint16_t *")
        self._check(self.library.call(what, self.number, out), f"reading the {what}")
        return int(out[0])

    # -- devices --------------------------------------------------------------------------------------------------

    def bar(self, pf: Pf | str, bar: int, *, burst: bool = False) -> Bar:
        """Attaches a BAR of function "app" or "mgmt", for raw offsets. `burst`: write-combining, app BAR 4 only."""
        number = int(Pf[pf.upper()] if isinstance(pf, str) else Pf(pf))
        if not isinstance(bar, int) or bar not in {0, 2, 4}:
            raise CardMissingError(f"{bar_name(number, bar)} does not exist: a function has BARs 0, 2 and 4")
        with making:  # what is attached beside a close is either refused or detached by it
            self._require_open()
            attached = Bar(self.library, self.number, number, bar, burst=burst)
            self._bars.add(attached)
        return attached

    def attach(self, driver: type[D], *, verify: bool = True) -> D:
        """A device of this driver class on what the slot holds.

        `verify` checks the AFI's PCI ids and the design's identity register, where the map has them, and raises
        IdentityError when they are another design's.
        """
        self._require_open()
        return driver._attach(self, verify=verify)

    @property
    def emulator(self) -> Emulator:
        """The emulated card's controls. LibraryError on a real card."""
        from hal.emulator.controls import Emulator  # noqa: PLC0415  (a real card never needs it)

        return Emulator(self)

    # -- how ------------------------------------------------------------------------------------------------------

    def _require_open(self) -> None:
        if not self._open:
            raise ClosedError(f"slot {self.number} was closed; open it again")

    def _describe_code(self, raw: Any, flags: Command) -> int:
        return self.library.call("describe", self.number, int(flags), raw)

    def _describe(self, flags: Command) -> Any:
        self._require_open()
        raw = self.library.new("struct fpga_mgmt_image_info *")
        self._check(self._describe_code(raw, flags), "describe")
        return raw

    def _check(self, code: int, action: str) -> None:
        if code:
            raise self._management_error(code, action)

    def _management_error(self, code: int, action: str) -> Exception:
        if code < 0 or code == ErrorCode.PCI_DEVICE_MISSING:
            return _binding.exception_of(code, f"{action} of slot {self.number}")
        text = self.library.error_text(code)
        hint = ""
        if code == ErrorCode.UNRESPONSIVE:  # what the SDK says when it may not open the card's mailbox, too
            hint = "; this user may lack permission, or the card hangs: hal doctor tells which"
        return ManagementError(
            f"{action} of slot {self.number} failed: {text} (code {code}){hint}",
            slot=self.number,
            code=code,
            name=text,
        )
