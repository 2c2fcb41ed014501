"""What a write takes besides itself, and when an alternate is there."""

# pydantic reads the annotations when it runs.

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Discriminator, Tag

from codegen.schema.parts.shapes import shape_of
from codegen.schema.scalars import Natural, Text, fault
from codegen.schema.whole.parts import Entry

__all__ = ["KeyWrite", "LockEntry", "When"]


class LockEntry(Entry):
    """Writes pass while the field at a path from the register's block has this value."""

    by: str
    value: Natural


When = Annotated[Annotated[Text, Tag("word")] | Annotated[dict[str, Natural], Tag("nested")], Discriminator(shape_of)]
"""When an alternate is there: in words, or the value of a field by its path from the block."""


def _one_write(value: dict[str, int]) -> dict[str, int]:
    if len(value) != 1:
        message = f"got {len(value)} writes in one item"
        raise fault("bad-unlock", message, "Write one register and its value in each item, in the order of the writes.")
    return value


KeyWrite = Annotated[dict[str, Natural], AfterValidator(_one_write)]
"""A write before a write: a register's path from the block, and all its bits."""
