"""`hal fleet serve` as a process of its own, and somebody who looks at it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

from hal.page.fleet.cluster_link import ClusterLink
from tests.support.live_page import Asker
from tests.support.processes import LIMIT, Child


class WatchedPage:
    """`process`: the server's; `asker`: who has its cookie."""

    def __init__(self, process, address):
        found = re.search(r":(\d+)/\?token=(.+)$", address)
        self.process, self.asker = process, Asker(int(found[1]), found[2])

    def in_cluster(self):
        """Its process that has joined the cluster."""
        [child] = [pid for pid in processes_of(b"hal.page.fleet.cluster_process") if parent_of(pid) != os.getpid()]
        return child

    @contextmanager
    def looking(self, *registers):
        """Somebody who looks at these registers of all cards."""
        with self.asker.events() as stream:
            found = Looking(stream)
            looks = [{"map": 0, "registers": [*registers]}]
            assert self.asker.post("/look", viewer=stream.hello["viewer"], looks=looks).status == 200
            yield found


class Looking:
    """`rows` by id, `values` by id and column, `trouble`: as they were told last."""

    def __init__(self, stream):
        self._stream = stream
        self.rows = {row["id"]: row for row in stream.hello["cards"]}
        self.values, self.trouble = {}, stream.hello["trouble"]

    def until(self, holds):
        """Reads what is told until that holds; what it returned."""
        while not (found := holds(self)):
            message = self._stream.any()
            if message["kind"] == "cards":
                self.rows.update((row["id"], row) for row in message["cards"])
                for number in message["gone"]:
                    self.rows.pop(number, None)
            elif message["kind"] == "values":
                self.values.update(((row, column), bits) for row, column, bits in message["values"])
            elif message["kind"] == "state":
                self.trouble = message["trouble"]
        return found

    def states(self, node=None):
        """How many cards are in each state."""
        found = {}
        for row in self.rows.values():
            if node is None or row["node"] == node:
                found[row["state"]] = found.get(row["state"], 0) + 1
        return found


@contextmanager
def watched_page(map_file, *options):
    """Served until the block ends, by Ctrl-C."""
    command = (sys.executable, "-m", "hal", "fleet", "serve", map_file, "--json", "--port", "0", *options)
    with Child(*command) as process:
        line = process.line()
        assert line, process.rest()
        page = WatchedPage(process, json.loads(line)["address"])
        joined = page.in_cluster()
        yield page
        process.send_signal(signal.SIGINT)
        assert process.rest() == ("", "")
        assert process.wait(LIMIT) == 0
        assert not Path(f"/proc/{joined}").exists()


def told_of(rows, card):
    """Path and what this card has, of rows of differences between two."""
    for path, usual, others, _ in rows:
        yield path, dict(others).get(card, usual)


@contextmanager
def asked_cluster(joining):
    """A page's process in the cluster, which nobody has look at anything; asks hosts, and waits for the answer."""
    link, loop = ClusterLink(joining), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    loop.call_soon_threadsafe(link.start, lambda _message: None)
    try:
        yield lambda *asked: asyncio.run_coroutine_threadsafe(link.ask(*asked), loop).result(LIMIT)
    finally:
        link.end()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT)
        loop.close()


def processes_of(name):
    """Those in this network namespace that have this in their command."""
    here = Path("/proc/self/ns/net").readlink()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if name in file.read_bytes() and (file.parent / "ns/net").readlink() == here:
                yield int(file.parent.name)


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def host_watchers():
    """Processes on hosts that are of pages."""
    return {*processes_of(b"ray::HostWatcher")}
