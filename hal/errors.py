"""Every error that hal raises. All are `HalError`; those that mean what a built-in error means are that one too."""

from __future__ import annotations

from typing import Any

from hal.printable import printable

__all__ = [
    "AccessError",
    "AddressError",
    "BatchError",
    "BusTimeoutError",
    "CardMissingError",
    "CardPermissionError",
    "ClockError",
    "ClockGeneratorMissingError",
    "ClosedError",
    "ConnectionLostError",
    "DmaError",
    "DmaTimeoutError",
    "FieldNameError",
    "FieldTypeError",
    "FieldValueError",
    "ForkedError",
    "FunctionMissingError",
    "HalError",
    "HandleError",
    "IdentityError",
    "InterruptError",
    "InterruptTimeoutError",
    "LibraryError",
    "LoadError",
    "LoadTimeoutError",
    "LockedError",
    "ManagementError",
    "MapError",
    "ModelError",
    "NotOnCardError",
    "RecordError",
    "RemoteLatencyWarning",
    "ReplayError",
    "SdeError",
    "SlotError",
    "SlotTimeoutError",
    "SnapshotError",
    "StaleHandleError",
    "WaitFailedError",
    "WaitTimeoutError",
]


class HalError(RuntimeError):
    """Base of all errors of this package. Its text can be printed, whatever a file is named or a card says.

    `code`: the number that the C side gave (negative errno, positive FPGA_ERR, or one of the binding's own), None where
    there was none. `name`: its name, "" where there is none. `path`: the register's path, None outside of registers.
    """

    def __init__(self, message: str, *, code: int | None = None, name: str = "", path: str | None = None) -> None:
        super().__init__(printable(message))  # it may name files, and what a card said
        self.code = code
        self.name = name
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled as it is, whatever its constructor takes: with its arguments and all of its attributes."""
        return _restored, (type(self), self.args, {**self.__dict__, "name": self.name})


def error_named(kind: str, message: str, **attributes: Any) -> HalError:
    """An error by the name of its class, as another process told it; a `HalError` where there is none of that name."""
    found = globals().get(kind)
    known = found if isinstance(found, type) and issubclass(found, HalError) else HalError
    return _restored(known, (printable(message),), {"code": None, "path": None, "name": "", **attributes})


def _restored(kind: type[HalError], args: tuple[Any, ...], attributes: dict[str, Any]) -> HalError:
    built_in: Any = kind  # the one that makes the object
    while built_in.__module__ != "builtins":
        built_in = built_in.__base__
    error: HalError = built_in.__new__(kind)
    error.args = args
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


class LibraryError(HalError):
    """The SDK's library, or the emulated card's, can't be used: not found, incomplete, or of another machine."""


class FunctionMissingError(LibraryError):
    """The loaded library has no such function; the others work."""


class CardMissingError(HalError):
    """No card in that slot, or the slot's number is out of range."""


class NotOnCardError(HalError):
    """The card has no such thing: LEDs, AFIs, clocks and counters are those of an F2 card's shell."""


class CardPermissionError(HalError, PermissionError):
    """The card is there, but this user may not open its BARs."""


class SlotError(HalError):
    """The slot is closed, or in use by another process."""


class HandleError(HalError, ValueError):
    """Not a handle of an attached BAR."""


class ClosedError(HandleError):
    """The device, slot or BAR was closed before this access."""


class StaleHandleError(HandleError):
    """The slot was loaded, cleared or rescanned after the BAR was attached, so its mapping is gone."""


class ForkedError(HandleError):
    """The BAR was attached by the parent process; a child has to attach its own."""


class ConnectionLostError(HalError, ConnectionError):
    """The connection to another host's slot is lost. `state` says what is known of the request that met it.

    "not sent": nothing of it was made. "unknown": it was sent, and was made in whole, in part or not at all.
    """

    def __init__(self, message: str, *, state: str, path: str | None = None) -> None:
        super().__init__(message, path=path)
        self.state = state


class RemoteLatencyWarning(UserWarning):
    """Single accesses of another host's slot have taken long: each is a message, and so is a whole batch."""


class AddressError(HalError, ValueError):
    """The offset is misaligned, or past the end of the BAR or memory."""


class AccessError(HalError, AttributeError):  # type: ignore[misc]  # one name for both
    """The register or field can't be accessed this way: read-only, write-only, or a neighbour would be hurt."""


