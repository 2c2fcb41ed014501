"""The F2 shell's ports of a custom logic, by the names that the shell gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal.cosim.bus_ports import AXI, AXI_LITE, Bus
from hal.cosim.top_ports import Top
from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hal.cosim.bus_ports import Port

__all__ = ["f2_lines", "f2_top", "has_other_clock", "is_f2"]

_CLOCK, _RESET = "clk_main_a0", "rst_main_n"
_WRITE = {"aw": ("addr", "valid", "ready"), "w": ("data", "strb", "valid", "ready"), "b": ("resp", "valid", "ready")}
_READ = {"ar": ("addr", "valid", "ready"), "r": ("data", "resp", "valid", "ready")}
_LITE = [channel + name for channels in (_WRITE, _READ) for channel, names in channels.items() for name in names]
_FULL = [*_LITE, *("awlen", "awsize", "awburst", "wlast", "arlen", "arsize", "arburst", "rlast")]
_IDS = ("awid", "arid", "bid", "rid")
# Each bus: where it answers, bits of data, its signals, and how the shell names what it drives and what the logic does.
_BUSES = {
    "ocl": ((0, 0), 32, _LITE, "ocl_cl_{}", "cl_ocl_{}"),
    "sda": ((1, 4), 32, _LITE, "sda_cl_{}", "cl_sda_{}"),
    "pcis": ((0, 4), 512, _FULL, "sh_cl_dma_pcis_{}", "cl_sh_dma_pcis_{}"),
}
_MASTER = ("sh_cl_pcim_{}", "cl_sh_pcim_{}")
# What the logic drives on a bus that the shell masters; on the master port it is the other way round.
_FROM_SLAVE = {"awready", "wready", "bresp", "bvalid", "bid", "arready", "rdata", "rresp", "rvalid", "rlast", "rid"}
# Functions of the shell in C++, and the ports behind them.
_SINGLE = {
    "leds": "cl_sh_status_vled",
    "switches": "sh_cl_status_vdip",
    "id0": "cl_sh_id0",
    "id1": "cl_sh_id1",
    "function_reset": "sh_cl_flr_assert",
    "acknowledge": "sh_cl_apppf_irq_ack",
}
_REQUESTS = "cl_sh_apppf_irq_req"
_COUNTS = ("sh_cl_glcount0", "sh_cl_glcount1")
_OTHER_CLOCK, _OTHER_HALF = "clk_hbm_ref", 5000  # picoseconds: 100 MHz
# The largest payload and read request that the PCIe link has: 256 and 512 bytes.
_LEVELS = {"cfg_max_payload": 1, "cfg_max_read_req": 2}


def is_f2(ports: Sequence[Port]) -> bool:
    """Whether a top has the shell's clock."""
    return any(port.name == _CLOCK for port in ports)


def f2_top(name: str, ports: Sequence[Port]) -> Top:
    """What of a custom logic is what. HalError where a bus lacks some of its ports, or all have none."""
    named = {port.name: port for port in ports}
    buses = [bus for bus in (_bus(name, prefix, named) for prefix in _BUSES) if bus is not None]
    if not buses:
        raise HalError(f"{name} has the shell's {_CLOCK}, and none of its buses: ocl_cl_*, sda_cl_*, sh_cl_dma_pcis_*")
    _check(name, "PCIM", _master_names(), named)
    requests = named.get(_REQUESTS)
    return Top(
        name,
        ports,
        buses,
        named[_CLOCK],
        named.get(_RESET),
        active_low=True,
        interrupts=(requests,) if requests else (),
        is_f2=True,
        held=frozenset(_driven(named)),
    )


def _bus(top: str, prefix: str, named: Mapping[str, Port]) -> Bus | None:
    space, bits, signals, driven, answered = _BUSES[prefix]
    names = {signal: (answered if signal in _FROM_SLAVE else driven).format(signal) for signal in signals}
    if not _check(top, prefix.upper(), names, named):
        return None
    found = {signal: named[port] for signal, port in names.items()}
    if found["wdata"].bits != bits:
        raise HalError(f"{top}: {found['wdata'].name} has {found['wdata'].bits} bits; the shell has {bits}")
    return Bus(prefix, found, space, AXI if "awlen" in found else AXI_LITE)


def _check(top: str, what: str, names: Mapping[str, str], named: Mapping[str, Port]) -> bool:
    """Whether a bus is there; a part of one is an error."""
    missing = [port for port in names.values() if port not in named]
    if missing and len(missing) < len(names):
        raise HalError(f"{top}: {what} lacks {', '.join(missing)}; give all of its ports, or none")
    return not missing


def _master_names() -> dict[str, str]:
    driven, given = _MASTER
    signals = [signal for signal in _FULL if signal not in {"awsize", "awburst", "arsize", "arburst"}]
    return {signal: (driven if signal in _FROM_SLAVE else given).format(signal) for signal in [*signals, *_IDS]}


def _driven(named: Mapping[str, Port]) -> Iterator[str]:
    """The inputs that the shell drives beside those of the buses."""
    master = [port for signal, port in _master_names().items() if signal in _FROM_SLAVE]
    for name in (*master, *_SINGLE.values(), *_COUNTS, *_LEVELS, _OTHER_CLOCK):
        if name in named and named[name].direction == "IN":
            yield name


def f2_lines(top: Top) -> Iterator[str]:
    """The part of the header that only a custom logic has."""
    named = {port.name: port for port in top.ports}
    for function, name in _SINGLE.items():
        yield _reference(function, named.get(name), "uint32_t")
    yield "inline void count(Model &m, uint64_t number) {"
    yield from (f"    m.{name} = number;" for name in _COUNTS if name in named)
    yield "    (void)m, (void)number;"
    yield "}"
    yield "inline void levels(Model &m) {"
    yield from (f"    m.{name} = {value};" for name, value in _LEVELS.items() if name in named)
    yield "    (void)m;"
    yield "}"
    yield "struct Pcim {"
    for signal, name in _master_names().items():
        kind = "VlWide<16>" if signal in {"wdata", "rdata"} else "uint64_t"
        yield "    static " + _reference(signal, named.get(name), kind).removeprefix("inline ")
    yield "};"
    if _OTHER_CLOCK in named:
        toggle = f"[](Model &m) {{ m.{_OTHER_CLOCK} = !m.{_OTHER_CLOCK}; }}"
        yield f"inline Clock clocks[] = {{{{{_OTHER_HALF}, 0, {toggle}}}}};"


def has_other_clock(top: Top) -> bool:
    """Whether it has clocks beside the main one."""
    return top.is_f2 and any(port.name == _OTHER_CLOCK for port in top.ports)


def _reference(function: str, port: Port | None, kind: str) -> str:
    if port is not None:
        return f"inline auto &{function}(Model &m) {{ return m.{port.name}; }}"
    return f"inline {kind} &{function}(Model &) {{ static {kind} none; return none; }}"
