"""Where something stands: in a text, and in a map."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["LINE_BREAK", "Mark", "Path"]

Path = tuple[str | int, ...]

# The line breaks that PyYAML counts, so that a shown line is the line it means.
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Mark(NamedTuple):
    """A position in a text; both count from 1."""

    line: int
    column: int
