"""Talk to an FPGA from Python: typed drivers from register maps, on AWS F2 cards and on an emulated card."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from hal._binding import Bar
from hal._version import __version__
from hal.access.choice import accelerated
from hal.access.field_arrays import FieldArray, Fields, field_array
from hal.access.fields import Field, NoField, ReadOnlyField, WriteOnlyField, none, ro, rw, wo
from hal.access.hardware import Counter, Hardware
from hal.codes import Command, ErrorCode, IntStatus, PcimProtocolError, Pf, Status
from hal.devices.block import (
    Array,
    Block,
    array,
    block,
    blocks,
    register,
    registers,
)
from hal.devices.device import Device
from hal.devices.entry_memory import Entries, entries, memory, memory_ro, memory_wo
from hal.devices.grids import Grid, GridSlice
from hal.devices.interrupts import Interrupt, Interrupts, interrupt, interrupts
from hal.errors import (
    AccessError,
    AddressError,
    BatchError,
    BusTimeoutError,
    CacheError,
    CardMissingError,
    CardPermissionError,
    ClockError,
    ClockGeneratorMissingError,
    ClosedError,
    FieldNameError,
    FieldTypeError,
    FieldValueError,
    ForkedError,
    FunctionMissingError,
    HalError,
    HandleError,
    IdentityError,
    LibraryError,
    LoadError,
    LoadTimeoutError,
    LockedError,
    ManagementError,
    MapError,
    ModelError,
    RecordError,
    ReplayError,
    SlotError,
    SlotTimeoutError,
    SnapshotError,
    StaleHandleError,
    WaitTimeoutError,
)
from hal.kinds import SIGNED, Code, EnumPair, Fixed, Float, Integer, OpenEnum, Real
from hal.registers.memory import Memory, ReadOnlyMemory, ReadOnlyWideMemory, WideMemory, WriteOnlyMemory
from hal.registers.register import Register

if TYPE_CHECKING:
    from hal.design.rows import FieldRow, Row, walk
    from hal.design.snapshot import Difference, Snapshot
    from hal.devices.batch import Batch, Future
    from hal.devices.record import Recording, Replay, replay
    from hal.devices.register_cache import Cache, Stale
    from hal.emulator.controls import Access, Emulator, Trace
    from hal.emulator.model import Model
    from hal.emulator.violations import Violation, Violations
    from hal.info import ClockGroups, ImageInfo, Metrics, PciAddress, ResourceMap
    from hal.maps import load_map, shipped_map
    from hal.simulation.coverage import Coverage, FieldCoverage, RegisterCoverage
    from hal.simulation.simulated_logic import InterruptState, Ports, Simulation, Waves
    from hal.slots.clocks import Clocks, ClockSetting
    from hal.slots.slot import Slot, open_slot

__all__ = [
    "SIGNED",
    "Access",
    "AccessError",
    "AddressError",
    "Array",
    "Bar",
    "Batch",
    "BatchError",
    "Block",
    "BusTimeoutError",
    "Cache",
    "CacheError",
    "CardMissingError",
    "CardPermissionError",
    "ClockError",
    "ClockGeneratorMissingError",
    "ClockGroups",
    "ClockSetting",
    "Clocks",
    "ClosedError",
    "Code",
    "Command",
    "Counter",
    "Coverage",
    "Device",
    "Difference",
    "Emulator",
    "Entries",
    "EnumPair",
    "ErrorCode",
    "Field",
    "FieldArray",
    "FieldCoverage",
    "FieldNameError",
    "FieldRow",
    "FieldTypeError",
    "FieldValueError",
    "Fields",
    "Fixed",
    "Float",
    "ForkedError",
    "FunctionMissingError",
    "Future",
    "Grid",
    "GridSlice",
    "HalError",
    "HandleError",
    "Hardware",
    "IdentityError",
    "ImageInfo",
    "IntEnum",
    "IntStatus",
    "Integer",
    "Interrupt",
    "InterruptState",
    "Interrupts",
    "LibraryError",
    "LoadError",
    "LoadTimeoutError",
    "LockedError",
    "ManagementError",
    "MapError",
    "Memory",
    "Metrics",
    "Model",
    "ModelError",
    "NoField",
    "OpenEnum",
    "PciAddress",
    "PcimProtocolError",
    "Pf",
    "Ports",
    "ReadOnlyField",
    "ReadOnlyMemory",
    "ReadOnlyWideMemory",
    "Real",
    "RecordError",
    "Recording",
    "Register",
    "RegisterCoverage",
    "Replay",
    "ReplayError",
    "ResourceMap",
    "Row",
    "Simulation",
    "Slot",
    "SlotError",
    "SlotTimeoutError",
    "Snapshot",
    "SnapshotError",
    "Stale",
    "StaleHandleError",
    "Status",
    "Trace",
    "Violation",
    "Violations",
    "WaitTimeoutError",
    "Waves",
    "WideMemory",
    "WriteOnlyField",
    "WriteOnlyMemory",
    "__version__",
    "accelerated",
    "array",
    "block",
    "blocks",
    "entries",
    "field_array",
    "interrupt",
    "interrupts",
    "load_map",
    "memory",
    "memory_ro",
    "memory_wo",
    "none",
    "open_slot",
    "register",
    "registers",
    "replay",
    "ro",
    "rw",
    "shipped_map",
    "walk",
    "wo",
]

# Importing a driver is quick: what only an open slot needs, or few programs use, comes when it is first asked for.
_LATER = {
    "ClockGroups": "hal.info",
    "ClockSetting": "hal.slots.clocks",
    "Clocks": "hal.slots.clocks",
    "ImageInfo": "hal.info",
    "Metrics": "hal.info",
    "PciAddress": "hal.info",
    "ResourceMap": "hal.info",
    "Slot": "hal.slots.slot",
    "open_slot": "hal.slots.slot",
    "Access": "hal.emulator.controls",
    "Emulator": "hal.emulator.controls",
    "Trace": "hal.emulator.controls",
    "Violation": "hal.emulator.violations",
    "Violations": "hal.emulator.violations",
    "Model": "hal.emulator.model",
    "Batch": "hal.devices.batch",
    "Future": "hal.devices.batch",
    "Recording": "hal.devices.record",
    "Replay": "hal.devices.record",
    "Difference": "hal.design.snapshot",
    "Row": "hal.design.rows",
    "FieldRow": "hal.design.rows",
    "walk": "hal.design.rows",
    "replay": "hal.devices.record",
    "Snapshot": "hal.design.snapshot",
    "InterruptState": "hal.simulation.simulated_logic",
    "Ports": "hal.simulation.simulated_logic",
    "Simulation": "hal.simulation.simulated_logic",
    "Waves": "hal.simulation.simulated_logic",
    "Coverage": "hal.simulation.coverage",
    "FieldCoverage": "hal.simulation.coverage",
    "RegisterCoverage": "hal.simulation.coverage",
    "Cache": "hal.devices.register_cache",
    "Stale": "hal.devices.register_cache",
    "load_map": "hal.maps",
    "shipped_map": "hal.maps",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'hal' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_LATER[name]), name)
