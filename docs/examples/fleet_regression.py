"""Nightly: one AFI on every free card of the fleet, the same test on each, and a report of which card differs.

    python fleet_regression.py [ADDRESS]

Without an address it runs on emulated cards of this machine.
"""

from __future__ import annotations

import sys
from typing import Any

import hal
import hal.fleet

Blinker = hal.load_map("blinker.yaml")


def set_up(device: Any) -> None:
    """What every card gets, also one that comes back after a loss."""
    device.ctrl.modify(enable=1, mode=2)


def walk_levels(device: Any) -> int:
    """Every channel keeps every bit of its level. The bits that one does not."""
    wrong = 0
    for channel in device.ch:
        for bit in range(16):
            channel.level.value = 1 << bit
            wrong |= int(channel.level.value) ^ (1 << bit)
    return wrong


def main(address: str | None) -> int:
    """Prints the report; how many cards failed."""
    failed = 0
    with hal.fleet.connect(address, emulated=None if address else 3) as fleet:
        free = sum(card.state == "free" for card in fleet.cards())
        with fleet.acquire(Blinker, free, setup=set_up) as cards:
            for card, result in zip(cards, cards.each(walk_levels), strict=True):
                good = result.error is None and result.value == 0
                failed += not good
                print(f"card {card.index}, slot {card.slot}: {'good' if good else result.error or hex(result.value)}")
            for row in cards.diff():
                print(f"{row.path} is {row.usual} on most cards, but {row.others}")
                failed += len(row.others)
    print("all cards are alike and good" if not failed else f"{failed} findings")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1] if len(sys.argv) > 1 else None) else 0)
