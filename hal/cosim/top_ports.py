"""The ports of a verilated top, and what they are: buses, clock, reset, interrupts, by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Bus", "Port", "Top", "find_top", "ports_of"]

_PORT = re.compile(r"VL_(IN|OUT|INOUT)(8|16|64|W|)\(\(?&(\w+)\)?,(\d+),(\d+)(?:,(\d+))?\)")
_BYTES = {"8": 1, "16": 2, "": 4, "64": 8}
_SIGNAL = re.compile(
    r"(?P<prefix>.*?)_?(?P<signal>(?:aw|ar)(?:addr|prot|valid|ready|len)|w(?:data|strb|valid|ready)"
    r"|b(?:resp|valid|ready)|r(?:data|resp|valid|ready))(?P<suffix>(?:_?[io])?)"
)
_INPUTS = ("awaddr", "awvalid", "wdata", "wvalid", "bready", "araddr", "arvalid", "rready")
_OUTPUTS = ("awready", "wready", "bvalid", "arready", "rdata", "rvalid")
_OPTIONAL_INPUTS, _OPTIONAL_OUTPUTS = ("awprot", "wstrb", "arprot"), ("bresp", "rresp")
_CLOCK = re.compile(r"(?:.*_)?(?:a?clk|clock)(?:_?i)?|i_clk", re.IGNORECASE)
_RESET = re.compile(r"(?:.*_)?(?:a?rst|a?reset)(?:_?[nib]{1,2}|_n_i)?|i_a?rst(?:_n)?|i_reset(?:_n)?", re.IGNORECASE)
_ACTIVE_LOW = re.compile(r".*(?:n|_b|_ni|_n_i)", re.IGNORECASE)
_INTERRUPT = re.compile(r"(?:.*_)?(?:irqs?|intr|interrupts?)(?:_?o|_out)?", re.IGNORECASE)
_DATA_BITS = (32, 64)
_LINES = 16
_MANGLED = "__0"  # how Verilator writes what C++ has no name for


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the top: "IN", "OUT" or "INOUT", bits, and the bytes of the model's member."""

    name: str
    direction: str
    bits: int
    size: int


@dataclass(frozen=True, slots=True)
class Bus:
    """A slave of the top: its ports by signal, and the PCI function and BAR that it answers on."""

    prefix: str
    signals: Mapping[str, Port]
    space: tuple[int, int]


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
    buses = _buses(name, ports, spaces, home)
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


def _buses(name: str, ports: Sequence[Port], spaces: Mapping[str, tuple[int, int]], home: tuple[int, int]) -> list[Bus]:
    groups: dict[tuple[str, str], dict[str, Port]] = {}
    for port in ports:
        found = _SIGNAL.fullmatch(port.name.lower())
        if found:
            prefix, suffix = found["prefix"], found["suffix"].strip("_")
            groups.setdefault((prefix, "_" if suffix else ""), {})[found["signal"]] = port
    full = {prefix: signals for (prefix, _), signals in groups.items() if _is_slave(signals)}
    lite = {prefix: signals for prefix, signals in full.items() if "awlen" not in signals}
    if not lite:
        raise HalError(_no_bus(name, groups, full))
    unknown = [prefix for prefix in spaces if prefix.lower() not in lite]
    if unknown:
        raise HalError(f"{name} has no AXI4-Lite bus {unknown[0]!r}: it has {', '.join(map(_shown, lite))}")
    if not spaces and len(lite) > 1:
        shown = " ".join(f"--bus {prefix}=app:{2 * place}" for place, prefix in enumerate(lite))
        raise HalError(f"{name} has {len(lite)} AXI4-Lite buses: say which BAR each is, e.g. {shown}")
    chosen = {prefix.lower(): space for prefix, space in spaces.items()} or dict.fromkeys(lite, home)
    buses = [Bus(prefix, lite[prefix], space) for prefix, space in chosen.items()]
    for bus in buses:
        bits = bus.signals["wdata"].bits
        if bits not in _DATA_BITS or bus.signals["rdata"].bits != bits:
            raise HalError(f"{name}: bus {_shown(bus.prefix)} has {bits} data bits; AXI4-Lite has 32 or 64")
    if len({bus.space for bus in buses}) != len(buses):
        raise HalError(f"{name}: two buses on one BAR; give each another one with --bus")
    return buses


def _is_slave(signals: Mapping[str, Port]) -> bool:
    directions = {**dict.fromkeys(_INPUTS, "IN"), **dict.fromkeys(_OUTPUTS, "OUT")}
    return all(signal in signals and signals[signal].direction == way for signal, way in directions.items())


def _no_bus(name: str, groups: Mapping[tuple[str, str], Mapping[str, Port]], full: Mapping[str, object]) -> str:
    if full:
        return f"{name}: bus {_shown(next(iter(full)))} is AXI4 with bursts, and only AXI4-Lite is driven outside of F2"
    best = max(groups.values(), key=len, default={})
    missing = [signal for signal in (*_INPUTS, *_OUTPUTS) if signal not in best]
    if best and len(missing) < len(_INPUTS):
        return f"{name} has no whole AXI4-Lite slave: {', '.join(missing) or 'directions'} is missing"
    return (
        f"{name} has no AXI4-Lite slave: its ports are to be named as in s_axil_awaddr, s_axil_awvalid, ..., "
        "with any prefix"
    )


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


def _shown(prefix: str) -> str:
    return prefix or "(no prefix)"


def _listed(inputs: Sequence[Port]) -> str:
    return f"Its inputs of one bit are {', '.join(port.name for port in inputs) or 'none'}"
