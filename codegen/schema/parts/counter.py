"""How hardware counts a field."""

# pydantic reads the annotations when it runs.
# ruff: noqa: TC001

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from codegen.schema.direct.scalar_rules import NATURAL_LIMIT
from codegen.schema.vocabulary import CounterClear
from codegen.schema.whole.parts import Entry

__all__ = ["CounterEntry"]

Step = Annotated[int, Field(ge=1, lt=NATURAL_LIMIT)]


class CounterEntry(Entry):
    """What an event adds and takes; without both, it counts up by 1."""

    up: Step | None = None
    down: Step | None = None
    saturate: bool = False
    clear: CounterClear | None = None
