"""What of a map can't become logic: told with its place, instead of logic that does something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.schema.policies import POLICIES
from codegen.views.rtl.rtl_cells import is_wire
from codegen.views.rtl.rtl_places import runs_of

if TYPE_CHECKING:
    from codegen.model.refusals.origins import Refusals
    from codegen.model.types import FieldType
    from codegen.views.rtl.rtl_places import Group, Layout, Window

__all__ = ["check_layout", "elements_of"]

_ELEMENTS_MAX = 65536
_WORDS_MAX = 1 << 18
_APART_MAX = 4096
_WINDOWS_MAX = 256
_MEMORY_MAX = 1 << 20


def elements_of(group: Group, step: int) -> list[int | None]:
    """Return the elements of a group that need a description of their own; None stands for all of them."""
    return [None] if group.number == 1 or group.is_regular(step) else list(range(group.number))


def check_layout(layout: Layout, step: int, refusals: Refusals) -> None:
    """Check what a bus, whose words have so many bytes, has: sizes, places, and what is said of each field."""
    for group in layout.groups.values():
        _check_group(group, step, refusals)
    for window in (*layout.memories, *layout.externals):
        _check_window(window, step, refusals)
    for window in layout.constants:
        if window.number > _WINDOWS_MAX:
            message = f"{window.number} windows of one kind are too many, {_WINDOWS_MAX} is the most"
            refusals.add(window.names, "unmapped", "rtl-count", message, "Say unmapped of the block around it.")
    words = sum(group.number * len(runs_of(group.type, group.offset, step)) for group in layout.groups.values())
    if words > _WORDS_MAX:
        message = f"{words} words are too many for a register block, {_WORDS_MAX} is the most"
        refusals.add_of_device((), "rtl-count", message, "Say external: true of a part of it, or use memories.")
    elif not refusals:
        _check_words(layout, step, refusals)


def _check_group(group: Group, step: int, refusals: Refusals) -> None:
    most = _ELEMENTS_MAX if group.is_regular(step) else _APART_MAX
    if group.number > most:
        message = f"{group.number} registers of one kind are too many for a register block, which has up to {most}"
        refusals.add(group.names, "count", "rtl-count", message, "Say external: true, or use a memory.")
    _check_split(group, step, refusals)
    for field in group.type.fields:
        _check_field(group, field, refusals)


def _check_split(group: Group, step: int, refusals: Refusals) -> None:
    """Check a register whose one access is several of the bus."""
    register, acts = group.type, [field for field in group.type.fields if POLICIES[field.access].read_acts]
    if register.access_width > step * 8 and register.width > register.access_width:
        moving = [field.name for field in register.fields if field.volatile or field in acts]
        if moving:
            message = (
                f"an access of {register.access_width} bits is several ones of a bus of {step * 8}, between which "
                f"{moving[0]} may change"
            )
            hint = f"Say access_width: {step * 8}, with words: latched, or --option rtl.width=64."
            refusals.add(group.names, "access_width", "rtl-width", message, hint)


def _check_field(group: Group, field: FieldType, refusals: Refusals) -> None:
    names, policy = (*group.names, field.name), POLICIES[field.access]
    if field.alias is not None:
        return
    if field.volatile and field.hardware is None:
        message = "hardware changes it, and the map does not say how"
        hint = "Say hw: write, set or clear, or counter, sticky or intr, in the place of volatile."
        refusals.add(names, "volatile", "rtl-volatile", message, hint)
    elif is_wire(field) and policy.writable:
        message = "hardware writes it in every clock, so what software writes would be gone at once"
        refusals.add(names, "hw", "rtl-overwritten", message, "Add we: true, or use access ro, or hw: set or clear.")


def _check_window(window: Window, step: int, refusals: Refusals) -> None:
    assert window.child is not None
    kind = "a memory" if not window.child.external else "other logic"
    strides = [dimension.stride for dimension in window.dimensions]
    if any(number % step for number in (window.offset, *strides)) or (not window.child.external and window.size % step):
        message = f"{kind} of {window.size} bytes at {window.offset:#x} shares words of a bus of {step * 8} bits"
        refusals.add(window.names, "offset", "rtl-window", message, f"Use offsets and sizes of {step} bytes.")
    if window.number > _WINDOWS_MAX:
        message = f"{window.number} windows of one kind are too many, {_WINDOWS_MAX} is the most"
        refusals.add(window.names, "", "rtl-count", message, "Say external: true of the array around it.")
    if not window.child.external and window.size > _MEMORY_MAX:
        message = f"{window.size} bytes are too many for a memory inside of a register block"
        hint = f"Say external: true; up to {_MEMORY_MAX >> 20} MiB are made."
        refusals.add(window.names, "size", "rtl-memory", message, hint)


def _check_words(layout: Layout, step: int, refusals: Refusals) -> None:
    """Check that a read of a bus word which changes something is a read of nothing else.

    A bus has no byte strobes for reads: it reads all of the word.
    """
    acts: dict[int, tuple[Group, FieldType]] = {}
    owners: dict[int, set[tuple[tuple[str, ...], int, int]]] = {}
    for group in layout.groups.values():
        if group.type.access_width >= step * 8:
            continue
        size = group.type.word_bits // 8
        effects = [field for field in group.type.fields if POLICIES[field.access].read_acts]
        readable = any(POLICIES[field.access].readable for field in group.type.fields)
        for element, offset in enumerate(group.offsets):
            for at in range(offset, offset + group.type.size, size):
                if readable:
                    owners.setdefault(at // step, set()).add((group.names, element, at))
                if effects:
                    acts.setdefault(at // step, (group, effects[0]))
    told: set[tuple[str, ...]] = set()
    for word, (group, field) in acts.items():
        if len(owners[word]) > 1 and group.names not in told:
            told.add(group.names)
            others = sorted({".".join(names) for names, _, _ in owners[word]} - {".".join(group.names)})
            other = others[0] if others else "another word of it"
            message = (
                f"a read changes it, and a read of {other} is one of the same {step * 8} bits, for a bus has no byte "
                "strobes for reads"
            )
            hint = f"Give registers that a read changes {step} bytes of their own."
            refusals.add((*group.names, field.name), "access", "rtl-shared-word", message, hint)
    _check_windows(layout, step, refusals)


def _check_windows(layout: Layout, step: int, refusals: Refusals) -> None:
    """Check that other logic's words hold no registers of this block."""
    small = [window for window in layout.externals if window.size % step]
    if not small:
        return
    words = {offset // step for group in layout.groups.values() for offset in group.offsets}
    for window in small:
        if any((offset + window.size - 1) // step in words for offset in window.offsets):
            message = f"other logic of {window.size} bytes shares a word of the bus with registers"
            refusals.add(window.names, "offset", "rtl-window", message, f"Give it {step} bytes of its own.")
