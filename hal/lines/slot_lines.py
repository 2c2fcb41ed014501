"""What a slot has for interrupts: its lines, and where their requests come from."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from hal._binding import fork_waits_for
from hal._binding.driver_files import DriverFiles
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
        UIO, VFIO or the XDMA driver has of the slot's PCI function. InterruptError where there is none.
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
        return self._of_driver(DriverFiles(str(self.describe().app.address)), line)

    def _of_function(self, functions: PciFunctions, line: int) -> InterruptSource:
        from hal.lines.vfio_vectors import VfioSource  # noqa: PLC0415

        function = functions.function(self.number)
        if function.way == "vfio":
            return VfioSource(functions.vfio(self.number)[1], line)
        if function.way == "memory":
            raise InterruptError(
                f"slot {self.number}, line {line}: a window of memory has no interrupts of its own; give "
                f"slot.interrupt({line}, source=...), such as a UIO device of the system's"
            )
        return self._of_driver(DriverFiles(function.address, functions.root), line)

    def _of_driver(self, files: DriverFiles, line: int) -> InterruptSource:
        """What the driver that holds the slot's function has of a line."""
        from hal.lines.line_sources import source_of  # noqa: PLC0415

        uio = files.uio
        path = uio if line == 0 and uio is not None else files.xdma(f"events_{line}")
        if path is not None:
            return source_of(path)
        needed = "interrupts need uio_pci_generic, vfio-pci or the XDMA driver: bind one of them"
        raise InterruptError(
            f"slot {self.number} ({files.function}), line {line}: {needed if uio is None else 'UIO has line 0 alone'}; "
            f"or give slot.interrupt({line}, source=...), set {_VARIABLE}, or wait for the status register"
        )
