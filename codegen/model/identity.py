"""Resolves the register that tells a design from another one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.model.types import BlockChild, BlockType, Identity, MemoryChild, RegisterChild, RegisterType
from codegen.schema.policies import is_readable

if TYPE_CHECKING:
    from codegen.schema.entries import DeviceMap
    from codegen.source.findings import Findings, Source

__all__ = ["find_identity"]

_STEP = re.compile(r"([a-z][a-z0-9_]*)(?:\[([0-9]{1,8})\])?")


def find_identity(device: DeviceMap, root: BlockType, source: Source, findings: Findings) -> Identity | None:
    """Return the map's identity once its register is there, readable and wide enough."""
    entry = device.identity
    if entry is None:
        return None
    register = find_register(root, entry.path)
    where = ("identity", "register")
    if register is None:
        # With parts of the map refused, the register may have been among them.
        if not source.dropped:
            message = f"no register {entry.path!r}"
            hint = "Give its dotted path, array elements as name[0]."
            findings.add(source, where, "unknown-identity", message, hint)
        return None
    if not all(is_readable(field.access) for field in register.fields):
        message = f"register {entry.path!r} can't be read back"
        hint = "Choose a register whose fields all are readable."
        findings.add(source, where, "unreadable-identity", message, hint)
    if entry.value >> register.width:
        message = f"value {entry.value:#x} does not fit in the register's {register.width} bits"
        hint = "Give what the register reads."
        findings.add(source, ("identity", "value"), "identity-too-large", message, hint)
    return Identity(entry.path, entry.value)


def find_register(root: BlockType, path: str) -> RegisterType | None:
    """Return the register at a dotted path such as `ch[2].level`, or None."""
    block: BlockType | None = root
    register: RegisterType | None = None
    for step in path.split("."):
        match = _STEP.fullmatch(step)
        if match is None or block is None:
            return None
        child = next((child for child in block.children if child.name == match[1]), None)
        if child is None or isinstance(child, MemoryChild) or not _has_element(child, match[2]):
            return None
        block = child.type if isinstance(child, BlockChild) else None
        register = child.type if isinstance(child, RegisterChild) else None
    return register


def _has_element(child: RegisterChild | BlockChild, index: str | None) -> bool:
    if child.count is None or index is None:
        return child.count is None and index is None
    return int(index) < child.count
