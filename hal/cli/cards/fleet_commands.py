"""`hal fleet`: the slots of many hosts, through Ray."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hal.cli.cards.fleet_jobs import function_of, items_of, print_results
from hal.cli.options import MAP, PATH
from hal.cli.output import on_terminal, print_errors, print_json, print_lines, print_table
from hal.cli.served_pages import place_options, require_modules, shown_maps

if TYPE_CHECKING:
    from hal.devices.device import Device
    from hal.fleet.cards import CardDifference, Cards
    from hal.fleet.fleet import Fleet

__all__ = ["fleet"]

F = TypeVar("F", bound=Callable[..., Any])


def _fleet_options(command: F) -> F:
    """Which fleet, and how its hosts reach their cards."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--library", default=None, help="sdk, emulator or a path, on every host, as HAL_LIBRARY."),
        click.option("--emulated", type=click.IntRange(1, 8), help="Each host emulates so many slots."),
        click.option("--address", help="The Ray cluster: auto, HOST:6379 or ray://HOST:10001; this machine without."),
    ):
        command = option(command)
    return command


def _card_options(command: F) -> F:
    """How many cards, of which hosts, and for how long they are waited for."""
    for option in (
        click.option("--timeout", type=click.FloatRange(min=0.1), default=120.0, show_default=True, help="Seconds."),
        click.option("--per-host", type=click.IntRange(min=1), help="So many cards of each host."),
        click.option("-n", "count", type=click.IntRange(min=1), help="Cards; all free ones without."),
    ):
        command = option(command)
    return command


@contextmanager
def _joined(address: str | None, emulated: int | None, library: str | None) -> Iterator[Fleet]:
    """The fleet. What Ray prints meanwhile goes to standard error: standard output is the command's."""
    from hal.fleet import connect  # noqa: PLC0415

    with contextlib.redirect_stdout(sys.stderr), connect(address, emulated=emulated, library=library) as joined:
        yield joined


@contextmanager
def _acquired(
    driver: type[Device], place: dict[str, Any], count: int | None, afi: str | None = None, **options: Any
) -> Iterator[Cards]:
    with _joined(**place) as joined:
        free = count or sum(card.state == "free" for card in joined.cards())
        with joined.acquire(driver, max(free, 1), afi=afi, **options) as cards:
            yield cards


def _afi_id(_ctx: click.Context, _param: click.Parameter, afi: str | None) -> str | None:
    """What is no id is told before a card is taken."""
    from hal.slots.slot import AFI_PATTERN  # noqa: PLC0415

    if afi is not None and not AFI_PATTERN.fullmatch(afi):
        raise click.BadParameter(f"{afi!r} is no AFI id: agfi- and 17 hex digits")
    return afi


@click.group()
def fleet() -> None:
    """Slots of many hosts, through Ray: see docs/fleets.md. Needs fpga-hal[fleet].

    \b
    Example:
      hal fleet status --emulated 4
    """  # noqa: D301  (a mark of click's)


@fleet.command()
@_fleet_options
def status(address: str | None, emulated: int | None, library: str | None, as_json: bool) -> None:
    """Show every slot of every host: free, taken by whom, quarantined and why.

    JSON: a list of {host, node, slot, state, afi, holder, why, by, since}.

    \b
    Example:
      hal fleet status --address auto
    """  # noqa: D301  (a mark of click's)
    with _joined(address, emulated, library) as joined:
        cards = joined.cards()
    if as_json:
        print_json([asdict(card) for card in cards])
        return
    rows = [(card.host, str(card.slot), card.state, card.afi, card.by, card.why.partition("\n")[0]) for card in cards]
    print_table(("host", "slot", "state", "AFI", "taken by", "why"), rows)


@fleet.command()
@click.argument("maps", type=MAP, nargs=-1, metavar="[MAP]...")
@place_options
@click.option(
    "--interval", type=click.FloatRange(min=0.2), default=2.0, show_default=True, help="Seconds between two looks."
)
@_fleet_options
def serve(
    maps: tuple[str, ...],
    host: str,
    port: int | None,
    names: tuple[str, ...],
    interval: float,
    as_json: bool,
    **place: Any,
) -> None:
    """Show all cards of the fleet live in a browser: which are free, taken by whom, quarantined or lost.

    With maps it shows chosen registers of all cards that hold one side by side and which differ, and each card's
    registers as hal serve does. It only shows: nothing is loaded, locked or written. Prints the address of the page,
    with a token that lets in who has it, and serves until Ctrl-C. Needs fpga-hal[fleet,serve].

    JSON: one line with {address, maps} when it serves.

    \b
    Example:
      hal fleet serve --address auto
      hal fleet serve blinker.yaml --address auto
    """  # noqa: D301  (a mark of click's)
    require_modules("hal fleet serve", fleet=("ray",), serve=("starlette", "uvicorn"))
    from hal.page.fleet.live_fleet import run_fleet_page  # noqa: PLC0415
    from hal.page.live import LiveOptions  # noqa: PLC0415

    shown = shown_maps(maps)
    known = [one.driver._design.name for one in shown]

    def tell(address: str) -> None:
        if as_json:
            print_json({"address": address, "maps": known}, indent=None)
        else:
            what = f"The fleet{' with ' if known else ''}{', '.join(known)}, read-only"
            print_lines([f"{what}: {address}", "Whoever has this address may look. Ctrl-C ends it."])
        sys.stdout.flush()

    run_fleet_page(shown, LiveOptions(False, host, port, names, interval), tell, **place)


