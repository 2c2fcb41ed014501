"""The Python driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.sheet import Option, Sheet, by_options
from codegen.views.python_module import module_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.model.device import Device

__all__ = ["PYTHON"]

_OPTIONS = (Option("model", ("no", "yes"), "whether it has a typed base class for models of the emulated card"),)


def _sheets(device: Device, options: Mapping[str, str]) -> list[Sheet]:
    view = module_view(device, with_model=options["model"] == "yes")
    return [Sheet(f"{device.module}.py", PYTHON.template, {"module": view})]


PYTHON = by_options("python", "python.py.j2", _sheets, _OPTIONS)
