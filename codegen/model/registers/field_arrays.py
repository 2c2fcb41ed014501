"""Arrays of fields: how many there are, how far apart, what they are called, and what each holds after a reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.model.blocks.numbering import Axis, index_fault
from codegen.schema.direct.scalar_rules import BitRange

if TYPE_CHECKING:
    from codegen.model.values.formats import Meaning
    from codegen.model.values.resets import Resets
    from codegen.schema.entries import FieldEntry, RegisterContent
    from codegen.source.composer import Path
    from codegen.source.findings import Findings, Source

__all__ = ["FieldArrays"]


class FieldArrays:
    """Makes the axis of a field that is an array, and words what is wrong with it."""

    def __init__(self, resets: Resets, findings: Findings) -> None:
        self._resets = resets
        self._findings = findings

    def axis_of(self, field: FieldEntry, register_width: int, source: Source, path: Path) -> Axis | None:
        """Return a field's axis; None where it is none, or is none that fits, which is reported."""
        if field.count is None and field.index is None:
            for key in ("stride", "first"):
                if getattr(field, key) is not None:
                    self._add(source, (*path, key), f"{key}-without-count", f"a {key} needs a count", "Add count.")
            return None
        index = tuple(field.index or ())
        count = len(index) if field.count is None else field.count
        if field.index is not None and not self._index_fits(field, index, count, source, path):
            return None
        if not 1 <= count <= register_width:
            message = f"got {count}, allowed: 1 to the register's {register_width} bits"
            self._findings.add(source, (*path, "count"), "bad-count", message, "Change the count.")
            return None
        msb, lsb = field.bits
        width = msb - lsb + 1
        stride = width if field.stride is None else field.stride
        if stride < width:
            message = f"stride {stride} is smaller than one element, {width} bits"
            self._findings.add(source, (*path, "stride"), "stride-too-small", message, f"Use at least {width}.")
            return None
        last = msb + (count - 1) * stride
        if last >= register_width:
            message = f"the last element ends at bit {last}, outside of the register's {register_width} bits"
            hint = "Lower bits, count or stride; or give the register a larger width."
            self._findings.add(source, (*path, "bits"), "bits-out-of-range", message, hint)
            return None
        return Axis(count, stride, field.first or 0, index)

    def _index_fits(self, field: FieldEntry, index: tuple[str, ...], count: int, source: Source, path: Path) -> bool:
        where = (*path, "index")
        if any(dropped[: len(where)] == where for dropped in source.dropped):
            return False  # a name in it has been reported
        fault = index_fault(index, count, field.first)
        if fault:
            self._add(source, where, "bad-index", fault, "Give each element one name, or none of them.")
        return not fault

    def _add(self, source: Source, path: Path, rule: str, message: str, hint: str) -> None:
        self._findings.add(source, path, rule, message, hint, at_key=True)

    def reset_of(
        self,
        field: FieldEntry,
        axis: Axis | None,
        meaning: Meaning,
        unsaid: int,
        entry: RegisterContent,
        source: Source,
        path: Path,
    ) -> tuple[int, int]:
        """Return the bits of a field's reset, from its lowest bit on, and those that are unknown; of all elements."""
        if axis is None:
            if isinstance(field.reset, list):
                message, hint = "got a list, wanted a reset value", "A list is for arrays: a value for each element."
                self._findings.add(source, (*path, "reset"), "wrong-type", message, hint)
                return 0, 0
            return self._resets.of_field(field, meaning, unsaid, entry, source, path)
        given = field.reset if isinstance(field.reset, list) else [field.reset] * axis.count
        if len(given) != axis.count:
            message = f"{len(given)} resets for {axis.count} elements"
            self._findings.add(source, (*path, "reset"), "reset-count", message, "Give one for each, or one for all.")
            return 0, 0
        msb, lsb = field.bits
        bits = unknown = 0
        known: dict[object, tuple[int, int]] = {}  # of resets that the register's own says nothing about
        for number, reset in enumerate(given):
            at = number * axis.stride
            key = (type(reset), reset, at if entry.reset is not None else 0)
            if key not in known:
                element = field.model_copy(update={"bits": BitRange(msb + at, lsb + at), "reset": reset})
                known[key] = self._resets.of_field(element, meaning, unsaid, entry, source, path)
            own, nobody_knows = known[key]
            bits, unknown = bits | own << at, unknown | nobody_knows << at
        return bits, unknown
