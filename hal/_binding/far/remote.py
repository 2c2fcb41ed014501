"""A library whose card is another host's, and the agent that answers there: messages over a connection, in C."""

from __future__ import annotations

import sys
import warnings
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hal._binding.extension import address_of, ffi, lib
from hal._binding.raising import explain_losses, raise_code
from hal._binding.sdk.library import ConnectionFacts, Library
from hal._binding.sdk.pace import RealTime
from hal.errors import ClosedError, ConnectionLostError, HalError, RemoteLatencyWarning

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AgentPipe", "RemoteLibrary", "tell"]

_TEXT_MAX: int = lib.HAL_MESSAGE_MAX
_PATIENCE_MS_MAX = (1 << 32) - 1
_NANOSECONDS = 1e9
_LOST = {
    lib.HAL_LOST_CLOSED: "was closed by this process",
    lib.HAL_LOST_ENDED: "was lost: it has ended",
    lib.HAL_LOST_SILENT: "was lost: there was no word from it in time",
    lib.HAL_LOST_MALFORMED: "was ended: what came from there was no answer",
}


class Way(Protocol):
    """What carries the bytes."""

    def last_words(self) -> str:
        """What it said last, in one line."""

    def end(self) -> None:
        """Its pipe is closed."""


class _RemoteTime(RealTime):
    """A wait is asked for again and again over there: not as often as here, where nothing travels."""

    slice = 0.5


class RemoteLibrary(Library):
    """The card of another host: one connection, which ends with `release`, or with this object."""

    pace = _RemoteTime()
    _is_quick = True  # signals and the time limit end each of its calls
    _open: dict[int, weakref.ref[RemoteLibrary]] = {}  # by the connection's number  # noqa: RUF012

    def __init__(self, socket: int, url: str, slot: int, timeout: float, way: Way) -> None:
        """Takes the socket. `timeout`: seconds without a word after which it is lost."""
        holder, serial = ffi.new("hal_library **"), ffi.new("uint64_t *")
        patience = min(_PATIENCE_MS_MAX, max(1, int(timeout * 1000)))
        code = lib.hal_remote_open(socket, slot, patience, holder, serial)
        if code == lib.HAL_E_MANY:
            raise HalError(
                f"{url}: {lib.HAL_CONNECTIONS_MAX} connections to other hosts are open already; close one, or use a "
                "fleet, which runs functions beside many cards"
            )
        if code:
            raise_code(code, f"connection to {url}")
        self.native = holder[0]
        # What is known of a slot's registers goes by the path: a connection knows nothing of an earlier one's.
        self.path, self.url, self.slot = f"{url}#{int(serial[0])}", url, slot
        self._way = way
        self._serial = int(serial[0])
        # Called now and then, in a transfer of more than a second, with the bytes that are over and all of them.
        self.progress: Callable[[int, int], None] = _no_progress
        self._open[self._serial] = weakref.ref(self)
        self.release = weakref.finalize(self, _close, self.native, self._serial, way)

    def __repr__(self) -> str:
        return f"<card of {self.url}>"

    def start(self) -> None:
        """ClosedError where the connection is no more this object's; nothing else."""
        if lib.hal_remote_facts(self.native, self._serial, ffi.new("hal_connection_facts *")):
            raise ClosedError(f"the connection to {self.url} was closed, or is another process's; open the slot again")

    def ask(self, text: bytes) -> bytes:
        """What the agent answers to a text."""
        if len(text) > _TEXT_MAX:
            raise HalError(f"{self.url}: {len(text)} bytes are too many for one message; the limit is {_TEXT_MAX}")
        answer, used = bytearray(_TEXT_MAX), ffi.new("size_t *")
        code = lib.hal_remote_ask(self.native, self._serial, text, len(text), ffi.from_buffer(answer), _TEXT_MAX, used)
        if code:
            raise_code(code, f"question to {self.url}")
        return bytes(answer[: used[0]])

    @property
    def facts(self) -> ConnectionFacts:
        """What went over the connection."""
        raw = ffi.new("hal_connection_facts *")
        gone = lib.hal_remote_facts(self.native, self._serial, raw)
        seconds = raw.single_ns / _NANOSECONDS
        sizes = raw.messages, raw.bytes_sent, raw.bytes_received
        return ConnectionFacts(*sizes, raw.singles, seconds, bool(gone or raw.reason))

    @classmethod
    def of(cls, serial: int) -> RemoteLibrary | None:
        """That of a connection, while it is there."""
        found = cls._open.get(serial)
        return found() if found is not None else None


