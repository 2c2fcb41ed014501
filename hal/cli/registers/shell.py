"""`hal shell`: an IPython session with a device."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import MAP, SLOT, library_option, verify_option
from hal.cli.registers.access import open_device

if TYPE_CHECKING:
    from hal.devices.device import Device

__all__ = ["shell"]


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@library_option
@verify_option
def shell(slot: int | str, map_name: str, library: str | None, verify: bool) -> None:
    """Open an IPython session with a device.

    It holds dev, slot, hal and the map's enums. Completion goes down to fields and enum members, and never reads the
    card. Lines may also come from standard input.

    \b
    Example:
      hal shell 0 cl_mem_perf
      In [1]: dev.kernel.num_ot
    """  # noqa: D301  (a mark of click's)
    ipython = _ipython()
    with open_device(slot, map_name, library, verify=verify) as device:
        options = ["--ext=hal", f"--TerminalInteractiveShell.banner2=dev: {device!r}\n"]
        ipython.start_ipython(argv=options, user_ns=_namespace(device))


def _ipython() -> Any:
    try:
        import IPython  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(f"an interactive session needs IPython ({error}): pip install ipython") from error
    return IPython


def _namespace(device: Device) -> dict[str, Any]:
    import hal  # noqa: PLC0415

    held = vars(sys.modules[type(device).__module__]).items()
    enums = {name: item for name, item in held if isinstance(item, type) and issubclass(item, IntEnum)}
    return {**enums, "dev": device, "slot": device.slot, "hal": hal}
