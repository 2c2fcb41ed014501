"""Commands on a slot: what it holds, loading and clearing, clocks, LEDs and switches."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import AFI, NUMBER, SLOT, card_options, timeout_option
from hal.cli.output import print_json, print_lines, print_table

if TYPE_CHECKING:
    from hal.info import ClockGroups, ImageInfo, Metrics, ResourceMap
    from hal.slots.clocks import Clocks, ClockSetting
    from hal.slots.slot import Slot

__all__ = ["clear", "clocks", "describe", "dip", "leds", "load", "slots"]

_SWITCHES = 16
_GROUPS = ("a", "b", "c", "hbm")


def _open(slot: int | str, library: str | None) -> Slot:
    from hal.slots.opening import open_slot  # noqa: PLC0415

    return open_slot(slot, library)


@click.command()
@card_options
def slots(library: str | None, as_json: bool) -> None:
    """List the slots that hold a card.

    JSON: a list of {slot, status, status_q, afi, app, mgmt}; app and mgmt are PCI addresses.

    \b
    Example:
      hal slots
    """  # noqa: D301  (a mark of click's)
    from hal.cli.slots import present_slots, slot_row  # noqa: PLC0415
    from hal.errors import CardMissingError  # noqa: PLC0415

    rows = [slot_row(slot.describe()) for slot in present_slots(library)]
    if not rows:
        raise CardMissingError("no slot holds a card; hal doctor tells what to check")
    if as_json:
        print_json(rows)
    else:
        columns = ("slot", "status", "afi", "app", "mgmt")
        print_table(columns, [tuple(str(row[column]) for column in columns) for row in rows])


@click.command()
@click.argument("slot", type=SLOT)
@click.option("--metrics", is_flag=True, help="Also the shell's counters, clocks and power.")
@card_options
def describe(slot: int | str, metrics: bool, library: str | None, as_json: bool) -> None:
    """Show all that a slot says of itself.

    JSON: {slot, status, status_q, afi, vendor_id, device_id, subsystem_vendor_id, subsystem_device_id, shell_version,
    app, mgmt}, the last two {address, vendor_id, device_id, subsystem_vendor_id, subsystem_device_id, resource_size,
    resource_burstable}; with --metrics also metrics, named as in hal.Metrics.

    \b
    Example:
      hal describe 0 --metrics
    """  # noqa: D301  (a mark of click's)
    with _open(slot, library) as opened:
        data = _description(opened.describe())
        if metrics:
            data["metrics"] = _metrics(opened.metrics())
    if as_json:
        print_json(data)
    else:
        print_table(("what", "value"), _described(data))


def _description(info: ImageInfo) -> dict[str, Any]:
    numbers = ("vendor_id", "device_id", "subsystem_vendor_id", "subsystem_device_id", "shell_version")
    head = {"slot": info.slot, "status": info.status_name, "status_q": info.status_q, "afi": info.afi_id}
    ids = {name: getattr(info, name) for name in numbers}
    return {**head, **ids, "app": _function(info.app), "mgmt": _function(info.mgmt)}


def _function(resources: ResourceMap) -> dict[str, Any]:
    return {**asdict(resources), "address": str(resources.address)}


def _metrics(metrics: Metrics) -> dict[str, Any]:
    return {name: int(value) if isinstance(value, int) else value for name, value in asdict(metrics).items()}


def _described(data: dict[str, Any], above: str = "") -> list[tuple[str, ...]]:
    """Rows for people: ids, addresses and sizes in hex."""
    from hal.texts.sheets import in_words  # noqa: PLC0415

    rows: list[tuple[str, ...]] = []
    for name, value in data.items():
        if isinstance(value, dict):
            rows += _described(value, f"{above}{name}.")
        else:
            rows.append((f"{above}{name}", in_words(name, value)))
    return rows


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("afi", type=AFI)
@click.option("--prefetch", is_flag=True, help="Only bring it into the shell's cache; what is loaded stays.")
@timeout_option
@card_options
def load(slot: int | str, afi: str, prefetch: bool, timeout: float, library: str | None, as_json: bool) -> None:
    """Load an AFI into a slot, and wait until it is there.

    AFI is an id, a map (a YAML file or a shipped map's name) for the AFI of its design, or the name that the emulated
    card has for one.

    JSON: as one row of hal slots.

    \b
    Example:
      hal load 0 agfi-080817d089f3cd2ed --timeout 30
      hal load 0 cl_mem_perf
    """  # noqa: D301  (a mark of click's)
    from hal.codes import Command  # noqa: PLC0415

    with _open(slot, library) as opened:
        flags = Command.PREFETCH if prefetch else Command(0)
        _print_state(opened.load(_afi_of(afi, opened), timeout=timeout, flags=flags), as_json)


def _afi_of(word: str, slot: Slot) -> str:
    """The id of an AFI that was named; what looks like one stays, for the slot to refuse."""
    from hal.generator.driver import load_driver  # noqa: PLC0415
    from hal.generator.package import shipped_maps  # noqa: PLC0415

    if word.startswith(("agfi-", "afi-")):
        return word
    card = slot.library.card
    named = [] if card is None else [(afi, name) for afi, name in card.designs() if name == word]
    if len(named) > 1:
        raise click.UsageError(f"several AFIs are named {word}: give one of {', '.join(afi for afi, _ in named)}")
    if named:
        return named[0][0]
    if Path(word).suffix in {".yaml", ".yml"} or word in shipped_maps():
        driver = load_driver(word).driver
        if card is not None:
            slot.emulator.install(driver)
        afi: str = driver.afi_id()
        return afi
    from difflib import get_close_matches  # noqa: PLC0415

    names = [*shipped_maps(), *(() if card is None else (name for _, name in card.designs()))]
    close = get_close_matches(word, names, n=1)
    hint = f". Did you mean {close[0]}?" if close else ""
    raise click.UsageError(f"{word!r} is no AFI id (agfi- and 17 hex digits), no map and no AFI's name here{hint}")


@click.command()
@click.argument("slot", type=SLOT)
@timeout_option
@card_options
def clear(slot: int | str, timeout: float, library: str | None, as_json: bool) -> None:
    """Clear a slot, and wait until it is.

    JSON: as one row of hal slots.

    \b
    Example:
      hal clear 0
    """  # noqa: D301  (a mark of click's)
    with _open(slot, library) as opened:
        _print_state(opened.clear(timeout=timeout), as_json)


def _print_state(info: ImageInfo, as_json: bool) -> None:
    from hal.cli.slots import slot_row, slot_text  # noqa: PLC0415

    if as_json:
        print_json(slot_row(info))
    else:
        print_lines([slot_text(info)])


def _assignments(_ctx: click.Context, _param: click.Parameter, text: str | None) -> dict[str, int] | None:
    """From a=1,b=2."""
    if text is None:
        return None
    found: dict[str, int] = {}
    for part in text.split(","):
        group, _, number = part.partition("=")
        if group not in _GROUPS or group in found or not number.isdecimal():
            raise click.BadParameter(f"{part!r}: give groups ({', '.join(_GROUPS)}), each once, as in a=1,b=2")
        found[group] = int(number)
    return found


@click.command()
@click.argument("slot", type=SLOT)
@click.option("--recipe", callback=_assignments, metavar="A=N,...", help="Set groups to recipes by number.")
@click.option("--set", "mhz", callback=_assignments, metavar="A=MHZ,...", help="Set first outputs to whole MHz.")
@click.option("--reset", is_flag=True, help="Set the power-up recipes.")
@click.option("--release-resets", "release", is_flag=True, help="Then wait for the MMCMs, and release their resets.")
@card_options
def clocks(
    slot: int | str,
    recipe: dict[str, int] | None,
    mhz: dict[str, int] | None,
    reset: bool,
    release: bool,
    library: str | None,
    as_json: bool,
) -> None:
    """Show or set the clocks of the AFI in a slot.

    Groups are a, b, c and hbm; a group that is not named gets its default. Where the generator can't make a frequency,
    the reason is told.

    JSON: {slot, mhz, resets_asserted}, mhz by clock; after setting also requested, expected and reasons by group.

    \b
    Example:
      hal clocks 0 --recipe a=2,hbm=1
      hal clocks 0 --set a=125,c=250
    """  # noqa: D301  (a mark of click's)
    if sum((recipe is not None, mhz is not None, reset)) > 1:
        raise click.UsageError("--recipe, --set and --reset exclude each other")
    with _open(slot, library) as opened:
        setting = _set_clocks(opened.clocks, recipe, mhz, reset)
        now = opened.clocks.get() if setting is None else setting.achieved
        if release:
            opened.clocks.release_resets()
        asserted = opened.clocks.resets_asserted()
    _print_clocks(slot, now, setting, asserted, as_json)


def _set_clocks(
    service: Clocks, recipe: dict[str, int] | None, mhz: dict[str, int] | None, reset: bool
) -> ClockSetting | None:
    if recipe is not None:
        return service.set_recipe(**recipe)
    if mhz is not None:
        return service.set_frequencies(**mhz)
    return service.reset() if reset else None


def _print_clocks(
    slot: int | str, now: ClockGroups, setting: ClockSetting | None, asserted: bool, as_json: bool
) -> None:
    if as_json:
        data: dict[str, Any] = {"slot": slot, "mhz": now.by_name(), "resets_asserted": asserted}
        if setting is not None:
            data |= {"requested": setting.requested, "expected": setting.expected, "reasons": setting.reasons}
        print_json(data)
        return
    print_table(("clock", "MHz"), [(name, f"{mhz:g}") for name, mhz in now.by_name().items()])
    if setting is not None:
        print_lines([f"group {group}: {reason}" for group, reason in setting.reasons.items()])
    if asserted:
        print_lines([f"resets of these clocks are asserted; to release them: hal clocks {slot} --release-resets"])


@click.command()
@click.argument("slot", type=SLOT)
@card_options
def leds(slot: int | str, library: str | None, as_json: bool) -> None:
    """Show the 16 virtual LEDs of a slot.

    JSON: {slot, leds}.

    \b
    Example:
      hal leds 0
    """  # noqa: D301  (a mark of click's)
    with _open(slot, library) as opened:
        _print_bits(slot, "leds", opened.leds, as_json)


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("value", type=NUMBER, required=False)
@card_options
def dip(slot: int | str, value: int | None, library: str | None, as_json: bool) -> None:
    """Show or set the 16 virtual DIP switches of a slot.

    JSON: {slot, dip}.

    \b
    Example:
      hal dip 0 0x00FF
    """  # noqa: D301  (a mark of click's)
    with _open(slot, library) as opened:
        if value is not None:
            opened.dip = value
        _print_bits(slot, "dip", opened.dip, as_json)


def _print_bits(slot: int | str, name: str, value: int, as_json: bool) -> None:
    if as_json:
        print_json({"slot": slot, name: value})
    else:
        on = [str(bit) for bit in range(_SWITCHES) if value >> bit & 1]
        print_lines([f"{value:#06x}  on: {' '.join(on) or 'none'}"])