def _no_progress(_done: int, _total: int) -> None:
    """Where nobody looks."""


def _close(native: Any, serial: int, way: Way) -> None:
    lib.hal_remote_close(native, serial)
    RemoteLibrary._open.pop(serial, None)
    way.end()


def _explain(what: str, path: str | None) -> HalError:
    """The error of this thread's last access that met a lost connection."""
    loss = ffi.new("hal_loss *")
    lib.hal_last_loss(loss)
    library = RemoteLibrary.of(loss.serial)
    where = library.url if library is not None else "another host"
    words = library._way.last_words() if library is not None else ""
    known = (
        "the request was sent, and whether it was made, in whole or in part, is unknown"
        if loss.sent
        else "the request was not sent, and nothing of it was made"
    )
    return ConnectionLostError(
        f"{what}: the connection to {where} {_LOST.get(loss.reason, 'is not there')}; {known}. Open the slot again, "
        f"and look at what it holds{f'. It said: {words}' if words else ''}",
        state="unknown" if loss.sent else "not sent",
        path=path,
    )


explain_losses(_explain)


def tell(address: int, done: int, total: int) -> None:
    """What C says of a connection: how far a long transfer is, or with no `total` that single accesses take long."""
    library = next((item for item in map(RemoteLibrary.of, list(RemoteLibrary._open)) if _is_at(item, address)), None)
    if library is not None and total:
        library.progress(done, total)
    elif library is not None:
        _warn(library)


def _warn(library: RemoteLibrary) -> None:
    """Of the program's own line, in this thread."""
    facts, folder, level = library.facts, str(Path(__file__).parents[2]), 1
    while (frame := _frame(level)) is not None and frame.f_code.co_filename.startswith(folder):
        level += 1
    each = facts.single_seconds / max(1, facts.single_accesses)
    warnings.warn(
        f"{facts.single_accesses} single accesses over {library.url} have taken {facts.single_seconds:.1f} s, "
        f"{each * 1e3:.3g} ms each: a batch, a snapshot, or a slice of a memory is one message",
        RemoteLatencyWarning,
        stacklevel=level + 1,
    )


def _is_at(library: RemoteLibrary | None, address: int) -> bool:
    return library is not None and address_of(library.native) == address


def _frame(level: int) -> Any:
    try:
        return sys._getframe(level + 1)
    except ValueError:
        return None


class AgentPipe:
    """Answers what comes in, until it ends. Texts are handed to the program."""

    def __init__(self, source: int, target: int) -> None:
        holder = ffi.new("hal_agent **")
        code = lib.hal_agent_new(source, target, holder)
        if code:
            raise_code(code, "agent")
        self._native = ffi.gc(holder[0], lib.hal_agent_free)
        self._text = bytearray(_TEXT_MAX)

    def take(self, library: Library, slot: int) -> None:
        """From now on it answers for this slot."""
        code = lib.hal_agent_take(self._native, library.native, slot)
        if code:
            raise_code(code, "agent")

    def next_text(self) -> bytes | None:
        """Answers requests until a text comes; None when the other side has ended, or sends what is none."""
        used = ffi.new("size_t *")
        code = lib.hal_agent_serve(self._native, ffi.from_buffer(self._text), _TEXT_MAX, used)
        if code == lib.HAL_E_CLOSED:
            return None
        if code:
            raise_code(code, "agent")
        return bytes(self._text[: used[0]])

    def reply(self, text: bytes) -> None:
        """The answer to the text that came last."""
        lib.hal_agent_reply(self._native, text, len(text))

    def tell_working(self) -> bool:
        """Whether a request is under way; of a long one the other side is told."""
        return bool(lib.hal_agent_working(self._native))

    def answer(self, message: bytes) -> bytes | None:
        """The answer to one message; None where it is none that is answered here."""
        room = _TEXT_MAX + int(lib.HAL_MESSAGE_HEAD)
        out, used = bytearray(room), ffi.new("size_t *")
        code = lib.hal_agent_answer(self._native, message, len(message), ffi.from_buffer(out), room, used)
        return None if code else bytes(out[: used[0]])
