"""Python models that a catalogue of AFIs names: found in a design's text, loaded from their file.

The card's state can hold no Python, so the design's text carries one line that names it:
`# python-model FILE CLASS MAP`, each quoted as a shell would. The model acts in processes
that open the slot through hal.
"""

from __future__ import annotations

import importlib.util
import shlex
import sys
from pathlib import Path
from typing import Any

from hal.emulator.model import Model
from hal.errors import ModelError

__all__ = ["model_line", "model_of"]

_MARK = "# python-model "
_WORDS = 3


def model_line(file: Path, class_name: str, register_map: Path) -> str:
    """The line of a design's text that names a model."""
    return _MARK + shlex.join([str(file), class_name, str(register_map)])


def model_of(design: str) -> Model | None:
    """The model that a design's text names, made for its map; None where it names none.

    ModelError when its file or class can't be used. The class is called with the map's driver, as `hal.Model` is.
    """
    lines = [line for line in design.splitlines() if line.startswith(_MARK)]
    if not lines:
        return None
    words = shlex.split(lines[-1].removeprefix(_MARK))
    if len(words) != _WORDS:
        raise ModelError(f"the design's line {lines[-1]!r} does not name a file, a class and a map; install it again")
    from hal.generator import load_driver  # noqa: PLC0415  (needs the generator's packages)

    file, class_name, register_map = words
    model: Model = _load_class(Path(file), class_name)(load_driver(register_map))
    return model


def _load_class(file: Path, name: str) -> Any:
    module = _load_module(file)
    found = getattr(module, name, None)
    if not isinstance(found, type) or not issubclass(found, Model):
        raise ModelError(f"{file} has no class {name} derived from hal.Model; correct the catalogue's model line")
    return found


def _load_module(file: Path) -> Any:
    name = f"hal_model_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ModelError(f"the model {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ModelError(f"the model {file} can't be loaded: {error}") from error
    return module
