"""Models that one process runs for all that use a shared card: requests of the others, and answers."""

from __future__ import annotations

import errno
from typing import Any, NamedTuple

from hal._binding.extension import ffi, lib
from hal.codes import describe_code
from hal.errors import HalError
from hal.printable import printable

__all__ = ["SERVED_FAILED", "Request", "Served"]

SERVED_FAILED: int = lib.HAL_SERVED_FAILED
_TEXT = 512


class Request(NamedTuple):
    """An event of another process's access, as `native` has it for the calls here."""

    event: int
    native: Any


class Served:
    """The card's calls for it. Codes become exceptions."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def serve(self, slot: int, milliseconds: int, *, memories: bool) -> int:
        """From now on accesses of other processes are requests to this thread; returns a descriptor to wait for them.

        HalError where another process serves the slot, or the card is private.
        """
        code: int = self._api.serve(slot, milliseconds, int(memories))
        if code == -errno.EBUSY:
            pid = self.server(slot)
            by = f"process {pid} runs it" if pid is not None else "another process runs it"
            raise HalError(f"slot {slot} has a model already: {by}; end that first", code=code, name="busy")
        if code == -errno.EOPNOTSUPP:
            raise HalError(
                "this card is private to its process, so no other one could use the model: make a shared card with "
                "hal emulator create, or give the model to set_model",
                code=code,
                name="private",
            )
        if code < 0:
            raise HalError(f"slot {slot}: no model can be run: {describe_code(code)}", code=code)
        return code

    def take(self, slot: int) -> Request | None:
        """The next request, without waiting."""
        request = ffi.new("hal_served_request *")
        return Request(request.event, request) if self._api.take(slot, request) == 1 else None

    def run(self, slot: int, request: Request) -> int:
        """Calls this process's hook for it; its code."""
        return int(self._api.run(slot, request.native))

    def answer(self, slot: int, request: Request, code: int, text: str) -> None:
        """Lets the access go on, or fail for the reason given."""
        self._api.answer(slot, request.native, code, text.encode(errors="replace")[: _TEXT - 1])

    def end(self, slot: int) -> None:
        """Accesses call the model no more."""
        self._api.end(slot)

    def server(self, slot: int) -> int | None:
        """The process that serves the slot."""
        pid = ffi.new("int *")
        return int(pid[0]) if self._api.server(slot, pid) == 1 else None

    def reason(self) -> str:
        """Why this thread's last access failed in another process's model, as it may be printed; once."""
        text = ffi.new("char[]", _TEXT)
        self._api.text(text, _TEXT)
        return printable(ffi.string(text).decode(errors="replace"))
