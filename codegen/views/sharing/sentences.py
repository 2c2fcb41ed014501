"""What writes of a register take, and what shares its address, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codegen.model.registers.rule_types import When, WriteRules

__all__ = ["alternate_text", "place_text", "protocol_facts", "protocol_text", "when_text"]


def alternate_text(alternate: str | None, when: When | None) -> str:
    """Return what an alternate is, as a sentence; empty for what is none."""
    if alternate is None:
        return ""
    return f"Alternate of {alternate}{f', when {when_text(when)}' if when else ''}."


def place_text(alternate: str | None, when: When | None, words: str = "", *, external: bool, bursts: bool) -> str:
    """Return what documents say of a place besides its description, as sentences. `words`: what of a memory's words."""
    held, read = "Held by other logic." if external else "", "May be read in bursts." if bursts else ""
    return " ".join(filter(None, (alternate_text(alternate, when), held, words, read)))


def when_text(when: When) -> str:
    """Return when an alternate is there."""
    return when if isinstance(when, str) else " and ".join(f"{path} is {value:#x}" for path, value in when)


def protocol_text(rules: WriteRules | None) -> str:
    """Return what a write takes besides itself, as sentences."""
    return " ".join(f"{text}." for text in protocol_facts(rules).values())


def protocol_facts(rules: WriteRules | None) -> dict[str, str]:
    """Return what a write takes besides itself, by the map format's keys."""
    if rules is None:
        return {}
    facts: dict[str, str] = {}
    if rules.lock is not None:
        facts["lock"] = f"Writes pass while {rules.lock[0]} is {rules.lock[1]:#x}"
    if rules.unlock:
        keys = ", ".join(f"{value:#x} to {path}" for path, value in rules.unlock)
        facts["unlock"] = f"Each write follows writes of {keys}"
    if rules.twice:
        facts["write_twice"] = "Each write is made twice"
    if rules.masked:
        facts["write_mask"] = "The high half of a write says which bits of the low half it is for"
    if rules.set_by is not None and rules.clear_by is not None:
        facts["via"] = f"Fields are set by {rules.set_by.register} and cleared by {rules.clear_by.register}"
    return facts
