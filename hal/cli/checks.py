"""How a doctor's checks are shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from hal.cli.output import print_json, print_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.machine_check import Check

__all__ = ["show_checks"]

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def show_checks(checks: Sequence[Check], *, as_json: bool) -> None:
    """Prints them, with what to do below each; ends the command with exit code 1 where one failed."""
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print_text(f"{_MARKS[check.state]}  {check.name}: {check.text}")
            for line in check.what_to_do.splitlines():
                print_text(f"      {line}")
    if any(check.state == "fail" for check in checks):
        raise SystemExit(1)
