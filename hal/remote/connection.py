"""Starts `hal agent` on another host with the user's ssh, and agrees with it on versions and a slot."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from hal._binding.far.remote import RemoteLibrary
from hal._version import __version__
from hal.errors import ConnectionLostError, HalError, LibraryError, SlotError, SlotTimeoutError, error_named
from hal.strict_json import parse_json

if TYPE_CHECKING:
    from hal.remote.address import Address

__all__ = ["GREETING", "PROTOCOL", "RemoteCard", "connect"]

PROTOCOL = 1
GREETING = b"\nhal-agent %d\n" % PROTOCOL  # a login's own lines may come before it
_NOISE_MAX = 65536  # bytes of such lines
_WORDS_KEPT = 2048  # bytes of what ssh and the agent said last
# Ctrl-C ends what the program waits for, and not the connection. The command comes as arguments, not as shell's text.
_WITHOUT_INTERRUPTS = "trap '' INT; exec \"$@\""
_END_SECONDS = 5.0  # for ssh to end by itself


class Way:
    """The process that carries the bytes: ssh, and what it says on its standard error."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self._said: deque[int] = deque(maxlen=_WORDS_KEPT)
        near, far = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603  (the user's own ssh)
                ["/bin/sh", "-c", _WITHOUT_INTERRUPTS, "hal-ssh", *command],
                stdin=far.fileno(),
                stdout=far.fileno(),
                stderr=subprocess.PIPE,
                bufsize=0,
            )
        except OSError as error:
            near.close()
            raise LibraryError(f"{command[0]} can't be run: {error.strerror}; install ssh, or set HAL_SSH") from error
        finally:
            far.close()
        self.socket = near
        self._listener = threading.Thread(target=self._listen, daemon=True, name="hal-ssh-words")
        self._listener.start()

    def _listen(self) -> None:
        """As it comes: who is not listened to stops."""
        stream = self._process.stderr
        assert stream is not None
        with contextlib.suppress(OSError, ValueError), stream:
            while said := stream.read(4096):
                self._said.extend(said)

    def last_words(self) -> str:
        """What was said last, in one line."""
        self._listener.join(0.2)  # of a process that has just ended
        text = bytes(self._said).decode(errors="replace")
        return "; ".join(line.strip() for line in text.splitlines() if line.strip())

    def end(self, seconds: float = _END_SECONDS) -> None:
        """Once its pipe is closed it ends by itself, or else after so long."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_SECONDS)

    def exit_code(self) -> int | None:
        """None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)
        return self._process.returncode


def ssh_command(address: Address) -> list[str]:
    """The program and its arguments. What it gives the other side's shell is the agent's name, quoted."""
    program = shlex.split(os.environ.get("HAL_SSH", "")) or ["ssh"]
    options = ["-T", "-oClearAllForwardings=yes"]
    if address.port:
        options += ["-p", str(address.port)]
    if address.user:
        options += ["-l", address.user]
    agent = os.environ.get("HAL_AGENT", "") or "hal"
    return [*program, *options, "--", address.host, f"{shlex.quote(agent)} agent"]


