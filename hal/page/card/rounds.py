"""A round of reading: what somebody looks at, read at once by the one who touches the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import AccessError, HalError
from hal.page.card.memory_words import read_window
from hal.page.card.slot_facts import slot_facts
from hal.page.viewers import Key, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.devices.device import Device
    from hal.page.card.held_slot import HeldSlot

__all__ = ["LOOKS_MAX", "Found", "Round", "choose", "looked_at", "read_round"]

LOOKS_MAX = 20_000  # registers of one viewer


class Round(NamedTuple):
    """What is read. `turn`: the registers that `choose` was told of by this number; `slot`: the slot's facts, too."""

    turn: int
    windows: tuple[Window, ...] = ()
    slot: bool = False


class Found(NamedTuple):
    """What a round has brought. `values`: number of a chosen register, and its bits.

    `is_chosen`: False where the registers of this turn are not known there, and nothing was read.
    """

    trouble: str
    values: Sequence[tuple[int, int | None]] = ()
    windows: Sequence[tuple[Window, dict[str, Any]]] = ()
    slot: dict[str, Any] | None = None
    silent: bool = False
    is_chosen: bool = True


def choose(held: HeldSlot, turn: int, registers: Sequence[tuple[int, str]]) -> None:
    """Says which registers rounds of this turn are of."""
    held.choose(turn, registers)


def read_round(held: HeldSlot, asked: Round) -> Found:
    """Reads it."""
    if held.turn != asked.turn:
        return Found("", is_chosen=False)
    if not held.regain():
        return Found(held.trouble)
    try:
        values, silent = held.changes()
        windows = [(window, read_window(held, window)) for window in asked.windows]
    except HalError as problem:
        held.lose(problem)
        return Found(held.trouble)
    return Found("", values, windows, slot_facts(held.slot) if asked.slot else None, silent)


def looked_at(drivers: Sequence[type[Device]], wanted: Sequence[Key]) -> tuple[list[Key], list[tuple[int, str, str]]]:
    """Of what somebody wants to look at what is read again and again, and what is not: map, path, why. No access.

    Of `ch[2].*` all registers in it that can be; of `*` all of the map. FieldNameError for a path where nothing is,
    AccessError for too many.
    """
    keys, skipped = dict[Key, None](), list[tuple[int, str, str]]()
    for key in wanted:
        if key.path.endswith("*"):  # all below a block
            keys.update((found, None) for found in _below(drivers, key))
        else:
            shape = drivers[key.map]._design.register_at(key.path).shape
            if shape.effects:
                skipped.append((*key, "reading changes it"))
            elif not shape.is_readable:
                skipped.append((*key, "write-only"))
            else:
                keys[key] = None
        if len(keys) > LOOKS_MAX:
            raise AccessError(f"more than {LOOKS_MAX} registers are not looked at at once; nothing is read")
    return list(keys), skipped


def _below(drivers: Sequence[type[Device]], key: Key) -> list[Key]:
    prefix, found = key.path[:-1], list[Key]()
    for run in drivers[key.map]._design.runs():
        shape = run.child.shape if run.child.is_register else None
        if shape is None or shape.effects or not shape.is_readable or not run.path.startswith(prefix):
            continue
        if len(found) + run.number > LOOKS_MAX:
            raise AccessError(f"{key.path} has more than {LOOKS_MAX} registers; look at a part of it")
        found += [Key(key.map, run.name(index)) for index in range(run.number)]
    return found
