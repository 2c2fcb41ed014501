"""What a slot has for interrupts: its lines, and where their requests come from."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hal._binding import fork_waits_for
from hal.errors import InterruptError
from hal.values import integer

if TYPE_CHECKING:
    from hal._binding import Library
    from hal._binding.sdk.pci_functions import PciFunctions
    from hal.info import ImageInfo
    from hal.lines.line_sources import InterruptSource
    from hal.lines.shared_line import SharedLine
    from hal.lines.slot_interrupt import SlotInterrupt
    from hal.uncopyable import Closing

__all__ = ["InterruptSide"]

_VARIABLE = "HAL_INTERRUPTS"
_changing = fork_waits_for(threading.RLock())


class InterruptSide:
    """The part of a slot that is about interrupts."""

    number: int
    library: Library
    _lines: ClassVar[dict[tuple[str, int, int], SharedLine]] = {}  # by library, slot and line, of all objects

    def _require_open(self) -> None:
        raise NotImplementedError

    def _keep(self, made: Closing) -> None:
        """It ends with the slot."""
        raise NotImplementedError

    def describe(self) -> ImageInfo:
        """What the slot holds."""
        raise NotImplementedError

    def interrupt(self, number: int, *, source: Any = None) -> SlotInterrupt:
        """An interrupt line of the slot.

        `source`: where its requests come from: an eventfd or any other descriptor, a path (/dev/uio0,
        /dev/xdma0_events_3), or an object like `hal.InterruptSource`; all that use this line in this process share it.
        None takes that one, else what HAL_INTERRUPTS names ("{line}" in it is the number), the library's own line, what
        UIO or VFIO has of the slot's PCI function, or XDMA's file of that slot and number. InterruptError where there
        is none.
        """
        from hal.lines.slot_interrupt import SlotInterrupt  # noqa: PLC0415  (importing a driver is to be quick)

        self._require_open()
        line = integer(number, "an interrupt line is a number")
        shared = self._shared(line, source)
        try:
            made = SlotInterrupt(shared, line, self._release)
        except BaseException:
            self._release(shared)
            raise
        self._keep(made)
        return made

    def _shared(self, line: int, given: Any) -> SharedLine:
        from hal.lines.line_sources import source_of  # noqa: PLC0415
        from hal.lines.shared_line import SharedLine  # noqa: PLC0415

        key, name = (self.library.path, self.number, line), f"slot {self.number}, line {line}"
        with _changing:
            found = self._lines.get(key)
            if found is not None and found.is_usable:
                if given is not None:
                    raise InterruptError(
                        f"{name} has a source already, {found.source!r}: close what listens to it first"
                    )
            else:
                source = self._source(line) if given is None else source_of(given)
                found = self._lines[key] = SharedLine(source, name)
            found.users += 1
            return found

    @classmethod
    def _release(cls, shared: SharedLine) -> None:
        with _changing:
            shared.users -= 1
            if shared.users:
                return
            for key, found in list(cls._lines.items()):
                if found is shared:
                    del cls._lines[key]
        shared.close()

    def _source(self, line: int) -> InterruptSource:
        from hal.lines.card_sources import CardSource, SimulatedSource  # noqa: PLC0415
        from hal.lines.line_sources import source_of  # noqa: PLC0415

        named, library = os.environ.get(_VARIABLE, ""), self.library
        if named:
            return source_of(named.replace("{line}", str(line)))
        if library.replays or library.far is not None:
            why = "a recording has accesses, and no interrupts"
            if not library.replays:
                why = "interrupts of another host's card stay there: wait for the status register, which is asked there"
            raise InterruptError(f"slot {self.number}, line {line}: {why}")
        if library.simulation is not None:
            count = len(library.simulation.interrupts()[0])
            if not 0 <= line < count:
                raise InterruptError(f"simulated logic has lines 0 to {count - 1}, and none of number {line}")
            return SimulatedSource(library, library.simulation, line)
        if library.lines is not None:
            return CardSource(library.lines, self.number, line)
        if library.pci is not None:
            return self._of_function(library.pci, line)
        if not library.is_this_machines:  # whose files are another card's
            raise InterruptError(
                f"slot {self.number}, line {line}: {library!r} is no card of this machine, so none of its interrupts "
                f"come here; give slot.interrupt({line}, source=...), or wait for the status register"
            )
        path = self._uio_path() if line == 0 else None
        xdma = Path(f"/dev/xdma{self.number}_events_{line}")
        if path is not None or xdma.exists():
            return source_of(path or xdma)
        raise InterruptError(
            f"slot {self.number}, line {line}: nothing tells of interrupts here: no UIO driver holds the card's "
            f"function, and there is no {xdma}; give slot.interrupt({line}, source=...), set {_VARIABLE}, or wait for "
            "the status register"
        )

    def _of_function(self, functions: PciFunctions, line: int) -> InterruptSource:
        from hal.lines.line_sources import source_of  # noqa: PLC0415
        from hal.lines.vfio_vectors import VfioSource  # noqa: PLC0415

        function = functions.function(self.number)
        if function.way == "vfio":
            return VfioSource(functions.vfio(self.number)[1], line)
        if function.uio and line == 0:
            return source_of(function.uio)
        needed = "interrupts need uio_pci_generic or vfio-pci: bind one of them"
        why = "UIO has line 0 alone" if function.uio else needed
        raise InterruptError(f"slot {self.number} ({function.address}), line {line}: {why}")

    def _uio_path(self) -> Path | None:
        """The UIO device of the slot's application function."""
        folder = Path(f"/sys/bus/pci/devices/{self.describe().app.address}/uio")
        names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        return Path("/dev", names[0]) if names else None
