"""Commands on the registers of a map: read, write, dump, watch."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hal.cli.options import ASSIGNMENT, MAP, PATH, SLOT, effects_option, map_options
from hal.cli.output import on_terminal, print_error, print_errors, print_json, print_lines, print_table, print_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal.design.snapshot import Difference
    from hal.devices.device import Device
    from hal.texts.dumps import Dump
    from hal.texts.readings import Reading

__all__ = ["dump", "open_device", "read", "watch", "write"]


@contextmanager
def open_device(slot: int | str, map_name: str, library: str | None, *, verify: bool) -> Iterator[Device]:
    """The device of a map on a slot; an emulated slot that is cleared gets the map's own design."""
    from hal.generator.driver import load_driver  # noqa: PLC0415

    with load_driver(map_name).driver.open(slot, library, verify=verify) as device:
        yield device


_HEX_SHOWN = 32  # of a memory
_SETTLED_SECONDS, _LOOK_SECONDS = 10.0, 0.05  # a slot that is being loaded is waited for


class _OnlyPlannedError(Exception):
    """Ends a batch of which nothing is sent."""


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@map_options
def read(
    slot: int | str, map_name: str, paths: tuple[str, ...], library: str | None, verify: bool, as_json: bool
) -> None:
    """Read registers, fields and words of memories.

    PATH is a register (ctrl), a field (ctrl.mode, ch[2].level.value), words of a memory (table[0:16]), or a block or
    array, of which all registers are read that reading does not change. In patterns * and ? stand for letters of a
    name, [*] for every element and [2:4] for elements 2 and 3: put them into quotes, or write ch.2.level for
    ch[2].level, which no shell expands.

    JSON: a list of {path, space, address, value, fields: {name: {value, text}}} for registers, {path, value, text} for
    fields, {path, values} for words.

    \b
    Example:
      hal read 0 cl_mem_perf clk_freq.ctl kernel.num_ot.value
      hal read 0 cl_mem_perf 'kernel.*_timer_lo'
    """  # noqa: D301  (a mark of click's)
    from hal.texts.patterns import find_places  # noqa: PLC0415
    from hal.texts.readings import read_place  # noqa: PLC0415

    with open_device(slot, map_name, library, verify=verify) as device:
        places = [place for path in paths for place in find_places(device, path)]
        readings = [reading for place in places for reading in read_place(place, effects=False)]
    if as_json:
        print_json([reading.data for reading in readings])
    else:
        print_lines([f"{reading.path} = {reading.text}" for reading in readings])


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("assignments", type=ASSIGNMENT, nargs=-1, required=True, metavar="PATH=VALUE...")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would be written.")
@map_options
def write(
    slot: int | str,
    map_name: str,
    assignments: tuple[tuple[str, str], ...],
    dry_run: bool,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Write registers, fields and words of memories.

    VALUE is what the field holds: a member of its enum, true or false, a float, an integer (16, 0x10, 0b1_0000).
    Fields of one register are one write, and leave its other fields as they are; a register (ctrl=0x5) is written
    whole. PATH may be a pattern, as in hal read. Either everything is written, in this order, or, where one of them is
    wrong, nothing.

    JSON: a list of {path, value} for whole registers, {path, fields} for fields, {path, start, count, value} for words.

    \b
    Example:
      hal write 0 blinker.yaml ctrl.enable=1 ctrl.mode=fast table[0:4]=0
    """  # noqa: D301  (a mark of click's)
    from hal.texts.writes import plan_writes  # noqa: PLC0415

    with (
        open_device(slot, map_name, library, verify=verify) as device,
        suppress(_OnlyPlannedError),
        device.batch() as view,
    ):
        writes = plan_writes(view, assignments)
        for item in writes:
            item.run()
        if dry_run:
            raise _OnlyPlannedError
    if as_json:
        print_json([item.data() for item in writes])
    else:
        print_lines([str(item) for item in writes])


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.option("--diff", "other", metavar="reset|FILE", help="Show what differs from the resets, or from a saved dump.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the dump to a file.")
@click.option("--memories", is_flag=True, help="Also what memories hold.")
@effects_option
@map_options
def dump(
    slot: int | str,
    map_name: str,
    other: str | None,
    save: Path | None,
    memories: bool,
    effects: bool,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Read all registers of a map.

    Write-only registers, and without --effects those that reading changes, are left out. A dump that was saved with an
    older map is compared by path; registers that are not there any more, or not so, are told on standard error.

    With --diff FILE memories that the file has are compared.

    JSON: {map, slot, registers: {path: {value, fields: {name: text}}}, unread: {path: reason}}, and of memories
    {path: bytes in hex}; with --diff a list of {path, old, new}. The saved file is what hal.Snapshot.from_json takes.

    \b
    Example:
      hal dump 0 cl_mem_perf --save before.json
      hal dump 0 cl_mem_perf --diff before.json
    """  # noqa: D301  (a mark of click's)
    from hal.texts.dumps import dump_of, load_dump, reset_values, save_dump, saved_memories  # noqa: PLC0415

    with open_device(slot, map_name, library, verify=verify) as device:
        saved = load_dump(Path(other), type(device)) if other is not None and other != "reset" else None
        held = saved_memories(device, saved, ("rw", "ro")) if saved is not None else []
        taken = device.snapshot(effects=effects, memories=memories or held)
        printed = dump_of(device, taken, effects=effects)
    if save is not None:
        save_dump(save, taken)
    if saved is not None and saved.misfits:
        print_error(f"{other} was saved with another map of {type(device)._design.name}:")
        print_errors([f"{path} is not compared: {reason}" for path, reason in saved.misfits.items()])
    if other is not None:
        _print_differences((saved or reset_values(taken)).diff(taken), type(device), as_json)
    elif as_json:
        print_json(printed)
    elif save is None:
        _print_dump(printed)


def _print_differences(differences: list[Difference], driver: type[Device], as_json: bool) -> None:
    from hal.texts.dumps import diff_data, diff_rows  # noqa: PLC0415

    if as_json:
        print_json(diff_data(differences))
    elif differences:
        print_table(("path", "old", "new"), diff_rows(driver, differences))
    else:
        print_lines(["no difference"])


def _print_dump(printed: Dump) -> None:
    rows: list[tuple[str, ...]] = [
        (path, hex(item["value"]), ", ".join(f"{name}={text}" for name, text in item["fields"].items()))
        for path, item in printed["registers"].items()
    ]
    print_table(("register", "value", "fields"), rows)
    for path, held in printed.get("memories", {}).items():
        more = " ..." if len(held) > _HEX_SHOWN else ""
        print_lines([f"{path}: {len(held) // 2} bytes, {held[:_HEX_SHOWN]}{more}"])
    print_lines([f"{path}: not read, {reason}" for path, reason in printed["unread"].items()])


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--interval", type=click.FloatRange(min=0.01), default=0.5, show_default=True, help="Seconds between reads."
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many reads; without it, at Ctrl-C.")
@effects_option
@map_options
def watch(
    slot: int | str,
    map_name: str,
    paths: tuple[str, ...],
    interval: float,
    count: int | None,
    effects: bool,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Show values as they change.

    On a terminal they are live, in a list that scrolls; keys filter and pause it, and what changed is marked for a
    while. Elsewhere each read prints one line.

    PATH is as in hal read; registers that reading changes need --effects.

    A value that nobody answered is shown as such, and not as all ones; a slot that was loaded or cleared ends
    it, and what it holds now is said.

    JSON: for each read one line with {time, values}; values is the list of hal read, time in seconds since 1970; of a
    value that nobody answered {path, error}.

    \b
    Example:
      hal watch 0 cl_mem_perf clk_freq kernel.wr_timer_lo --interval 1 --count 10
    """  # noqa: D301  (a mark of click's)
    with open_device(slot, map_name, library, verify=verify) as device:
        is_live = on_terminal() and not as_json  # what is live keeps its own time
        samples = _told(device, _samples(device, paths, 0 if is_live else interval, count, effects=effects))
        if as_json:
            for readings in samples:
                data = {"time": time.time(), "values": [reading.data for reading in readings]}
                print_json(data, indent=None)
        elif is_live:
            from hal.cli.registers.watching import show_values  # noqa: PLC0415

            show_values(samples, interval)
        else:
            for readings in samples:
                values = "  ".join(f"{reading.path}={reading.text}" for reading in readings)
                print_text(f"{time.strftime('%H:%M:%S')}  {values}")


def _told(device: Device, samples: Iterator[list[Reading]]) -> Iterator[list[Reading]]:
    """The same; where the design is gone, the error also says what the slot holds now."""
    from hal.cli.slots import slot_text  # noqa: PLC0415
    from hal.codes import Status  # noqa: PLC0415
    from hal.errors import HalError, StaleHandleError  # noqa: PLC0415

    try:
        yield from samples
    except StaleHandleError as problem:
        try:
            info, end = device.slot.describe(), time.monotonic() + _SETTLED_SECONDS
            while info.status == Status.BUSY and time.monotonic() < end:
                time.sleep(_LOOK_SECONDS)
                info = device.slot.describe()
            now = slot_text(info)
        except HalError as other:
            now = str(other)
        raise StaleHandleError(f"{problem}; now {now}", code=problem.code, name=problem.name) from None


def _samples(
    device: Device, paths: tuple[str, ...], interval: float, count: int | None, *, effects: bool
) -> Iterator[list[Reading]]:
    """What the paths hold, again and again. AccessError for a register whose reading changes it."""
    from hal.texts.patterns import find_places  # noqa: PLC0415
    from hal.texts.readings import require_watchable, watch_place  # noqa: PLC0415

    places = [place for path in paths for place in find_places(device, path)]
    for place in places:
        require_watchable(place, effects=effects)
    taken = 0
    while True:
        yield [reading for place in places for reading in watch_place(place, effects=effects)]
        taken += 1
        if taken == count:
            return
        time.sleep(interval)
