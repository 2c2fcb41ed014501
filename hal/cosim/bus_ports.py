"""The buses of a verilated top by the names of its ports: AXI4-Lite and APB slaves, with any prefix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["APB", "AXI", "AXI_LITE", "Bus", "Port", "Protocol", "find_buses"]

_DATA_BITS = (32, 64)
_AXI_SIGNAL = (
    r"(?:aw|ar)(?:addr|prot|valid|ready|len)|w(?:data|strb|valid|ready)"
    r"|b(?:resp|valid|ready)|r(?:data|resp|valid|ready)"
)
_APB_SIGNAL = r"psel|penable|pwrite|paddr|pprot|pwdata|pstrb|pready|prdata|pslverr"
_SIGNAL = re.compile(rf"(?P<prefix>.*?)_?(?P<signal>{_AXI_SIGNAL}|{_APB_SIGNAL})(?P<suffix>(?:_?[io])?)")


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the top: "IN", "OUT" or "INOUT", bits, and the bytes of the model's member."""

    name: str
    direction: str
    bits: int
    size: int


class Protocol(NamedTuple):
    """A protocol as the shell masters it, which class of it that is, and the signals of a slave.

    `data`: those that are written and read.
    """

    name: str
    master: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    optional: tuple[str, ...]
    data: tuple[str, str]
    addresses: tuple[str, ...]

    def missing(self, signals: Mapping[str, Port]) -> list[str]:
        """Those of its signals that are not there, or go the other way."""
        ways = {**dict.fromkeys(self.inputs, "IN"), **dict.fromkeys(self.outputs, "OUT")}
        return [signal for signal, way in ways.items() if signal not in signals or signals[signal].direction != way]


_AXI_INPUTS = ("awaddr", "awvalid", "wdata", "wvalid", "bready", "araddr", "arvalid", "rready")
_AXI_OUTPUTS = ("awready", "wready", "bvalid", "arready", "rdata", "rvalid")
_AXI_OPTIONAL = ("wstrb", "bresp", "rresp")
_BURSTS = ("awlen", "awsize", "awburst", "wlast", "arlen", "arsize", "arburst", "rlast")
_AXI_FACTS = (("wdata", "rdata"), ("awaddr", "araddr"))

AXI_LITE = Protocol("AXI4-Lite", "Lite", _AXI_INPUTS, _AXI_OUTPUTS, _AXI_OPTIONAL, *_AXI_FACTS)
AXI = Protocol("AXI4", "Axi", _AXI_INPUTS, _AXI_OUTPUTS, (*_AXI_OPTIONAL, *_BURSTS), *_AXI_FACTS)
APB = Protocol(
    "APB",
    "Apb",
    ("psel", "penable", "pwrite", "paddr", "pwdata"),
    ("pready", "prdata"),
    ("pstrb", "pslverr"),
    ("pwdata", "prdata"),
    ("paddr",),
)


@dataclass(frozen=True, slots=True)
class Bus:
    """A slave of the top: its ports by signal, and the PCI function and BAR that it answers on."""

    prefix: str
    signals: Mapping[str, Port]
    space: tuple[int, int]
    protocol: Protocol = AXI_LITE

    @property
    def data_bits(self) -> int:
        """Of its data."""
        return self.signals[self.protocol.data[0]].bits

    @property
    def address_bits(self) -> int:
        """Of the addresses that it takes."""
        return min(self.signals[signal].bits for signal in self.protocol.addresses)


def find_buses(
    name: str, ports: Sequence[Port], spaces: Mapping[str, tuple[int, int]], home: tuple[int, int]
) -> list[Bus]:
    """The buses of a top, on the BARs that are given by their prefixes, or the only one at home.

    HalError says what is missing, or which can't be told apart.
    """
    groups: dict[tuple[str, str, bool], dict[str, Port]] = {}
    for port in ports:
        found = _SIGNAL.fullmatch(port.name.lower())
        if found:
            suffix, signal = found["suffix"].strip("_"), found["signal"]
            key = found["prefix"], "_" if suffix else "", signal.startswith("p")
            groups.setdefault(key, {})[signal] = port
    full = {
        (prefix, APB if is_apb else AXI if "awlen" in signals else AXI_LITE): signals
        for (prefix, _, is_apb), signals in groups.items()
        if not (APB if is_apb else AXI_LITE).missing(signals)
    }
    slaves = {prefix: (protocol, signals) for (prefix, protocol), signals in full.items() if protocol is not AXI}
    if not slaves:
        raise HalError(_no_bus(name, groups, [prefix for prefix, _ in full]))
    unknown = [prefix for prefix in spaces if prefix.lower() not in slaves]
    if unknown:
        raise HalError(f"{name} has no bus {unknown[0]!r}: it has {', '.join(map(_shown, slaves))}")
    if not spaces and len(slaves) > 1:
        shown = " ".join(f"--bus {prefix}=app:{2 * place}" for place, prefix in enumerate(slaves))
        raise HalError(f"{name} has {len(slaves)} buses: say which BAR each is, e.g. {shown}")
    chosen = {prefix.lower(): space for prefix, space in spaces.items()} or dict.fromkeys(slaves, home)
    buses = [Bus(prefix, slaves[prefix][1], space, slaves[prefix][0]) for prefix, space in chosen.items()]
    for bus in buses:
        bits = bus.data_bits
        if bits not in _DATA_BITS or bus.signals[bus.protocol.data[1]].bits != bits:
            raise HalError(f"{name}: bus {_shown(bus.prefix)} has {bits} data bits; {bus.protocol.name} has 32 or 64")
    if len({bus.space for bus in buses}) != len(buses):
        raise HalError(f"{name}: two buses on one BAR; give each another one with --bus")
    return buses


def _no_bus(name: str, groups: Mapping[tuple[str, str, bool], Mapping[str, Port]], bursts: Sequence[str]) -> str:
    if bursts:
        return f"{name}: bus {_shown(bursts[0])} is AXI4 with bursts, and only AXI4-Lite is driven outside of F2"
    (_, _, is_apb), best = max(groups.items(), key=lambda item: len(item[1]), default=(("", "", False), {}))
    protocol = APB if is_apb else AXI_LITE
    absent = [signal for signal in (*protocol.inputs, *protocol.outputs) if signal not in best]
    if best and len(absent) < len(protocol.inputs):
        return f"{name} has no whole {protocol.name} slave: {', '.join(absent) or 'directions'} is missing"
    return (
        f"{name} has no AXI4-Lite or APB slave: its ports are to be named as in s_axil_awaddr, s_axil_awvalid, ..., or "
        "psel, penable, ..., with any prefix"
    )


def _shown(prefix: str) -> str:
    return prefix or "(no prefix)"
