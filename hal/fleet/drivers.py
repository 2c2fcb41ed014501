"""Driver classes on their way to hosts that have neither the map nor the generated file."""

from __future__ import annotations

import importlib.util
import marshal
import pickle
import sys
import types
from typing import Any, NamedTuple

from hal._version import __version__
from hal.devices.device import Device
from hal.fleet.engine import pack
from hal.fleet.losses import FleetError

__all__ = ["ShippedDriver", "ship"]


class ShippedDriver(NamedTuple):
    """The generated module, compiled, and the class, which is one of it or the caller's subclass of one.

    Ray has all hosts run one version of Python, so that compiled code and pickles are the same on each.
    """

    version: str  # of hal
    module: str
    file: str
    code: bytes
    driver: bytes

    def unpack(self) -> type[Device]:
        """The class, on a host. Its module is there from now on, for what names its enums."""
        if self.version != __version__:
            raise FleetError(f"this host has fpga-hal {__version__}, the caller {self.version}: install one on all")
        module = types.ModuleType(self.module)
        module.__file__ = self.file
        sys.modules[self.module] = module
        exec(marshal.loads(self.code), module.__dict__)  # noqa: S102, S302  (the caller's own)
        driver: type[Device] = pickle.loads(self.driver)  # noqa: S301
        return driver


def ship(driver: type[Device], *, is_generated: bool = False) -> ShippedDriver:
    """Packs a driver class. FleetError where its code can't be had.

    `is_generated`: it is as the generator made it, nobody's subclass, and packing it takes no Ray.
    """
    generated = next(kind for kind in reversed(driver.__mro__) if issubclass(kind, Device) and kind is not Device)
    module = sys.modules[generated.__module__]
    code = getattr(module, "__driver_code__", None) or _code_of(module.__name__)
    if code is None:
        raise FleetError(
            f"the code of {generated.__qualname__} can't be found: take a generated file that is imported, or "
            "hal.load_map"
        )
    packed = pickle.dumps(driver) if is_generated else pack(driver)
    return ShippedDriver(__version__, module.__name__, str(module.__file__), marshal.dumps(code), packed)


def _code_of(module: str) -> Any:
    """The code of an imported module; None where its loader does not tell."""
    spec = None if module == "__main__" else importlib.util.find_spec(module)
    get_code = getattr(spec.loader if spec else None, "get_code", None)
    return get_code(module) if get_code else None
