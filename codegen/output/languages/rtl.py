"""A register block in SystemVerilog: package, module, and what connects it to a bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.languages.sheet import Option, Sheet, by_options
from codegen.views.rtl.rtl_block import blocks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.model.device import Device

__all__ = ["RTL"]

_BUSES = {"axi4-lite": ("axil",), "axi4-lite-if": ("axil_if", "axil", "axil_slave"), "apb": ("apb",), "none": ()}
"""What connects the block, by its files, interfaces before what has them as ports."""

_OPTIONS = (
    Option("bus", tuple(_BUSES), "the bus; if: as an interface; none: the block with its plain port alone"),
    Option("width", ("32", "64"), "bits of the bus's data"),
    Option("read", ("registered", "combinational"), "whether a read answers in the clock after its request"),
    Option("errors", ("all", "unmapped", "none"), "accesses that end with an error"),
    Option("address", ("auto", *map(str, range(12, 65))), "bits of addresses; auto: what the map needs, 12 at least"),
)


def _sheets(device: Device, options: Mapping[str, str]) -> list[Sheet]:
    sheets = []
    for block in blocks_of(device, options):
        context = {"block": block, "options": options, "device": device}
        sheets.append(Sheet(f"{block.name}_regs_pkg.sv", "rtl/package.sv.j2", context))
        if block.memories:
            sheets.append(Sheet(f"{block.name}_ram.sv", "rtl/ram.sv.j2", context))
        sheets.append(Sheet(f"{block.name}_regs.sv", "rtl/block.sv.j2", context))
        sheets += (Sheet(f"{block.name}_{bus}.sv", f"rtl/{bus}.sv.j2", context) for bus in _BUSES[options["bus"]])
    return sheets


RTL = by_options("rtl", "rtl/block.sv.j2", _sheets, _OPTIONS)