@fleet.command()
@click.option("--head", is_flag=True, help="This host begins the cluster.")
@click.option("--address", help="Of the cluster's head, HOST:6379, on every other host.")
@click.option("--emulated", type=click.IntRange(1, 8), help="Offer so many emulated slots.")
@click.option("--library", default=None, help="sdk, emulator or a path, as HAL_LIBRARY.")
@click.option("--dry-run", is_flag=True, help="Only print the command.")
def host(head: bool, address: str | None, emulated: int | None, library: str | None, dry_run: bool) -> None:
    """Offer this host's slots to a fleet: starts Ray here, with as many of the resource fpga as there are slots.

    Ray listens on this machine's address, for whoever can reach it: use it in a network that you trust.

    \b
    Example:
      hal fleet host --head
      hal fleet host --address 10.0.0.7:6379
    """  # noqa: D301  (a mark of click's)
    from hal.errors import CardMissingError  # noqa: PLC0415
    from hal.fleet.engine import RESOURCE, SYSTEM_CONFIG  # noqa: PLC0415
    from hal.fleet.hosts import slots_of_this_host  # noqa: PLC0415

    if head == (address is not None):
        raise click.UsageError("give --head on one host, and --address HEAD:6379 on the others")
    slots = emulated or slots_of_this_host(library)
    if not slots:
        raise CardMissingError("this host has no cards to offer; --emulated 4 offers emulated ones")
    command = [str(Path(sys.executable).with_name("ray")), "start", "--disable-usage-stats"]
    command += ["--resources", json.dumps({RESOURCE: slots})]
    command += ["--head", "--system-config", json.dumps(SYSTEM_CONFIG)] if head else ["--address", str(address)]
    if dry_run:
        print_json(command)
        return
    if not Path(command[0]).exists():
        raise click.ClickException("a fleet needs Ray: pip install 'fpga-hal[fleet]'")
    os.execv(command[0], command)  # noqa: S606  (this command's end)


@fleet.command()
@click.argument("map_name", type=MAP, metavar="MAP")
@click.option("--afi", callback=_afi_id, metavar="AFI", help="The AFI's id; that of the map without.")
@_card_options
@_fleet_options
def load(
    map_name: str, afi: str | None, count: int | None, per_host: int | None, timeout: float, as_json: bool, **place: Any
) -> None:
    """Load a map's AFI into slots of many hosts, all at the same time, and verify it.

    JSON: a list of {host, slot, afi}.

    \b
    Example:
      hal fleet load blinker.yaml -n 16 --address auto
    """  # noqa: D301  (a mark of click's)
    from hal.generator.driver import load_driver  # noqa: PLC0415

    driver = load_driver(map_name).driver
    with _acquired(driver, place, count, afi, per_host=per_host, timeout=timeout) as cards:
        loaded = [{"host": card.host, "slot": card.slot, "afi": card.afi} for card in cards]
    if as_json:
        print_json(loaded)
    else:
        print_table(("host", "slot", "AFI"), [(str(row["host"]), str(row["slot"]), str(row["afi"])) for row in loaded])


@fleet.command()
@click.argument("map_name", type=MAP, metavar="MAP")
@click.option("--path", type=PATH, default="", help="Of a block, as ch[0] or ch.0; the whole map without.")
@click.option("--diff", is_flag=True, help="Only registers that are not the same on all cards.")
@_card_options
@_fleet_options
def snapshot(
    map_name: str,
    path: str,
    diff: bool,
    count: int | None,
    per_host: int | None,
    timeout: float,
    as_json: bool,
    **place: Any,
) -> None:
    """Load a map's AFI into slots of many hosts and read all its registers, or those that differ.

    JSON: a list of {host, slot, registers: {path: value}}; with --diff of {path, usual, others: [{host, slot, value}]}.
    Exit code 1 where --diff finds one.

    \b
    Example:
      hal fleet snapshot blinker.yaml --diff --address auto
    """  # noqa: D301  (a mark of click's)
    from hal.generator.driver import load_driver  # noqa: PLC0415
    from hal.texts.typed import in_brackets  # noqa: PLC0415

    driver, path = load_driver(map_name).driver, in_brackets(path)
    driver._design.require_block(path)  # what is wrong there is told before a card is taken
    with _acquired(driver, place, count, per_host=per_host, timeout=timeout) as cards:
        where = [{"host": card.host, "slot": card.slot} for card in cards]
        if diff:
            differences = cards.diff(path)
        else:
            taken = cards.snapshots(path)
    if not diff:
        _print_snapshots(where, [dict(item) for item in taken], as_json)
        return
    _print_differences(where, differences, as_json)
    if differences:
        raise SystemExit(1)


