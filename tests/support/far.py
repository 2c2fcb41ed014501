"""Slots of "another host": an agent in a thread of this process, whose card can be looked at, or one behind a program
that stands in for ssh.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
import textwrap
import threading
from pathlib import Path

from hal._binding.far.remote import AgentPipe
from hal.agent.serving import answer_all
from hal.remote.connection import RemoteCard
from hal.slots.opening import open_slot
from hal.slots.slot import Slot
from tests.support.processes import LIMIT

HEAD = 16  # bytes of a message's head: its size, number, kind, code
# Takes what ssh is given, and lets a shell of "the other host" run it, as sshd does: words joined by blanks.
STAND_IN = """
#!/bin/sh
{before}
while [ "$1" != "--" ]; do shift; done
shift
echo "$@" >> {log}
shift
command="$*"
export HAL_FAR=1
exec sh -c "exec $command"
"""


class Thread:
    """What stands for the process that carries the bytes, where both ends are in this one."""

    def __init__(self, serve, *arguments):
        self._thread = threading.Thread(target=serve, args=arguments, daemon=True)
        self._thread.start()

    def last_words(self):
        return ""

    def end(self):
        self._thread.join(LIMIT)


def card_to(serve, timeout=20.0):
    """A card whose other side is a function of a socket, run in a thread."""
    near, far = socket.socketpair()
    return RemoteCard(near.detach(), "ssh://thread/0", 0, timeout, Thread(serve, far))


def answer(far):
    with far:
        answer_all(AgentPipe(far.fileno(), far.fileno()))


@contextlib.contextmanager
def far_slot(timeout=20.0):
    """Slot 0 of this process's emulated card, by way of messages."""
    card = card_to(answer, timeout)
    try:
        card.open("emulator", exclusive=False, interprocess=False, timeout=timeout)
        slot = Slot(0, card, card, timeout=timeout)
    except BaseException:
        card.close()
        raise
    with slot:
        yield slot


def stand_in(folder, before=":"):
    """The environment of programs whose ssh runs the command here; `before`: lines of its shell first."""
    folder = Path(folder)
    program, log = folder / "ssh", folder / "ssh.log"
    text = STAND_IN.format(before=textwrap.dedent(before), log=log).lstrip()
    program.write_text(text)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    agent = Path(sys.executable).with_name("hal")
    return {"HAL_SSH": str(program), "HAL_AGENT": str(agent), "HAL_CARD_TIME_SCALE": "0.01", "SSH_LOG": str(log)}


def use_stand_in(monkeypatch, folder, before=":"):
    """The same for this process."""
    environment = stand_in(folder, before)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HAL_EMULATOR", os.environ.get("HAL_EMULATOR", ""))
    return Path(environment["SSH_LOG"])


def frames(connection):
    """Requests as they come over a socket, until it ends: whole messages."""
    data = b""
    while True:
        while len(data) < HEAD or len(data) < HEAD + int.from_bytes(data[:4], "little"):
            try:
                part = connection.recv(1 << 20)
            except OSError:
                return
            if not part:
                return
            data += part
        size = HEAD + int.from_bytes(data[:4], "little")
        yield data[:size]
        data = data[size:]


def answer_changed(change):
    """An agent whose answers come as `change(request, answer)` makes them; None: it ends there."""

    def serve(connection):
        with connection, open_slot(0, "emulator") as slot:
            pipe = AgentPipe(-1, -1)
            pipe.take(slot.library, 0)
            for request in frames(connection):
                reply = change(request, pipe.answer(request))
                if reply is None:
                    return
                with contextlib.suppress(OSError):
                    connection.sendall(reply)

    return serve


@contextlib.contextmanager
def slot_behind(serve, timeout=20.0):
    """Slot 0 behind a function of a socket that answers messages, but no texts."""
    card = card_to(serve, timeout)
    with contextlib.closing(card), Slot(0, card, timeout=timeout) as slot:
        yield slot
