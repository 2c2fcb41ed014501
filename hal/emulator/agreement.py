"""Whether the design that an emulated slot holds is a driver's: the card knows it, where a real one has ids only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal.emulator.design_text import design_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hal._binding import Card, LoadedDesign
    from hal.design.design import Design

__all__ = ["why_another"]


def why_another(card: Card, loaded: LoadedDesign, design: Design) -> str:
    """What the slot holds instead of a driver's design, in words; "" when it is this design, or holds all of it.

    A design of the driver's own map is its. A text without a digest is believed by its name or AFI id. Any other one is
    shared when the driver's map names its AFI id and every register and memory of the driver is there as it is.
    """
    if loaded.digest and loaded.digest == design.digest:
        return ""
    is_named = loaded.afi in design.afi
    if not loaded.digest and (is_named or loaded.name == design.name):
        return ""
    if is_named and loaded.known and _parts(design_text(design)) <= _parts(card.design_text(loaded.afi)):
        return ""
    if loaded.name == design.name:
        return (
            f"{loaded.afi}, the design {loaded.name!r} of another version of the map (digest {loaded.digest}, the "
            f"driver's is {design.digest or 'unknown'})"
        )
    return f"{loaded.afi}, the design {loaded.name!r}, and {design.name} is another"


def _parts(text: str) -> set[tuple[str, ...]]:
    """Each word with its fields, each memory, window and the clock generator, with the space where it lies."""
    return set(_parts_in_order(text))


def _parts_in_order(text: str) -> Iterator[tuple[str, ...]]:
    space = ""
    word: tuple[str, ...] = ()
    for line in text.splitlines():
        tokens = " ".join(line.partition("#")[0].split())
        kind = tokens.partition(" ")[0]
        if kind == "f":
            word = (*word, tokens)
            continue
        if word:
            yield word
        word = (space, tokens) if kind == "word" else ()
        if kind == "space":
            space = tokens
        elif kind in {"mem", "unmapped"} or tokens == "clkgen 1":
            yield space, tokens
    if word:
        yield word
