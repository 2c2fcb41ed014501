"""Faults that a test has to notice, each for its own reason."""

from __future__ import annotations

from tests.mutants.planted import (
    accesses,
    bulk,
    card,
    core,
    devices,
    dma,
    far,
    lines,
    logic,
    maps,
    models,
    pages,
    pci,
    slots,
)
from tests.mutants.planted.fault import Fault

__all__ = ["FAULTS", "Fault"]

_ROOMS = (accesses, bulk, card, core, devices, slots, maps, logic, dma, pci, far, lines, pages, models)
FAULTS: tuple[Fault, ...] = tuple(fault for room in _ROOMS for fault in room.FAULTS)
