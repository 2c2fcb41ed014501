"""The slot that a page shows, and the devices of its maps: opened, lost with the design, and found again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hal.codes import Status
from hal.devices.saved.chosen import ChosenRegisters
from hal.errors import HalError, SlotError
from hal.slots.opening import open_slot

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from hal._binding import Library
    from hal.devices.device import Device
    from hal.slots.slot import Slot

__all__ = ["HeldSlot"]

_ANSWER_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_FAR_SECONDS = 20.0  # over ssh, where somebody may have to type


class HeldSlot:
    """A slot and its devices, one for each driver. All methods are for the thread that touches the card.

    `trouble`: why there are no devices now, "" where there are. `turn`: of what `choose` was told last, 0 before.
    """

    def __init__(
        self,
        number: int | str,
        drivers: Sequence[type[Device]],
        library: str | os.PathLike[str] | Library | None = None,
        *,
        verify: bool = True,
    ) -> None:
        self.number, self.drivers = number, tuple(drivers)
        self.trouble = "not opened yet"
        self.turn = 0
        self._chosen: Sequence[tuple[int, str]] = ()
        self._reads: list[tuple[ChosenRegisters, list[int]]] | None = None  # prepared on the devices that are open
        self._library, self._verify = library, verify
        self._slot: Slot | None = None
        self._devices: list[Any] = []
        self._next_try = 0.0

    @property
    def _patience(self) -> float:
        return _ANSWER_SECONDS if isinstance(self.number, int) else _FAR_SECONDS

    @property
    def names(self) -> list[str]:
        """Of the maps, in their order."""
        return [driver._design.name for driver in self.drivers]

    @property
    def slot(self) -> Slot:
        """The slot. SlotError while the card is not there."""
        if self._slot is None:
            raise SlotError(f"slot {self.number}: {self.trouble}")
        return self._slot

    def open(self) -> None:
        """Opens all, as `Driver.open` does: an emulated slot that is cleared gets the first driver's design."""
        slot = open_slot(self.number, self._library, timeout=self._patience)
        try:
            if self.drivers:
                slot.provide(self.drivers[0], replace=self._verify)
            devices = [slot.attach(driver, verify=self._verify) for driver in self.drivers]
        except BaseException:
            slot.close()
            raise
        self._slot, self._devices, self.trouble = slot, devices, ""

    def device(self, number: int) -> Any:
        """The device of a map. SlotError where there is none now."""
        if self.trouble:
            raise SlotError(f"slot {self.number}: {self.trouble}")
        return self._devices[number]

    def choose(self, turn: int, registers: Sequence[tuple[int, str]]) -> None:
        """Has `changes` be of these registers, each by map and path; `turn` is what they are called by."""
        self.turn, self._chosen, self._reads = turn, tuple(registers), None

    def changes(self) -> tuple[list[tuple[int, int | None]], bool]:
        """Reads the chosen registers: number and bits of those that differ from the last time, of all at first.

        Bits are None where nobody answered; and whether some did not. Errors are those of `ChosenRegisters`.
        """
        if self._reads is None:
            self._reads = self._prepared()
        found = [(numbers[change.number], change.bits) for reads, numbers in self._reads for change in reads.changes()]
        return found, any(reads.silent for reads, _ in self._reads)

    def _prepared(self) -> list[tuple[ChosenRegisters, list[int]]]:
        by_map: dict[int, list[int]] = {}
        for number, (map_number, _) in enumerate(self._chosen):
            by_map.setdefault(map_number, []).append(number)
        return [
            (ChosenRegisters(self.device(map_number), [self._chosen[number][1] for number in numbers]), numbers)
            for map_number, numbers in by_map.items()
        ]

    def lose(self, error: HalError | str) -> None:
        """The devices can't be used any more, because of this."""
        devices, self._devices, self._reads = self._devices, [], None
        for device in devices:
            device.close()
        self.trouble = str(error)
        self._next_try = time.monotonic() + _RETRY_SECONDS

    def regain(self) -> bool:
        """Looks whether the maps' design is there again, at most once a second. Whether the devices can be used."""
        if not self.trouble:
            return True
        if time.monotonic() < self._next_try:
            return False
        try:
            self._reopen()
        except HalError as problem:
            self.trouble = str(problem)
            self._next_try = time.monotonic() + _RETRY_SECONDS  # a try may take longer than that
            return False
        self.trouble = ""
        return True

    def _reopen(self) -> None:
        if self._slot is not None and self._slot.library.far is not None and self._slot.connection.lost:
            self._slot.close()
            self._slot = None
        if self._slot is None:
            self._slot = open_slot(self.number, self._library, timeout=self._patience)
        info = self._slot.describe()
        if info.status != Status.LOADED:
            raise SlotError(f"it is {info.status_name}, and holds no AFI now; the page goes on when the design is back")
        devices: list[Any] = []
        try:
            devices.extend(self._slot.attach(driver, verify=self._verify) for driver in self.drivers)
        except BaseException:
            for device in devices:
                device.close()
            raise
        self._devices = devices

    def close(self) -> None:
        """Closes all."""
        for device in self._devices:
            device.close()
        self._devices, self._reads, self.trouble = [], None, "closed"
        if self._slot is not None:
            self._slot.close()
            self._slot = None
