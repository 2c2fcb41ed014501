"""`access`: the name of a policy, or what a read and a write do."""

# pydantic reads the annotations when it runs.

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Discriminator, Tag

from codegen.schema.direct.scalar_rules import access_row
from codegen.schema.parts.shapes import shape_of
from codegen.schema.policies import Policy, Read, Write
from codegen.schema.scalars import worded
from codegen.schema.whole.parts import Entry

__all__ = ["Access", "AccessEntry"]


class AccessEntry(Entry):
    """`access: {read: ..., write: ...}`: what a read and a write do; with `once`, only the first write after reset."""

    read: Read
    write: Write
    once: bool = False


if TYPE_CHECKING:
    Access = str
else:
    Access = Annotated[
        Annotated[Policy, Tag("word")] | Annotated[AccessEntry, Tag("nested")],
        Discriminator(shape_of),
        AfterValidator(worded(access_row)),
    ]
"""As text: see `policies.POLICIES`."""
