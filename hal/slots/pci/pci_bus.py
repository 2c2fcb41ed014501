"""What the system's files say of a card's PCI functions: where they are, their links, and what this user may do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "RESCAN",
    "SYSTEM",
    "UDEV_FILE",
    "Link",
    "active_power_states",
    "command_bits",
    "may_open",
    "may_write",
    "rescan_obstacles",
    "text_of",
    "udev_rule",
]

SYSTEM = Path("/sys")
RESCAN = Path("bus/pci/rescan")
UDEV_FILE = "/etc/udev/rules.d/60-hal.rules"
_EXPRESS_BYTES = 18  # that are read of its capability
_CAPABILITIES, _PCI_EXPRESS = 0x34, 0x10  # where a function's list of capabilities begins; the id of the one sought


def may_open(path: Path) -> bool:
    """Whether this user may read and write a file."""
    return os.access(path, os.R_OK | os.W_OK)


def may_write(path: Path) -> bool:
    """Whether this user may write to a file, which need not be readable."""
    return os.access(path, os.W_OK)


def text_of(path: Path) -> str:
    """What a file says; "" where it can't be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def rescan_obstacles(address: str, root: Path = SYSTEM, may: Callable[[Path], bool] = may_write) -> tuple[Path, ...]:
    """The files that a rescan of an application function writes to and this user may not, in that order."""
    wanted = (root / "bus" / "pci" / "devices" / address / "remove", root / RESCAN)
    return tuple(path for path in wanted if path.exists() and not may(path))


def udev_rule(address: str) -> str:
    """The line that opens a card to the group fpga: its BARs, and what a load needs to show the new ids.

    It goes by the PCI address, for the ids of the application function are those of the loaded design. The functions
    are added again by each rescan, so the rule runs then too.
    """
    files = "/sys%p/resource* /sys%p/remove /sys/bus/pci/rescan"
    card = address.rpartition(".")[0]
    return (
        f'SUBSYSTEM=="pci", KERNEL=="{card}.[01]", '
        f"RUN+=\"/bin/sh -c 'chgrp fpga {files}; chmod g+w {files}; chmod g+r /sys%p/resource*'\""
    )


class Link(NamedTuple):
    """A PCI Express link as one of its ends sees it. `payload`: bytes that it sends in one packet, 0: not told.

    Reading the payload takes root's rights: the system shows others the first 64 bytes of the configuration alone.
    """

    speed: str
    width: str
    speed_max: str
    width_max: str
    payload: int
    payload_max: int

    @classmethod
    def of(cls, function: Path) -> Link | None:
        """Of a function's folder; None where it tells no link."""
        names = ("current_link_speed", "current_link_width", "max_link_speed", "max_link_width")
        speed, width, speed_max, width_max = (text_of(function / name) for name in names)
        if not speed or not width:
            return None
        return cls(speed, width, speed_max, width_max, *_payloads(function / "config"))

    def __str__(self) -> str:
        now, most = f"{self.speed} x{self.width}", f"{self.speed_max} x{self.width_max}"
        payload = f"{self.payload} of at most {self.payload_max} bytes" if self.payload else "told to root alone"
        return f"{now} (at most {most}), payload {payload}"

    @property
    def is_slower(self) -> bool:
        """Whether it runs below what this end can do."""
        return (self.speed, self.width) != (self.speed_max, self.width_max)


def _express(config: Path) -> bytes | None:
    """The PCI Express capability of a configuration space; None where there is none, or it can't be read.

    The system shows others than root the first 64 bytes alone.
    """
    try:
        data = config.read_bytes()[:256]
    except OSError:
        return None
    place, looked = (data[_CAPABILITIES] if len(data) > _CAPABILITIES else 0), 0
    while place and place + _EXPRESS_BYTES <= len(data) and looked < len(data):
        if data[place] == _PCI_EXPRESS:
            return data[place : place + _EXPRESS_BYTES]
        place, looked = data[place + 1] & 0xFC, looked + 1
    return None


def _payloads(config: Path) -> tuple[int, int]:
    """The payload that is set and the one that is possible, in bytes; 0, 0 where they can't be read.

    Source: PCI Express base specification, device capabilities (offset 4) and device control (offset 8).
    """
    express = _express(config)
    return (128 << (express[8] >> 5 & 7), 128 << (express[4] & 7)) if express else (0, 0)


def active_power_states(config: Path) -> str | None:
    """The power states that its link falls into by itself (ASPM): "L0s", "L1", both, or ""; None: not told.

    Source: the same, link control (offset 16).
    """
    express = _express(config)
    return ("", "L0s", "L1", "L0s and L1")[express[16] & 3] if express else None


def command_bits(config: Path) -> int | None:
    """The command register, at offset 4: bit 1 has memory answer, bit 2 lets it access memory. None: not told."""
    try:
        data = config.read_bytes()[:6]
    except OSError:
        return None
    return int.from_bytes(data[4:6], "little") if len(data) == 6 else None  # noqa: PLR2004
