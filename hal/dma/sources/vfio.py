"""Ordinary memory behind the machine's IOMMU, for a function that vfio-pci is bound to.

Source: include/uapi/linux/vfio.h of the Linux kernel (type 1 IOMMU, version 2).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import struct
import threading
from typing import ClassVar

from hal._binding.sdk.host_memory import place_of
from hal.dma.sources.addresses import AddressSpace
from hal.dma.sources.bus_master import let_vfio_master
from hal.dma.sources.pinned import BOTH, C2H, H2C, PAGE, PinnedMemory, whole_pages
from hal.errors import DmaError

__all__ = ["VfioMemory", "ranges_in", "ranges_of"]

_IOMMU_INFO, _MAP, _UNMAP = 0x3B70, 0x3B71, 0x3B72
_READ, _WRITE = 1, 2  # of the device
_FLAGS = {BOTH: _READ | _WRITE, H2C: _READ, C2H: _WRITE}
_HAS_CAPABILITIES, _RANGES = 1 << 1, 1
_INFO, _RANGE_HEAD, _RANGE = "=IIQII", "=HHIII", "=QQ"
_MESSAGES = (0xFEE0_0000, 0xFEEF_FFFF)  # where x86 has interrupts instead of memory


class VfioMemory:
    """The source of a function's memory. `container`, `device`: VFIO's open files; `group`: its number."""

    name = "vfio"
    _spaces: ClassVar[dict[int, AddressSpace]] = {}  # by group
    _lock = threading.Lock()

    def __init__(self, container: int, device: int, group: int, function: str) -> None:
        self._container, self._device, self._function = container, device, function
        with self._lock:
            self._space = self._spaces.setdefault(group, AddressSpace())

    def allocate(self, nbytes: int, direction: str, bits: int) -> PinnedMemory:
        """The memory is shared with forked children, so that no copy on write moves it away from the card."""
        size = whole_pages(nbytes)
        try:
            memory = mmap.mmap(-1, size, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        except (OSError, ValueError, OverflowError) as problem:
            raise DmaError(f"{nbytes} bytes of host memory can't be had: {problem}") from None
        container = os.dup(self._container)  # as long as the buffer is there
        try:
            self._let_master()
            address = self._map(container, memory, size, _FLAGS[direction], bits)
        except BaseException:
            os.close(container)
            memory.close()
            raise

        def free() -> None:
            try:
                fcntl.ioctl(container, _UNMAP, bytearray(struct.pack("=IIQQ", 24, 0, address, size)))
            except OSError:
                pass  # the function went away, and its mappings with it
            finally:
                os.close(container)
                self._space.give_back(address)

        return PinnedMemory(memory, address, free)

    def _map(self, container: int, memory: mmap.mmap, size: int, flags: int, bits: int) -> int:
        address = self._space.take(size, bits, ranges_of(container))
        try:
            fcntl.ioctl(container, _MAP, struct.pack("=IIQQQ", 32, flags, place_of(memory), address, size))
        except OSError as problem:
            self._space.give_back(address)
            hint = "; ulimit -l, the memory that a user may pin, is too small" if problem.errno == errno.ENOMEM else ""
            raise DmaError(f"the IOMMU does not map {size} bytes at {address:#x}: {problem.strerror}{hint}") from None
        return address

    def _let_master(self) -> None:
        try:
            let_vfio_master(self._device, self._function)
        except OSError as problem:
            raise DmaError(f"{self._function} does not answer through VFIO: {problem.strerror}") from None


def ranges_of(container: int) -> list[tuple[int, int]]:
    """Addresses (first, last) that the IOMMU maps; without an answer all but those that x86 has for interrupts."""
    info = bytearray(struct.pack(_INFO, PAGE, 0, 0, 0, 0).ljust(PAGE, b"\0"))
    found: list[tuple[int, int]] = []
    with contextlib.suppress(OSError):
        fcntl.ioctl(container, _IOMMU_INFO, info)
        found = ranges_in(bytes(info))
    return found or [(0, _MESSAGES[0] - 1), (_MESSAGES[1] + 1, (1 << 64) - 1)]


def ranges_in(info: bytes) -> list[tuple[int, int]]:
    """Of the answer's chain of capabilities."""
    _, flags, _, place, _ = struct.unpack_from(_INFO, info)
    seen: set[int] = set()
    while flags & _HAS_CAPABILITIES and 0 < place <= len(info) - struct.calcsize(_RANGE_HEAD) and place not in seen:
        seen.add(place)
        kind, _, following, count, _ = struct.unpack_from(_RANGE_HEAD, info, place)
        if kind == _RANGES:
            first = place + struct.calcsize(_RANGE_HEAD)
            return list(struct.iter_unpack(_RANGE, info[first : first + 16 * count]))
        place = following
    return []
