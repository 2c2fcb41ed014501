"""A bus of a top and the BAR that it is, as an option's value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import F2_BAR
from hal.codes import Pf

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # generic for type checkers alone in older versions

__all__ = ["BUS"]


class _BusType(ParamType):
    name = "bus"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, int]]:
        """From s_axil=app:0 and the like: the prefix of the bus's ports, and PCI function and BAR."""
        prefix, equals, name = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is no PREFIX=BAR, as in s_axil=app:0", param, ctx)
        function, bar = F2_BAR.convert(name, param, ctx)
        return prefix, (int(Pf[function.upper()]), bar)


BUS = _BusType()
