"""Ray, imported where a fleet is used, and started quietly where there is no cluster."""

from __future__ import annotations

import logging
import os
import socket
import sys
import sysconfig
from functools import cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

from hal.fleet.losses import FleetError

__all__ = ["RESOURCE", "SYSTEM_CONFIG", "pack", "ray", "start"]

RESOURCE = "fpga"  # what a host offers one of for each slot

_ANSWER_SECONDS = 5.0
# A host that does not answer is given up after three seconds; Ray's own settings take fifteen to thirty. And where a
# program joins, Ray would first start a process for each core of the host, of which F2's have up to 192.
SYSTEM_CONFIG = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
    "prestart_worker_first_driver": False,
}


def ray() -> Any:
    """The module. FleetError says how to install it."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        found: Any = import_module("ray")  # an extra, without which all else is typed and works
    except ImportError:
        raise FleetError("a fleet needs Ray: pip install 'fpga-hal[fleet]'") from None
    return found


def pack(thing: Any) -> bytes:
    """A function or a value as bytes. Functions and classes of the caller's own files travel with their code."""
    cloudpickle: Any = import_module("ray.cloudpickle")
    module = _own_module(thing)
    if module is not None:
        cloudpickle.register_pickle_by_value(module)
    try:
        packed: bytes = cloudpickle.dumps(thing)
    finally:
        if module is not None:
            cloudpickle.unregister_pickle_by_value(module)
    return packed


def _own_module(thing: Any) -> ModuleType | None:
    """The module of a function or class, where it is none that hosts have too: not installed, not Python's or ours."""
    if not isinstance(thing, (FunctionType, type)):
        return None
    module = sys.modules.get(thing.__module__)
    file = getattr(module, "__file__", None)
    if module is None or module.__name__ == "__main__" or module.__name__.split(".")[0] == "hal":
        return None
    return None if file is None or file.startswith(_installed()) else module


@cache
def _installed() -> tuple[str, ...]:
    """Folders of what every host has. Asked for once: it takes a fifth of a call of a card."""
    return tuple(sorted({f"{sysconfig.get_path(name)}{os.sep}" for name in ("purelib", "platlib", "stdlib")}))


def start(address: str | None, slots: int) -> bool:
    """Joins the cluster at an address, or the one that this process has joined, or starts one of this machine alone.

    Whether it was started, or joined, here.
    """
    found = ray()
    if found.is_initialized():
        if address is not None:
            raise FleetError(f"this process has joined a Ray cluster already; it can't join {address} too")
        return False
    if address is not None:
        _require_answer(address)
    options: dict[str, Any] = {"namespace": "hal-fleet", "log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        options |= {"resources": {RESOURCE: slots}, "include_dashboard": False, "_system_config": SYSTEM_CONFIG}
    try:
        found.init(address=address or "local", **options)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        where = f"the cluster at {address}" if address else "a cluster of this machine"
        raise FleetError(f"{where} can't be had: {error}; see ray status, and docs/fleets.md") from error
    return True


def _require_answer(address: str) -> None:
    """Ray itself waits minutes for a host that is not there, and then ends the process. FleetError says why."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():  # "auto", and what Ray refuses at once
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()
    except (OSError, OverflowError, ValueError) as error:
        why = "no answer" if isinstance(error, TimeoutError) else str(error)
        raise FleetError(
            f"no cluster at {address}: {why}; give its head's address, as hal fleet host prints it"
        ) from None
