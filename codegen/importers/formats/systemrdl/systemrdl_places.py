"""SystemRDL: where the compiler says that something stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.description import Origin

if TYPE_CHECKING:
    from systemrdl.source_ref import SourceRefBase

__all__ = ["origin_of"]


def origin_of(reference: SourceRefBase | None, around: Origin) -> Origin:
    """Return where something stands; `around` where that is not known."""
    try:
        line = getattr(reference, "line", None)
    except OSError:  # it is of a file that was made for the import
        line = None
    if reference is None or line is None:
        return around
    path = getattr(reference, "path", around.file)
    return Origin(path, line, getattr(reference, "line_selection", (0, 0))[0] + 1)
