"""What a write of a register takes besides itself, and when an alternate is there."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Alias", "When", "WriteRules"]

When = str | tuple[tuple[str, int], ...]
"""When an alternate is there: in words, or fields by their paths from the block, and their values then."""


class Alias(NamedTuple):
    """A register of the same block that acts on another one, whose bits stand `shift` higher there."""

    register: str
    shift: int


class WriteRules(NamedTuple):
    """What a write of a register takes besides itself. Paths are from the block that holds it.

    lock: writes pass while the field there has that value. unlock: registers that are written just before each write.
    twice: each is made twice. masked: the high half of a write says which bits of the low half it is for. set_by,
    clear_by: where fields are written that share their word with others.
    """

    lock: tuple[str, int] | None
    unlock: tuple[tuple[str, int], ...]
    twice: bool
    masked: bool
    set_by: Alias | None
    clear_by: Alias | None
