"""Forms of the hardware's side, as JSON Schema."""

from __future__ import annotations

from codegen.schema.editor.forms import Schema, explained, flag, integer, mapping
from codegen.schema.vocabulary import COUNTER_CLEARS, HWS, INTRS, STICKIES

__all__ = ["external", "hardware", "hw"]


def external() -> Schema:
    """Return what says that a thing is held by other logic than the block's."""
    return {"external": flag("Other logic than the block's holds it; for generated logic.")}


def hw(description: str) -> Schema:
    """Return what hardware does."""
    return {"hw": explained(f"{description} It settles volatile.", HWS)}


def hardware() -> Schema:
    """Return what says what hardware does to a field."""
    clears = {word: f"The access is {access} then." for word, access in COUNTER_CLEARS.items()}
    steps = {
        "up": integer("What an event up adds; 1 where neither way is said.", least=1),
        "down": integer("What an event down takes.", least=1),
        "saturate": flag("It stops at 0 and at its highest value instead of wrapping."),
        "clear": explained("What of software clears it.", {str(word): text for word, text in clears.items()}),
    }
    return {
        **hw("What hardware does to it."),
        "we": flag("Hardware writes it with a write enable, not in every cycle."),
        "counter": mapping("Hardware counts it.", [], steps),
        "sticky": explained("What of it stays when hardware says otherwise.", STICKIES),
        "intr": explained("It is an interrupt, sticky by bits where sticky is not said. What sets it:", INTRS),
    }
