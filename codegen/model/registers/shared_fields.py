"""Fields that say little are one object for all that say the same, as most fields of a large map do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.model.types import FieldType
    from codegen.schema.entries import FieldEntry, RegisterContent
    from codegen.source.findings import Findings

__all__ = ["SharedFields"]

_PLAIN_KEYS = frozenset({"bits", "access", "reset", "volatile", "description"})
_PLAIN_RESETS = frozenset({int, type(None)})  # what equals another value of these types is the same


class SharedFields:
    """The fields that were made, by what their registers and they say."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._known: dict[tuple[object, ...], FieldType] = {}

    def of(
        self, name: str, field: FieldEntry, entry: RegisterContent, make: Callable[[], FieldType | None]
    ) -> FieldType | None:
        """Return a field of a register; it is made where none says the same, or something is to be told of it."""
        is_plain = field.model_fields_set <= _PLAIN_KEYS and entry.hw is None is entry.reset
        if not is_plain or type(field.reset) not in _PLAIN_RESETS:
            return make()
        ways = (entry.access, entry.volatile, field.access, field.volatile)
        key = (name, *field.bits, entry.width, *ways, field.reset, field.description)
        found = self._known.get(key)
        if found is None:
            faults = len(self._findings)
            found = make()
            if found is not None and len(self._findings) == faults and found.python_name == name:
                self._known[key] = found
        return found
