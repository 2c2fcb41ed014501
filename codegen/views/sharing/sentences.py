"""What writes of a register take, and what shares its address, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codegen.model.registers.rule_types import When, WriteRules

__all__ = ["alternate_text", "protocol_text"]


def alternate_text(alternate: str | None, when: When | None) -> str:
    """Return what an alternate is, as a sentence; empty for what is none."""
    if alternate is None:
        return ""
    if isinstance(when, tuple):
        when = " and ".join(f"{path} is {value:#x}" for path, value in when)
    return f"Alternate of {alternate}{f', when {when}' if when else ''}."


def protocol_text(rules: WriteRules | None) -> str:
    """Return what a write takes besides itself, as sentences."""
    if rules is None:
        return ""
    texts = []
    if rules.lock is not None:
        texts.append(f"Writes pass while {rules.lock[0]} is {rules.lock[1]:#x}.")
    if rules.unlock:
        keys = ", ".join(f"{value:#x} to {path}" for path, value in rules.unlock)
        texts.append(f"Each write follows writes of {keys}.")
    if rules.twice:
        texts.append("Each write is made twice.")
    if rules.masked:
        texts.append("The high half of a write says which bits of the low half it is for.")
    if rules.set_by is not None and rules.clear_by is not None:
        texts.append(f"Fields are set by {rules.set_by.register} and cleared by {rules.clear_by.register}.")
    return " ".join(texts)
