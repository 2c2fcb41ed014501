"""Ranges of addresses that are no registers: memories inside of the block, and windows to other logic."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codegen.views.rtl.rtl_ports import Port, port_path
from codegen.views.rtl.writing.rtl_text import literal, vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codegen.views.rtl.rtl_places import Window
    from codegen.views.rtl.rtl_register import Bus
    from codegen.views.rtl.writing.rtl_names import Signals

__all__ = ["RangeView", "Ranges", "inside", "ranges_of"]


class RangeView(NamedTuple):
    """One range: the signal of its hits, the condition, its place from the start in `address` bits.

    `ack`, `data` and `err`: what answers. `words` of a memory, and its port for hardware; 0 of other logic.
    `can_read`, `can_write`: what software may do.
    """

    title: str
    signal: str
    condition: str
    base: str
    address: int
    ack: str
    data: str
    err: str
    words: int
    can_read: bool
    can_write: bool
    port: dict[str, str]


class Ranges(NamedTuple):
    """All of a kind, with their ports, what drives these, and the signals of inputs that stand in arrays."""

    views: tuple[RangeView, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    driven: tuple[tuple[str, str], ...]
    aliases: tuple[tuple[str, str, str], ...]


def inside(bus: Bus, base: int, size: int) -> str:
    """Return whether an address lies in a range."""
    whole = 1 << bus.address
    if size == whole:
        return "1'b1"
    if size & (size - 1) == 0 and base % size == 0:
        low = size.bit_length() - 1
        top = f"at[{bus.address - 1}:{low}]" if low else "at"
        return f"{f'at[{low}]' if bus.address - 1 == low else top} == {literal(bus.address - low, base >> low)}"
    bounds = [f"at >= {literal(bus.address, base)}"] if base else []
    bounds += [f"at <= {literal(bus.address, base + size - 1)}"] if base + size < whole else []
    return " && ".join(bounds)


def ranges_of(windows: Iterable[Window], bus: Bus, names: Signals, presence: Mapping[tuple[str, ...], str]) -> Ranges:
    """Return the ranges of some windows, each element of an array by itself.

    `presence`: what has to be so for them to answer, where others share their addresses.
    """
    views: list[RangeView] = []
    inputs: list[Port] = []
    outputs: list[Port] = []
    driven: list[tuple[str, str]] = []
    aliases: list[tuple[str, str, str]] = []
    for window in windows:
        assert window.child is not None
        is_memory = not window.child.external
        signal = names.take_stem(*window.names)
        sizes = tuple(dimension.count for dimension in window.dimensions)
        size = -(-window.size // bus.step) * bus.step
        bits = max(1, (size // bus.step - 1).bit_length()) if is_memory else max(1, (size - 1).bit_length())
        wanted = _memory_inputs(bus, bits) if is_memory else _window_inputs(bus)
        given: dict[str, str] = {}
        for name, width, comment in wanted:
            inputs.append(Port(window.names, name, (*sizes, width), comment))
            given[name] = f"hwif_in.{port_path(window.names, name)}"
            if sizes:
                alias = names.take(*window.names, "hw", name)
                aliases.append((f"logic {vector(len(window.offsets), width)}".rstrip(), alias, given[name]))
                given[name] = alias
        offsets = window.offsets
        own = [signal if not sizes else names.take_stem(*window.names, str(number)) for number in range(len(offsets))]
        for number, offset in enumerate(offsets):
            at = {name: f"{text}[{number}]" if sizes else text for name, text in given.items()}
            view = _view(window, own[number], offset, size, bits, bus, at, is_memory=is_memory)
            if window.names in presence:
                view = view._replace(condition=f"{view.condition} && {presence[window.names]}")
            views.append(view)
        for name, width, comment in _outputs(bus, bits, is_memory=is_memory):
            outputs.append(Port(window.names, name, (*sizes, width), comment))
            parts = [_OUTPUTS[name].format(signal=one) for one in own]
            value = parts[0] if not sizes else f"{{{', '.join(reversed(parts))}}}"
            driven.append((port_path(window.names, name), value))
    return Ranges(tuple(views), tuple(inputs), tuple(outputs), tuple(driven), tuple(aliases))


_OUTPUTS = {
    "req": "req && {signal}_hit",
    "req_write": "req_write",
    "addr": "{signal}_addr",
    "wr_data": "wr_data",
    "wr_strb": "wr_strb",
    "rd_data": "{signal}_hw_data",
}
_Wanted = list[tuple[str, int, str]]


def _memory_inputs(bus: Bus, bits: int) -> _Wanted:
    return [
        ("addr", bits, "of a word"),
        ("wr_data", bus.data, ""),
        ("wr_strb", bus.step, "bytes that are written"),
    ]


def _window_inputs(bus: Bus) -> _Wanted:
    return [("ack", 1, "the answer, for one clock"), ("rd_data", bus.data, ""), ("err", 1, "")]


def _outputs(bus: Bus, bits: int, *, is_memory: bool) -> _Wanted:
    if is_memory:
        return [("rd_data", bus.data, "one clock after its address")]
    return [
        ("req", 1, "an access, for one clock"),
        ("req_write", 1, ""),
        ("addr", bits, "in bytes, from the start of this"),
        ("wr_data", bus.data, ""),
        ("wr_strb", bus.step, ""),
    ]


def _view(
    window: Window, signal: str, offset: int, size: int, bits: int, bus: Bus, at: dict[str, str], *, is_memory: bool
) -> RangeView:
    child = window.child
    assert child is not None
    start = offset // bus.step * bus.step
    title = f"{'.'.join(window.names)}, {offset:#x}, {window.size} bytes"
    access = child.access if is_memory and child.access else "rw"
    return RangeView(
        title,
        signal,
        inside(bus, start, size),
        literal(bus.address, start),
        bits,
        f"{signal}_read" if is_memory else at["ack"],
        f"{signal}_rd_data" if is_memory else at["rd_data"],
        "1'b0" if is_memory else at["err"],
        size // bus.step if is_memory else 0,
        access != "wo",
        access != "ro",
        at,
    )
