"""`hal doctor`: checks the machine, and prints what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hal.cli.output import print_json, print_text

if TYPE_CHECKING:
    from hal.slots.machine import Check

__all__ = ["doctor"]

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


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

    checks = check_machine(Machine(library=library))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            _print(check)
    if any(check.state == "fail" for check in checks):
        raise SystemExit(1)


def _print(check: Check) -> None:
    print_text(f"{_MARKS[check.state]}  {check.name}: {check.text}")
    for line in check.what_to_do.splitlines():
        print_text(f"      {line}")
