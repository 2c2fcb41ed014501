"""Talk to an FPGA from Python: typed drivers from register maps, on AWS F2 cards and on an emulated card."""

from __future__ import annotations

import sys
from enum import IntEnum
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hal._version import __version__
from hal.shown import presented_by

if TYPE_CHECKING:
    from hal._binding import Bar
    from hal._binding.tapes.replaying import Replay, replay
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
    from hal.devices.record import Recording
    from hal.devices.register_cache import Cache, Stale
    from hal.dma.allocation import allocate
    from hal.dma.buffer import Buffer
    from hal.dma.transfers import Dma
    from hal.emulator.controls import Access, Emulator, Trace
    from hal.emulator.model import Model, TypedModel
    from hal.emulator.modelling.handlers import on_read, on_write
    from hal.emulator.modelling.model_blocks import ModelArray, ModelBlock, ModelEntries
    from hal.emulator.modelling.model_memories import ModelMemory
    from hal.emulator.modelling.model_registers import ModelFields, ModelRegister, ModelValue
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
        ConnectionLostError,
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
        InterruptError,
        InterruptTimeoutError,
        LibraryError,
        LoadError,
        LoadTimeoutError,
        LockedError,
        ManagementError,
        MapError,
        ModelError,
        NotOnCardError,
        RecordError,
        RemoteLatencyWarning,
        ReplayError,
        SdeError,
        SlotError,
        SlotTimeoutError,
        SnapshotError,
        StaleHandleError,
        WaitFailedError,
        WaitTimeoutError,
    )
    from hal.info import ClockGroups, ImageInfo, Metrics, PciAddress, ResourceMap
    from hal.kinds import SIGNED, TOGGLE, Code, EnumPair, Fixed, Float, Integer, OpenEnum, Real, Toggle
    from hal.lines.interrupt_events import InterruptEvent, InterruptState
    from hal.lines.line_sources import InterruptSource
    from hal.lines.slot_interrupt import SlotInterrupt
    from hal.lines.subscription import Subscription
    from hal.lines.vfio_vectors import VfioSource
    from hal.maps import load_map, shipped_map
    from hal.registers.classes.unmade import on_first_use
    from hal.registers.memory import Memory, ReadOnlyMemory, ReadOnlyWideMemory, WideMemory, WriteOnlyMemory
    from hal.registers.register import Register
    from hal.registers.waits.comparisons import (
        Comparison,
        at_least,
        at_most,
        between,
        less_than,
        more_than,
        none_of,
        one_of,
    )
    from hal.registers.waits.condition import Condition, when
    from hal.registers.waits.waits import wait_for_all, wait_for_all_async, wait_for_any, wait_for_any_async
    from hal.simulation.coverage import Coverage, FieldCoverage, RegisterCoverage
    from hal.simulation.simulated_logic import Ports, Simulation, Waves
    from hal.slots.clocks import Clocks, ClockSetting
    from hal.slots.opening import open_slot
    from hal.slots.slot import Slot

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
    "Comparison",
    "Condition",
    "ConnectionLostError",
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
    "InterruptError",
    "InterruptEvent",
    "InterruptSource",
    "InterruptState",
    "InterruptTimeoutError",
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
    "ModelArray",
    "ModelBlock",
    "ModelEntries",
    "ModelError",
    "ModelFields",
    "ModelMemory",
    "ModelRegister",
    "ModelValue",
    "NoField",
    "NotOnCardError",
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
    "RemoteLatencyWarning",
    "Replay",
    "ReplayError",
    "ResourceMap",
    "Row",
    "SdeError",
    "Simulation",
    "Slot",
    "SlotError",
    "SlotInterrupt",
    "SlotTimeoutError",
    "Snapshot",
    "SnapshotError",
    "Stale",
    "StaleHandleError",
    "Status",
    "Subscription",
    "Toggle",
    "Trace",
    "TypedModel",
    "VfioSource",
    "Violation",
    "Violations",
    "WaitFailedError",
    "WaitTimeoutError",
    "Waves",
    "WideMemory",
    "WriteOnlyField",
    "WriteOnlyMemory",
    "__version__",
    "accelerated",
    "allocate",
    "array",
    "at_least",
    "at_most",
    "between",
    "block",
    "blocks",
    "entries",
    "field_array",
    "interrupt",
    "interrupts",
    "less_than",
    "load_map",
    "memory",
    "memory_ro",
    "memory_wo",
    "more_than",
    "none",
    "none_of",
    "on_first_use",
    "on_read",
    "on_write",
    "one_of",
    "open_slot",
    "register",
    "registers",
    "replay",
    "ro",
    "rw",
    "shipped_map",
    "wait_for_all",
    "wait_for_all_async",
    "wait_for_any",
    "wait_for_any_async",
    "walk",
    "when",
    "wo",
]

