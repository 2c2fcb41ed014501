"""The methods that the accelerator has a short way for."""

from __future__ import annotations

from typing import Literal

__all__ = ["ShortWay"]

ShortWay = Literal[
    "register_read",
    "register_write",
    "register_modify",
    "array_item",
    "memory_item",
    "memory_set_item",
    "memory_readinto",
    "memory_write",
]
