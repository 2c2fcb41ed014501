"""Resolves the register that tells a design from another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.device import Identity
from codegen.model.paths import register_at
from codegen.schema.policies import POLICIES

if TYPE_CHECKING:
    from codegen.model.types import BlockType
    from codegen.schema.entries import DeviceMap
    from codegen.source.findings import Findings, Source

__all__ = ["find_identity"]


def find_identity(device: DeviceMap, root: BlockType, source: Source, findings: Findings) -> Identity | None:
    """Return the map's identity once its register is there, readable and wide enough."""
    entry = device.identity
    if entry is None:
        return None
    register = register_at(root, entry.path)
    where = ("identity", "register")
    if register is None:
        # With parts of the map refused, the register may have been among them.
        if not source.dropped:
            message = f"no register {entry.path!r}"
            hint = "Give its dotted path, array elements as name[0]."
            findings.add(source, where, "unknown-identity", message, hint)
        return None
    if not all(POLICIES[field.access].readable for field in register.fields):
        message = f"register {entry.path!r} can't be read back"
        hint = "Choose a register whose fields all are readable."
        findings.add(source, where, "unreadable-identity", message, hint)
    if entry.value >> register.width:
        message = f"value {entry.value:#x} does not fit in the register's {register.width} bits"
        hint = "Give what the register reads."
        findings.add(source, ("identity", "value"), "identity-too-large", message, hint)
    return Identity(entry.path, entry.value)
