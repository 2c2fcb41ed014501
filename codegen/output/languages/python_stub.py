"""Types of the Python driver, for editors and type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.sheet import Option, Sheet, by_options
from codegen.views.python.type_stub import stub_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.model.device import Device

__all__ = ["PYI"]

_OPTIONS = (Option("model", ("no", "yes"), "whether the driver has a typed base class for models: as python.model"),)


def _sheets(device: Device, options: Mapping[str, str]) -> list[Sheet]:
    view = stub_view(device, with_model=options["model"] == "yes")
    return [Sheet(f"{device.module}.pyi", PYI.template, {"stub": view})]


PYI = by_options("pyi", "pyi.pyi.j2", _sheets, _OPTIONS)
