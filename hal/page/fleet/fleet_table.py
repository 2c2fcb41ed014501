"""What is known of a fleet's hosts and slots: a row for each slot, also of hosts that are lost."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hal.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hal.fleet.fleet import Host
    from hal.page.fleet.host_watcher import CardLook
    from hal.page.fleet.messages import Looked

__all__ = ["FleetTable", "Row"]

_HOSTS_MAX = 2000
_LOST_MAX = 200  # hosts that are remembered
_SLOTS_MAX = 8
_NAME_MAX, _TEXT_MAX = 255, 500
_ASKED, _ANSWERS, _SILENT, _LOST = "asked", "answers", "silent", "lost"


@dataclass(frozen=True)
class Row:
    """A slot. `state`: one of CardState's, or "lost": its host, or our process there, does not answer any more.

    `since`: when that began; `is_exact`: False where it was so when it was first seen. `maps`: whose design it holds;
    `misfit`: why none of them. `slot` is -1 of a host that has told of none.
    """

    id: int
    host: str
    node: str
    slot: int
    state: str
    afi: str = ""
    holder: int | None = None
    by: str = ""
    since: float = 0.0
    is_exact: bool = False
    why: str = ""
    maps: tuple[int, ...] = ()
    misfit: str = ""

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return dict(vars(self))


@dataclass
class _Known:
    """A host. `state`: asked (it has not answered yet), answers, silent, or lost."""

    host: Host
    state: str = _ASKED
    why: str = ""


class FleetTable:
    """Filled by what hosts say; `changes` are what viewers have to be told."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Known] = {}
        self._rows: dict[tuple[str, int], Row] = {}
        self._last: dict[tuple[str, int], Row] = {}  # also those that are not shown, after a rest
        self._places: dict[int, tuple[str, int]] = {}
        self._made = 0
        self._changed: dict[int, Row | None] = {}
        self._are_hosts_changed = False

    # -- what there is --------------------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        """Of each slot, by host and slot."""
        return sorted(self._rows.values(), key=lambda row: (row.host, row.node, row.slot))

    def row(self, number: int) -> Row | None:
        """The one of this id, as it was seen last."""
        return self._last.get(self._places.get(number, ("", 0)))

    def rows_of(self, node: str) -> dict[int, Row]:
        """Those of a host, by slot."""
        places = [(node, slot) for slot in range(_SLOTS_MAX)]
        return {place[1]: self._rows[place] for place in places if place in self._rows}

    def hosts(self) -> list[dict[str, Any]]:
        """As JSON has them, by name."""
        found = [
            {
                "name": _text(known.host.name, _NAME_MAX),
                "node": node,
                "address": _text(known.host.address, _NAME_MAX),
                "slots": known.host.slots,
                "state": known.state,
                "why": known.why,
            }
            for node, known in self._hosts.items()
        ]
        return sorted(found, key=lambda host: (host["name"], host["node"]))

    def changes(self) -> tuple[dict[int, Row | None], bool]:
        """Rows that are new or other than at the last call, None for those that are gone; and whether hosts are."""
        changed, self._changed = self._changed, {}
        are_hosts_changed, self._are_hosts_changed = self._are_hosts_changed, False
        return changed, are_hosts_changed

    # -- what is heard --------------------------------------------------------------------------------------------

    def know(self, hosts: Iterable[Host]) -> None:
        """The cluster has these hosts now. Those that it had, and that we have seen, are lost."""
        told = {host.node: host for host in hosts}
        for node, known in self._hosts.items():
            told_host = told.get(node)
            if told_host is not None and told_host.alive:
                if known.state == _LOST:
                    self._set(known, _ASKED, "")
            elif known.state != _LOST:
                self._set(known, _LOST, "the host is dead, or the network to it")
        for node, host in told.items():
            if host.alive and host.slots and node not in self._hosts and len(self._hosts) < _HOSTS_MAX:
                self._come(node, host)
        lost = [node for node, known in self._hosts.items() if known.state == _LOST]
        for node in lost[: max(0, len(lost) - _LOST_MAX)]:
            self._drop(node)

    def _come(self, node: str, host: Host) -> None:
        """One that comes back takes the place of what it was before."""
        before = (
            other
            for other, known in self._hosts.items()
            if known.state == _LOST and (known.host.name, known.host.address) == (host.name, host.address)
        )
        lost = next(before, None)
        if lost is not None:
            self._drop(lost)
        self._hosts[node] = _Known(host)
        self._are_hosts_changed = True

    def looked(self, looked: Looked) -> None:
        """What a host said of its slots, or why it said nothing."""
        known = self._hosts.get(looked.node)
        if known is None or known.state == _LOST:
            return  # what was on its way
        if looked.cards is None:
            self._set(known, _SILENT, _text(looked.problem, _TEXT_MAX))
            return
        self._set(known, _ANSWERS, "")
        told = {look.state.slot: look for look in looked.cards[:_SLOTS_MAX]}
        for place in [place for place in self._rows if place[0] == looked.node and place[1] not in told]:
            self._remove(place)
        for slot, look in told.items():
            self._put((looked.node, slot), _row_of(look))

    def _set(self, known: _Known, state: str, why: str) -> None:
        """The host is in this state from now on; its rows say so where it does not itself."""
        if (known.state, known.why) == (state, why):
            return
        known.state, known.why = state, why
        self._are_hosts_changed = True
        if state not in {_SILENT, _LOST}:
            return
        node = known.host.node
        places = [place for place in self._rows if place[0] == node]
        for place in places or [(node, -1)]:
            before = self._rows.get(place) or Row(0, _text(known.host.name, _NAME_MAX), node, -1, "lost")
            self._put(place, replace(before, state="lost", why=why, maps=(), holder=None, by="", misfit="", since=0.0))

    def forget_lost(self) -> None:
        """Hosts that are lost are not shown any more."""
        for node in [node for node, known in self._hosts.items() if known.state == _LOST]:
            self._drop(node)

    def rest(self) -> None:
        """Nobody has looked for a while: what was seen before is shown again when it is seen again."""
        for place in [place for place in self._rows if self._hosts[place[0]].state != _LOST]:
            self._changed[self._rows.pop(place).id] = None
            self._last[place] = replace(self._last[place], since=0.0)
        for known in self._hosts.values():
            if known.state != _LOST:
                self._set(known, _ASKED, "")

    # -- rows -----------------------------------------------------------------------------------------------------

    def _put(self, place: tuple[str, int], row: Row) -> None:
        before = self._last.get(place)
        if before is None:
            self._made += 1
            self._places[self._made] = place
        number = self._made if before is None else before.id
        since, is_exact = row.since or time.time(), bool(row.since) or bool(before and before.since)
        if before is not None and before.since and not row.since and (before.state, before.by) == (row.state, row.by):
            since, is_exact = before.since, before.is_exact
        row = replace(row, id=number, since=since, is_exact=is_exact)
        if row != self._rows.get(place):
            self._rows[place] = self._last[place] = row
            self._changed[number] = row

    def _remove(self, place: tuple[str, int]) -> None:
        row = self._rows.pop(place)
        del self._places[row.id], self._last[place]
        self._changed[row.id] = None

    def _drop(self, node: str) -> None:
        del self._hosts[node]
        self._are_hosts_changed = True
        for place in [place for place in self._last if place[0] == node]:
            row = self._last.pop(place)
            del self._places[row.id]
            if self._rows.pop(place, None) is not None:
                self._changed[row.id] = None


def _row_of(look: CardLook) -> Row:
    state = look.state
    return Row(
        0,
        _text(state.host, _NAME_MAX),
        state.node,
        state.slot,
        state.state,
        _text(state.afi, _NAME_MAX),
        state.holder,
        _text(state.by, _TEXT_MAX),
        state.since or 0.0,
        is_exact=False,
        why=_text(state.why, _TEXT_MAX),
        maps=tuple(number for number, _ in look.fits),
        misfit=_text(look.misfit, _TEXT_MAX),
    )


def _text(text: str, limit: int) -> str:
    """What hosts say is of any length, and may turn text around on a page."""
    return printable(text[:limit])
