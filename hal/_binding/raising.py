"""Return codes become exceptions here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NoReturn

from hal._binding.extension import ffi, lib
from hal.codes import INTERFACES, describe_code
from hal.errors import (
    AccessError,
    AddressError,
    BatchError,
    BusTimeoutError,
    CardMissingError,
    CardPermissionError,
    ClosedError,
    FieldValueError,
    ForkedError,
    FunctionMissingError,
    HalError,
    HandleError,
    IdentityError,
    LockedError,
    ModelError,
    NotOnCardError,
    ReplayError,
    SlotError,
    SlotTimeoutError,
    StaleHandleError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_LIBRARY_ERRORS = -10000
_ERRNO_ACCESS = (-1, -13)
ERRNO_ABSENT = (-2, -6, -19)
_CARD_ABSENT = 20
NOT_ON_CARD: Final = -95  # EOPNOTSUPP: what only an F2 card's shell does
_ERRNO_SILENT = -5  # EIO: what the library for PCI functions says where all ones is no value
_ERRNO_STALE = -116  # ESTALE: what the emulated card says when somebody has loaded the slot
MODEL_FAILED: Final[int] = lib.HAL_E_MODEL
INTERRUPTED: Final[int] = lib.HAL_E_INTERRUPTED
REASONS: Final[dict[int, tuple[type[HalError], str]]] = {
    lib.HAL_E_CLOSED: (ClosedError, "was closed; open the device or attach the BAR again"),
    lib.HAL_E_STALE: (
        StaleHandleError,
        "went stale: the slot was loaded, cleared or rescanned since it was attached; open the device again",
    ),
    lib.HAL_E_FORKED: (ForkedError, "was attached by the parent process; open the device in this process"),
    lib.HAL_E_HANDLE: (HandleError, "is not an attached handle; use the number that attach returned"),
    lib.HAL_E_RANGE: (AddressError, "lies past the end of the BAR"),
    lib.HAL_E_ALIGN: (AddressError, "is not a multiple of the access width"),
    lib.HAL_E_VALUE: (FieldValueError, "does not fit; nothing was written"),
    lib.HAL_E_MISSING: (FunctionMissingError, "needs a function that the loaded library lacks; update the SDK"),
    lib.HAL_E_ARGUMENT: (AddressError, "has an argument out of range"),
    lib.HAL_E_COLLECTING: (
        BatchError,
        "is in a batch, which only collects writes: read it with batch.read(...), whose value is there after the block",
    ),
    lib.HAL_E_ENDED: (BatchError, "belongs to a batch that has ended; use the device, or start another batch"),
    lib.HAL_E_BUSY: (HalError, "is not possible now: another recording runs in this process; end it first"),
    lib.HAL_E_LOCK: (
        SlotError,
        "was not made: the slot's lock file was removed, and can't be made anew; open it again",
    ),
    lib.HAL_E_DEADLOCK: (
        HalError,
        "was given up: who holds a lock may wait for it, as models of two slots and handlers of signals can",
    ),
    lib.HAL_E_WAITED: (
        ModelError,
        "was given up: another thread is in the card's model for too long; no handler may wait for other threads",
    ),
    lib.HAL_E_INTERPRETER: (
        ModelError,
        "needs the card's model, which belongs to another interpreter of this process; use the slot there",
    ),
    lib.HAL_E_EMPTY: (IdentityError, "found all ones, and the slot holds no AFI: load one, and open the device again"),
    lib.HAL_E_LOCKED: (LockedError, "found the lock closed, and what it locks was not written; open the lock first"),
    lib.HAL_E_UNKNOWN: (AccessError, "would have to invent bits that nobody knows; write the whole register"),
    lib.HAL_E_MANY: (HandleError, "found no free handle: too many BARs are attached; detach some, or close devices"),
}


def _no_replay() -> str:
    return "no recording is being replayed"


_replay_difference: Callable[[], str] = _no_replay
# What a model, or a signal's handler, has raised below an access of this thread (.error), for which it has a code.
pending = threading.local()


def explain_replay(difference: Callable[[], str]) -> None:
    """From now on this words what the recording has in place of an access that differs from it."""
    global _replay_difference  # noqa: PLW0603  (one replay at a time in a process)
    _replay_difference = difference


def _no_words(_code: int) -> str:
    return ""


_words_of: Callable[[int], str] = _no_words
_silent_offset: Callable[[], int] = int


def explain_functions(words: Callable[[int], str], silent_offset: Callable[[], int]) -> None:
    """From now on `words` says what this thread's last failure with a code was, "" where it had another one.

    `silent_offset`: of the access that nobody answered.
    """
    global _words_of, _silent_offset
    _words_of, _silent_offset = words, silent_offset


def _no_loss(what: str, path: str | None) -> HalError:
    return HalError(f"{what}: the connection is lost", code=lib.HAL_E_LOST, path=path)


_loss: Callable[[str, str | None], HalError] = _no_loss


def explain_losses(error: Callable[[str, str | None], HalError]) -> None:
    """From now on this makes the error of an access that met a lost connection to another host."""
    global _loss  # noqa: PLW0603  (one way of connecting in a process)
    _loss = error


def _no_reason() -> str:
    return ""


_reason_of_model: Callable[[], str] = _no_reason


def explain_served(reason: Callable[[], str]) -> None:
    """From now on this says why this thread's last access failed in the model that another process runs."""
    global _reason_of_model  # noqa: PLW0603  (one emulated card in a process)
    _reason_of_model = reason


