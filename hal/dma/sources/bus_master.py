"""Bus mastering: a PCI function reaches memory, with interrupts of messages too, while its command register allows it.

Sources: PCI local bus specification, command register at offset 4, bit 2; include/uapi/linux/vfio.h of the kernel.
"""

from __future__ import annotations

import fcntl
import os
import struct
from typing import TYPE_CHECKING

from hal.errors import DmaError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["let_function_master", "let_master", "let_vfio_master"]

_COMMAND, _MASTER = 4, 1 << 2
_REGION_INFO, _CONFIG_REGION = 0x3B6C, 7
_REGION = struct.Struct("=IIIIQQ")  # argsz, flags, index, cap_offset, size, offset


def let_master(config: int, start: int, function: str) -> None:
    """Allows it, where it is not. `config`: a file with the function's configuration space, from `start` on."""
    command = int.from_bytes(os.pread(config, 2, start + _COMMAND), "little")
    if not command & _MASTER:
        os.pwrite(config, (command | _MASTER).to_bytes(2, "little"), start + _COMMAND)
        if not os.pread(config, 1, start + _COMMAND)[0] & _MASTER:
            raise DmaError(f"{function} does not become a bus master, so it reaches no memory")


def let_vfio_master(device: int, function: str) -> None:
    """The same by VFIO's file of the function. OSError where that does not answer."""
    room = bytearray(_REGION.pack(_REGION.size, 0, _CONFIG_REGION, 0, 0, 0))
    fcntl.ioctl(device, _REGION_INFO, room)
    let_master(device, _REGION.unpack(room)[5], function)


def let_function_master(folder: Path) -> None:
    """The same by a function's folder in sysfs; DmaError where this user may not."""
    path = folder / "config"
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as problem:
        raise DmaError(
            f"{path} can't be written ({problem.strerror}), so the function may be no bus master: as root, run "
            f"setpci -s {folder.name} COMMAND=4:4"
        ) from None
    try:
        let_master(file, 0, folder.name)
    finally:
        os.close(file)
