"""hal_top.hpp: what the shell in C++ needs to know of one top, as constants and one function for each signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal.cosim.f2_ports import f2_lines, has_other_clock
from hal.errors import HalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.cosim.bus_ports import Bus, Port
    from hal.cosim.top_ports import Top

__all__ = ["WAVES", "top_header"]

WAVES = ("none", "vcd", "fst")


def top_header(top: Top, *, simulator: str, waves: str = "none", design: str = "", afi: str = "") -> str:
    """The header's text. `design`: the text of the design that the card is to hold from the start, "" for none."""
    lines = [
        "// What the shell needs to know of this top.",
        '#include "Vlogic.h"',
        "",
        f"#define HAL_TOP {_quoted(top.name)}",
        f"#define HAL_SIMULATOR {_quoted(simulator)}",
        f"#define HAL_WAVES {WAVES.index(waves)}",
        f"#define HAL_F2 {int(top.is_f2)}",
        f"#define HAL_DESIGN {_text(design)}",
        f"#define HAL_AFI {_quoted(afi) if design else 'nullptr'}",
        "",
        "namespace top {",
        "using Model = Vlogic;",
        *_clocks(top),
        *_interrupts(top),
        *(f2_lines(top) if top.is_f2 else ["inline void levels(Model &) {}"]),
    ]
    for place, bus in enumerate(top.buses):
        lines += _bus(f"Bus{place}", bus)
    lines += [*_ports(top), "} // namespace top", ""]
    buses = " ".join(f"X(hal::{bus.protocol.master}<top::Bus{place}>)" for place, bus in enumerate(top.buses))
    return "\n".join([*lines, f"#define HAL_BUSES(X) {buses}", ""])


def _clocks(top: Top) -> Iterator[str]:
    yield f"inline auto &clock(Model &m) {{ return m.{_name(top.clock)}; }}"
    if top.reset is None:
        yield "inline void reset(Model &, bool) {}"
    else:
        level = "!on" if top.active_low else "on"
        yield f"inline void reset(Model &m, bool on) {{ m.{_name(top.reset)} = {level}; }}"
    yield "struct Clock { uint64_t half, elapsed; void (*toggle)(Model &); };"
    if not has_other_clock(top):
        yield "struct Clocks { Clock *begin() { return nullptr; } Clock *end() { return nullptr; } };"
        yield "inline Clocks clocks;"


def _interrupts(top: Top) -> Iterator[str]:
    yield f"constexpr unsigned interrupt_count = {sum(port.bits for port in top.interrupts)};"
    terms, shift = [], 0
    for port in top.interrupts:
        terms.append(f"(uint32_t)m.{_name(port)} << {shift}")
        shift += port.bits
    body = " | ".join(terms) or "(void)m, 0"
    yield f"inline uint32_t interrupts(Model &m) {{ return {body}; }}"


def _bus(name: str, bus: Bus) -> Iterator[str]:
    pf, bar = bus.space
    yield f"struct {name} {{"
    yield f"    static constexpr int pf = {pf}, bar = {bar};"
    yield f"    static constexpr unsigned data_bits = {bus.data_bits};"
    yield f"    static constexpr unsigned address_bits = {bus.address_bits};"
    for signal in (*bus.protocol.inputs, *bus.protocol.outputs, *bus.protocol.optional):
        if signal in bus.signals:
            yield f"    static auto &{signal}(Model &m) {{ return m.{_name(bus.signals[signal])}; }}"
        else:
            yield f"    static unsigned &{signal}(Model &) {{ static unsigned none; return none; }}"
    yield "};"


def _ports(top: Top) -> Iterator[str]:
    driven = top.driven()
    yield "struct PortInfo { const char *name, *kind; unsigned bits, bytes; void *(*place)(Model &); };"
    yield "inline const PortInfo ports[] = {"
    for port in top.ports:
        kind = "driven" if port.name in driven else "in" if port.direction == "IN" else "out"
        place = f"[](Model &m) -> void * {{ return &m.{_name(port)}; }}"
        yield f"    {{{_quoted(port.name)}, {_quoted(kind)}, {port.bits}, {port.size}, {place}}},"
    yield "};"


def _name(port: Port) -> str:
    """A port's name, which stands in the text as C++."""
    if not (port.name.isascii() and port.name.isidentifier()):
        raise HalError(f"port {port.name!r} has a name that C++ can't have; rename it")
    return port.name


def _text(design: str) -> str:
    if not design:
        return "nullptr"
    return "\\\n" + " \\\n".join(f"    {_quoted(line)}" for line in design.splitlines(keepends=True))


def _quoted(text: str) -> str:
    """A text as a string of C++."""
    plain = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _-.,:()/")
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode()) + '"'
