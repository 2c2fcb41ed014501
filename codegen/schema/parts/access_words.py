"""`access`: the name of a policy, or what a read and a write do."""

# pydantic reads the annotations when it runs.

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Discriminator, Tag

from codegen.schema.parts.shapes import shape_of
from codegen.schema.policies import AccessPolicy, Policy, Read, Write
from codegen.schema.scalars import fault
from codegen.schema.whole.parts import Entry

__all__ = ["Access", "AccessEntry"]


class AccessEntry(Entry):
    """`access: {read: ..., write: ...}`: what a read and a write do; with `once`, only the first write after reset."""

    read: Read
    write: Write
    once: bool = False


def _row(value: str | AccessEntry) -> str:
    """Return the name of a row, or its words where it has none."""
    if isinstance(value, str):
        return value
    if value.once and value.write == "none":
        hint = "Remove once, or say what the first write does."
        raise fault("bad-access", "once is about a write, and a write does nothing", hint)
    return AccessPolicy(value.read, value.write, value.once).text


if TYPE_CHECKING:
    Access = str
else:
    Access = Annotated[
        Annotated[Policy, Tag("word")] | Annotated[AccessEntry, Tag("nested")],
        Discriminator(shape_of),
        AfterValidator(_row),
    ]
"""As text: see `policies.POLICIES`."""
