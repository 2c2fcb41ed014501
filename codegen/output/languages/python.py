"""The Python driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.sheet import Language, Sheet
from codegen.views.python_module import module_view

if TYPE_CHECKING:
    from codegen.model.device import Device

__all__ = ["PYTHON"]


def _sheets(device: Device) -> list[Sheet]:
    return [Sheet(f"{device.module}.py", PYTHON.template, {"module": module_view(device)})]


PYTHON = Language("python", "python.py.j2", _sheets)
