"""The text of a design whose driver is in the user's cache: kept beside it.

To make the text of a large map is to make the class of each of its registers, which takes longer than all else that a
command does.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from hal.emulator.design_text import design_text
from hal.generator.kept_drivers import entry_of

if TYPE_CHECKING:
    from hal.design.design import Design

__all__ = ["text_of"]

_KIND = "design"
_SHORT = 1 << 16  # characters, which take about 50 ms to make; to write what is shorter to a file gains little
_RUNTIME = Path(__file__).parent.parent
_IMPORTED_NS = time.time_ns()


def text_of(design: Design) -> str:
    """The text of a design, as `design_text` makes it.

    It depends on the driver's code, the design's options and the runtime's own files: where one differs from what a
    text was made of, it is made anew. A class that somebody has derived from a driver has no entry.
    """
    entry = entry_of(design.driver)
    if not entry:
        return design_text(design)
    from hal.generator import cache  # noqa: PLC0415  (a driver that is in the cache has imported it)

    key = f"{entry}\0{design[1:]}"
    runtime = cache.Package(_RUNTIME, _IMPORTED_NS)
    found = cache.find(_KIND, key, package=runtime)
    if found is not None:
        return str(found.content, "utf-8")
    text = design_text(design)
    if len(text) >= _SHORT:
        cache.keep(_KIND, key, (), 0, {}, text.encode(), package=runtime)
    return text
