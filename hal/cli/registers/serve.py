"""`hal serve`: the live register page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hal.cli.defaults import find_defaults
from hal.cli.options import MAP, SLOT, map_options
from hal.cli.output import print_error, print_json, print_lines
from hal.cli.served_pages import place_options, require_modules, shown_maps

if TYPE_CHECKING:
    from hal.generator.apart import ShownMap
    from hal.page.card.held_slot import HeldSlot

__all__ = ["serve"]


@click.command()
@click.argument("slot", type=SLOT, required=False)
@click.argument("maps", type=MAP, nargs=-1, metavar="[MAP]...")
@click.option("--write", "writes", is_flag=True, help="Let viewers change registers; without it they only look.")
@click.option("--demo", is_flag=True, help="Show a small design that is alive, on an emulated card of its own.")
@place_options
@click.option(
    "--interval", type=click.FloatRange(min=0.02), default=0.2, show_default=True, help="Seconds between reads."
)
@map_options
def serve(
    slot: int | str | None,
    maps: tuple[str, ...],
    writes: bool,
    demo: bool,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    interval: float,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Show registers live in a browser.

    Prints the address of the page, with a token that lets in who has it, and serves until Ctrl-C. What somebody looks
    at is read, once for all who do, and nothing else; registers that reading changes are read at a click only.

    JSON: one line with {address, maps, slot, write} when it serves.

    From another machine it is best reached by a tunnel: ssh -L 8765:127.0.0.1:8765 HOST. Needs fpga-hal[serve].

    \b
    Example:
      hal serve 0 cl_mem_perf
      hal serve 0 blinker.yaml --write
      hal serve --demo
    """  # noqa: D301  (a mark of click's)
    project = find_defaults().map_name
    maps = maps or ((project,) if project and not demo else ())
    if demo and maps:
        raise click.UsageError("--demo has a card and a map of its own: leave the maps out")
    if not demo and (slot is None or not maps):
        raise click.UsageError("give a slot and at least one map, as in hal serve 0 cl_mem_perf; or --demo")
    require_modules("hal serve", serve=("starlette", "uvicorn"))
    from hal.page.live import LiveOptions, run_live_page  # noqa: PLC0415

    options = LiveOptions(writes, host, port, names, interval)
    if demo:
        from hal.page.demo.demo_card import demo_slot  # noqa: PLC0415

        shown, held = demo_slot()
    else:
        shown, held = _opened(slot or 0, maps, library, verify=verify)

    def tell(address: str) -> None:
        if as_json:
            facts = {"address": address, "maps": held.names, "slot": held.number, "write": writes}
            print_json(facts, indent=None)
        else:
            what = f"{', '.join(held.names)} on slot {held.number}, {'with writes' if writes else 'read-only'}"
            print_lines([f"{what}: {address}", "Whoever has this address may use the page. Ctrl-C ends it."])
        sys.stdout.flush()

    run_live_page(held, [one.document for one in shown], options, tell)


def _opened(
    slot: int | str, maps: tuple[str, ...], library: str | None, *, verify: bool
) -> tuple[list[ShownMap], HeldSlot]:
    from hal.page.card.held_slot import HeldSlot  # noqa: PLC0415

    shown = shown_maps(maps)
    held = HeldSlot(slot, [one.driver for one in shown], library, verify=verify)
    held.open()
    if not verify:
        print_error("the slot's design is not checked against the maps (--no-verify)")
    return shown, held
