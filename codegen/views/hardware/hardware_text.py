"""What hardware does to a field, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codegen.model.hardware.hardware_types import Counter, Hardware

__all__ = ["hardware_text"]

_DOES = {
    "none": "Hardware neither reads nor writes it.",
    "read": "Hardware reads it and never writes it.",
    "write": "Hardware writes it",
    "both": "Hardware reads and writes it",
    "set": "Hardware sets its bits",
    "clear": "Hardware clears its bits",
}
_INTR = {
    "level": "while its input is 1",
    "posedge": "when its input becomes 1",
    "negedge": "when its input becomes 0",
    "bothedge": "when its input changes",
}
_STICKY = {
    "bit": "What is set stays until software clears it.",
    "field": "The first value that is not 0 stays until software clears it.",
}


def hardware_text(hardware: Hardware | None) -> str:
    """Return the sentences of what a map says of the hardware's side; empty where it says nothing."""
    if hardware is None:
        return ""
    does = _DOES[hardware.hw]
    if hardware.counter is not None:
        does = f"Hardware {'reads it and ' if hardware.hw == 'both' else ''}counts it {_steps(hardware.counter)}."
    elif hardware.writes:
        when = [" with a write enable"] if hardware.we else []
        when += [f", as an interrupt, {_INTR[hardware.intr]}"] if hardware.intr else []
        does += f"{''.join(when)}."
    return f"{does} {_STICKY.get(hardware.sticky or '', '')}".rstrip()


def _steps(counter: Counter) -> str:
    ways = {"up": counter.incrvalue, "down": counter.decrvalue}
    steps = " and ".join(f"{way} by {step}" for way, step in ways.items() if step)
    return f"{steps}, and it {'saturates' if counter.saturate else 'wraps'}"
