"""A map's driver class without a generated file."""

from __future__ import annotations

import json
import marshal
import sys
import time
import types
from typing import TYPE_CHECKING, Any, NamedTuple

from hal.errors import FieldValueError, MapError
from hal.generator import cache
from hal.generator.kept_drivers import set_entry
from hal.generator.package import codegen_package, map_source

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["CompiledDriver", "LoadedDriver", "compile_driver", "find_driver", "load_driver", "loaded"]

_KIND = "driver"


class CompiledDriver(NamedTuple):
    """A map's module: its name, that of its device class, and its code; what it does not say of its source.

    `entry`: the digest of its entry in the user's cache; "" where that is not known.
    """

    module: str
    class_name: str
    code: types.CodeType
    notice: tuple[str, ...]
    entry: str = ""


class LoadedDriver(NamedTuple):
    """The class, and in lines what a file of another format says and the class does not."""

    driver: type[Any]
    notice: tuple[str, ...]


def load_driver(path: str | os.PathLike[str], constants: Mapping[str, int] | None = None) -> LoadedDriver:
    """The driver class of a register map, as its generated file would hold it. MapError lists all that is wrong.

    `path`: a file, or the name of a shipped map. `constants`: values that go before the map's. What was loaded before
    comes, compiled, from the user's cache.
    """
    source = map_source(path)
    settings = dict(sorted((constants or {}).items()))
    return loaded(find_driver(source, settings) or _made(source, settings), source)


def loaded(driver: CompiledDriver, source: Path) -> LoadedDriver:
    """Its class."""
    module = types.ModuleType(driver.module)
    module.__file__ = str(source)
    module.__dict__["__driver_code__"] = driver.code  # for hosts that have no map
    sys.modules[module.__name__] = module  # enums and annotations look their module up
    exec(driver.code, module.__dict__)  # noqa: S102  (our own renderer's text)
    found: type[Any] = getattr(module, driver.class_name)
    if driver.entry:
        set_entry(found, driver.entry)
    return LoadedDriver(found, driver.notice)


def _key(source: Path, settings: dict[str, int]) -> str:
    """The path as it was given stands in the code, for tracebacks."""
    return f"{source.absolute()}\0{source}" + (f"\0{json.dumps(settings)}" if settings else "")


def find_driver(source: Path, settings: dict[str, int]) -> CompiledDriver | None:
    """What was kept of a map."""
    found = cache.find(_KIND, _key(source, settings))
    if found is None:
        return None
    code = marshal.loads(found.content)  # noqa: S302
    return CompiledDriver(found.facts["module"], found.facts["class"], code, tuple(found.facts["notice"]), found.digest)


def _made(source: Path, settings: dict[str, int]) -> CompiledDriver:
    codegen, began_ns = codegen_package(), time.time_ns()
    try:
        device, inputs = codegen.load_with_inputs(source, constants=settings)
    except codegen.MapError as error:
        raise MapError(str(error), error.problems) from None
    except ValueError as error:
        raise FieldValueError(f"{source}: {error}") from None
    return compile_driver(device, inputs, source, settings, began_ns)


def compile_driver(
    device: Any, inputs: Iterable[Path], source: Path, settings: dict[str, int], began_ns: int
) -> CompiledDriver:
    """The driver of an elaborated map, which is also kept for the next time; `began_ns` as in `cache.keep`."""
    codegen = codegen_package()
    code = compile(codegen.render_python(device), f"<driver of {source}>", "exec")
    lines = codegen.source.notices.notice(device.notes)
    module, name = f"hal_map_{device.name}", device.class_name
    facts = {"module": module, "class": name, "notice": lines}
    entry = cache.keep(_KIND, _key(source, settings), inputs, began_ns, facts, marshal.dumps(code))
    return CompiledDriver(module, name, code, lines, entry)
