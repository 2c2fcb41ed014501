"""What a write takes besides itself, and when an alternate is there."""

# pydantic reads the annotations when it runs.

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Discriminator, Tag

from codegen.schema.direct.scalar_rules import one_write
from codegen.schema.parts.shapes import shape_of
from codegen.schema.scalars import Natural, Text, worded
from codegen.schema.whole.parts import Entry

__all__ = ["KeyWrite", "LockEntry", "When"]


class LockEntry(Entry):
    """Writes pass while the field at a path from the register's block has this value."""

    by: str
    value: Natural


When = Annotated[Annotated[Text, Tag("word")] | Annotated[dict[str, Natural], Tag("nested")], Discriminator(shape_of)]
"""When an alternate is there: in words, or the value of a field by its path from the block."""


KeyWrite = Annotated[dict[str, Natural], AfterValidator(worded(one_write))]
"""A write before a write: a register's path from the block, and all its bits."""
