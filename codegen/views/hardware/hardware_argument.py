"""What hardware does to a field, as an argument of its declaration in a driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.views.literals import text_literal
from codegen.views.source_lines import Argument, plain

if TYPE_CHECKING:
    from codegen.model.hardware.hardware_types import Counter, Hardware

__all__ = ["hardware_of"]


def hardware_of(hardware: Hardware | None) -> list[Argument]:
    """Return the argument of what a map says of the hardware's side; none where it says nothing."""
    if hardware is None:
        return []
    parts = [text_literal(hardware.hw)]
    if hardware.we:
        parts.append("we=True")
    if hardware.counter is not None:
        parts.append(f"counter=hal.Counter({', '.join(_steps(hardware.counter))})")
    for key in ("sticky", "intr"):
        word = getattr(hardware, key)
        parts += [f"{key}={text_literal(word)}"] if word else []
    return [plain(f"hal.Hardware({', '.join(parts)})", "hardware")]


def _steps(counter: Counter) -> list[str]:
    steps = [f"{key}={step}" for key in ("incrvalue", "decrvalue") if (step := getattr(counter, key))]
    return [*steps, "saturate=True"] if counter.saturate else steps
