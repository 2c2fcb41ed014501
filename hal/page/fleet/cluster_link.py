"""The server's end of its process in the cluster: started, asked, and started again when it is gone."""

from __future__ import annotations

import asyncio
import pickle
import queue
import re
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hal.errors import HalError
from hal.fleet.losses import FleetError, FleetTimeoutError
from hal.page.fleet.messages import Answer, Ask, Hosts, Joining, Started, read_message, send_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.page.card.held_slot import HeldSlot
    from hal.page.fleet.messages import Watch

__all__ = ["AskedCluster", "ClusterLink", "FleetCard"]

T = TypeVar("T")

_IMPORT_SECONDS = 90.0  # until a process is there and begins to join
_START_SECONDS = 90.0  # for a cluster of this machine alone
_JOIN_SECONDS = 40.0  # for one that is there
_REJOIN_SECONDS = 25.0  # what Ray tries for longer is tried anew
_AGAIN_SECONDS = 2.0  # until a cluster that is gone is looked for again
_SILENT_SECONDS = 10.0  # until a process that does not say which hosts there are is ended
_END_SECONDS = 7.0
_WAITING_MAX = 64
_ASK_SECONDS = 30.0
_ERRORS_KEPT = 20  # lines
_END = object()  # of what is sent
_LOG_HEAD = re.compile(r"^\[[^\]]*\] (\w+\.\w+:\d+: )?")  # time and place of a line of Ray's log


class AskedCluster(Protocol):
    """Whoever knows the cluster."""

    def start(self, tell: Callable[[Any], None]) -> None:
        """From now on `tell` gets what it says, in the event loop: Hosts, Looked, a text where it is gone or back."""

    def watch(self, wanted: Watch | None) -> None:
        """What it looks at from now on; None: nothing."""

    async def ask(self, node: str, method: str, *given: Any) -> Any:
        """What a host's HostWatcher answers. HalError where it can't."""


class FleetCard:
    """A card of a host, with one map, for the page of its registers."""

    def __init__(self, cluster: AskedCluster, node: str, slot: int, number: int) -> None:
        self._cluster, self._node, self._place = cluster, node, (slot, number)

    async def run(self, job: Callable[[HeldSlot], T]) -> T:
        """What the job makes of the slot, beside the card."""
        answer = await self._cluster.ask(self._node, "run", *self._place, pickle.dumps(job))
        result: T = pickle.loads(answer)  # noqa: S301  (our own process on that host made it)
        return result


class _Process:
    """One process in the cluster, from its start to its end. `patience`: seconds that joining may take."""

    def __init__(self, joining: Joining, patience: float) -> None:
        command = [sys.executable, "-m", "hal.page.fleet.cluster_process"]
        pipe = subprocess.PIPE  # Ctrl-C is for the server, which ends this one
        self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)  # noqa: S603
        self._errors: deque[str] = deque(maxlen=_ERRORS_KEPT)
        self._outgoing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for work in (self._drain, self._send):
            threading.Thread(target=work, daemon=True).start()
        limit = self._killed_in(_IMPORT_SECONDS)
        try:
            self.send(joining)
            joined = self.read()
            if isinstance(joined, Started):
                limit.cancel()
                limit = self._killed_in(patience)
                joined = self.read()
        except EOFError:
            self.end()
            where = joining.address or "this machine"
            raise FleetError(f"the cluster at {where} was not joined: {self.last_words()}; see ray status") from None
        finally:
            limit.cancel()
        if joined.problem:
            self.end()
            raise FleetError(joined.problem)

    def _killed_in(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._child.kill)
        timer.start()
        return timer

    def read(self) -> Any:
        """The next message; EOFError at its end."""
        assert self._child.stdout is not None
        try:
            return read_message(self._child.stdout)
        except EOFError:
            self._child.stdout.close()
            raise

    def send(self, message: Any) -> None:
        """Whenever it takes it."""
        self._outgoing.put(message)

    def _send(self) -> None:
        assert self._child.stdin is not None
        with suppress(OSError):
            while (message := self._outgoing.get()) is not _END:
                send_message(self._child.stdin, message)
        with suppress(OSError):
            self._child.stdin.close()

    def _drain(self) -> None:
        assert self._child.stderr is not None
        with self._child.stderr as lines:
            for line in lines:
                self._errors.append(line.decode(errors="replace").strip())

    def last_words(self) -> str:
        """What it said before its end."""
        words = [_LOG_HEAD.sub("", line).rstrip(".") for line in self._errors if line]
        return words[-1][:300] if words else "its process ended"

    def kill(self) -> None:
        """Ends it at once."""
        self._child.kill()

    def end(self) -> None:
        """Ends it, and a cluster that it has made."""
        self._outgoing.put(_END)
        try:
            self._child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


