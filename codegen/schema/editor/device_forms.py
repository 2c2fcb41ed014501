"""Forms of what a map has besides registers, as JSON Schema: its card and spaces, interrupts, constants and enums."""

from __future__ import annotations

from codegen.schema.editor.forms import TITLE, Schema, flag, integer, line, mapping, named, size, text, word
from codegen.schema.names import MEMBER_NAME
from codegen.schema.spaces import CARDS, MAX_BAR, PF_NUMBERS
from codegen.schema.whole.parts import CARD_NAME

__all__ = ["card", "constant", "enum", "interrupt", "space"]


def card() -> Schema:
    """Return that of the card that has the BARs."""
    bars = {"type": "object", "minProperties": 1, "propertyNames": {"pattern": f"^[0-{MAX_BAR}]$"}}
    own = mapping(
        "A card with one PCI function.",
        ["bars"],
        {
            "name": {"description": "What it is called.", "type": "string", "pattern": CARD_NAME},
            "bars": {"description": "Sizes of its BARs by number.", **bars, "additionalProperties": size("Its size.")},
            "prefetchable": {
                "description": "Numbers of those in which reads change nothing: they may be wider than asked for.",
                "type": "array",
                "items": integer("A BAR.", MAX_BAR + 1),
            },
        },
    )
    return {"description": "The card that has the BARs; f2 where not given.", "anyOf": [{"enum": list(CARDS)}, own]}


def space() -> Schema:
    """Return that of a space."""
    return mapping(
        "A PCI function and one of its BARs.",
        ["pf", "bar"],
        {"pf": word("PCI function.", *PF_NUMBERS), "bar": integer("BAR; which there are, the card says.", MAX_BAR + 1)},
    )


def interrupt() -> Schema:
    """Return that of an interrupt."""

    def path(description: str) -> Schema:
        return {"description": f"{description} The dotted path of a field.", "type": "string"}

    return mapping(
        "An interrupt.",
        ["status"],
        {
            "line": integer("The number of its line.", 2048),
            "status": path("Tells whether it is pending."),
            "enable": path("Lets it through."),
            "disable": path("Holds it back, where that is another field."),
            "clear": path("Clears its status."),
            "description": text("What it tells."),
        },
    )


def constant() -> Schema:
    """Return that of a constant."""
    described = {"value": integer("The value."), "description": text("Text for the docstring.")}
    return {"anyOf": [integer("The value."), mapping("A value with a description.", ["value"], described)]}


def enum() -> Schema:
    """Return that of an enum, short or long."""
    member = mapping(
        "A value with a description.",
        ["value"],
        {"value": integer("The value."), "title": line(TITLE), "description": text("Text for the docstring.")},
    )
    items = {"anyOf": [integer("The value."), member]}
    members = {**named("Members by name.", items, MEMBER_NAME), "minProperties": 1}
    long = mapping(
        "An enum in its long form.",
        ["members"],
        {
            "open": flag("Its members are landmarks: any value that fits is one."),
            "description": text("Text for the docstring."),
            "members": members,
        },
    )
    is_long = {"properties": {"members": {"type": "object"}}, "required": ["members"]}
    return {"description": "Names for values.", "if": is_long, "then": long, "else": members}
