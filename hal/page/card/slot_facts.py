"""What the slot panel of a page shows, as JSON has it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.slots.slot import Slot

__all__ = ["slot_facts"]

_SURE_MAX = 1 << 53  # JSON's numbers are exact up to here


def slot_facts(slot: Slot) -> dict[str, Any]:
    """Image, LEDs, switches, clocks in MHz and the shell's metrics; of what can't be had a {problem}."""
    return {
        "time": time.time(),
        "image": _found(lambda: _image(slot)),
        "leds": _found(lambda: slot.leds),
        "dip": _found(lambda: slot.dip),
        "clocks": _found(lambda: slot.clocks.get().by_name()),
        "metrics": _found(lambda: _metrics(slot)),
    }


def _found(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except HalError as problem:
        return {"problem": str(problem)}


def _image(slot: Slot) -> dict[str, Any]:
    info = slot.describe()
    return {
        "slot": info.slot,
        "status": info.status_name,
        "afi": info.afi_id,
        "shell": f"{info.shell_version:#010x}",
        "app": str(info.app.address),
        "mgmt": str(info.mgmt.address),
        "ids": f"{info.vendor_id:04x}:{info.device_id:04x}",
    }


def _metrics(slot: Slot) -> dict[str, Any]:
    found = asdict(slot.metrics())
    found.pop("clocks")  # the generator's are shown
    found["cached_agfis"] = [f"{number:#018x}" for number in found["cached_agfis"]]
    return {name: _plain(name, value) for name, value in found.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, int):
        return hex(value) if name.endswith("_addr") or abs(value) >= _SURE_MAX else int(value)
    return value
