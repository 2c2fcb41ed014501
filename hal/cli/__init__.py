"""The `hal` command."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the `hal` command."""
    # Drivers need neither.
    from hal.cli.uncollected import uncollected  # noqa: PLC0415

    with uncollected():
        from hal.cli.commands import run  # noqa: PLC0415

    run()
