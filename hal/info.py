"""What a slot says of itself, as typed frozen values. Source: fpga_mgmt_describe_local_image and the SDK's structs."""

from __future__ import annotations

from dataclasses import dataclass, field

from hal.codes import IntStatus, PcimProtocolError, Status
from hal.shown import Facts

__all__ = ["ClockGroups", "ImageInfo", "Metrics", "PciAddress", "ResourceMap"]


@dataclass(frozen=True, slots=True)
class PciAddress:
    """Where a PCI function sits; prints as Linux names it, e.g. 0000:34:00.0."""

    domain: int
    bus: int
    device: int
    function: int

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}:{self.device:02x}.{self.function}"


@dataclass(frozen=True, slots=True)
class ResourceMap(Facts):
    """One PCI function: its ids, its address, and of BAR 0 to 4 the size in bytes (0: absent) and burst capability."""

    vendor_id: int
    device_id: int
    subsystem_device_id: int
    subsystem_vendor_id: int
    address: PciAddress
    resource_size: tuple[int, ...]
    resource_burstable: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Metrics(Facts):
    """Counters of a slot's shell. Addresses are bytes in the interface's BAR; power is in watts; clocks in hertz.

    `clocks`: three groups of seven outputs. `cached_agfis`: ids of the AFIs that the shell holds, as numbers.
    """

    int_status: IntStatus
    pcim_axi_protocol_error_status: PcimProtocolError
    pcim_range_error_addr: int
    pcim_range_error_count: int
    pcim_axi_protocol_error_addr: int
    pcim_axi_protocol_error_count: int
    pcim_write_count: int
    pcim_read_count: int
    dma_pcis_timeout_addr: int
    dma_pcis_timeout_count: int
    ocl_slave_timeout_addr: int
    ocl_slave_timeout_count: int
    sda_slave_timeout_addr: int
    sda_slave_timeout_count: int
    virtual_jtag_slave_timeout_addr: int
    virtual_jtag_slave_timeout_count: int
    virtual_jtag_write_count: int
    virtual_jtag_read_count: int
    ddr_write_count: int
    ddr_read_count: int
    clocks: tuple[tuple[int, ...], ...]
    power_mean: int
    power_max: int
    power: int
    cached_agfis: tuple[int, ...]
    flags: int

    def timeouts(self) -> tuple[tuple[str, int, int], ...]:
        """The interfaces that timed out since the counters were cleared: (name, last address, count)."""
        rows = (
            ("OCL", self.ocl_slave_timeout_addr, self.ocl_slave_timeout_count),
            ("SDA", self.sda_slave_timeout_addr, self.sda_slave_timeout_count),
            ("PCIS", self.dma_pcis_timeout_addr, self.dma_pcis_timeout_count),
            ("virtual JTAG", self.virtual_jtag_slave_timeout_addr, self.virtual_jtag_slave_timeout_count),
        )
        return tuple(row for row in rows if row[2])


@dataclass(frozen=True, slots=True)
class ImageInfo(Facts):
    """What a slot holds. `status_q` qualifies the status (an ErrorCode); `afi_id` is "none" when it is cleared.

    `app` and `mgmt` are the two PCI functions; `shell_version` is the shell's number, e.g. 0x10212415. What `load` and
    `clear` return also says how long they took: `load_seconds` until the slot held it, `answer_seconds` from then until
    the PCI bus showed it and answered; None otherwise.
    """

    slot: int
    status: Status | int
    status_q: int
    afi_id: str
    vendor_id: int
    device_id: int
    subsystem_vendor_id: int
    subsystem_device_id: int
    shell_version: int
    app: ResourceMap
    mgmt: ResourceMap
    load_seconds: float | None = field(default=None, compare=False)
    answer_seconds: float | None = field(default=None, compare=False)

    @property
    def loaded(self) -> bool:
        """Whether an AFI is loaded and ready."""
        return self.status == Status.LOADED

    @property
    def status_name(self) -> str:
        """The status in words."""
        return self.status.name.lower().replace("_", "-") if isinstance(self.status, Status) else "internal-error"


@dataclass(frozen=True, slots=True)
class ClockGroups(Facts):
    """Output frequencies of the clock generator, in MHz.

    `a`: clk_extra_a1, a2, a3. `b`: clk_extra_b0, b1. `c`: clk_extra_c0, c1. `hbm`: clk_hbm_axi.
    """

    a: tuple[float, float, float]
    b: tuple[float, float]
    c: tuple[float, float]
    hbm: float

    def by_name(self) -> dict[str, float]:
        """MHz of each clock by its name in the shell."""
        names = ("a1", "a2", "a3", "b0", "b1", "c0", "c1")
        rows = dict(zip((f"clk_extra_{name}" for name in names), (*self.a, *self.b, *self.c), strict=True))
        return {**rows, "clk_hbm_axi": self.hbm}


def status_of(number: int) -> Status | int:
    """The status as its enum, or the bare number where the SDK names none."""
    try:
        return Status(number)
    except ValueError:
        return number
