"""A fleet for pages that no cluster is behind: hosts and cards are what a test says."""

from __future__ import annotations

import asyncio
import inspect
import threading
from contextlib import contextmanager

from hal.fleet.fleet import Host
from hal.fleet.hosts import CardState
from hal.fleet.losses import Failure, FleetError
from hal.page.fleet.fleet_page import FleetPage
from hal.page.fleet.host_watcher import CardLook
from hal.page.fleet.live_fleet import FLEET_ASSETS
from hal.page.fleet.messages import Hosts, Looked
from hal.page.page_files import page_files
from hal.page.sessions import Sessions
from tests.support.live_page import served_by_a_thread
from tests.support.processes import LIMIT
from tests.support.until import until


class MadeFleet:
    """What a page knows as its cluster. `watched`: what it was told to look at, last; `watches`: how often.

    `watchers`: by node a HostWatcher of this process, which answers what is asked of the host.
    """

    def __init__(self, watchers=None):
        self.watchers, self.watched, self.watches = watchers or {}, None, 0
        self._tell = self._loop = None

    def start(self, tell):
        self._loop, self._tell = asyncio.get_running_loop(), tell

    def watch(self, wanted):
        self.watched, self.watches = wanted, self.watches + 1

    async def ask(self, node, method, *given):
        if node not in self.watchers:
            raise FleetError(f"{node} does not answer")
        answer = getattr(self.watchers[node], method)(*given)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, Failure):
            raise answer.cause()
        return answer

    def say(self, message):
        """Has the page hear something; done when it has."""
        heard = threading.Event()

        def hear():
            self._tell(message)
            heard.set()

        self._loop.call_soon_threadsafe(hear)
        assert heard.wait(LIMIT)

    # -- what it says ---------------------------------------------------------------------------------------------

    def hosts(self, *names, dead=(), slots=8):
        """The cluster has these hosts; a node's name is its host's."""
        here = [Host(name, name, "10.0.0.1", slots, True) for name in names]
        self.say(Hosts(here + [Host(name, name, "10.0.0.1", 0, False) for name in dead]))

    def cards(self, node, *looks, problem=""):
        """What a host's slots are, as `look` makes them."""
        turn = self.watched.turn if self.watched else 0
        self.say(Looked(node, turn, list(looks) or None, problem))

    def look(self, node):
        """What the host's own watcher sees now."""
        found = self.watchers[node].look(self.watched.turn, self.watched.columns)
        assert isinstance(found, list), found
        self.cards(node, *found)


def card(node, slot, state="free", *values, fits=True, **more):
    """A look at a slot that holds map 0, whose chosen registers have these values."""
    known = {"host": node, "afi": "agfi-0123456789abcdef0" if fits else "none"} | more
    misfit = known.pop("misfit", "")
    held = ((0, tuple(values)),) if fits and state in ("free", "taken") else ()
    return CardLook(CardState(known.pop("host"), node, slot, state, **known), held, misfit)


@contextmanager
def served_fleet(*drivers, documents=(), watchers=None, interval=0.05, **options):
    """The page of a made fleet, served by a thread."""
    fleet = MadeFleet(watchers)
    given = {"sessions": Sessions(), "interval": interval} | options
    page = FleetPage(fleet, drivers, documents, page_files(FLEET_ASSETS), **given)
    with served_by_a_thread(page, given["sessions"], fleet=fleet) as served:
        until(lambda: fleet._loop is not None)
        yield served
