"""Interrupts of a PCI function that VFIO holds: the kernel signals an eventfd."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from typing import ClassVar

from hal.dma.sources.bus_master import let_vfio_master
from hal.errors import DmaError, InterruptError
from hal.lines.line_sources import EventfdSource

__all__ = ["VfioSource"]

# linux/vfio.h: requests are _IO(';', 100 + n); indexes of VFIO PCI; flags of struct vfio_irq_set.
_INTX, _MSI, _MSIX = range(3)
_IRQ_INFO, _SET_IRQS = (ord(";") << 8 | 100 + number for number in (9, 10))
_DATA_NONE, _DATA_EVENTFD, _UNMASK, _TRIGGER = 1 << 0, 1 << 2, 1 << 4, 1 << 5
_SET, _INFO = struct.Struct("=IIIII"), struct.Struct("=IIII")  # argsz, flags, index, start, count; without start
_NONE = -1


class VfioSource(EventfdSource):
    """A vector of a VFIO device, by the device's descriptor: of MSI-X, MSI or INTx, whichever the device has first.

    INTx is masked by the kernel until `arm`. Message signalled interrupts are writes of the device's, so it becomes a
    bus master.
    """

    _used: ClassVar[dict[tuple[int, int], int]] = {}  # sources by device and index: those of one are set up together

    def __init__(self, device: int, vector: int = 0) -> None:
        name = f"VFIO vector {vector} of descriptor {device}"
        self._device, self._vector = device, vector
        self._index, count = self._of_device(name)
        super().__init__(os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK), name, owns=True)
        self._is_masked = False
        try:
            if self._index != _INTX and not self._used.get((device, self._index)):
                self._set(_DATA_EVENTFD | _TRIGGER, 0, struct.pack(f"={count}i", *[_NONE] * count))
                let_vfio_master(device, f"the function of descriptor {device}")
            self._set(_DATA_EVENTFD | _TRIGGER, vector, struct.pack("=i", self.fileno()))
        except OSError as problem:
            super().close()
            raise InterruptError(f"{name}: {problem.strerror}; the device has no such interrupt") from None
        except DmaError as problem:
            super().close()
            raise InterruptError(f"{name}: {problem}") from None
        self._used[device, self._index] = self._used.get((device, self._index), 0) + 1

    def _of_device(self, name: str) -> tuple[int, int]:
        """The first index that has this vector, and how many it has."""
        counts = []
        for index in (_MSIX, _MSI, _INTX):
            room = bytearray(_INFO.pack(_INFO.size, 0, index, 0))
            try:
                fcntl.ioctl(self._device, _IRQ_INFO, room)
            except OSError as problem:
                raise InterruptError(f"{name}: {problem.strerror}; it is no device of VFIO") from None
            counts.append(_INFO.unpack(room)[3])
            if 0 <= self._vector < counts[-1]:
                return index, counts[-1]
        raise InterruptError(f"{name}: the device has none of that number, but {max(counts)} of them from 0 on")

    def _set(self, flags: int, start: int, data: bytes = b"") -> None:
        count = len(data) // 4 or 1
        request = _SET.pack(_SET.size + len(data), flags, self._index, start, count)
        fcntl.ioctl(self._device, _SET_IRQS, request + data)

    def take(self) -> int:
        """Requests since the last call."""
        count = super().take()
        self._is_masked |= count > 0
        return count

    def arm(self) -> None:
        """Unmasks INTx; message signalled interrupts are never masked."""
        if self._is_masked and self._index == _INTX:
            try:
                self._set(_DATA_NONE | _UNMASK, self._vector)
            except OSError as problem:
                raise InterruptError(f"{self._name}: {problem.strerror}; the device is gone") from None
        self._is_masked = False

    def close(self) -> None:
        """Takes the eventfd away from the kernel."""
        if self._owns:
            self._used[self._device, self._index] -= 1
            with contextlib.suppress(OSError):  # the device is gone
                self._set(_DATA_EVENTFD | _TRIGGER, self._vector, struct.pack("=i", _NONE))
        super().close()