def _print_differences(where: list[dict[str, Any]], differences: list[CardDifference], as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {**row._asdict(), "others": [{**where[index], "value": value} for index, value in row.others.items()]}
        for row in differences
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        others = ", ".join(f"{_hex(other['value'])} on {other['host']} slot {other['slot']}" for other in row["others"])
        print_lines([f"{row['path']}: {_hex(row['usual'])}, but {others}"])
    if not rows:
        print_lines(["no difference"])


def _hex(value: int | None) -> str:
    return "nothing" if value is None else hex(value)


def _print_snapshots(where: list[dict[str, Any]], taken: list[dict[str, int]], as_json: bool) -> None:
    if as_json:
        print_json([{**place, "registers": registers} for place, registers in zip(where, taken, strict=True)])
        return
    for place, registers in zip(where, taken, strict=True):
        print_lines([f"{place['host']} slot {place['slot']}: {path} = {value:#x}" for path, value in registers.items()])


@fleet.command()
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("function", metavar="FILE.py:FUNCTION")
@click.option("--items", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="One JSON value a line.")
@click.option("--retry", is_flag=True, help="Items may be run again when a card is lost in the middle of them.")
@_card_options
@_fleet_options
def run(
    map_name: str,
    function: str,
    items: Path | None,
    retry: bool,
    count: int | None,
    per_host: int | None,
    timeout: float,
    as_json: bool,
    **place: Any,
) -> None:
    """Run FUNCTION(device, item) of a Python file for every item, or FUNCTION(device) once on every card.

    Each item comes to one result, also when cards are lost. Results are printed in the items' order, as JSON a line,
    each as soon as all items before it are done; what JSON does not have as its repr. What failed is told on standard
    error at the end, and the exit code is 1.

    JSON: a list of {index, value, error, host, slot}.

    \b
    Example:
      hal fleet run blinker.yaml job.py:measure --items jobs.jsonl --retry --address auto
    """  # noqa: D301  (a mark of click's)
    from hal.generator.driver import load_driver  # noqa: PLC0415
    from hal.slots.progress import count_for  # noqa: PLC0415

    driver = load_driver(map_name).driver
    jobs = None if items is None else items_of(items)
    wanted = function_of(function)
    shown, is_watched = None if as_json else sys.stdout, on_terminal()  # before Ray's words are kept from it
    with _acquired(driver, place, count, per_host=per_host, timeout=timeout) as cards:
        if jobs is None:
            rows = print_results(cards.each(wanted, retry=retry), shown)
        else:
            with count_for("items", len(jobs), is_shown=shown is None or not is_watched) as progress:
                rows = print_results(cards.map_unordered(wanted, jobs, retry=retry), shown, progress)
    if as_json:
        print_json(rows)
    else:
        print_errors([str(row["error"]) for row in rows if row["error"] is not None])
    if any(row["error"] is not None for row in rows):
        raise SystemExit(1)


@fleet.command()
@click.argument("host_name", metavar="HOST")
@click.argument("slot", type=click.IntRange(0, 7))
@_fleet_options
def release(host_name: str, slot: int, as_json: bool, **place: Any) -> None:
    """End the quarantine of a slot, whose bus had died, or that somebody set aside.

    \b
    Example:
      hal fleet release ip-10-0-0-8 3 --address auto
    """  # noqa: D301  (a mark of click's)
    with _joined(**place) as joined:
        was = joined.release(host_name, slot)
    if as_json:
        print_json({"host": host_name, "slot": slot, "released": was})
    else:
        print_lines([f"{host_name} slot {slot} {'is free again' if was else 'was not quarantined'}"])


@fleet.command()
@click.argument("host_name", metavar="HOST")
@click.argument("slot", type=click.IntRange(0, 7))
@click.option("--why", default="set aside by hand", show_default=True, help="What hal fleet status says of it.")
@_fleet_options
def quarantine(host_name: str, slot: int, why: str, as_json: bool, **place: Any) -> None:
    """Keep fleets from a slot, as one whose card does not load, until hal fleet release; who has it keeps it.

    \b
    Example:
      hal fleet quarantine ip-10-0-0-8 3 --why "fails to load" --address auto
    """  # noqa: D301  (a mark of click's)
    with _joined(**place) as joined:
        joined.quarantine(host_name, slot, why)
    if as_json:
        print_json({"host": host_name, "slot": slot, "why": why})
    else:
        print_lines([f"{host_name} slot {slot} is quarantined: {why}"])
