"""What a map means: which types are one, and where things end."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

REGISTERS, BLOCKS = "codegen/model/registers/register_builder.py", "codegen/model/block_builder.py"
SIZED = "codegen/model/blocks/sized.py"
IDENTITY = "tests/codegen/model/test_type_identity.py::test_"
ENDS = "tests/codegen/model/test_ends.py::test_"
# What tells two register types apart, and a part of the key without it.
TOLD_APART = {
    "the order of words": ("access_width, words, is_big", "access_width, is_big"),
    "where words lie": ("access_width, words, is_big, access,", "access_width, words, access,"),
    "shadow": ("access, entry.shadow, reset, parts", "access, reset, parts"),
    "the width of accesses": ("entry.width, access_width, words, is_big", "entry.width, words, is_big"),
    "reset": ("entry.shadow, reset, parts", "entry.shadow, parts"),
    "width": ("entry.width, access_width, words, is_big", "access_width, words, is_big"),
    "fields": ("entry.shadow, reset, parts", "entry.shadow, reset"),
}

FAULTS: tuple[Fault, ...] = (
    *(
        Fault(
            f"types: registers that differ in {what} are one",
            REGISTERS,
            *change,
            (f"{IDENTITY}registers_that_differ_are_two_types",),
        )
        for what, change in TOLD_APART.items()
    ),
    Fault(
        "types: arrays of two strides are one",
        SIZED,
        "child.axes, child.stride, space",
        "tuple(axis.count for axis in child.axes), space",
        (f"{IDENTITY}blocks_that_differ_are_two_types", f"{IDENTITY}arrays_of_two_strides_are_where_the_map_says"),
    ),
    Fault(
        "types: arrays of two counts are one",
        SIZED,
        "child.axes, child.stride, space",
        "tuple(axis.stride for axis in child.axes), space",
        (f"{IDENTITY}blocks_that_differ_are_two_types",),
    ),
    Fault(
        "types: blocks whose unmapped words differ are one",
        BLOCKS,
        "            alignment,\n            entry.unmapped,\n",
        "            alignment,\n",
        (f"{IDENTITY}blocks_that_differ_are_two_types",),
    ),
    Fault(
        "maps: a memory may lie anywhere",
        BLOCKS,
        "        self._check_aligned(entry.offset, step, place)\n",
        "",
        (f"{ENDS}memories_lie_at_multiples_of_their_words",),
    ),
    Fault(
        "maps: a memory asks for no alignment of its block",
        BLOCKS,
        'yield with_end(child, size, step, ("memories", name))',
        'yield with_end(child, size, 1, ("memories", name))',
        (f"{ENDS}memories_lie_at_multiples_of_their_words",),
    ),
    Fault(
        "maps: one byte past the BAR is taken",
        "codegen/model/card_rules.py",
        "if limit is None or end <= limit:",
        "if limit is None or end <= limit + 1:",
        (f"{ENDS}one_byte_past_the_bar",),
    ),
    Fault(
        "maps: what ends with the BAR is refused",
        "codegen/model/card_rules.py",
        "if limit is None or end <= limit:",
        "if limit is None or end < limit:",
        (f"{ENDS}the_last_word_of_a_bar",),
    ),
    Fault(
        "maps: a window that fits exactly is refused",
        BLOCKS,
        "if sized.end > window > 0:",
        "if sized.end >= window > 0:",
        (f"{ENDS}a_window_that_fits_exactly",),
    ),
    Fault(
        "maps: one byte past the window is taken",
        BLOCKS,
        "if sized.end > window > 0:",
        "if sized.end > window + 1 > 0:",
        (f"{ENDS}a_window_that_fits_exactly",),
    ),
)
