"""The process of a fleet's page that has joined the cluster.

It is another one than the server, because Ray ends a program whose cluster is gone: the server is there to say so, and
to start another. It ends with the pipe from the server.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from hal.errors import HalError
from hal.fleet.engine import ray
from hal.fleet.fleet import connect
from hal.fleet.losses import Failure, FleetError, FleetTimeoutError, failure_of
from hal.page.fleet.host_watcher import HostWatcher
from hal.page.fleet.messages import (
    Answer,
    Ask,
    Hosts,
    Joined,
    Joining,
    Looked,
    Started,
    Watch,
    read_message,
    send_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hal.fleet.drivers import ShippedDriver
    from hal.fleet.fleet import Fleet
    from hal.page.fleet.host_watcher import CardLook

__all__ = ["main"]

_HOSTS_SECONDS = 1.0  # between two looks at which hosts there are
_LOOK_SECONDS = 5.0  # that a host has to answer in; the first time it has to start a process, too
_START_SECONDS = 60.0
_HUNG_SECONDS = 30.0  # until a process that does not answer is replaced
_IDLE_PARTS = 6  # how often it is looked in that time whether a process is idle
_LEAVE_SECONDS = 5.0


class _Follower:
    """One host: the process there, and what it is asked."""

    def __init__(self, fleet: Fleet, node: str, drivers: tuple[ShippedDriver, ...]) -> None:
        self._fleet, self._node, self._drivers = fleet, node, drivers
        self._actor: Any = None
        self._answered = False
        self._waiting = 0  # questions for whose answers somebody waits
        self._used = 0.0  # when it answered last, or nobody waited any more
        self._starting = asyncio.Lock()
        self._stir = asyncio.Event()
        self.following: asyncio.Task[None] | None = None

    def soon(self) -> None:
        """It looks again at once."""
        self._stir.set()

    async def follow(self, watch: Callable[[], Watch | None], tell: Callable[[Any], None]) -> None:
        """Has the host look again and again, and tells what it says, for as long as somebody watches."""
        while (wanted := watch()) is not None:
            self._stir.clear()
            try:
                with self._in_use():
                    found = await self._look(wanted, tell)
                tell(Looked(self._node, wanted.turn, found))
            except HalError as error:
                tell(Looked(self._node, wanted.turn, None, str(error)))
            except Exception as error:  # noqa: BLE001  (of Ray, about this host)
                tell(Looked(self._node, wanted.turn, None, f"{type(error).__name__}: {_told(error)}"))
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stir.wait(), wanted.interval)

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """However long the start of its process and the answer take."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            self._used = time.monotonic()

    async def _look(self, wanted: Watch, tell: Callable[[Any], None]) -> list[CardLook]:
        asked = await self._asked("look", wanted.turn, wanted.columns)
        limit = _LOOK_SECONDS if self._answered else _START_SECONDS
        if not (await asyncio.wait({asked}, timeout=limit))[0]:
            late = f"no answer within {limit:g} s"
            tell(Looked(self._node, wanted.turn, None, late))
            if not (await asyncio.wait({asked}, timeout=_HUNG_SECONDS))[0]:
                self.leave()
                raise FleetTimeoutError(f"{late}; its process there was ended")
        found: list[CardLook] = await self._answer(asked)
        return found

    async def ask(self, method: str, *given: Any, seconds: float) -> Any:
        """What the process there answers. FleetError where it is gone, or says why it can't.

        It may take so many seconds, and the first time as many as the process's start takes.
        """
        with self._in_use():
            asked = await self._asked(method, *given)
            limit = seconds if self._answered else seconds + _START_SECONDS
            if not (await asyncio.wait({asked}, timeout=limit))[0]:
                raise FleetTimeoutError(f"no answer within {limit:g} s")
            return await self._answer(asked)

    async def _asked(self, method: str, *given: Any) -> asyncio.Future[Any]:
        async with self._starting:
            if self._actor is None:
                self._answered = False
                watcher = (self._node, HostWatcher, self._node, self._drivers)
                self._actor = await asyncio.to_thread(self._fleet.beside, *watcher)
        asked: asyncio.Future[Any] = asyncio.wrap_future(getattr(self._actor, method).remote(*given).future())
        asked.add_done_callback(self._ended)
        return asked

    def _ended(self, asked: asyncio.Future[Any]) -> None:
        """A question has an answer, for which perhaps nobody waits any more."""
        self._used = time.monotonic()
        if not asked.cancelled():
            asked.exception()

    async def _answer(self, asked: asyncio.Future[Any]) -> Any:
        try:
            answer = await asked
        except ray().exceptions.RayError as error:
            self.leave()
            raise FleetError(f"the page's process on this host has ended: {_told(error)}") from None
        self._answered = True
        if isinstance(answer, Failure):
            raise answer.cause() or FleetError(f"{answer.kind}: {answer.text}")
        return answer

    def leave_unused(self, seconds: float) -> None:
        """Ends the process there, where it was not asked for so long."""
        if not self._waiting and self._used < time.monotonic() - seconds:
            self.leave()

    def leave(self) -> None:
        """Ends the process there."""
        actor, self._actor = self._actor, None
        if actor is not None:
            with suppress(Exception):  # whatever is left of it ends with this process
                ray().kill(actor, no_restart=True)


