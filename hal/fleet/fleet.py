"""The fleet: hosts that offer their slots, and acquiring cards of them."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import FieldValueError
from hal.fleet.cards import Cards
from hal.fleet.drivers import ship
from hal.fleet.engine import RESOURCE, pack, ray, start
from hal.fleet.holder import Holder, Order
from hal.fleet.hosts import (
    CardState,
    HostSetup,
    look_at_slots,
    quarantine_slot,
    release_slot,
    slots_of_this_host,
    user_name,
)
from hal.fleet.losses import FleetError, FleetTimeoutError
from hal.fleet.seats import Seat, require_all
from hal.slots.progress import count_for
from hal.uncopyable import Closing

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.devices.device import Device

__all__ = ["Fleet", "connect"]

_LOOK_SECONDS = 60.0
_EMULATED_SLOTS = 4


def connect(address: str | None = None, *, emulated: int | None = None, library: str | None = None) -> Fleet:
    """The fleet of a Ray cluster: "auto" for the one that this machine is in, "HOST:6379" or "ray://HOST:10001".

    Without an address it is this machine's own cards, in a cluster of this program that ends with it; Ray listens on
    the machine's address then, too. `library`: how hosts reach their cards, as in `hal.open_slot`; None as each host's
    environment says. `emulated`: each host makes an emulated card of so many slots for the fleet; without an address,
    and without a card on the PCI bus, 4 of them. FleetError where Ray is missing, or no cluster answers.
    """
    if emulated is not None and not 1 <= emulated <= 8:  # noqa: PLR2004  (a card's slots)
        raise FieldValueError(f"a host emulates 1 to 8 slots, not {emulated!r}")
    setup = HostSetup(library, emulated or 0)
    slots = emulated or 0
    if address is None and not slots:
        slots = slots_of_this_host(library)
        if not slots:
            setup, slots = HostSetup(None, _EMULATED_SLOTS), _EMULATED_SLOTS
    return Fleet(setup, owned=start(address, slots))


class Host(NamedTuple):
    """A host of the cluster, dead ones too. `node`: Ray's name for it; `address`: of the network; `slots`: offered."""

    name: str
    node: str
    address: str
    slots: int
    alive: bool


