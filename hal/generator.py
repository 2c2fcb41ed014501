"""The generator as the runtime uses it: its package, the maps that ship with hal, and a map's driver class."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.errors import MapError

if TYPE_CHECKING:
    import os

__all__ = ["codegen_package", "load_driver", "map_folder", "shipped_map", "shipped_maps"]


def codegen_package() -> Any:
    """The generator's package. ImportError names a wrong package that was found in its place."""
    try:
        import codegen  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(
            f"loading register maps needs the generator's packages ({error}): pip install fpga-hal"
        ) from error
    if not hasattr(codegen, "render_python"):
        raise ImportError(
            f"another package named codegen stands first on the path: {codegen.__file__}; "
            "remove it, or run from another folder"
        )
    return codegen


def _folders() -> list[Path]:
    """Where shipped maps lie: in the installed package, or beside it in the source folder."""
    package = Path(__file__).parent
    return [package / "regmaps", package.parent / "regmaps"]


def map_folder() -> Path:
    """The folder of the shipped register maps."""
    return next(folder for folder in _folders() if folder.is_dir())


def shipped_maps() -> list[str]:
    """Names of the shipped register maps."""
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.yaml")})


def shipped_map(name: str) -> Path:
    """The file of a shipped register map by name, e.g. "cl_mem_perf"."""
    for folder in _folders():
        path = folder / f"{name}.yaml"
        if path.is_file():
            return path
    raise MapError(f"no shipped register map {name!r}; there are {', '.join(shipped_maps())}")


def load_driver(path: str | os.PathLike[str]) -> type[Any]:
    """The driver class of a register map, as its generated file would hold it. MapError lists all that is wrong.

    `path`: a file, or the name of a shipped map.
    """
    codegen = codegen_package()
    source = Path(path)
    if not source.suffix and not source.exists():
        source = shipped_map(str(path))
    try:
        device = codegen.load(source)
    except codegen.MapError as error:
        raise MapError(str(error), error.problems) from None
    text = codegen.render_python(device)
    module = types.ModuleType(f"hal_map_{device.name}")
    module.__file__ = str(source)
    sys.modules[module.__name__] = module  # enums and annotations look their module up
    exec(compile(text, f"<driver of {source}>", "exec"), module.__dict__)  # noqa: S102  (our own renderer's text)
    driver: type[Any] = getattr(module, device.class_name)
    return driver
