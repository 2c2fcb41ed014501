"""A page's process in the cluster, and what it asks on hosts: what its start takes counts as nothing else. Without Ray."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from hal.fleet.losses import FleetTimeoutError
from hal.page.fleet import cluster_link
from hal.page.fleet.cluster_link import _Process
from hal.page.fleet.cluster_process import _Follower
from hal.page.fleet.messages import Joining

PROCESS = f"""#!{sys.executable}
import os, sys, time
from hal.page.fleet.messages import Joined, Started, read_message, send_message
told = os.fdopen(os.dup(1), "wb")
assert read_message(sys.stdin.buffer).address == "here"
time.sleep(2)
send_message(told, Started())
send_message(told, Joined())
sys.stdin.buffer.read()
"""


def test_a_process_joins_from_when_it_has_started(tmp_path, monkeypatch):
    program = tmp_path / "slow"
    program.write_text(PROCESS)
    program.chmod(0o755)
    monkeypatch.setattr(cluster_link, "sys", SimpleNamespace(executable=str(program)))
    process = _Process(Joining("here", None, None, (), 1.0), patience=1.5)
    process.end()
    with pytest.raises(EOFError):
        process.read()


class Actor:
    """Answers each question so many seconds later, None: never."""

    def __init__(self, *delays):
        self._delays = [*delays]

    def __getattr__(self, name):
        def remote(*_given):
            answer, delay = Future(), self._delays.pop(0)
            if delay is not None:
                threading.Timer(delay, answer.set_result, [name]).start()
            return SimpleNamespace(future=lambda: answer)

        return SimpleNamespace(remote=remote)


def test_the_first_answer_of_a_host_may_take_as_long_as_a_start():
    async def main():
        fleet = SimpleNamespace(beside=lambda *_given: Actor(0.5, None))
        follower = _Follower(fleet, "node", ())
        assert await follower.ask("run", seconds=0.05) == "run"
        with pytest.raises(FleetTimeoutError, match=r"no answer within 0\.05 s"):
            await follower.ask("registers", seconds=0.05)

    asyncio.run(main())
