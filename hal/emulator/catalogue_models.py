"""The models of the catalogue that the user names: the only ones that run without being given in a program.

A card's file may come from anybody, so nothing in it says which code runs. A design's text says only that its AFI has
a model; HAL_CATALOGUE names the catalogue that has it, and must be what the design was made from.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hal.emulator.design_text import has_model
from hal.emulator.modelling.playing import PlaysWhile
from hal.errors import MapError, ModelError

if TYPE_CHECKING:
    from hal.emulator.controls import Emulator
    from hal.emulator.model import TypedModel

__all__ = ["CATALOGUE", "adopt_model"]

CATALOGUE = "HAL_CATALOGUE"

_told: set[tuple[str, str]] = set()


def adopt_model(emulator: Emulator, afi: str, *, loaded: bool) -> None:
    """Gives a slot the catalogue's model of its AFI, after a load or at its first use; one that it has stays at that.

    ModelError when the model can't be used; the slot works without it then.
    """
    if (emulator.has_model and not loaded) or emulator.server is not None:
        return
    model = _model_of(afi, emulator.design_text(afi))
    if model is None:
        return
    if loaded:
        model.bind(emulator)
        try:
            model.on_load()
        except (Exception, SystemExit) as error:
            raise ModelError(f"on_load of the model of {afi} raised {type(error).__name__}: {error}") from error
    emulator.set_model(PlaysWhile(model, lambda: emulator.afi_id == afi), adopted=True)


def _model_of(afi: str, design: str) -> TypedModel | None:
    if not has_model(design):
        return None
    named = os.environ.get(CATALOGUE, "")
    if not named:
        _tell(afi, f"set {CATALOGUE} to the catalogue that it was made from")
        return None
    try:
        from hal.emulator.catalogue_file import find_model  # noqa: PLC0415  (needs the generator's packages)
        from hal.emulator.model_file import load_model  # noqa: PLC0415  (few designs have one)
        from hal.generator.driver import load_driver  # noqa: PLC0415

        found = find_model(Path(named), afi)
        if found is None or _parts(found.design) != _parts(design):
            _tell(afi, f"it was made from another catalogue than {CATALOGUE}={named}, so make the card again")
            return None
        driver = load_driver(found.register_map).driver
    except (MapError, OSError, ImportError) as error:
        raise ModelError(f"{CATALOGUE}={named} has no model for {afi}: {error}") from error
    return load_model(found.file, found.name, driver)


def _tell(afi: str, what_to_do: str) -> None:
    """Once for each reason: slots are opened often."""
    if (afi, what_to_do) not in _told:
        _told.add((afi, what_to_do))
        text = "the Python model of %s does not run: %s, or give one with slot.emulator.set_model"
        logging.getLogger("hal").warning(text, ascii(afi)[1:-1], what_to_do)


def _parts(design: str) -> list[str]:
    """Its lines, without the built-in models that the card keeps for an AFI that it knew before."""
    return [line for line in design.splitlines() if line and not line.startswith("model ")]