def _nothing() -> None:
    pass


_when_stale: Callable[[], None] = _nothing


def tell_of_staleness(forget: Callable[[], None]) -> None:
    """From now on this is called when an access has found that what it was of is gone."""
    global _when_stale  # noqa: PLW0603  (one process, whose devices share what it knows)
    _when_stale = forget


def pending_error() -> BaseException | None:
    """Takes what `pending` has."""
    error: BaseException | None = getattr(pending, "error", None)
    pending.error = None
    return error


def passed(code: int) -> int:
    """The code of a call. What interrupted it or ended its model is raised as itself: KeyboardInterrupt, SystemExit."""
    if code == INTERRUPTED:
        raise pending_error() or KeyboardInterrupt
    if code == MODEL_FAILED and not isinstance(getattr(pending, "error", None), (Exception, type(None))):
        raise pending_error() or KeyboardInterrupt
    return code


def _function_error(code: int, what: str, path: str | None, words: str) -> HalError | None:
    """The exception for what the library for PCI functions says of a function that went away, or does not answer."""
    if code == _ERRNO_SILENT and words:
        return BusTimeoutError(f"{what}: {words}", interface="PCI", address=_silent_offset(), path=path)
    if code == _ERRNO_STALE:
        reason = f"went stale: {words}; open the device again" if words else REASONS[lib.HAL_E_STALE][1]
        return StaleHandleError(f"{what} {reason}", code=code, name="StaleHandleError", path=path)
    return None


def _own_error(code: int, what: str, path: str | None) -> HalError | None:
    """The exception for a code that is not the library's, nor an errno's."""
    known = {lib.HAL_E_DEAD: _bus_timeout, lib.HAL_E_SILENT: _silence, lib.HAL_E_LOST: _loss}
    if code in known:
        return known[code](what, path)
    if code == lib.HAL_E_REPLAY:
        return ReplayError(f"{what} is not what was recorded: {_replay_difference()}", code=code, path=path)
    if code in REASONS:
        kind, reason = REASONS[code]
        return kind(f"{what} {reason}", code=code, name=kind.__name__, path=path)
    if code == lib.HAL_SERVED_FAILED and (reason := _reason_of_model()):
        return ModelError(f"{what} failed in the card's model: {reason}", code=code, name="ModelError", path=path)
    if code == MODEL_FAILED and (cause := pending_error()) is not None:
        failed = ModelError(f"{what} failed in the card's model", code=code, path=path)
        failed.__cause__ = cause
        return failed
    return None


def exception_of(code: int, what: str, path: str | None = None) -> HalError:
    """The exception for a code of an access; `what` says which access, e.g. "read of blinker.ctrl (app BAR 0, 0x0)".

    What is no `Exception` is raised here, as itself; see `passed`.
    """
    passed(code)
    if code <= _LIBRARY_ERRORS:
        code = _LIBRARY_ERRORS - code
    words = _words_of(code)
    own = _own_error(code, what, path) or _function_error(code, what, path, words)
    if own is not None:
        if isinstance(own, StaleHandleError):
            _when_stale()
        return own
    name = describe_code(code)
    kind: type[HalError]
    if code in _ERRNO_ACCESS:
        reason = words or f"permission denied ({name}); run as root, or give this user the BARs with a udev rule"
        kind = CardPermissionError
    elif code in ERRNO_ABSENT or code == _CARD_ABSENT:
        reason = words or f"no such card or BAR ({name}, code {code}); check the slot's number"
        kind = CardMissingError
    elif code == NOT_ON_CARD:
        reason = words or f"not on this card ({name})"
        kind = NotOnCardError
    else:
        return HalError(f"{what} failed: {words or f'{name} (code {code})'}", code=code, name=name, path=path)
    return kind(f"{what}: {reason}", code=code, name=name, path=path)


def _silence(what: str, path: str | None) -> SlotTimeoutError:
    """All ones, and the slot does not say what they are."""
    found = ffi.new("hal_timeout *")
    lib.hal_last_timeout(found)
    error = SlotTimeoutError(
        f"{what} found all ones, and slot {found.slot} gave no answer in time that would tell a value from a dead bus; "
        "its mailbox may be dead: see hal doctor",
        slot=found.slot,
        code=lib.HAL_E_SILENT,
        name="timeout",
    )
    error.path = path
    return error


def _bus_timeout(what: str, path: str | None) -> BusTimeoutError:
    """All ones that nobody answered, as this thread's last access found them."""
    found = ffi.new("hal_timeout *")
    lib.hal_last_timeout(found)
    return bus_timeout(what, path, found.slot, INTERFACES[found.interface], found.address, found.count)


def bus_timeout(what: str, path: str | None, slot: int, interface: str, address: int, count: int) -> BusTimeoutError:
    """The error for all ones; `what` says where they were seen, and may be empty."""
    seen = f"{what} found all ones, and nobody answered: " if what else ""
    return BusTimeoutError(
        f"{seen}slot {slot}: the {interface} interface timed out {count} times, last at {address:#x}; "
        "all ones is no register's value then. Check that the AFI answers there, and load it again",
        interface=interface,
        address=address,
        path=path,
    )


def raise_code(code: int, what: str, path: str | None = None) -> NoReturn:
    """Raises the exception of a code that is not 0."""
    raise exception_of(code, what, path)
