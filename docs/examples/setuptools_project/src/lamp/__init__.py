"""A lamp."""

from __future__ import annotations

from lamp.drivers.lamp import Color, Lamp

__all__ = ["shine"]


def shine(level: int) -> int:
    """Switch the lamp of slot 0 on and return the level that it has."""
    with Lamp.open(0) as lamp:
        lamp.ctrl.modify(on_off=True, color=Color.AMBER, level=level)
        return lamp.ctrl.level
