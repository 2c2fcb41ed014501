"""Interrupts of a PCI function that VFIO holds: the kernel signals an eventfd."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct

from hal.errors import InterruptError
from hal.lines.sources import EventfdSource

__all__ = ["INTX", "MSI", "MSIX", "VfioSource"]

# linux/vfio.h: VFIO_DEVICE_SET_IRQS is _IO(';', 100 + 10); indexes of VFIO PCI; flags of struct vfio_irq_set.
INTX, MSI, MSIX = range(3)
_SET_IRQS = ord(";") << 8 | 110
_DATA_NONE, _DATA_EVENTFD, _UNMASK, _TRIGGER = 1 << 0, 1 << 2, 1 << 4, 1 << 5
_HEADER = struct.Struct("=IIIII")  # argsz, flags, index, start, count


class VfioSource(EventfdSource):
    """A vector of a VFIO device, by the device's descriptor. INTx is masked by the kernel until `arm`."""

    def __init__(self, device: int, vector: int = 0, index: int = MSIX) -> None:
        super().__init__(
            os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK), f"VFIO vector {vector} of descriptor {device}", owns=True
        )
        self._device, self._vector, self._index, self._is_masked = device, vector, index, False
        try:
            self._set(_DATA_EVENTFD | _TRIGGER, struct.pack("=i", self.fileno()))
        except InterruptError:
            super().close()
            raise

    def _set(self, flags: int, data: bytes = b"") -> None:
        size = _HEADER.size + len(data)
        try:
            fcntl.ioctl(self._device, _SET_IRQS, _HEADER.pack(size, flags, self._index, self._vector, 1) + data)
        except OSError as problem:
            raise InterruptError(f"{self._name}: {problem.strerror}; the device has no such interrupt") from None

    def take(self) -> int:
        """Requests since the last call."""
        count = super().take()
        self._is_masked |= count > 0
        return count

    def arm(self) -> None:
        """Unmasks INTx; message signalled interrupts are never masked."""
        if self._is_masked and self._index == INTX:
            self._set(_DATA_NONE | _UNMASK)
        self._is_masked = False

    def close(self) -> None:
        """Takes the eventfd away from the kernel."""
        if self._owns:
            with contextlib.suppress(InterruptError):  # the device is gone
                self._set(_DATA_EVENTFD | _TRIGGER, struct.pack("=i", -1))
        super().close()
