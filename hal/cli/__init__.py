"""The `hal` command."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the `hal` command."""
    from hal.cli.commands import run  # noqa: PLC0415  (click is not needed by drivers)

    run()
