"""The 25 access policies of UVM's register layer (UVM 1.2 class reference, uvm_reg_field)."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = [
    "ONE_ACTS",
    "POLICIES",
    "READ_EFFECTS",
    "UNREADABLE",
    "UNWRITABLE",
    "ZERO_ACTS",
    "Policy",
    "is_readable",
    "is_writable",
]

Policy = Literal[
    "ro",
    "rw",
    "rc",
    "rs",
    "wrc",
    "wrs",
    "wc",
    "ws",
    "wsrc",
    "wcrs",
    "w1c",
    "w1s",
    "w1t",
    "w0c",
    "w0s",
    "w0t",
    "w1src",
    "w1crs",
    "w0src",
    "w0crs",
    "wo",
    "woc",
    "wos",
    "w1",
    "wo1",
]

POLICIES: tuple[str, ...] = get_args(Policy)

UNREADABLE = frozenset({"wo", "woc", "wos", "wo1"})
UNWRITABLE = frozenset({"ro", "rc", "rs"})
ZERO_ACTS = frozenset({"w0c", "w0s", "w0t", "w0src", "w0crs"})
ONE_ACTS = frozenset({"w1c", "w1s", "w1t", "w1src", "w1crs"})
READ_EFFECTS = frozenset({"rc", "rs", "wrc", "wrs", "wsrc", "wcrs", "w1src", "w1crs", "w0src", "w0crs"})
"""Policies whose bits change when they are read."""


def is_readable(access: str) -> bool:
    """Return whether a read gives the field's value."""
    return access not in UNREADABLE


def is_writable(access: str) -> bool:
    """Return whether a write can change the field."""
    return access not in UNWRITABLE
