"""`hal emulator run`: a model in a file plays a slot of a shared card, for all processes that use it."""

from __future__ import annotations

import signal
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.output import print_error, print_errors, print_text

if TYPE_CHECKING:
    from hal.emulator.controls import Emulator

__all__ = ["run_model"]


def run_model(name: str, model: str, number: int, map_name: str | None, *, load: bool) -> None:
    """Until Ctrl-C or SIGTERM. click.UsageError, MapError, ModelError; HalError where another process runs one."""
    from hal.emulator.model_file import load_model  # noqa: PLC0415
    from hal.emulator.shared_cards import find_card, use_card  # noqa: PLC0415
    from hal.slots.slot import Slot  # noqa: PLC0415

    file, sign, class_name = model.rpartition(":")
    if not sign or not file or not class_name.isidentifier():
        raise click.UsageError(f"{model!r} is no MODEL.py:CLASS, as in adder_model.py:AdderModel")
    if not Path(file).is_file():
        raise click.UsageError(f"there is no file {file}")
    library = use_card(name)
    slots = find_card(name).slots
    if number >= slots:
        raise click.UsageError(f"{name} has slots 0 to {slots - 1}, not {number}")
    driver: Any = None
    if map_name is not None:
        from hal.generator.driver import load_driver  # noqa: PLC0415

        driver = load_driver(map_name).driver
    made = load_model(Path(file).absolute(), class_name, driver)
    design = made.driver._design
    with Slot(number, library) as slot:
        emulator = slot.emulator
        _require_free(emulator, name)
        before = library.design_number(number)
        if load:
            emulator.install(made.driver)
            slot.load(design.afi_id, progress=lambda _seconds: None)
        else:
            emulator.provide(made.driver)
        other = emulator.another(made.driver)
        if other:
            print_error(f"{name}: slot {number} holds {other}: the model waits until its design is loaded")
        signal.signal(signal.SIGTERM, _end)

        def ready() -> None:
            print_text(f"{name}: slot {number}: {class_name} of {file} runs; Ctrl-C ends it")

        loaded = library.design_number(number) != before
        try:
            emulator.serve(made, loaded=loaded, ready=ready, failed=_print_failure)
        except KeyboardInterrupt:
            print_text(f"{name}: slot {number}: {class_name} has ended")


def _require_free(emulator: Emulator, name: str) -> None:
    """Before anything is loaded."""
    from hal.errors import HalError  # noqa: PLC0415

    pid = emulator.server
    if pid is not None:
        raise HalError(
            f"{name}: slot {emulator._slot.number} has a model already: process {pid} runs it; end that first"
        )


def _end(*_: object) -> None:
    raise KeyboardInterrupt


def _print_failure(error: BaseException) -> None:
    for part in traceback.format_exception(type(error), error, error.__traceback__):
        print_errors(part.rstrip("\n").split("\n"))
