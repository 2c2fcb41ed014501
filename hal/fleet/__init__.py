"""Cards of many slots on many hosts, through Ray: `pip install 'fpga-hal[fleet]'`. See docs/fleets.md.

with hal.fleet.connect() as fleet, fleet.acquire(Blinker, n=4) as cards:
print(cards.map(measure, range(100)))
"""

from __future__ import annotations

from hal.fleet.cards import Card, CardDifference, Cards
from hal.fleet.fleet import Fleet, Host, connect
from hal.fleet.hosts import CardState
from hal.fleet.losses import CardLostError, FleetError, FleetTimeoutError, ItemError
from hal.fleet.work import ItemResult

__all__ = [
    "Card",
    "CardDifference",
    "CardLostError",
    "CardState",
    "Cards",
    "Fleet",
    "FleetError",
    "FleetTimeoutError",
    "Host",
    "ItemError",
    "ItemResult",
    "connect",
]
