"""The numbers of the SDK's interface: statuses, errors, flags. Source: the SDK's C interface."""

from __future__ import annotations

import enum
import errno

__all__ = [
    "BARS",
    "INTERFACES",
    "SLOTS",
    "SPACES",
    "Command",
    "ErrorCode",
    "IntStatus",
    "PcimProtocolError",
    "Pf",
    "Status",
    "bar_name",
    "describe_code",
    "interface_name",
]

SLOTS = 8
"""Most slots of a machine, numbered from 0."""


class Pf(enum.IntEnum):
    """The card's two PCI functions."""

    APP = 0
    MGMT = 1


BARS = (0, 2, 4)
"""The BARs of each function."""

SPACES = tuple((int(pf), bar) for pf in Pf for bar in BARS)
"""PCI function and BAR of everything that can be attached."""


class Status(enum.IntEnum):
    """Status of a slot (fpga_mgmt_get_status)."""

    LOADED = 0
    CLEARED = 1
    BUSY = 2
    NOT_PROGRAMMED = 3
    AFI_CACHE_IN_PROGRESS = 4
    RL_RELOAD_NEEDED_DROP_PCI_LINK = 5
    LOAD_FAILED = 7


class ErrorCode(enum.IntEnum):
    """Positive results of the SDK's functions (FPGA_ERR)."""

    OK = 0
    BUSY = 3
    INVALID_AFI_ID = 5
    AFI_LOAD_TIMEOUT = 6
    INVALID_AFI_CMD_API_VERSION = 11
    CL_ID_MISMATCH = 12
    CL_DDR_CALIB_FAILED = 13
    UNSPECIFIED_ERROR = 14
    SHELL_VERSION_NOT_SUPPORTED = 16
    AFI_POWER_VIOLATION = 17
    DRAM_DATA_RETENTION_NOT_POSSIBLE = 18
    HARDWARE_BUSY = 19
    PCI_DEVICE_MISSING = 20
    AFI_COMMAND_MALFORMED = 21
    DRAM_DATA_RETENTION_FAILED = 22
    DRAM_DATA_RETENTION_SETUP_FAILED = 23
    SOFTWARE_PROBLEM = 24
    UNRESPONSIVE = 25
    ERR_RL_RELOAD_NEEDED_DROP_PCI_LINK = 26
    ERR_INCOMPATIBLE_AFI_CMD_FLAGS = 27
    INVALID_CLKGEN_INPUT = 28
    CLKGEN_IP_NOT_FOUND = 29


class Command(enum.IntFlag):
    """Flags of describe and load calls."""

    GET_HW_METRICS = 1 << 1
    CLEAR_HW_METRICS = 1 << 2
    FORCE_SHELL_RELOAD = 1 << 3
    DRAM_DATA_RETENTION = 1 << 4
    EXTENDED_METRICS_SIZE = 1 << 6
    PREFETCH = 1 << 7
    CLEAR_AFI_CACHE = 1 << 8


class IntStatus(enum.IntFlag):
    """Bits of the metrics' int_status."""

    CHIPSCOPE_TIMEOUT = 1 << 1
    DMA_RANGE_ERROR = 1 << 7
    PCIS_TIMEOUT = 1 << 17
    PCIM_RANGE_ERROR = 1 << 18
    PCIM_AXI_PROTOCOL_ERROR = 1 << 19
    SDA_TIMEOUT = 1 << 27
    OCL_TIMEOUT = 1 << 28


class PcimProtocolError(enum.IntFlag):
    """Bits of the metrics' pcim_axi_protocol_error_status."""

    CROSS_4K = 1 << 1
    BUS_MASTER_ENABLE = 1 << 2
    REQUEST_SIZE = 1 << 3
    WRITE_INCOMPLETE = 1 << 4
    FIRST_BYTE_ENABLE = 1 << 5
    LAST_BYTE_ENABLE = 1 << 6
    BREADY_TIMEOUT = 1 << 8
    RREADY_TIMEOUT = 1 << 9
    WCHANNEL_TIMEOUT = 1 << 10


INTERFACES = ("OCL", "PCIS", "SDA", "virtual JTAG")
"""The shell's interfaces that its metrics count timeouts of, as the core numbers them."""

_INTERFACES = dict(zip(((0, 0), (0, 4), (1, 4), (1, 2)), INTERFACES, strict=True))


def bar_name(pf: int, bar: int) -> str:
    """How people call a BAR: "app BAR 0"."""
    return f"{'mgmt' if pf else 'app'} BAR {bar}"


def interface_name(pf: int, bar: int) -> str:
    """The shell's interface behind a BAR, as the metrics name it; "" where they don't."""
    return _INTERFACES.get((pf, bar), "")


def describe_code(code: int) -> str:
    """A code's name: of an FPGA_ERR, of an errno, or the number itself."""
    if code > 0:
        try:
            return ErrorCode(code).name.lower().replace("_", "-")
        except ValueError:
            return f"FPGA error {code}"
    return errno.errorcode.get(-code, f"code {code}")
