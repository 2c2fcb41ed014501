"""What a live page of registers is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.views.page.page_model import page_json, page_model
from codegen.views.reference import device_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codegen.model.device import Device

__all__ = ["page_document"]


def page_document(devices: Iterable[Device]) -> bytes:
    """Return the document of some devices as JSON, in UTF-8; it has no `<`."""
    return page_json(page_model(map(device_model, devices))).encode()