class ClusterLink:
    """Joins when it is made: FleetError where that fails. Later it tries again and again.

    `tell` gets each Hosts and Looked, and a text when the cluster is gone ("why") and when it is back (""), between
    `start` and `end`, in the event loop.
    """

    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        patience = _START_SECONDS if joining.address is None else _JOIN_SECONDS
        self._process: _Process | None = _Process(joining, patience)
        self._wanted: Watch | None = None
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._tell: Callable[[Any], None] = lambda _message: None
        self._ended = False
        self._watchdog: asyncio.TimerHandle | None = None

    def start(self, tell: Callable[[Any], None]) -> None:
        """From now on what comes is told."""
        self._loop, self._tell = asyncio.get_running_loop(), tell
        threading.Thread(target=self._listen, name="hal-cluster", daemon=True).start()

    def end(self) -> None:
        """Leaves the cluster."""
        self._ended = True
        self._forget(FleetError("the page has ended"))
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def watch(self, wanted: Watch | None) -> None:
        """As AskedCluster has it."""
        self._wanted = wanted
        if self._process is not None:
            self._process.send(wanted)
        self._expect()

    async def ask(self, node: str, method: str, *given: Any) -> Any:
        """As AskedCluster has it."""
        if self._process is None:
            raise FleetError("the cluster is gone")
        if len(self._asked) >= _WAITING_MAX:
            raise FleetTimeoutError(f"{_WAITING_MAX} questions wait for answers already; try again when some came")
        self._number += 1
        number, future = self._number, asyncio.get_running_loop().create_future()
        self._asked[number] = future
        self._process.send(Ask(number, node, method, given, _ASK_SECONDS))
        try:
            return await future
        finally:
            self._asked.pop(number, None)

    # -- what comes -----------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """In a thread of its own, over all processes one after the other."""
        again = threading.Event()
        while not self._ended:
            process = self._process
            try:
                if process is None:
                    process = self._process = _Process(self._joining, _REJOIN_SECONDS)
                    self._call(self._back)
                while True:
                    self._call(self._take, process.read())
            except EOFError:
                problem = "the cluster is gone, or does not answer"
            except HalError as error:
                problem = f"the cluster is gone: {str(error).rstrip('.')}"
            except RuntimeError:  # the loop has ended
                return
            self._process = None
            if process is not None:
                process.end()
            with suppress(RuntimeError):
                self._call(self._gone, f"{problem}. It is looked for again and again.")
            again.wait(_AGAIN_SECONDS)

    def _call(self, function: Callable[..., None], *given: Any) -> None:
        self._loop.call_soon_threadsafe(function, *given)

    def _take(self, message: Any) -> None:
        if isinstance(message, Hosts):
            self._expect()
        if not isinstance(message, Answer):
            self._tell(message)
            return
        future = self._asked.pop(message.number, None)
        if future is None or future.done():
            return
        if message.failure is None:
            future.set_result(message.value)
        else:
            future.set_exception(message.failure.cause() or FleetError(message.failure.text))

    def _back(self) -> None:
        self._tell("")
        self.watch(self._wanted)

    def _gone(self, problem: str) -> None:
        self._forget(FleetError(problem))
        self._tell(problem)

    def _forget(self, error: FleetError) -> None:
        for future in self._asked.values():
            if not future.done():
                future.set_exception(error)
        self._asked.clear()

    def _expect(self) -> None:
        """While it watches, the process tells every second which hosts there are: as long as the cluster's head is."""
        if self._watchdog is not None:
            self._watchdog.cancel()
        is_there = self._process is not None  # not one that is only joining
        expects = is_there and self._wanted is not None
        self._watchdog = self._loop.call_later(_SILENT_SECONDS, self._bark) if expects else None

    def _bark(self) -> None:
        if self._process is not None:
            self._process.kill()  # which its reader takes for its end
