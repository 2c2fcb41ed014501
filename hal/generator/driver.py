"""A map's driver class without a generated file."""

from __future__ import annotations

import sys
import time
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.errors import MapError
from hal.generator import driver_cache
from hal.generator.driver_cache import CompiledDriver
from hal.generator.package import codegen_package, shipped_map

if TYPE_CHECKING:
    import os

__all__ = ["load_driver"]


def load_driver(path: str | os.PathLike[str]) -> type[Any]:
    """The driver class of a register map, as its generated file would hold it. MapError lists all that is wrong.

    `path`: a file, or the name of a shipped map. What was loaded before comes from the cache of compiled drivers.
    """
    source = Path(path)
    if not source.suffix and not source.exists():
        source = shipped_map(str(path))
    driver = driver_cache.find(source) or _compiled(source)
    module = types.ModuleType(driver.module)
    module.__file__ = str(source)
    sys.modules[module.__name__] = module  # enums and annotations look their module up
    exec(driver.code, module.__dict__)  # noqa: S102  (our own renderer's text)
    found: type[Any] = getattr(module, driver.class_name)
    return found


def _compiled(source: Path) -> CompiledDriver:
    codegen, began_ns = codegen_package(), time.time_ns()
    try:
        device, inputs = codegen.load_with_inputs(source)
    except codegen.MapError as error:
        raise MapError(str(error), error.problems) from None
    code = compile(codegen.render_python(device), f"<driver of {source}>", "exec")
    driver = CompiledDriver(f"hal_map_{device.name}", device.class_name, code)
    driver_cache.keep(source, inputs, began_ns, driver)
    return driver
