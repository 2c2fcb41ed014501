"""The ports of a verilated top, and what they are: clock, reset, interrupts by their names, and buses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hal.cosim.bus_ports import Bus, Port, find_buses
from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Top", "find_top", "ports_of"]

_PORT = re.compile(r"VL_(IN|OUT|INOUT)(8|16|64|W|)\(\(?&(\w+)\)?,(\d+),(\d+)(?:,(\d+))?\)")
_BYTES = {"8": 1, "16": 2, "": 4, "64": 8}
_CLOCK = re.compile(r"(?:.*_)?(?:[ap]?clk|clock)(?:_?i)?|i_clk", re.IGNORECASE)
_RESET = re.compile(
    r"(?:.*_)?(?:[ap]?rst|[ap]?reset)(?:_?[nib]{1,2}|_n_i)?|i_a?rst(?:_n)?|i_reset(?:_n)?", re.IGNORECASE
)
_ACTIVE_LOW = re.compile(r".*(?:n|_b|_ni|_n_i)", re.IGNORECASE)
_INTERRUPT = re.compile(r"(?:.*_)?(?:irqs?|intr|interrupts?)(?:_?o|_out)?", re.IGNORECASE)
_LINES = 16
_MANGLED = "__0"  # how Verilator writes what C++ has no name for


@dataclass(frozen=True, slots=True)
class Top:
    """What of a top is what. `reset` is None where it has none; `active_low` is of the reset.

    `is_f2`: a custom logic on the F2 shell's ports, where the shell drives the inputs of `held` too.
    """

    name: str
    ports: Sequence[Port]
    buses: Sequence[Bus]
    clock: Port
    reset: Port | None = None
    active_low: bool = False
    interrupts: Sequence[Port] = field(default_factory=tuple)
    is_f2: bool = False
    held: frozenset[str] = frozenset()

    def driven(self) -> set[str]:
        """Names of the inputs that nobody else may set."""
        names = {port.name for bus in self.buses for port in bus.signals.values() if port.direction == "IN"}
        return names | self.held | {self.clock.name} | ({self.reset.name} if self.reset else set())


def ports_of(header: str) -> list[Port]:
    """The ports that a model's generated header declares; those of unpacked arrays are left out."""
    found = []
    for kind, size, name, high, low, words in _PORT.findall(header):
        bits = abs(int(high) - int(low)) + 1
        if _MANGLED not in name:
            found.append(Port(name, kind, bits, int(words) * 4 if size == "W" else _BYTES[size]))
    return found


def find_top(
    name: str,
    ports: Sequence[Port],
    spaces: Mapping[str, tuple[int, int]],
    home: tuple[int, int],
    clock: str = "",
    reset: str = "",
) -> Top:
    """What the ports of a top are. HalError says which are missing, or can't be told apart, and what names them.

    `spaces`: PCI function and BAR by a bus's prefix; a top with one bus needs none, which is then on `home`. `clock`,
    `reset`: names, where the ports' names do not tell.
    """
    buses = find_buses(name, ports, spaces, home)
    inputs = [port for port in ports if port.direction == "IN" and port.bits == 1]
    found_clock = _named(name, inputs, _CLOCK, clock, "clock")
    if found_clock is None:
        raise HalError(f"{name} has no input that is named as a clock: name it with --clock. {_listed(inputs)}")
    found_reset = _named(name, inputs, _RESET, reset.partition(":")[0], "reset")
    level = reset.partition(":")[2]
    if level not in {"", "high", "low"}:
        raise HalError(f"--reset {reset}: a reset's level is high or low, as in rst:high")
    low = level == "low" if level else found_reset is not None and bool(_ACTIVE_LOW.fullmatch(found_reset.name))
    lines = [port for port in ports if port.direction == "OUT" and _INTERRUPT.fullmatch(port.name)]
    if sum(port.bits for port in lines) > _LINES:
        lines = []
    return Top(name, ports, buses, found_clock, found_reset, low, lines)


def _named(top: str, inputs: Sequence[Port], pattern: re.Pattern[str], name: str, what: str) -> Port | None:
    if name:
        found = [port for port in inputs if port.name == name]
        if not found:
            raise HalError(f"{top} has no input {name!r} of one bit for its {what}. {_listed(inputs)}")
        return found[0]
    found = [port for port in inputs if pattern.fullmatch(port.name)]
    if len(found) > 1:
        names = ", ".join(port.name for port in found)
        raise HalError(f"{top} has several inputs that are named as a {what}: {names}; name it with --{what}")
    return found[0] if found else None


def _listed(inputs: Sequence[Port]) -> str:
    return f"Its inputs of one bit are {', '.join(port.name for port in inputs) or 'none'}"
