"""What the commands that serve a page share: where it is served, what that needs, and the maps that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hal.cli.output import print_errors

if TYPE_CHECKING:
    from hal.generator.apart import ShownMap

__all__ = ["place_options", "require_modules", "shown_maps"]

F = TypeVar("F", bound=Callable[..., Any])


def place_options(command: F) -> F:
    """--host, --port and --name."""
    for option in (
        click.option("--name", "names", multiple=True, help="A host name that browsers use for it; may be repeated."),
        click.option(
            "--port",
            type=click.IntRange(0, 65535),
            help="Port; without it 8765, or any that is free where that is in use.",
        ),
        click.option("--host", default="127.0.0.1", show_default=True, help="Address of this machine to listen on."),
    ):
        command = option(command)
    return command


def require_modules(command: str, **extras: Sequence[str]) -> None:
    """Says in one line what a command needs and is not installed; `extras`: modules by the extra that brings them."""
    from importlib.util import find_spec  # noqa: PLC0415

    missing = {extra: [name for name in names if find_spec(name) is None] for extra, names in extras.items()}
    names = [name for lacking in missing.values() for name in lacking]
    if names:
        wanted = ",".join(extra for extra, lacking in missing.items() if lacking)
        raise click.ClickException(f"{command} needs {' and '.join(names)}: pip install 'fpga-hal[{wanted}]'")


def shown_maps(names: Sequence[str]) -> list[ShownMap]:
    """The maps, with what their sources say and the drivers don't on standard error."""
    from hal.generator.apart import load_shown_map  # noqa: PLC0415

    shown = [load_shown_map(name) for name in names]
    for one in shown:
        print_errors(list(one.notice))
    return shown
