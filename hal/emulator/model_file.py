"""Python models in files: a class that is loaded with the modules beside it, and made for a driver."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.emulator.kept_text import text_of
from hal.emulator.model import TypedModel
from hal.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["load_model"]


def load_model(file: Path, name: str, driver: type[Any] | None) -> TypedModel:
    """The model of a class in a file, called with the driver, or with nothing where it takes nothing or has its own.

    Its imports find the modules beside the file while it is loaded and made; afterwards nobody else does. ModelError
    when the file, the class or the driver that it chose can't be used.
    """
    with _beside(file.parent):
        kind = _load_class(file, name)
        try:
            takes_none = driver is None or kind._driver is not None or not _takes_driver(kind)
            model: TypedModel = kind() if takes_none else kind(driver)
        except (Exception, SystemExit) as error:
            raise ModelError(f"the model {name} of {file} can't be made: {_told(error)}") from error
    if not hasattr(model, "driver"):
        raise ModelError(f"the model {name} of {file} does not call super().__init__(driver)")
    if driver is None or model.driver is driver:
        return model
    if text_of(model.driver._design) != text_of(driver._design):
        raise ModelError(
            f"the model {name} of {file} plays {model.driver.__name__}, whose registers are not those of the "
            "map; generate its driver again"
        )
    return model


def _takes_driver(kind: Any) -> bool:
    try:
        inspect.signature(kind).bind(object())
    except TypeError:
        return False
    return True


def _load_class(file: Path, name: str) -> Any:
    found = getattr(_load_module(file), name, None)
    if not isinstance(found, type) or not issubclass(found, TypedModel):
        raise ModelError(f"{file} has no class {name} derived from hal.Model")
    return found


def _load_module(file: Path) -> Any:
    name = f"hal_model_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ModelError(f"the model {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # enums and annotations look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, (Exception, SystemExit)):
            raise ModelError(f"the model {file} can't be loaded: {_told(error)}") from error
        raise
    return module


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Imports look into this folder first, past modules of these names from elsewhere, and leave none of it behind."""
    own = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    own -= set(sys.stdlib_module_names)
    hidden = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in own and not _stands_in(module, folder)
    }
    for name in hidden:
        del sys.modules[name]
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in own and _stands_in(sys.modules[name], folder):
                del sys.modules[name]
        sys.modules.update(hidden)


def _stands_in(module: Any, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(folder)
