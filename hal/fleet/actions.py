"""What cards are asked to do by name: run on the host, with the device first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal.devices.lookup import node_at
from hal.errors import AccessError, FieldNameError
from hal.registers.register import Register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hal.design.snapshot import Snapshot
    from hal.devices.device import Device

__all__ = ["take_snapshot", "write_values"]


def take_snapshot(device: Device, path: str) -> Snapshot:
    """Of the device, or of the block at a path."""
    snapshot: Snapshot = (node_at(device, path) if path else device).snapshot()
    return snapshot


def write_values(device: Device, values: Mapping[str, Any]) -> None:
    """Writes registers (`ctrl`, whole) and fields (`ctrl.mode`), fields of one register together, all in one batch.

    Where one of them is wrong, nothing is written.
    """
    with device.batch() as view:
        fields: dict[str, tuple[Register, dict[str, Any]]] = {}
        for path, value in values.items():
            above, _, last = path.rpartition(".")
            owner = node_at(view, above) if above else view
            if not isinstance(owner, Register):
                register = node_at(view, path)
                if not isinstance(register, Register):
                    raise AccessError(f"{register._where()} is no register: name one, or a field", path=path)
                register.write(value)
                continue
            item = owner._shape.item_named(last)
            if item is None:
                raise FieldNameError(f"{owner._where()} has no field {last!r}", path=path)
            fields.setdefault(owner.path, (owner, {}))[1][item.attribute] = value
        for register, given in fields.values():
            register.modify(**given)
