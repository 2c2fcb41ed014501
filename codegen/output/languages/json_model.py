"""The elaborated model as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.sheet import Language, Sheet
from codegen.views.reference import device_model

if TYPE_CHECKING:
    from codegen.model.device import Device

__all__ = ["JSON"]


def _sheets(device: Device) -> list[Sheet]:
    return [Sheet(f"{device.name}.json", JSON.template, {"model": device_model(device)})]


JSON = Language("json", "json.json.j2", _sheets)
