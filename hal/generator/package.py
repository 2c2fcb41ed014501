"""The generator's package, and the maps that ship with hal."""

from __future__ import annotations

import importlib.util
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.errors import MapError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = [
    "codegen_package",
    "generator_folder",
    "map_folder",
    "map_source",
    "shipped_map",
    "shipped_maps",
    "shipped_parts",
]

_PARTS = "_types"
_COMPARED_MAX = 500  # files of a folder that a wrong name may have been meant for


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


def generator_folder() -> Path:
    """Where the generator's package lies; it is not imported. ImportError where there is none."""
    spec = importlib.util.find_spec("codegen")
    if spec is None or not spec.origin:
        raise ImportError("the generator's package is not here: pip install fpga-hal")
    return Path(spec.origin).parent


def _folders() -> list[Path]:
    """Where shipped maps lie: in the installed package, or beside it in the source folder."""
    package = Path(__file__).parent.parent
    return [package / "regmaps", package.parent / "regmaps"]


def map_folder() -> Path:
    """The folder of the shipped register maps."""
    return next(folder for folder in _folders() if folder.is_dir())


def shipped_maps() -> list[str]:
    """Names of the shipped register maps."""
    return [name for name in _shipped() if not name.endswith(_PARTS)]


def shipped_parts() -> list[str]:
    """Names of the shipped files that hold types for maps to include."""
    return [name for name in _shipped() if name.endswith(_PARTS)]


def _shipped() -> list[str]:
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.yaml")})


def shipped_map(name: str) -> Path:
    """The file of a shipped register map by name, e.g. "cl_mem_perf"."""
    return _shipped_map(name, ())


def map_source(path: str | os.PathLike[str]) -> Path:
    """The file of a map that is given by its path, or by the name of a shipped one. MapError says what was meant."""
    source = Path(path)
    if source.suffix or source.exists():
        return source
    files = (file for suffix in ("yaml", "yml") for file in source.parent.glob(f"*.{suffix}"))
    return _shipped_map(str(path), [str(file) for file in islice(files, _COMPARED_MAX)])


def _shipped_map(name: str, beside: Sequence[str]) -> Path:
    """`beside`: files that a wrong name may have been meant for."""
    if name in _shipped():
        return next(path for folder in _folders() if (path := folder / f"{name}.yaml").is_file())
    from difflib import get_close_matches  # noqa: PLC0415  (names are seldom wrong)

    close = [file for file in beside if file.rpartition(".")[0] == name]
    close = close or get_close_matches(name, [*shipped_maps(), *beside], n=1)
    hint = f". Did you mean {close[0]}? There are" if close else "; there are"
    raise MapError(f"no shipped register map {name!r}{hint} {', '.join(shipped_maps())}")
