"""What hardware does to a field, as a driver says it: for models, which act for the hardware, and for reads."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Counter", "Hardware"]

_WRITES = ("write", "both", "set", "clear")
_EDGES = {"posedge": (True, False), "negedge": (False, True), "bothedge": (True, True)}


class Counter(NamedTuple):
    """Steps of one event up and down, 0 where there are no such events; `saturate`: it stops at its ends."""

    incrvalue: int = 0
    decrvalue: int = 0
    saturate: bool = False

    def after(self, step: int, events: int, width: int) -> int:
        """The step that so many events lead to, those below 0 down, in a field of so many bits."""
        value = step + events * (self.incrvalue if events > 0 else self.decrvalue)
        most = (1 << width) - 1
        return min(max(value, 0), most) if self.saturate else value & most


class Hardware(NamedTuple):
    """What a map says of the hardware's side of a field, in its words.

    `hw`: none, read, write, both, set or clear. `we`: it writes with an enable. `sticky`: bit or field. `intr`: level,
    posedge, negedge or bothedge.
    """

    hw: str
    we: bool = False
    counter: Counter | None = None
    sticky: str = ""
    intr: str = ""

    @property
    def writes(self) -> bool:
        """Whether hardware changes the field."""
        return self.hw in _WRITES

    def driven(self, bits: int, value: int, before: int) -> int:
        """What the field's bits become where hardware drives it with a value after another one."""
        if self.intr in _EDGES:
            rises, falls = _EDGES[self.intr]
            value = (value & ~before if rises else 0) | (before & ~value if falls else 0)
        if self.hw == "clear":
            return bits & ~value
        if self.sticky == "field":
            return bits or value
        return bits | value if self.sticky or self.hw == "set" else value

    @property
    def text(self) -> str:
        """The same in a few words."""
        words = [f"hw {self.hw}", *(["we"] if self.we else [])]
        if self.counter is not None:
            steps = {"up": self.counter.incrvalue, "down": self.counter.decrvalue}
            words.append("counter " + " ".join(f"{way} {step}" for way, step in steps.items() if step))
            words += ["saturating"] if self.counter.saturate else []
        words += [f"intr {self.intr}"] if self.intr else []
        words += [f"sticky {self.sticky}"] if self.sticky else []
        return ", ".join(words)
