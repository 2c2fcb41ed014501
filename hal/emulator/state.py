"""What an emulated card stores for the registers of a design, as a snapshot, past every access policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal.access.words import join_words, split_words
from hal.design.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hal.access.shape import RegisterShape
    from hal.design.design import Design
    from hal.registers.space import SpaceNumbers

__all__ = ["card_state", "set_card_state"]


def card_state(design: Design, storage: Callable[[SpaceNumbers, int, int], int]) -> Snapshot:
    """All registers: storage(space, offset, width) gives a word."""
    values = {}
    for path, shape, space, offset in _registers(design):
        step = shape.access_width
        words = [storage(space, offset + shape.word_at(number), step) for number in range(shape.word_count)]
        values[path] = join_words(words, step)
    return Snapshot(design.driver, values)


def set_card_state(snapshot: Snapshot, set_storage: Callable[[SpaceNumbers, int, int, int], None]) -> None:
    """The other way round: set_storage(space, offset, value, width) sets a word."""
    values = snapshot._registers()
    for path, shape, space, offset in _registers(snapshot._design):
        if path not in values:
            continue
        for number, word in enumerate(split_words(values[path], shape)):
            set_storage(space, offset + shape.word_at(number), word, shape.access_width)


def _registers(design: Design) -> Iterator[tuple[str, RegisterShape, SpaceNumbers, int]]:
    seen: set[tuple[SpaceNumbers, int]] = set()  # of two registers at one address the card's memory is the first one's
    for run in design.runs():
        if run.child.is_register and not run.is_alternate and not run.child.shape.is_alias:
            for index in range(run.number):
                if (run.space, run.at(index)) in seen:
                    continue
                seen.add((run.space, run.at(index)))
                yield run.name(index), run.child.shape.stored, run.space, run.at(index)
