"""What viewers may ask for, each done on the slot by the one who touches it: writes, reads, dumps, restores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.design.snapshot import Snapshot
from hal.devices.lookup import node_at
from hal.errors import FieldNameError
from hal.registers.register import Register
from hal.texts.dumps import diff_rows, reset_values, saved_memories
from hal.texts.readings import read_register
from hal.texts.writes import plan_writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.page.card.held_slot import HeldSlot

__all__ = ["differences", "read_once", "restore", "saved_dump", "set_dip", "write"]

_ROWS_MAX = 20_000


def write(held: HeldSlot, number: int, assignments: Sequence[tuple[str, str]]) -> list[str]:
    """Writes fields, registers and words as `hal write` does: all of them in one transaction, or nothing.

    `number`: of the map. What was written, in lines.
    """
    with held.device(number).batch() as view:
        writes = plan_writes(view, assignments)
        for item in writes:
            item.run()
    return [str(item) for item in writes]


def read_once(held: HeldSlot, number: int, path: str) -> tuple[str, str]:
    """The path of a register that reading may change, and its bits in hex, read once."""
    register = node_at(held.device(number), path)
    if not isinstance(register, Register):
        raise FieldNameError(f"{path} is no register", path=path)
    reading = read_register(register)
    return reading.path, f"{reading.data['value']:x}"


def saved_dump(held: HeldSlot, number: int, *, memories: bool) -> str:
    """A dump as `hal dump --save` writes it."""
    taken: Snapshot = held.device(number).snapshot(memories=memories)
    return taken.to_json()


def differences(held: HeldSlot, number: int, saved: str | None) -> dict[str, Any]:
    """What differs from a dump, or without one from the resets: rows of path, value there, value now.

    `misfits`: what was not compared, and why.
    """
    driver, device = held.drivers[number], held.device(number)
    if saved is None:
        now = device.snapshot()
        before = reset_values(now)
    else:
        before = Snapshot.from_json(saved, driver)
        now = device.snapshot(memories=saved_memories(device, before, ("rw", "ro")))
    return {**_some(diff_rows(driver, before.diff(now))), "misfits": before.misfits}


def restore(held: HeldSlot, number: int, saved: str) -> dict[str, Any]:
    """Writes a dump back as `hal restore` does: what changed, what was left out, and all of it in `lines`."""
    driver, device = held.drivers[number], held.device(number)
    before = Snapshot.from_json(saved, driver)
    memories = saved_memories(device, before, ("rw",))
    found = device.snapshot(memories=memories)
    left_out = device.restore(before)
    rows = diff_rows(driver, found.diff(device.snapshot(memories=memories)))
    lines = [f"{path}: {old} to {new}" for path, old, new in rows]
    return {**_some(rows), "left_out": sorted(left_out), "lines": lines}


def set_dip(held: HeldSlot, value: int) -> None:
    """Sets the slot's virtual DIP switches."""
    held.slot.dip = value


def _some(rows: Sequence[Any]) -> dict[str, Any]:
    """As many as a page takes."""
    return {"rows": rows[:_ROWS_MAX], "more": max(0, len(rows) - _ROWS_MAX)}
