"""The methods that the accelerator has a short way for."""

from __future__ import annotations

from typing import Literal

__all__ = ["ShortWay"]

ShortWay = Literal[
    "bar_peek",
    "bar_poke",
    "handle_peek",
    "handle_peek8",
    "handle_peek64",
    "handle_poke",
    "handle_poke8",
    "handle_poke64",
    "handle_burst",
    "batch_read",
    "register_read",
    "register_write",
    "register_modify",
    "register_fields",
    "register_wait_for",
    "array_item",
    "memory_item",
    "memory_set_item",
    "memory_readinto",
    "memory_write",
    "class_statement",
]