class RemoteCard(RemoteLibrary):
    """The card of another host, and the ssh that reaches it."""

    emulated = False

    @property
    def far(self) -> RemoteCard:
        """Itself."""
        return self

    def open(self, library: str | None, *, exclusive: bool, interprocess: bool, timeout: float) -> None:
        """Has the agent open the slot. Both sides have to be of one version."""
        wanted = {"slot": self.slot, "library": library, "exclusive": exclusive, "interprocess": interprocess}
        facts = self.request("open", protocol=PROTOCOL, version=__version__, timeout=timeout, **wanted)
        version = facts.get("version") if isinstance(facts, dict) else None
        if version != __version__:
            raise LibraryError(f"{self.url} has fpga-hal {version}, and this is {__version__}: install one on both")
        self.emulated = facts.get("emulated") is True

    def request(self, ask: str, **given: Any) -> Any:
        """What the agent's program answers; its error is raised here."""
        answer = _parsed(self.ask(json.dumps({"ask": ask, **given}).encode()), self.url)
        if "error" not in answer:
            return answer.get("answer")
        error = answer["error"] if isinstance(answer["error"], dict) else {}
        text, kind, name = (str(error.get(key, "")) for key in ("text", "kind", "name"))
        raise error_named(kind, f"{self.url}: {text}", name=name, slot=self.slot)

    def another(self, design: dict[str, Any]) -> str:
        """What the slot holds instead of a driver's design, in words; "" when it is that, or nothing is known."""
        if not self.emulated:
            return ""
        text = design.pop("text")
        found = self.request("another", design=design)
        if found is None:  # it needs to look at the whole
            found = self.request("another", design={**design, "text": text()})
        return str(found)

    def provide(self, design: dict[str, Any]) -> None:
        """Loads the design into the emulated slot, where it is cleared."""
        self.request("provide", design={**design, "text": design["text"]()})

    def lock(self, kind: str) -> RemoteLock:
        """One of the slot's locks, which the agent holds for this process."""
        return RemoteLock(self, kind)

    def close(self) -> None:
        """Ends the connection; the agent gives the slot and its locks back."""
        self.release()


class RemoteLock:
    """A lock that the agent holds for this process."""

    def __init__(self, card: RemoteCard, kind: str) -> None:
        self._card, self._kind = card, kind
        card.request("lock", kind=kind)

    def release(self) -> None:
        """Gives it back, where the connection has not done that."""
        with contextlib.suppress(HalError):
            self._card.request("unlock", kind=self._kind)


def connect(
    address: Address, library: str | None, *, exclusive: bool, interprocess: bool, timeout: float
) -> RemoteCard:
    """A connection to a slot of another host, whose agent has opened it. `library`: as the agent finds it there."""
    way = Way(ssh_command(address))
    try:
        _await_greeting(way, address, timeout)
        card = RemoteCard(way.socket.detach(), address.url, address.slot, timeout, way)
    except BaseException:
        way.socket.close()
        way.end(0.1)
        raise
    try:
        card.open(library, exclusive=exclusive, interprocess=interprocess, timeout=timeout)
    except BaseException:
        card.close()
        raise
    return card


def _await_greeting(way: Way, address: Address, timeout: float) -> None:
    end, seen = time.monotonic() + timeout, b""
    while GREETING not in seen:
        left = end - time.monotonic()
        if left <= 0:
            raise SlotTimeoutError(
                f"{address.url}: the agent did not begin within {timeout:g} s; try the same by hand, "
                f"{shlex.join(way.command)}, or with a longer timeout",
                slot=address.slot,
            )
        way.socket.settimeout(min(left, 0.25))  # a signal's handler is to run
        with contextlib.suppress(TimeoutError):
            try:
                part = way.socket.recv(4096)
            except ConnectionError:
                part = b""
            if not part or len(seen) > _NOISE_MAX:
                raise _no_agent(way, address, ended=not part)
            seen += part
    if not seen.endswith(GREETING):
        raise _no_agent(way, address, ended=False)
    way.socket.settimeout(None)


def _no_agent(way: Way, address: Address, *, ended: bool) -> HalError:
    code, words = way.exit_code() if ended else None, way.last_words()
    why = f"it ended with {code}" if code is not None else "it ended" if ended else "what it printed is no greeting"
    hints = {
        127: "the shell there does not find hal: install fpga-hal there for all, or set HAL_AGENT to its path",
        255: "ssh could not connect",
    }
    hint = hints.get(code or 0, "an agent of another version can't be talked to: install the same fpga-hal on both")
    if shutil.which(way.command[0]) is None:
        hint = f"there is no program {way.command[0]} on this machine: install ssh, or set HAL_SSH"
    said = f". It said: {words}" if words else ""
    return SlotError(f"{address.url}: no agent: {why}; {hint}. By hand: {shlex.join(way.command)}{said}")


def _parsed(text: bytes, url: str) -> dict[str, Any]:
    try:
        found = parse_json(text.decode())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConnectionLostError(f"{url}: the agent's answer is none", state="unknown")
    return found
