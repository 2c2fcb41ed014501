"""How long a thousand cards take to load, and how many results a second come back: on paper, by program.

What is assumed stands in ASSUMED; each can be given as NAME=VALUE. Nothing is measured here.
"""

from __future__ import annotations

import heapq
import sys

ASSUMED = {
    "cards": 1000,
    "cards_per_host": 8,
    "actor_start_s": 0.4,  # one process with Python, Ray and hal, on a core of its host
    "host_cores": 16,  # that start processes at the same time
    "placements_per_s": 200.0,  # of actors, by the head
    "load_s": 6.0,  # one AFI into one slot, and its rescan
    "setup_s": 0.5,  # the caller's function
    "item_s": 0.05,  # what an item takes beside its card
    "batch": 1,  # items a message
    "message_s": 0.0004,  # of the caller's time, for one message and its answer
}


def ready_times(facts: dict[str, float]) -> list[float]:
    """When each card is ready: placed one after the other, started as cores are free, loaded all at the same time."""
    hosts = -(-int(facts["cards"]) // int(facts["cards_per_host"]))
    cores = [[0.0] * int(facts["host_cores"]) for _ in range(hosts)]
    ready = []
    for card in range(int(facts["cards"])):
        host = cores[card % hosts]
        began = max((card + 1) / facts["placements_per_s"], heapq.heappop(host))
        heapq.heappush(host, began + facts["actor_start_s"])
        ready.append(began + facts["actor_start_s"] + facts["load_s"] + facts["setup_s"])
    return ready


def throughput(facts: dict[str, float]) -> tuple[float, str]:
    """Items a second, and what bounds them: the cards, or the one process that gives and takes."""
    by_cards = facts["cards"] / facts["item_s"]
    by_caller = facts["batch"] / facts["message_s"]
    return (by_cards, "the cards") if by_cards < by_caller else (by_caller, "the caller's process")


def main(settings: list[str]) -> None:
    """Prints the simulation."""
    facts = dict(ASSUMED)
    for setting in settings:
        name, _, value = setting.partition("=")
        facts[name] = float(value)
    ready = sorted(ready_times(facts))
    print(f"{len(ready)} cards: the first is ready after {ready[0]:.1f} s, the last after {ready[-1]:.1f} s")
    for batch in (1, 10, 100):
        rate, bound = throughput({**facts, "batch": batch})
        print(f"{batch} items a message: {rate:,.0f} items a second, bound by {bound}")


if __name__ == "__main__":
    main(sys.argv[1:])
