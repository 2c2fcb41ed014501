"""Runs the schema over a source: the direct way where all is right, else pydantic, which words what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from codegen.schema.direct import entry_forms
from codegen.schema.direct.scalar_rules import RefusedError
from codegen.schema.direct.value_checks import UnusualError

if TYPE_CHECKING:
    from codegen.schema.direct.value_checks import Form
    from codegen.schema.entries import DeviceMap, IncludedMap
    from codegen.source.findings import Findings, Source

__all__ = ["validate_device", "validate_included"]


def validate_device(source: Source, findings: Findings) -> DeviceMap | None:
    """Return the data of a device's map as entries; what was refused is reported and left out of it.

    `source.dropped` gets the paths that are left out. None: nothing usable is left.
    """
    found = _directly(entry_forms.DeviceMap, source)
    if found is None:
        from codegen.schema import check, entries  # noqa: PLC0415  (pydantic takes half of a short run)

        return check.validate(source, entries.DeviceMap, findings)
    return cast("DeviceMap", found)


def validate_included(source: Source, findings: Findings) -> IncludedMap | None:
    """Return the data of an included file, as `validate_device` does."""
    found = _directly(entry_forms.IncludedMap, source)
    if found is None:
        from codegen.schema import check, entries  # noqa: PLC0415

        return check.validate(source, entries.IncludedMap, findings)
    return cast("IncludedMap", found)


def _directly(form: Form, source: Source) -> object:
    """Return what a source says; None where pydantic has to look at it."""
    entry_forms.FieldEntry.forget()
    try:
        return form(source.data)
    except (UnusualError, RefusedError):
        return None
    finally:
        entry_forms.FieldEntry.forget()
