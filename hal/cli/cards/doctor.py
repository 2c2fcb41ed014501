"""`hal doctor`: checks the machine, and prints what to do."""

from __future__ import annotations

import click

from hal.cli.checks import show_checks

__all__ = ["doctor"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--library", default=None, help="sdk, emulator or a path, as HAL_LIBRARY.")
def doctor(as_json: bool, library: str | None) -> None:
    """Check the machine: PCI bus, permissions, library, emulated cards.

    Prints what is wrong and what to do. Exit code 1 when a check fails; warnings are no failure.

    \b
    Example:
      hal doctor --library sdk
    """  # noqa: D301  (a mark of click's)
    from hal.slots.machine import Machine, check_machine  # noqa: PLC0415

    show_checks(check_machine(Machine(library=library)), as_json=as_json)
