"""Which sources of host memory a slot's card has, in the order in which they are tried."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

from hal._binding.driver_files import DriverFiles
from hal.dma.sources.bus_master import let_function_master
from hal.dma.sources.huge_pages import HugePages
from hal.dma.sources.library_memory import LibraryMemory
from hal.dma.sources.udmabuf import Udmabuf
from hal.dma.sources.vfio import VfioMemory
from hal.errors import DmaError, HalError

if TYPE_CHECKING:
    from hal._binding import Library
    from hal.dma.sources.pinned import PinnedMemory, Source
    from hal.info import ImageInfo

__all__ = ["CardSlot", "driver_files", "sources_of", "translated"]


class CardSlot(Protocol):
    """The slot that hands itself in."""

    number: int
    library: Library

    def describe(self) -> ImageInfo:
        """What it holds, and where its PCI functions are."""


class _Refused:
    """A source that can't be of use here, and says why."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self._why = name, why

    def allocate(self, _nbytes: int, _direction: str, _bits: int) -> NoReturn:
        """Says why."""
        raise DmaError(self._why)


class _Mastering:
    """A source of a function that has to become a bus master first."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.name, self._source, self._folder = source.name, source, folder

    def allocate(self, nbytes: int, direction: str, bits: int) -> PinnedMemory:
        """As the source, and then it reaches it."""
        pinned = self._source.allocate(nbytes, direction, bits)
        try:
            let_function_master(self._folder)
        except BaseException:
            pinned.free()
            raise
        return pinned


def driver_files(slot: CardSlot) -> DriverFiles:
    """Of the PCI function that is a bus master. Its address is "" where there is none."""
    functions = slot.library.pci
    if not slot.library.is_this_machines:
        return DriverFiles("")
    if functions is None:
        return DriverFiles(str(slot.describe().app.address))
    function = functions.function(slot.number)
    return DriverFiles(function.address if function.folder else "", functions.root)


def sources_of(slot: CardSlot) -> dict[str, Source]:
    """By name. What the library maps, or VFIO, needs nothing else."""
    library = slot.library
    if library.host_memory.maps:
        return {LibraryMemory.name: LibraryMemory(library.host_memory, slot.number)}
    if not library.is_this_machines:
        why = f"{library!r} is no card of this machine, so it reaches none of its memory"
        return {LibraryMemory.name: _Refused(LibraryMemory.name, why)}
    if library.pci is not None and (function := library.pci.function(slot.number)).way == "vfio":
        try:
            files = library.pci.vfio(slot.number)
        except HalError as problem:
            return {VfioMemory.name: _Refused(VfioMemory.name, f"{problem}; open a device of the slot first")}
        return {VfioMemory.name: VfioMemory(*files, function.iommu_group, function.address)}
    master = driver_files(slot)
    return _physical(master.function, master.root / "sys")


def _physical(function: str, system: Path) -> dict[str, Source]:
    found: list[Source] = [Udmabuf(), HugePages()]
    if not function:  # no PCI function: a window of memory on a SoC
        return {source.name: source for source in found}
    why, folder = translated(function, system), system / "bus" / "pci" / "devices" / function
    return {source.name: _Refused(source.name, why) if why else _Mastering(source, folder) for source in found}


def translated(function: str, system: Path = Path("/sys")) -> str:
    """Why a PCI function does not reach physical addresses, in words; "" where it does."""
    group = system / "bus" / "pci" / "devices" / function / "iommu_group"
    if not group.exists():
        return ""
    try:
        kind = (group / "type").read_text(encoding="ascii").strip()
    except OSError:
        kind = "unknown"
    return "" if kind == "identity" else f"{function} is behind an IOMMU (group type {kind}): bind it to vfio-pci"
