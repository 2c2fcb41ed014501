"""Dumps of all registers of a device: taken, saved, read back and compared."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.cli.readings import why_unread
from hal.errors import HalError

if TYPE_CHECKING:
    from hal.device import Device
    from hal.register import Register

__all__ = ["differences", "read_dump", "reset_dump", "save_dump", "take_dump"]

Dump = dict[str, Any]

_UNREAD = "not read"


def take_dump(device: Device, *, effects: bool) -> Dump:
    """All registers that may be read: {map, slot, registers, unread}. Each is read once."""
    taken = _empty(device)
    for register in device.registers():
        reason = why_unread(register, effects=effects)
        if reason:
            taken["unread"][register.path] = reason
        else:
            taken["registers"][register.path] = _row(register, register.read())
    return taken


def reset_dump(device: Device) -> Dump:
    """What a dump would be if all registers held their reset values. Reads nothing."""
    made = _empty(device)
    made["registers"] = {register.path: _row(register, register._reset) for register in device.registers()}
    return made


def _empty(device: Device) -> Dump:
    return {"map": device._device_name, "slot": device.slot.number, "registers": {}, "unread": {}}


def _row(register: Register, raw: int) -> dict[str, Any]:
    texts = {name: register._text(field, raw) for name, field in register._fields.items() if field.readable}
    return {"value": raw, "fields": texts}


def save_dump(path: Path, taken: Dump) -> None:
    """Writes the file as a whole or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(json.dumps(taken, indent=2) + "\n")
            file.flush()
            Path(file.name).chmod(0o644)
            os.replace(file.name, path)  # noqa: PTH105  (a name, not a Path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def read_dump(path: Path, device: Device) -> Dump:
    """A dump that save_dump has written, of the same map. HalError when it is none."""
    try:
        loaded: Any = json.loads(path.read_text(encoding="utf-8"))
        for row in loaded["registers"].values():
            int(row["value"]), dict(row["fields"])
        name = loaded["map"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HalError(f"{path} is no dump: make one with hal dump SLOT MAP --save {path}") from None
    if name != device._device_name:
        raise HalError(f"{path} is a dump of {name}, not of {device._device_name}")
    return {**loaded, "registers": dict(loaded["registers"])}


def differences(before: Dump, after: Dump) -> list[dict[str, str]]:
    """What differs, by field; registers that were not read afterwards are left out."""
    rows = []
    for path, new in after["registers"].items():
        old = before["registers"].get(path)
        if old is None:
            rows.append({"path": path, "old": _UNREAD, "new": hex(new["value"])})
        else:
            rows += _register_differences(path, old, new)
    return rows


def _register_differences(path: str, old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, str]]:
    pairs = {name: (old["fields"].get(name, _UNREAD), text) for name, text in new["fields"].items()}
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not changed and old["value"] != new["value"]:  # in bits that no field names
        return [{"path": path, "old": hex(old["value"]), "new": hex(new["value"])}]
    return [{"path": f"{path}.{name}", "old": was, "new": now} for name, (was, now) in changed.items()]
