"""Words, widths and limits of the format that more than one check needs."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = [
    "ACCESS_WIDTHS",
    "CHILD_GROUPS",
    "ENDIANS",
    "IDLES",
    "MAX_COUNT",
    "MAX_DEPTH",
    "MAX_FRACTION_BITS",
    "MAX_KEYS",
    "MAX_WIDTH",
    "MEMORY_WIDTHS",
    "PLAIN_FORMATS",
    "SIZE_SHIFTS",
    "VIAS",
    "WORD_ORDERS",
    "WRITE_MASKS",
    "Endian",
    "Idle",
    "MemoryWidth",
    "PlainFormat",
    "Via",
    "WordOrder",
    "WriteMask",
]

WordOrder = Literal["low-first", "high-first", "latched"]
WORD_ORDERS: tuple[str, ...] = get_args(WordOrder)

Endian = Literal["little", "big"]
"""How the bus words of a wide register lie: the lowest one at the lowest address, or at the highest."""
ENDIANS: tuple[str, ...] = get_args(Endian)

PlainFormat = Literal[
    "unsigned", "signed", "sign_magnitude", "gray", "bcd", "one_hot", "bool", "float16", "float32", "float64"
]
PLAIN_FORMATS: tuple[str, ...] = get_args(PlainFormat)

Idle = Literal[0, 1, "last"]
"""What a write-only field is given when a neighbour is written: a constant, or what was written to it last."""
IDLES: tuple[Idle, ...] = get_args(Idle)

Via = Literal["alias"]
VIAS: tuple[str, ...] = get_args(Via)
"""How fields are written: by registers that set and clear bits."""

WriteMask = Literal["high"]
WRITE_MASKS: tuple[str, ...] = get_args(WriteMask)
"""Which half of a write says which bits of the other half it is for."""

MemoryWidth = Literal[8, 32, 64]
MEMORY_WIDTHS: tuple[int, ...] = get_args(MemoryWidth)

ACCESS_WIDTHS = (8, 32, 64)
"""Bits of one access on the bus, which has none of 16."""

CHILD_GROUPS = ("registers", "memories", "blocks")
"""The keys of what is in a block, in the order in which they are written."""

SIZE_SHIFTS = {"K": 10, "M": 20, "G": 30}
"""Letters of KiB, MiB and GiB."""

MAX_WIDTH = 4096
MAX_FRACTION_BITS = 512
"""Steps from 2^-512 to 2^512, all of which a double has."""
EXACT_BITS_MAX = 53  # what a float holds exactly
MAX_KEYS = 8
"""Writes before a write."""
MAX_COUNT = 1 << 24
MAX_DEPTH = 64
"""Levels of blocks in blocks."""