class _Member:
    """What the server asks of the cluster."""

    def __init__(self, fleet: Fleet, joining: Joining, tell: Callable[[Any], None]) -> None:
        self._fleet, self._drivers, self._idle, self._tell = fleet, joining.drivers, joining.idle, tell
        self._followers: dict[str, _Follower] = {}
        self._watch: Watch | None = None
        self._stir = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, message: Any) -> None:
        """From the server."""
        if isinstance(message, Ask):
            self._start(self._answer(message))
            return
        self._watch = message
        self._stir.set()
        for follower in self._followers.values():
            follower.soon()

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run(self) -> None:
        """Follows the hosts of the cluster while somebody watches the table."""
        while True:
            if self._watch is None:
                await self._rest()
                continue
            hosts = await asyncio.to_thread(self._fleet.hosts)
            self._tell(Hosts(hosts))
            there = [host.node for host in hosts if host.alive and host.slots]
            for node in self._followers.keys() - there:
                self._drop(node)
            for node in there:
                self._follow(self._follower(node))
            await asyncio.sleep(_HOSTS_SECONDS)

    async def _rest(self) -> None:
        """Until somebody watches. Pages of single cards go on; nothing is left on hosts that they do not ask."""
        while self._watch is None:
            self._stir.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stir.wait(), self._idle / _IDLE_PARTS)
            for follower in self._followers.values():
                follower.leave_unused(self._idle)

    def _follower(self, node: str) -> _Follower:
        if node not in self._followers:
            self._followers[node] = _Follower(self._fleet, node, self._drivers)
        return self._followers[node]

    def _follow(self, follower: _Follower) -> None:
        if follower.following is None or follower.following.done():
            follower.following = self._start(follower.follow(lambda: self._watch, self._tell))

    def _drop(self, node: str) -> None:
        follower = self._followers.pop(node)
        if follower.following is not None:
            follower.following.cancel()

    async def _answer(self, ask: Ask) -> None:
        try:
            value = await self._follower(ask.node).ask(ask.method, *ask.given, seconds=ask.seconds)
            self._tell(Answer(ask.number, value))
        except Exception as error:  # noqa: BLE001  (it travels)
            self._tell(Answer(ask.number, failure=failure_of(error)))


async def _serve(member: _Member, frames: IO[bytes]) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        try:
            while True:
                loop.call_soon_threadsafe(member.take, read_message(frames))
        except (EOFError, OSError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    running, ending = asyncio.ensure_future(member.run()), asyncio.ensure_future(ended.wait())
    await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()  # nothing but an error ends it
    running.cancel()


def main() -> None:
    """Joins as the first message says, and serves until the pipe ends."""
    frames, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Ray prints is no message
    try:
        joining = read_message(frames)
    except EOFError:
        return
    try:
        ray()
        send_message(told, Started())
        fleet = connect(joining.address, emulated=joining.emulated, library=joining.library)
    except HalError as problem:
        send_message(told, Joined(str(problem)))
        return
    send_message(told, Joined())
    try:
        asyncio.run(_serve(_Member(fleet, joining, lambda message: send_message(told, message)), frames))
    except Exception:  # noqa: BLE001  (the server is told by the end of the pipe)
        traceback.print_exc()
    finally:
        threading.Timer(_LEAVE_SECONDS, os._exit, [1]).start()  # whatever holds Ray's end
        fleet.close()
        os._exit(0)


def _told(error: BaseException) -> str:
    """In one line: what Ray says, or what failed there."""
    text = str(error).strip()
    is_inside = isinstance(error, ray().exceptions.RayTaskError) or "creation task" in text
    line = text.rpartition("\n")[2] if is_inside else text.partition("\n")[0]
    return line.strip()[:300] or type(error).__name__


if __name__ == "__main__":
    main()
