"""Talk to an FPGA from Python: typed drivers from register maps, on AWS F2 cards and on an emulated card."""

from __future__ import annotations

import sys
from enum import IntEnum
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hal._version import __version__

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal.access.choice import accelerated
    from hal.access.field_arrays import FieldArray, Fields, field_array
    from hal.access.fields import Field, NoField, ReadOnlyField, WriteOnlyField, none, ro, rw, wo
    from hal.access.hardware import Counter, Hardware
    from hal.codes import Command, ErrorCode, IntStatus, PcimProtocolError, Pf, Status
    from hal.design.rows import FieldRow, Row, walk
    from hal.design.snapshot import Difference, Snapshot
    from hal.devices.batch import Batch, Future
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
    from hal.devices.record import Recording, Replay, replay
    from hal.devices.register_cache import Cache, Stale
    from hal.dma.allocation import allocate
    from hal.dma.buffer import Buffer
    from hal.dma.transfers import Dma
    from hal.emulator.controls import Access, Emulator, Trace
    from hal.emulator.model import Model
    from hal.emulator.violations import Violation, Violations
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
        DmaError,
        DmaTimeoutError,
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
    from hal.info import ClockGroups, ImageInfo, Metrics, PciAddress, ResourceMap
    from hal.kinds import SIGNED, TOGGLE, Code, EnumPair, Fixed, Float, Integer, OpenEnum, Real, Toggle
    from hal.maps import load_map, shipped_map
    from hal.registers.memory import Memory, ReadOnlyMemory, ReadOnlyWideMemory, WideMemory, WriteOnlyMemory
    from hal.registers.register import Register
    from hal.simulation.coverage import Coverage, FieldCoverage, RegisterCoverage
    from hal.simulation.simulated_logic import InterruptState, Ports, Simulation, Waves
    from hal.slots.clocks import Clocks, ClockSetting
    from hal.slots.slot import Slot, open_slot

