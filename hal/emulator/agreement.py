"""Whether the design that an emulated slot holds is a driver's: the card knows it, where a real one has ids only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal.emulator.kept_text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hal._binding import Card, LoadedDesign
    from hal.design.design import Design

__all__ = ["DesignFacts", "design_facts", "facts_of", "given_facts", "why_another"]


class DesignFacts(NamedTuple):
    """What a card needs to know of a driver's design. `afis`: as its map names them; `afi`: to load it by.

    `text` makes the design's text, or raises LookupError where that is not here.
    """

    name: str
    digest: str
    afis: tuple[str, ...]
    afi: str
    text: Callable[[], str]


def design_facts(design: Design) -> DesignFacts:
    """Those of a driver."""
    return DesignFacts(design.name, design.digest, design.afi, design.afi_id, lambda: text_of(design))


def facts_of(design: Design) -> dict[str, Any]:
    """The same, to be told to another host, where the text is made when it is needed."""
    return {**design_facts(design)._asdict()}


def given_facts(given: Any) -> DesignFacts:
    """Facts that another host has told. TypeError or KeyError where they are none."""
    words = [given[key] for key in ("name", "digest", "afi")]
    afis, told = given["afis"], given.get("text")
    if not all(isinstance(word, str) for word in [*words, *afis, "" if told is None else told]):
        raise TypeError("the facts of a design are text")

    def text() -> str:
        if told is None:
            raise LookupError(given["name"])
        return str(told)

    return DesignFacts(words[0], words[1], tuple(afis), words[2], text)


def why_another(card: Card, loaded: LoadedDesign, design: DesignFacts) -> str:
    """What the slot holds instead of a driver's design, in words; "" when it is this design, or holds all of it.

    A design of the driver's own map is its. A text without a digest is believed by its name or AFI id. Any other one is
    shared when the driver's map names its AFI id and every register and memory of the driver is there as it is.
    """
    if loaded.digest and loaded.digest == design.digest:
        return ""
    is_named = loaded.afi in design.afis
    if not loaded.digest and (is_named or loaded.name == design.name):
        return ""
    if is_named and loaded.known and _parts(design.text()) <= _parts(card.design_text(loaded.afi)):
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