class Fleet(Closing):
    """Hosts and their slots. A context manager: leaving it leaves the cluster, and ends one that was made for it."""

    def __init__(self, setup: HostSetup, *, owned: bool) -> None:
        self._setup, self._owned = setup, owned
        self._given: list[Cards] = []

    def __repr__(self) -> str:
        hosts = [node for node in self._nodes() if node["Resources"].get(RESOURCE)]
        return f"<fleet of {len(hosts)} hosts, {int(self._offered())} slots>"

    def close(self) -> None:
        """Gives back all cards that were acquired through this object, and leaves the cluster. Again does nothing."""
        for cards in self._given:
            cards.close()
        self._given.clear()
        if self._owned and ray().is_initialized():
            ray().shutdown()
        self._owned = False

    def _nodes(self) -> list[dict[str, Any]]:
        return [node for node in ray().nodes() if node["Alive"]]

    def _offered(self) -> float:
        return float(sum(node["Resources"].get(RESOURCE, 0) for node in self._nodes()))

    # -- what there is --------------------------------------------------------------------------------------------

    def hosts(self) -> list[Host]:
        """Every host that this cluster has or had, as Ray knows them; a dead one offers nothing."""
        return [
            Host(
                node["NodeManagerHostname"],
                node["NodeID"],
                node["NodeManagerAddress"],
                int(node["Resources"].get(RESOURCE, 0)),
                node["Alive"],
            )
            for node in ray().nodes()
        ]

    def beside(self, node: str, kind: type[Any], *given: Any) -> Any:
        """A process of hal's own on a host: Ray's actor of a class of hal's.

        It gets how the host reaches its cards, and what is given.
        """
        here = ray().util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        actor = ray().remote(num_cpus=0, max_restarts=0, max_task_retries=0)(kind)
        return actor.options(scheduling_strategy=here).remote(self._setup, *given)

    def cards(self) -> list[CardState]:
        """Every slot of every host that offers some: free, taken (by which process), quarantined (why), or failed."""
        hosts = [node for node in self._nodes() if node["Resources"].get(RESOURCE)]
        asked = {self._on(node["NodeID"], look_at_slots, node["NodeID"]): node for node in hosts}
        ready, late = ray().wait([*asked], num_returns=len(asked), timeout=_LOOK_SECONDS) if asked else ([], [])
        found: list[CardState] = []
        for reference in ready:
            try:
                found += ray().get(reference)
            except ray().exceptions.RayError as error:  # noqa: PERF203  (one host's)
                found.append(_unseen(asked[reference], str(error).strip().rpartition("\n")[2]))
        found += [_unseen(asked[reference], f"no answer in {_LOOK_SECONDS:g} s") for reference in late]
        return sorted(found, key=lambda card: (card.host, card.node, card.slot))

    def _on(self, node: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Has a host run a function of `hal.fleet.hosts`; what Ray will answer."""
        here = ray().util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        task = ray().remote(num_cpus=0)(function).options(scheduling_strategy=here, max_retries=0)
        return task.remote(self._setup, *arguments)

    def release(self, host: str, slot: int) -> bool:
        """Ends the quarantine of a slot; whether there was one. FleetError where no host has that name."""
        return any(ray().get([self._on(node, release_slot, node, slot) for node in self._nodes_with(host, slot)]))

    def quarantine(self, host: str, slot: int, why: str) -> None:
        """From now on no fleet takes the slot, until `release`; whoever has it keeps it. FleetError as of `release`."""
        nodes = self._nodes_with(host, slot)
        ray().get([self._on(node, quarantine_slot, node, slot, why) for node in nodes])

    def _nodes_with(self, host: str, slot: int) -> set[str]:
        nodes = {card.node for card in self.cards() if host in {card.host, card.node} and card.slot == slot}
        if not nodes:
            raise FleetError(f"no host {host!r} with a slot {slot}: hal fleet status shows them")
        return nodes

    # -- what one gets --------------------------------------------------------------------------------------------

    def acquire(
        self,
        driver: type[Device],
        n: int = 1,
        *,
        afi: str | None = None,
        per_host: int | None = None,
        timeout: float = 120.0,
        setup: Callable[[Any], object] | None = None,
        reload_dead: bool = False,
    ) -> Cards:
        """N cards for a driver: each a slot that nobody else has, loaded, verified, and set up, all at the same time.

        `afi`: what is loaded, None for the driver's own. `per_host`: so many of each host, which is then another one
        for each group; None spreads them over what is there. `timeout`: seconds, for all of it. `setup(device)` runs
        on each card, now and each time that a lost one comes back. `reload_dead`: a card whose bus died is loaded once
        more before it is quarantined. All or nothing: FleetTimeoutError and FleetError say what stood in the way.
        """
        for name, value in {"n": n, "per_host": per_host}.items():
            if value is not None and (not isinstance(value, int) or value < 1):
                raise FieldValueError(f"{name} is a number of cards, 1 or more, not {value!r}")
        if not timeout > 0:
            raise FieldValueError(f"timeout is seconds, not {timeout!r}")
        offered = int(self._offered())
        if offered < n:
            raise FleetError(f"{n} cards were asked for, and the fleet's hosts have {offered} slots")
        order = Order(ship(driver), afi, None if setup is None else pack(setup), reload_dead, timeout, _who())
        groups = _groups(n, per_host, timeout)
        seats = [Seat(index, lambda index: self._holder(order, groups, per_host, index), timeout) for index in range(n)]
        cards = Cards(seats, groups)
        try:
            with count_for("cards", n) as progress:
                require_all(seats, timeout, progress)
        except BaseException:
            cards.close()
            raise
        self._given.append(cards)
        return cards

    def _holder(self, order: Order, groups: Any, per_host: int | None, index: int) -> Any:
        strategies = ray().util.scheduling_strategies
        where = "SPREAD"
        if groups is not None:
            assert per_host is not None
            where = strategies.PlacementGroupSchedulingStrategy(groups, placement_group_bundle_index=index // per_host)
        actor = ray().remote(num_cpus=0, resources={RESOURCE: 1}, max_restarts=0, max_task_retries=0)(Holder)
        return actor.options(scheduling_strategy=where).remote(self._setup, order)


def _groups(n: int, per_host: int | None, timeout: float) -> Any:
    """Room for `per_host` cards on each of as many hosts as that takes; None where it does not matter."""
    if per_host is None:
        return None
    sizes = [min(per_host, n - first) for first in range(0, n, per_host)]
    hosts = sum(node["Resources"].get(RESOURCE, 0) >= max(sizes) for node in ray().nodes() if node["Alive"])
    if hosts < len(sizes):
        raise FleetError(f"{n} cards, {per_host} of each host, take {len(sizes)} hosts; {hosts} have so many slots")
    groups = ray().util.placement_group([{RESOURCE: size} for size in sizes], strategy="STRICT_SPREAD")
    if not groups.wait(timeout):
        ray().util.remove_placement_group(groups)
        raise FleetTimeoutError(f"{len(sizes)} hosts with {per_host} free slots each were not there in {timeout:g} s")
    return groups


def _who() -> str:
    """This program, for those who see its cards taken."""
    program = Path(sys.argv[0])
    named = program.parent.name if program.name == "__main__.py" else program.name
    if named in {"", "-c"}:  # of an interpreter
        named = "python"
    return f"{user_name(os.geteuid())}@{socket.gethostname()}: {named}, process {os.getpid()}"


def _unseen(node: dict[str, Any], why: str) -> CardState:
    return CardState(node["NodeManagerHostname"], node["NodeID"], -1, "failed", why=why)
