"""`hal shell`: an IPython session with a device."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import MAP, SLOT, library_option, verify_option
from hal.cli.registers import open_device

if TYPE_CHECKING:
    from hal.device import Device

__all__ = ["shell"]


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@library_option
@verify_option
def shell(slot: int, map_name: str, library: str | None, verify: bool) -> None:
    """Open an IPython session with a device.

    It holds dev, slot, hal and the map's enums. Completion goes down to fields and enum members, and never reads the
    card. Lines may also come from standard input.

    \b
    Example:
      hal shell 0 cl_mem_perf
      In [1]: dev.kernel.num_ot
    """  # noqa: D301  (a mark of click's)
    ipython, configuration = _ipython()
    with open_device(slot, map_name, library, verify=verify) as device:
        configuration.InteractiveShellApp.extensions = ["hal.cli.ipython"]
        configuration.TerminalInteractiveShell.banner2 = f"dev: {device!r}\n"
        ipython.start_ipython(argv=[], user_ns=_namespace(device), config=configuration)


def _ipython() -> tuple[Any, Any]:
    """IPython, and an empty configuration for it."""
    try:
        import IPython  # noqa: PLC0415
        from traitlets.config import Config  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(f"an interactive session needs IPython ({error}): pip install ipython") from error
    return IPython, Config()


def _namespace(device: Device) -> dict[str, Any]:
    import hal  # noqa: PLC0415

    module = sys.modules[type(device).__module__]
    exported = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    return {**exported, "dev": device, "slot": device.slot, "hal": hal}
