"""Buffers of the kernel module u-dma-buf: contiguous memory that an administrator has set aside, as SoCs mostly have.

Source: the module's public documentation (/sys/class/u-dma-buf/NAME/phys_addr, size, dma_coherent, sync_*).
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
from pathlib import Path
from typing import NamedTuple

from hal.dma.sources.pinned import BOTH, C2H, H2C, PinnedMemory
from hal.errors import DmaError

__all__ = ["Udmabuf"]

_CLASSES = ("u-dma-buf", "udmabuf")  # of newer and of older releases
_DIRECTIONS = {BOTH: 0, H2C: 1, C2H: 2}  # the kernel's numbers: bidirectional, to the device, from the device
_PIECE = 1 << 20


class _Device(NamedTuple):
    facts: Path
    size: int
    address: int

    @classmethod
    def of(cls, facts: Path) -> _Device | None:
        try:
            size, address = (int((facts / name).read_text(), 0) for name in ("size", "phys_addr"))
        except (OSError, ValueError):
            return None
        return cls(facts, size, address)


class Udmabuf:
    """The source of machines with the module. One buffer has one device of it, the smallest that is large enough."""

    name = "udmabuf"

    def __init__(self, system: Path = Path("/sys"), devices: Path = Path("/dev")) -> None:
        self._system, self._devices = system, devices

    def allocate(self, nbytes: int, direction: str, bits: int) -> PinnedMemory:
        """A free device's memory, in whole."""
        found = [
            device
            for kind in _CLASSES
            for facts in sorted((self._system / "class" / kind).glob("*"))
            if (device := _Device.of(facts)) is not None
        ]
        if not found:
            raise DmaError("the kernel module u-dma-buf is not loaded, or has no devices")
        low = [device for device in found if device.address + device.size <= 1 << bits]
        if not low:
            raise DmaError(f"none of {len(found)} devices lies below 2**{bits}")
        large = sorted((device for device in low if device.size >= nbytes), key=lambda device: device.size)
        if not large:
            raise DmaError(f"the largest of {len(low)} devices has {max(device.size for device in low)} bytes")
        problems = []
        for device in large:
            try:
                return self._open(device, direction)
            except OSError as problem:  # noqa: PERF203  (few devices)
                why = "in use" if isinstance(problem, BlockingIOError) else problem.strerror
                problems.append(f"{self._devices / device.facts.name}: {why}")
        raise DmaError("; ".join(problems))

    def _open(self, device: _Device, direction: str) -> PinnedMemory:
        file = os.open(self._devices / device.facts.name, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # others that ask for one go on to the next
            memory = mmap.mmap(file, device.size)
            for place in range(0, device.size, _PIECE):  # what somebody else has left there
                memory[place : place + _PIECE] = bytes(min(_PIECE, device.size - place))
        except BaseException:
            os.close(file)
            raise

        def sync(first: int, nbytes: int, for_card: bool) -> None:
            wanted = {"sync_offset": first, "sync_size": nbytes, "sync_direction": _DIRECTIONS[direction]}
            wanted["sync_for_device" if for_card else "sync_for_cpu"] = 1
            try:
                for name, value in wanted.items():
                    (device.facts / name).write_text(f"{value}")
            except OSError as problem:
                raise DmaError(f"{device.facts}: caches can't be synchronised: {problem.strerror}") from None

        return PinnedMemory(memory, device.address, lambda: os.close(file), None if self._coherent(device) else sync)

    @staticmethod
    def _coherent(device: _Device) -> bool:
        with contextlib.suppress(OSError):
            return (device.facts / "dma_coherent").read_text().strip() == "1"
        return False
