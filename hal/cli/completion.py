"""`hal completion`: the script that makes a shell complete hal's commands, slots, maps and register paths."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from hal.cli.output import print_text

__all__ = ["completion"]

_VARIABLE = "_HAL_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    Commands, options, slots, names of maps and paths of registers complete.

    \b
    Example:
      echo 'eval "$(hal completion bash)"' >> ~/.bashrc
      echo 'eval "$(hal completion zsh)"' >> ~/.zshrc
      hal completion fish > ~/.config/fish/completions/hal.fish
    """  # noqa: D301  (a mark of click's)
    kind = get_completion_class(shell)
    assert kind is not None
    print_text(kind(ctx.find_root().command, {}, "hal", _VARIABLE).source())
