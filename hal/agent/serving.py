"""The agent that `hal.open_slot("ssh://host/0")` starts over ssh: it opens one slot here, and answers for it.

It reads its standard input and writes to its standard output, opens no port, and ends with its input.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import threading
import time
from typing import TYPE_CHECKING, Any

from hal._binding.far.remote import AgentPipe
from hal._version import __version__
from hal.codes import Status
from hal.emulator.agreement import given_facts, why_another
from hal.errors import HalError, LibraryError
from hal.remote.connection import GREETING, PROTOCOL
from hal.slots.locking import take_cache
from hal.slots.opening import open_slot
from hal.strict_json import parse_json

if TYPE_CHECKING:
    from hal.slots.slot import Slot

__all__ = ["answer_all", "serve"]

_GRACE_SECONDS = 2.0  # for a request that is under way when the connection ends
_TEXT_MAX = 1 << 16  # characters of an error


def serve() -> None:
    """Answers until the input ends. Whatever else prints here goes to standard error."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    pipe = AgentPipe(source, target)
    threading.Thread(target=_watch, args=(pipe, source), daemon=True, name="hal-agent-watch").start()
    with contextlib.suppress(BrokenPipeError):
        os.write(target, GREETING)
        answer_all(pipe)


def answer_all(pipe: AgentPipe) -> None:
    """Answers what comes over a pipe until it ends; what was opened for it is closed then."""
    with contextlib.ExitStack() as held:
        agent = _Agent(pipe, held)
        while (text := pipe.next_text()) is not None:
            pipe.reply(json.dumps(agent.answer(text)).encode())


def _watch(pipe: AgentPipe, source: int) -> None:
    """Says every second of a long request that it goes on; and once nobody is left to hear, ends it, and the locks."""
    hung_up = select.poll()
    hung_up.register(source, select.POLLRDHUP)
    while not hung_up.poll(1000):
        pipe.tell_working()
    end = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < end:
        time.sleep(0.05)
    os._exit(1)


class _Agent:
    def __init__(self, pipe: AgentPipe, held: contextlib.ExitStack) -> None:
        self._pipe, self._held = pipe, held
        self._slot: Slot | None = None
        self._locks: dict[str, Any] = {}

    def answer(self, text: bytes) -> dict[str, Any]:
        """The answer to a request, or what went wrong."""
        try:
            given = parse_json(text.decode())
            questions = {
                "open": self._open,
                "another": self._another,
                "provide": self._provide,
                "lock": self._lock,
                "unlock": self._unlock,
            }
            return {"answer": questions[given["ask"]](given)}
        except HalError as error:
            return {"error": {"kind": type(error).__name__, "text": str(error)[:_TEXT_MAX], "name": error.name}}
        except (TypeError, ValueError, KeyError, OSError) as error:
            return {"error": {"kind": "HalError", "text": f"{type(error).__name__}: {error}"[:_TEXT_MAX], "name": ""}}

    def _open(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["version"] != __version__ or given["protocol"] != PROTOCOL:
            raise LibraryError(
                f"this host has fpga-hal {__version__}, and the other side {given['version']}: install the same on both"
            )
        if self._slot is not None:
            raise HalError("the agent has a slot already")
        number, library = given["slot"], given["library"]
        if not isinstance(number, int):
            raise HalError("a slot of this host is a number")
        if library is not None and not isinstance(library, str):
            raise HalError("a library is named by text")
        options = {name: given[name] is True for name in ("exclusive", "interprocess")}
        slot = open_slot(number, library, timeout=given["timeout"], **options)
        self._held.enter_context(slot)
        if slot.library.pci is not None:
            raise LibraryError("slots that are PCI functions can't be used from another host: run the program there")
        if slot.library.card is not None and slot.describe().loaded:
            slot.bar("app", 0).detach()  # a model of the user's catalogue plays from here on
        self._pipe.take(slot.library, slot.number)
        self._slot = slot
        return {"version": __version__, "emulated": slot.library.card is not None}

    def _required(self) -> Slot:
        if self._slot is None:
            raise HalError("the agent has no slot yet")
        return self._slot

    def _another(self, given: dict[str, Any]) -> str | None:
        """None where the text of the design is needed, and did not come."""
        slot, card = self._required(), self._required().library.card
        loaded = card.loaded(slot.number) if card is not None else None
        if card is None or loaded is None:
            return ""
        try:
            return why_another(card, loaded, given_facts(given["design"]))
        except LookupError:
            return None

    def _provide(self, given: dict[str, Any]) -> None:
        slot, design = self._required(), given_facts(given["design"])
        card = slot.library.card
        if card is None or slot.status() != Status.CLEARED:
            return
        card.install(design.text())
        slot.load(design.afi)

    def _lock(self, given: dict[str, Any]) -> None:
        slot = self._required()
        if given["kind"] != "cache" or "cache" in self._locks:
            raise HalError("there is no such lock, or it is held already")
        lock = take_cache(slot.number, slot.library)
        if lock is not None:
            self._locks["cache"] = lock

    def _unlock(self, given: dict[str, Any]) -> None:
        lock = self._locks.pop(str(given["kind"]), None)
        if lock is not None:
            lock.release()
