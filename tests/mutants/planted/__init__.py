"""Faults that a test has to notice, each for its own reason."""

from __future__ import annotations

from tests.mutants.planted import accesses, devices, dma, logic, maps, slots
from tests.mutants.planted.fault import Fault

__all__ = ["FAULTS", "Fault"]

FAULTS: tuple[Fault, ...] = (*accesses.FAULTS, *devices.FAULTS, *slots.FAULTS, *maps.FAULTS, *logic.FAULTS, *dma.FAULTS)
