"""Words, widths and limits of the format that more than one check needs."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = [
    "ACCESS_WIDTHS",
    "BUS_WORD",
    "CHILD_GROUPS",
    "COUNTER_CLEARS",
    "ENDIANS",
    "HWS",
    "HW_WRITES",
    "IDLES",
    "INTRS",
    "LANE_WIDTHS",
    "MAX_COUNT",
    "MAX_DEPTH",
    "MAX_DIMENSIONS",
    "MAX_FRACTION_BITS",
    "MAX_KEYS",
    "MAX_WIDTH",
    "MEMORY_WIDTHS",
    "PLAIN_FORMATS",
    "PROPERTIES",
    "SIZE_SHIFTS",
    "STICKIES",
    "VIAS",
    "WORD_ORDERS",
    "WRITE_MASKS",
    "CounterClear",
    "Endian",
    "Hw",
    "Idle",
    "Intr",
    "MemoryWidth",
    "PlainFormat",
    "Sticky",
    "Via",
    "WordOrder",
    "WriteMask",
]

WordOrder = Literal["low-first", "high-first", "latched"]
WORD_ORDERS: dict[str, str] = {
    "low-first": "The lowest word first.",
    "high-first": "The highest word first.",
    "latched": "The lowest word first, and always all of them: hardware holds what they were, or takes them together.",
}

Endian = Literal["little", "big"]
"""How the bus words of a wide register lie: the lowest one at the lowest address, or at the highest."""
ENDIANS: dict[str, str] = {
    "little": "The lowest word at the lowest address.",
    "big": "The highest word at the lowest address.",
}

PlainFormat = Literal[
    "unsigned", "signed", "sign_magnitude", "gray", "bcd", "one_hot", "bool", "float16", "float32", "float64"
]
PLAIN_FORMATS: dict[str, str] = {
    "unsigned": "Plain binary.",
    "signed": "Two's complement.",
    "sign_magnitude": "The highest bit is the sign.",
    "gray": "Binary-reflected Gray code.",
    "bcd": "Decimal digits of four bits.",
    "one_hot": "The number of the one bit that is set.",
    "bool": "True or false.",
    "float16": "IEEE 754 of 16 bits.",
    "float32": "IEEE 754 of 32 bits.",
    "float64": "IEEE 754 of 64 bits.",
}

Idle = Literal[0, 1, "last"]
"""What a write-only field is given when a neighbour is written: a constant, or what was written to it last."""
IDLES: dict[Idle, str] = {
    0: "A command: 1 acts.",
    1: "0 acts.",
    "last": "A setting: what was written to it last.",
}

Via = Literal["alias"]
VIAS: tuple[str, ...] = get_args(Via)
"""How fields are written: by registers that set and clear bits."""

WriteMask = Literal["high"]
WRITE_MASKS: tuple[str, ...] = get_args(WriteMask)
"""Which half of a write says which bits of the other half it is for."""

Hw = Literal["none", "read", "write", "both", "set", "clear"]
HWS: dict[str, str] = {
    "none": "Hardware neither reads nor writes it.",
    "read": "Hardware uses its value and never changes it.",
    "write": "Hardware writes it.",
    "both": "Hardware uses its value and writes it.",
    "set": "Hardware sets its bits.",
    "clear": "Hardware clears its bits.",
}
"""What hardware does to a field."""
HW_WRITES = ("write", "both", "set", "clear")

CounterClear = Literal["read", "write"]
COUNTER_CLEARS: dict[CounterClear, str] = {"read": "rc", "write": "wc"}
"""What of software clears a counter, and the policy that this is."""

Sticky = Literal["none", "bit", "field"]
STICKIES: dict[str, str] = {
    "none": "It follows what hardware says.",
    "bit": "A bit that is set stays so until software clears it.",
    "field": "The first value that is not 0 stays until software clears it.",
}
"""What stays when hardware says otherwise."""

Intr = Literal["level", "posedge", "negedge", "bothedge"]
INTRS: dict[str, str] = {
    "level": "Its input is 1.",
    "posedge": "Its input becomes 1.",
    "negedge": "Its input becomes 0.",
    "bothedge": "Its input changes.",
}
"""What sets a field that is an interrupt."""

MemoryWidth = Literal[8, 16, 32, 64, 128, 256, 512]
MEMORY_WIDTHS: tuple[int, ...] = get_args(MemoryWidth)
BUS_WORD = 32
"""Bits of a memory's words where nothing is said, and of bus accesses to words of which the bus has none."""

ACCESS_WIDTHS = (8, 32, 64)
"""Bits of one access on the bus, which has none of 16."""

LANE_WIDTHS = (8, 16, 32)
"""Bits of registers that may be a part of a bus word."""

CHILD_GROUPS = ("registers", "memories", "blocks")
"""The keys of what is in a block, in the order in which they are written."""

PROPERTIES = "x-*"
"""The key that all `x-anything` of a mapping stand under when it is validated."""

SIZE_SHIFTS = {"K": 10, "M": 20, "G": 30}
"""Letters of KiB, MiB and GiB."""

MAX_WIDTH = 4096
MAX_FRACTION_BITS = 512
"""Steps from 2^-512 to 2^512, all of which a double has."""
EXACT_BITS_MAX = 53  # what a float holds exactly
MAX_KEYS = 8
"""Writes before a write."""
MAX_COUNT = 1 << 24
MAX_DIMENSIONS = 8
"""Of one array."""
MAX_DEPTH = 64
"""Levels of blocks in blocks."""
