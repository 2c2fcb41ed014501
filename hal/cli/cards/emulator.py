"""`hal emulator`: shared emulated cards. Made by name, they keep their state when the process ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import CARD, MAP
from hal.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from hal._binding import Card, Library
    from hal.emulator.shared_cards import SharedCard

__all__ = ["emulator"]

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MIB = 1 << 20


@click.group()
def emulator() -> None:
    """Emulated cards that several processes share.

    HAL_EMULATOR=NAME makes a process use one; without it, each process has a private card.

    \b
    Example:
      hal emulator create bench --slots 2 --catalogue afis.yaml
      HAL_LIBRARY=emulator HAL_EMULATOR=bench python program.py
    """  # noqa: D301  (a mark of click's)


@emulator.command()
@click.argument("name")
@click.option("--slots", type=click.IntRange(1, 8), default=1, show_default=True, help="Number of FPGAs.")
@click.option("--catalogue", type=click.Path(path_type=Path), help="YAML file of AFIs that can be loaded.")
@_JSON
def create(name: str, slots: int, catalogue: Path | None, as_json: bool) -> None:
    """Make a shared card, its slots cleared.

    A catalogue that is wrong is told in full, and no card is made.
    """
    from hal.emulator.design_text import has_model  # noqa: PLC0415
    from hal.emulator.shared_cards import create_card, find_card, remove_card  # noqa: PLC0415

    designs: list[str] = []
    if catalogue is not None:
        from hal.emulator.catalogue_file import read_catalogue  # noqa: PLC0415

        designs = read_catalogue(catalogue)
    library = create_card(name, slots)
    try:
        for design in designs:
            _card(library).install(design)
    except BaseException:
        remove_card(name)
        raise
    card = find_card(name)
    lines = [f"{card.name}: {card.slots} slots, {len(designs)} AFIs added ({card.path})"]
    if any(has_model(design) for design in designs):
        lines.append(f"its Python models run in processes with HAL_CATALOGUE={catalogue}, and in no other")
    _print(as_json, _row(card), lines)


@emulator.command(name="list")
@_JSON
def list_cards(as_json: bool) -> None:
    """List the shared cards of this user."""
    from hal.emulator.shared_cards import card_directory, shared_cards  # noqa: PLC0415

    cards = shared_cards()
    lines = [
        f"{card.name}: no card, {card.problem}"
        if card.problem
        else f"{card.name}: {card.slots} slots, {card.disk_bytes / _MIB:.1f} MiB on disk"
        for card in cards
    ]
    _print(as_json, [_row(card) for card in cards], lines or [f"no shared cards in {card_directory()}"])


@emulator.command()
@click.argument("name", type=CARD)
@_JSON
def show(name: str, as_json: bool) -> None:
    """Show what a shared card holds: its slots, and the AFIs that can be loaded."""
    from hal.emulator.shared_cards import find_card, use_card  # noqa: PLC0415

    library = use_card(name)
    designs = [{"afi": afi, "name": design} for afi, design in _card(library).designs()]
    card = find_card(name)
    slots = [_slot_row(library, number) for number in range(card.slots)]
    lines = [f"{card.name}: {card.path}, {card.disk_bytes / _MIB:.1f} MiB on disk"]
    lines += [f"slot {row['slot']}: {row['status']}, AFI {row['afi']}, PCI {row['pci']}{_run_by(row)}" for row in slots]
    lines += [f"AFI {design['afi']}: {design['name']}" for design in designs]
    _print(as_json, {**_row(card), "contents": slots, "designs": designs}, lines)


@emulator.command()
@click.argument("name", type=CARD)
@click.argument("slot", type=click.IntRange(0, 7))
@click.argument("spec", metavar="FAULT")
@_JSON
def fault(name: str, slot: int, spec: str, as_json: bool) -> None:
    """Provoke a failure of a slot from now on, in all processes that use the card.

    FAULT is one of docs/emulated-card.md's, as load-error=17, never-ready or bus-dead=ocl; none ends all of the slot's.

    \b
    Example:
      hal emulator fault bench 0 bus-dead=ocl
      hal emulator fault bench 0 none
    """  # noqa: D301  (a mark of click's)
    from hal.emulator.shared_cards import find_card, use_card  # noqa: PLC0415
    from hal.slots.slot import Slot  # noqa: PLC0415

    library = use_card(name)
    if slot >= find_card(name).slots:
        raise click.UsageError(f"{name} has slots 0 to {find_card(name).slots - 1}, not {slot}")
    Slot(slot, library).emulator.fault("" if spec == "none" else spec)
    _print(as_json, {"name": name, "slot": slot, "fault": spec}, [f"{name}: slot {slot}: {spec}"])


@emulator.command()
@click.argument("name", type=CARD)
@click.argument("model", metavar="MODEL.py:CLASS")
@click.option("--slot", type=click.IntRange(0, 7), default=0, show_default=True, help="The slot that it plays.")
@click.option("--map", "map_name", type=MAP, help="The map of its driver, where its class names none.")
@click.option("--load", is_flag=True, help="Load its design first, also where the slot holds it.")
def run(name: str, model: str, slot: int, map_name: str | None, load: bool) -> None:
    """Run a model for a slot, in all processes that use the card, until Ctrl-C.

    A slot that is cleared gets the model's design first. Accesses wait for the model; what it raises is printed, and is
    ModelError in the program that accessed. When it has ended, however that was, the card goes on without it, and
    another one can be run.

    \b
    Example:
      hal emulator run bench adder_model.py:AdderModel
      hal emulator run bench models.py:Adder --map adder.yaml --slot 1
    """  # noqa: D301  (a mark of click's)
    from hal.cli.cards.model_runs import run_model  # noqa: PLC0415

    run_model(name, model, slot, map_name, load=load)


@emulator.command()
@click.argument("name", type=CARD)
@_JSON
def remove(name: str, as_json: bool) -> None:
    """Remove a shared card. Processes that use it keep what they have until they end."""
    from hal.emulator.shared_cards import remove_card  # noqa: PLC0415

    card = remove_card(name)
    _print(as_json, _row(card), [f"{card.name}: removed"])


def _card(library: Library) -> Card:
    assert library.card is not None
    return library.card


def _row(card: SharedCard) -> dict[str, Any]:
    numbers = {"slots": card.slots, "disk_bytes": card.disk_bytes}
    return {"name": card.name, "path": str(card.path), **numbers, "problem": card.problem}


def _slot_row(library: Library, number: int) -> dict[str, Any]:
    from hal.slots.slot import Slot  # noqa: PLC0415

    slot = Slot(number, library)
    info, process = slot.describe(), slot.emulator.server
    pci = f"{info.app.vendor_id:04x}:{info.app.device_id:04x} at {info.app.address}"
    return {
        "slot": number,
        "status": info.status_name,
        "status_q": info.status_q,
        "afi": info.afi_id,
        "pci": pci,
        "model_process": process,
    }


def _run_by(row: dict[str, Any]) -> str:
    return "" if row["model_process"] is None else f", its model runs in process {row['model_process']}"


def _print(as_json: bool, data: Any, lines: list[str]) -> None:
    if as_json:
        print_json(data)
    else:
        print_lines(lines)