__all__ = [
    "SIGNED",
    "TOGGLE",
    "Access",
    "AccessError",
    "AddressError",
    "Array",
    "Bar",
    "Batch",
    "BatchError",
    "Block",
    "Buffer",
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
    "Dma",
    "DmaError",
    "DmaTimeoutError",
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
    "Toggle",
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
    "allocate",
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

# Each name is imported when it is first asked for: a driver imports what it is made of, and the command line nothing of
# cards where a command needs none.
_LATER = {
    "Bar": "hal._binding",
    "accelerated": "hal.access.choice",
    "FieldArray": "hal.access.field_arrays",
    "Fields": "hal.access.field_arrays",
    "field_array": "hal.access.field_arrays",
    "Field": "hal.access.fields",
    "NoField": "hal.access.fields",
    "ReadOnlyField": "hal.access.fields",
    "WriteOnlyField": "hal.access.fields",
    "none": "hal.access.fields",
    "ro": "hal.access.fields",
    "rw": "hal.access.fields",
    "wo": "hal.access.fields",
    "Counter": "hal.access.hardware",
    "Hardware": "hal.access.hardware",
    "Command": "hal.codes",
    "ErrorCode": "hal.codes",
    "IntStatus": "hal.codes",
    "PcimProtocolError": "hal.codes",
    "Pf": "hal.codes",
    "Status": "hal.codes",
    "FieldRow": "hal.design.rows",
    "Row": "hal.design.rows",
    "walk": "hal.design.rows",
    "Difference": "hal.design.snapshot",
    "Snapshot": "hal.design.snapshot",
    "Batch": "hal.devices.batch",
    "Future": "hal.devices.batch",
    "Array": "hal.devices.block",
    "Block": "hal.devices.block",
    "array": "hal.devices.block",
    "block": "hal.devices.block",
    "blocks": "hal.devices.block",
    "register": "hal.devices.block",
    "Device": "hal.devices.device",
    "Entries": "hal.devices.entry_memory",
    "entries": "hal.devices.entry_memory",
    "memory": "hal.devices.entry_memory",
    "memory_ro": "hal.devices.entry_memory",
    "memory_wo": "hal.devices.entry_memory",
    "Grid": "hal.devices.grids",
    "GridSlice": "hal.devices.grids",
    "Interrupt": "hal.devices.interrupts",
    "Interrupts": "hal.devices.interrupts",
    "interrupt": "hal.devices.interrupts",
    "interrupts": "hal.devices.interrupts",
    "Recording": "hal.devices.record",
    "Replay": "hal.devices.record",
    "replay": "hal.devices.record",
    "Cache": "hal.devices.register_cache",
    "Stale": "hal.devices.register_cache",
    "allocate": "hal.dma.allocation",
    "Buffer": "hal.dma.buffer",
    "Dma": "hal.dma.transfers",
    "Access": "hal.emulator.controls",
    "Emulator": "hal.emulator.controls",
    "Trace": "hal.emulator.controls",
    "Model": "hal.emulator.model",
    "Violation": "hal.emulator.violations",
    "Violations": "hal.emulator.violations",
    "AccessError": "hal.errors",
    "AddressError": "hal.errors",
    "BatchError": "hal.errors",
    "BusTimeoutError": "hal.errors",
    "CacheError": "hal.errors",
    "CardMissingError": "hal.errors",
    "CardPermissionError": "hal.errors",
    "ClockError": "hal.errors",
    "ClockGeneratorMissingError": "hal.errors",
    "ClosedError": "hal.errors",
    "DmaError": "hal.errors",
    "DmaTimeoutError": "hal.errors",
    "FieldNameError": "hal.errors",
    "FieldTypeError": "hal.errors",
    "FieldValueError": "hal.errors",
    "ForkedError": "hal.errors",
    "FunctionMissingError": "hal.errors",
    "HalError": "hal.errors",
    "HandleError": "hal.errors",
    "IdentityError": "hal.errors",
    "LibraryError": "hal.errors",
    "LoadError": "hal.errors",
    "LoadTimeoutError": "hal.errors",
    "LockedError": "hal.errors",
    "ManagementError": "hal.errors",
    "MapError": "hal.errors",
    "ModelError": "hal.errors",
    "RecordError": "hal.errors",
    "ReplayError": "hal.errors",
    "SlotError": "hal.errors",
    "SlotTimeoutError": "hal.errors",
    "SnapshotError": "hal.errors",
    "StaleHandleError": "hal.errors",
    "WaitTimeoutError": "hal.errors",
    "ClockGroups": "hal.info",
    "ImageInfo": "hal.info",
    "Metrics": "hal.info",
    "PciAddress": "hal.info",
    "ResourceMap": "hal.info",
    "Code": "hal.kinds",
    "EnumPair": "hal.kinds",
    "Fixed": "hal.kinds",
    "Float": "hal.kinds",
    "Integer": "hal.kinds",
    "OpenEnum": "hal.kinds",
    "Real": "hal.kinds",
    "SIGNED": "hal.kinds",
    "TOGGLE": "hal.kinds",
    "Toggle": "hal.kinds",
    "load_map": "hal.maps",
    "shipped_map": "hal.maps",
    "Memory": "hal.registers.memory",
    "ReadOnlyMemory": "hal.registers.memory",
    "ReadOnlyWideMemory": "hal.registers.memory",
    "WideMemory": "hal.registers.memory",
    "WriteOnlyMemory": "hal.registers.memory",
    "Register": "hal.registers.register",
    "Coverage": "hal.simulation.coverage",
    "FieldCoverage": "hal.simulation.coverage",
    "RegisterCoverage": "hal.simulation.coverage",
    "InterruptState": "hal.simulation.simulated_logic",
    "Ports": "hal.simulation.simulated_logic",
    "Simulation": "hal.simulation.simulated_logic",
    "Waves": "hal.simulation.simulated_logic",
    "ClockSetting": "hal.slots.clocks",
    "Clocks": "hal.slots.clocks",
    "Slot": "hal.slots.slot",
    "open_slot": "hal.slots.slot",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'hal' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """`hal.registers` declares an array of registers, though a folder of that name is imported into it."""

    def __reduce__(self) -> Any:
        """By its name, as any module, for what pickles functions with their globals."""
        return import_module, (__name__,)

    @property
    def registers(self) -> Any:
        from hal.devices.block import registers  # noqa: PLC0415

        return registers

    @registers.setter
    def registers(self, folder: ModuleType) -> None:
        """Where the import system puts the folder."""


sys.modules[__name__].__class__ = _Package
