"""`hal peek` and `hal poke`: words of a BAR by their offset, without a map."""

from __future__ import annotations

import click

from hal.cli.options import BAR, NUMBER, SLOT, card_options
from hal.cli.output import print_json, print_lines

__all__ = ["peek", "poke"]

_WORDS_MAX = 1 << 16

_width = click.option(
    "--width", type=click.Choice(["8", "32", "64"]), default="32", show_default=True, help="Bits of a word."
)


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("bar", type=BAR, metavar="PF:BAR")
@click.argument("offset", type=NUMBER)
@_width
@click.option("--count", type=click.IntRange(1, _WORDS_MAX), default=1, show_default=True, help="Number of words.")
@card_options
def peek(
    slot: int | str, bar: tuple[str, int], offset: int, width: str, count: int, library: str | None, as_json: bool
) -> None:
    """Read words of a BAR.

    PF:BAR is app or mgmt, and 0, 2 or 4. Nothing is known of what stands there: a read may have side effects. Where
    nobody answered it reads as all ones, which is told with exit code 5.

    JSON: {slot, bar, offset, width, values}.

    \b
    Example:
      hal peek 0 app:0 0x600 --count 4
    """  # noqa: D301  (a mark of click's)
    from hal.slots.opening import open_slot  # noqa: PLC0415

    size = int(width) // 8
    data = bytearray(size * count)
    with open_slot(slot, library) as opened:
        opened.bar(*bar).read_into(offset, data, int(width))
        values = [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]
        _show(slot, bar, offset, width, values, as_json)
        if (1 << int(width)) - 1 in values:
            opened.check_bus()


def _show(slot: int | str, bar: tuple[str, int], offset: int, width: str, values: list[int], as_json: bool) -> None:
    size = int(width) // 8
    if as_json:
        print_json({"slot": slot, "bar": f"{bar[0]}:{bar[1]}", "offset": offset, "width": int(width), "values": values})
    else:
        print_lines([f"{offset + i * size:#010x}: {value:#0{2 * size + 2}x}" for i, value in enumerate(values)])


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("bar", type=BAR, metavar="PF:BAR")
@click.argument("offset", type=NUMBER)
@click.argument("value", type=NUMBER)
@_width
@card_options
def poke(
    slot: int | str, bar: tuple[str, int], offset: int, value: int, width: str, library: str | None, as_json: bool
) -> None:
    """Write one word of a BAR.

    PF:BAR is app or mgmt, and 0, 2 or 4.

    JSON: {slot, bar, offset, width, value}.

    \b
    Example:
      hal poke 0 app:0 0x500 0xDEADBEEF
    """  # noqa: D301  (a mark of click's)
    from hal.slots.opening import open_slot  # noqa: PLC0415

    with open_slot(slot, library) as opened:
        opened.bar(*bar).poke(offset, value, int(width))
    if as_json:
        print_json({"slot": slot, "bar": f"{bar[0]}:{bar[1]}", "offset": offset, "width": int(width), "value": value})
