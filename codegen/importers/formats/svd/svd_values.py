"""SVD: the bits of a field, the names of its values, and which may be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.description import Enum, Member
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.svd.svd_elements import number, numbers_of_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codegen.importers.described.description import Field
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.formats.readers.xml_reader import Element

__all__ = ["Values", "bits_of"]


def bits_of(element: Element, path: str) -> tuple[int, int]:
    """Return the lowest bit of a field, and how many it has."""
    low, width = number(element, "bitOffset"), number(element, "bitWidth")
    if low is not None:
        return low, width or 1
    low, high = number(element, "lsb"), number(element, "msb")
    span = element.value("bitRange")
    if span is not None:
        high_text, _, low_text = span.strip("[]").partition(":")
        if high_text.strip().isdecimal() and low_text.strip().isdecimal():
            low, high = int(low_text[:6]), int(high_text[:6])
    if low is None or high is None or high < low:
        message = "the field has no bits: wanted bitOffset and bitWidth, lsb and msb, or bitRange"
        raise refuse(element.origin, "bad-bits", message, "Add them, the high bit not below the low one.", path)
    return low, high - low + 1


class Values:
    """Reads what values mean."""

    def __init__(self, remarks: Remarks) -> None:
        """Take the report."""
        self._remarks = remarks

    def enumerations(self, groups: Iterable[Element], element: Element, field: Field, path: str) -> None:
        """Give a field the enums of its element, in groups that have what they derive."""
        for group in groups:
            enum = self._enum(group, element, field, path)
            if enum is None:
                continue
            usage = group.value("usage") or "read-write"
            if usage in {"read", "read-write"} and field.enum is None:
                field.enum = enum
            if usage in {"write", "read-write"} and field.write_enum is None:
                field.write_enum = enum

    def _enum(self, group: Element, element: Element, field: Field, path: str) -> Enum | None:
        # Names of enums are of the field where they say nothing; those of a derived group are of the group.
        given = group.value("name") or group.value("headerEnumName") or field.name
        enum = Enum(given, group.origin)
        default = False
        for item in group.all("enumeratedValue"):
            if item.value("isDefault") in {"true", "1"}:
                default = True
                what = f"member {item.value('name')} is for all other values: the enum is open in its place"
                self._remarks.approximated(field, item.origin, path, what)
                continue
            values = numbers_of_value(item)
            if not values:
                self._remarks.dropped(
                    field, item.origin, path, f"member {item.value('name')} has no value that can be named"
                )
            for value in values:
                if value >= 1 << field.width:
                    what = f"member {item.value('name')} is {value:#x}, which the field can't hold"
                    self._remarks.dropped(field, item.origin, path, what)
                    continue
                name = item.value("name") or f"value_{value}"
                several = name if len(values) == 1 else f"{name}_{value}"
                enum.members.append(Member(several, item.origin, item.value("description") or "", value=value))
        constraint = element.find("writeConstraint")
        is_closed = constraint is not None and constraint.value("useEnumeratedValues") in {"true", "1"}
        named = len({member.value for member in enum.members})
        enum.is_open = default or (not is_closed and named < 1 << field.width)
        return enum if enum.members else None

    def constraint(self, element: Element, field: Field, path: str) -> None:
        """Give a field the range that may be written to it."""
        found = element.find("writeConstraint")
        if found is None:
            return
        span = found.find("range")
        if span is not None:
            low, high = number(span, "minimum"), number(span, "maximum")
            if low is not None and high is not None and low <= high:
                field.values = (low, min(high, (1 << field.width) - 1))
        elif found.value("writeAsRead") in {"true", "1"}:
            self._remarks.dropped(
                field, found.origin, path, "writeConstraint writeAsRead: only what was read may be written"
            )