class CacheError(HalError):
    """Registers can't be cached, because others would change them unseen; or a cache can't do what it is asked for."""


class LockedError(AccessError):
    """The register's lock is closed: hardware would ignore the write, and nothing was written."""


class FieldNameError(HalError, AttributeError):  # type: ignore[misc]
    """No such field, register, block or memory here."""


class FieldValueError(HalError, ValueError):
    """The value doesn't fit; nothing was written."""


class FieldTypeError(HalError, TypeError):
    """The value is of a type that the field doesn't take; nothing was written."""


class WaitTimeoutError(HalError, TimeoutError):
    """The awaited value did not come in time. `last`: the register's last value."""

    def __init__(self, message: str, *, last: int, path: str | None = None) -> None:
        super().__init__(message, path=path)
        self.last = last


class WaitFailedError(HalError):
    """What a wait was told to fail by has come. `last`: the register's last value."""

    def __init__(self, message: str, *, last: int, path: str | None = None) -> None:
        super().__init__(message, path=path)
        self.last = last


class InterruptError(HalError):
    """There is no such interrupt line, or nothing tells of it, or what did tell has ended."""


class InterruptTimeoutError(InterruptError, TimeoutError):
    """No interrupt came in time."""


class BusTimeoutError(HalError, TimeoutError):
    """The card's logic did not answer: reads end as all ones, and the slot's metrics name the interface.

    `interface`: "OCL", "SDA", "PCIS", "virtual JTAG", or "PCI" of other cards than F2. `address`: of the last access
    that timed out, bytes in the BAR.
    """

    def __init__(self, message: str, *, interface: str, address: int, path: str | None = None) -> None:
        super().__init__(message, path=path)
        self.interface = interface
        self.address = address


class ManagementError(HalError):
    """A management call (describe, load, clear, LEDs, DIP) failed. `slot`: which."""

    def __init__(self, message: str, *, slot: int, code: int | None = None, name: str = "") -> None:
        super().__init__(message, code=code, name=name)
        self.slot = slot


class SlotTimeoutError(ManagementError, TimeoutError):
    """The slot did not answer a management call in time. The call goes on alone, until the library ends it."""


class LoadError(ManagementError):
    """The AFI was not loaded. `afi`: its id. `status` and `qualifier`: what the slot said last."""

    def __init__(
        self,
        message: str,
        *,
        slot: int,
        afi: str,
        status: int | None = None,
        qualifier: int | None = None,
        code: int | None = None,
        name: str = "",
    ) -> None:
        super().__init__(message, slot=slot, code=code, name=name)
        self.afi = afi
        self.status = status
        self.qualifier = qualifier


class LoadTimeoutError(LoadError, TimeoutError):
    """The load or clear did not end within the time given."""


class ClockError(ManagementError):
    """The clock generator refused a setting, or did not do what was asked."""


class ClockGeneratorMissingError(ClockError):
    """The loaded AFI holds no clock generator."""


class DmaError(HalError):
    """A transfer failed, or memory for one can't be had. `done`: bytes that were moved before.

    `address`: where it failed, None where that is not known; of the card, or of the host as the card sees it.
    """

    def __init__(
        self, message: str, *, code: int | None = None, name: str = "", address: int | None = None, done: int = 0
    ) -> None:
        super().__init__(message, code=code, name=name)
        self.address = address
        self.done = done


class DmaTimeoutError(DmaError, TimeoutError):
    """A transfer did not end in time, or there was no room for it."""


class SdeError(DmaError):
    """The streaming engine reports an error. `direction`: "h2c" or "c2h". `errors`: the fields of its registers."""

    def __init__(self, message: str, *, direction: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.direction = direction
        self.errors = errors


class IdentityError(HalError):
    """The slot holds another design than the driver's."""


class ModelError(HalError):
    """A model of the emulated card raised an error; it is the cause of this one."""


class BatchError(HalError):
    """Not possible in a batch: a read whose value is needed at once, or anything after the batch has ended."""


class RecordError(HalError):
    """A recording can't be made, or its file is none."""


class ReplayError(HalError):
    """The program's access is not the one that was recorded, or accesses are missing at the end."""


class SnapshotError(HalError, ValueError):
    """The snapshot is of another driver, or its text is none."""


class MapError(HalError):
    """A register map is wrong. `problems`: each with file, line, column, path, message and hint."""

    def __init__(self, message: str, problems: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems
