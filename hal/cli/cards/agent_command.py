"""`hal agent`: this host's end of a slot that is used from another one."""

from __future__ import annotations

import sys

import click

__all__ = ["agent"]


@click.command()
def agent() -> None:
    """Let another host use a slot of this one, over standard input and output.

    hal.open_slot("ssh://HOST/0") and the commands that take ssh://HOST/0 start it over ssh; nobody types it. It opens
    no port, opens one slot as its user may, and ends with its input, together with the locks that it holds.

    \b
    Example:
      hal read ssh://lab/0 blinker.yaml ctrl    (starts hal agent on lab)
    """  # noqa: D301  (a mark of click's)
    from hal.agent.serving import serve  # noqa: PLC0415

    if sys.stdin.isatty():
        raise click.UsageError("the agent speaks with hal on another host, not with people: see hal agent --help")
    serve()