# Each name is imported when it is first asked for: a driver imports what it is made of, and the command line nothing of
# cards where a command needs none.
_LATER = {
    name: module
    for module, names in {
        "hal._binding": "Bar",
        "hal._binding.tapes.replaying": "Replay replay",
        "hal.access.choice": "accelerated",
        "hal.access.field_arrays": "FieldArray Fields field_array",
        "hal.access.fields": "Field NoField ReadOnlyField WriteOnlyField none ro rw wo",
        "hal.access.hardware": "Counter Hardware",
        "hal.codes": "Command ErrorCode IntStatus PcimProtocolError Pf Status",
        "hal.design.rows": "FieldRow Row walk",
        "hal.design.snapshot": "Difference Snapshot",
        "hal.devices.batch": "Batch Future",
        "hal.devices.block": "Array Block array block blocks register",
        "hal.devices.device": "Device",
        "hal.devices.entry_memory": "Entries entries memory memory_ro memory_wo",
        "hal.devices.grids": "Grid GridSlice",
        "hal.devices.interrupts": "Interrupt Interrupts interrupt interrupts",
        "hal.devices.record": "Recording",
        "hal.devices.register_cache": "Cache Stale",
        "hal.dma.allocation": "allocate",
        "hal.dma.buffer": "Buffer",
        "hal.dma.transfers": "Dma",
        "hal.emulator.controls": "Access Emulator Trace",
        "hal.emulator.model": "Model TypedModel",
        "hal.emulator.modelling.handlers": "on_read on_write",
        "hal.emulator.modelling.model_blocks": "ModelArray ModelBlock ModelEntries",
        "hal.emulator.modelling.model_memories": "ModelMemory",
        "hal.emulator.modelling.model_registers": "ModelFields ModelRegister ModelValue",
        "hal.emulator.violations": "Violation Violations",
        "hal.errors": (
            "AccessError AddressError BatchError BusTimeoutError CacheError CardMissingError CardPermissionError "
            "ClockError ClockGeneratorMissingError ClosedError ConnectionLostError DmaError DmaTimeoutError "
            "FieldNameError FieldTypeError FieldValueError ForkedError FunctionMissingError HalError HandleError "
            "IdentityError InterruptError InterruptTimeoutError LibraryError LoadError LoadTimeoutError LockedError "
            "ManagementError MapError ModelError NotOnCardError RecordError RemoteLatencyWarning ReplayError SdeError "
            "SlotError SlotTimeoutError SnapshotError StaleHandleError WaitFailedError WaitTimeoutError"
        ),
        "hal.info": "ClockGroups ImageInfo Metrics PciAddress ResourceMap",
        "hal.kinds": "SIGNED TOGGLE Code EnumPair Fixed Float Integer OpenEnum Real Toggle",
        "hal.lines.interrupt_events": "InterruptEvent InterruptState",
        "hal.lines.slot_interrupt": "SlotInterrupt",
        "hal.lines.line_sources": "InterruptSource",
        "hal.lines.subscription": "Subscription",
        "hal.lines.vfio_vectors": "VfioSource",
        "hal.maps": "load_map shipped_map",
        "hal.registers.memory": "Memory ReadOnlyMemory ReadOnlyWideMemory WideMemory WriteOnlyMemory",
        "hal.registers.register": "Register",
        "hal.registers.classes.unmade": "on_first_use",
        "hal.registers.waits.comparisons": "Comparison at_least at_most between less_than more_than none_of one_of",
        "hal.registers.waits.condition": "Condition when",
        "hal.registers.waits.waits": "wait_for_all wait_for_all_async wait_for_any wait_for_any_async",
        "hal.simulation.coverage": "Coverage FieldCoverage RegisterCoverage",
        "hal.simulation.simulated_logic": "Ports Simulation Waves",
        "hal.slots.clocks": "Clocks ClockSetting",
        "hal.slots.opening": "open_slot",
        "hal.slots.slot": "Slot",
        "hal.texts.interactive": "load_ipython_extension unload_ipython_extension",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    if name == "sde":  # a package of its own
        return import_module("hal.sde")
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
presented_by("hal.texts.sheets")
