"""What a page may do with the card, each in the thread that touches it: writes, reads with effects, dumps, restores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.design.snapshot import Snapshot
from hal.devices.lookup import node_at
from hal.errors import FieldNameError, HalError
from hal.registers.register import Register
from hal.texts.dumps import diff_rows, reset_values, saved_memories
from hal.texts.readings import read_register
from hal.texts.writes import plan_writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.page.card.held_slot import HeldSlot
    from hal.page.write_log import WriteLog

__all__ = ["Actions"]

_ROWS_MAX = 20_000


class Actions:
    """Of one slot. What changes something is entered into the log, also where it failed."""

    def __init__(self, held: HeldSlot, log: WriteLog) -> None:
        self._held, self._log = held, log

    def write(self, number: int, assignments: Sequence[tuple[str, str]], who: str) -> tuple[str, ...]:
        """Writes fields, registers and words as `hal write` does: all of them in one transaction, or nothing.

        The lines of the log about it.
        """
        device, name = self._held.device(number), self._held.names[number]
        try:
            with device.batch() as view:
                writes = plan_writes(view, assignments)
                for item in writes:
                    item.run()
        except HalError as problem:
            self._log.add(who, name, [f"{path}={text}" for path, text in assignments], str(problem))
            raise
        return self._log.add(who, name, [str(item) for item in writes]).lines

    def read(self, number: int, path: str, who: str) -> str:
        """The bits in hex of a register that reading may change, read once."""
        register = node_at(self._held.device(number), path)
        if not isinstance(register, Register):
            raise FieldNameError(f"{path} is no register", path=path)
        reading = read_register(register)
        self._log.add(who, self._held.names[number], [f"read of {reading.path}"])
        return f"{reading.data['value']:x}"

    def has_effects(self, number: int, path: str) -> bool:
        """Whether reading this register changes it. No access."""
        return bool(self._held.drivers[number]._design.shape_at(path).effects)

    def saved(self, number: int, *, memories: bool) -> str:
        """A dump as `hal dump --save` writes it."""
        taken: Snapshot = self._held.device(number).snapshot(memories=memories)
        return taken.to_json()

    def differences(self, number: int, saved: str | None) -> dict[str, Any]:
        """What differs from a dump, or without one from the resets: rows of path, value there, value now.

        `misfits`: what was not compared, and why.
        """
        driver, device = self._held.drivers[number], self._held.device(number)
        if saved is None:
            now = device.snapshot()
            before = reset_values(now)
        else:
            before = Snapshot.from_json(saved, driver)
            now = device.snapshot(memories=saved_memories(device, before, ("rw", "ro")))
        rows = diff_rows(driver, before.diff(now))
        return {"rows": rows[:_ROWS_MAX], "more": max(0, len(rows) - _ROWS_MAX), "misfits": before.misfits}

    def restore(self, number: int, saved: str, who: str) -> dict[str, Any]:
        """Writes a dump back as `hal restore` does: what changed, and what was left out."""
        driver, device, name = self._held.drivers[number], self._held.device(number), self._held.names[number]
        before = Snapshot.from_json(saved, driver)
        memories = saved_memories(device, before, ("rw",))
        found = device.snapshot(memories=memories)
        try:
            left_out = device.restore(before)
        except HalError as problem:
            self._log.add(who, name, ["restore of a dump"], str(problem))
            raise
        rows = diff_rows(driver, found.diff(device.snapshot(memories=memories)))
        lines = ["restore of a dump", *(f"{path}: {old} to {new}" for path, old, new in rows)]
        self._log.add(who, name, lines)
        return {"rows": rows[:_ROWS_MAX], "more": max(0, len(rows) - _ROWS_MAX), "left_out": sorted(left_out)}

    def set_dip(self, value: int, who: str) -> None:
        """Sets the slot's virtual DIP switches."""
        self._held.slot.dip = value
        self._log.add(who, f"slot {self._held.number}", [f"DIP switches = {value:#06x}"])
