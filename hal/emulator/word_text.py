"""What a design text says of one bus word: its fields by their policies, and where several registers share it, views.

A view is a storage with policies. Registers at one address that are only read and only written have two; alternates are
one, and what they treat alike is treated so. Other bits of theirs hold what is written, for the card can't know which
of them is meant, unless the map says by which field that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hal.registers.siblings import sibling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hal.access.fields import FieldDeclaration
    from hal.access.shape import RegisterShape
    from hal.registers.siblings import Sibling

__all__ = ["Part", "targets_of", "word_lines"]

_PLAIN = "rw"
_FIELD, _RESERVED = "f", "r"
_WRAP = 1 << 64
_LATCHED_MAX = 64  # words of a register whose halves the card watches


class Part(NamedTuple):
    """A register's part of a word: which of its words, and where the register stands in its block.

    `children`: of the block; `offset` from its start, of the element `element`, with its `reset`.
    `is_alternate`: of another register; `when`: paths and values, where the map says by them when it is there.
    """

    shape: RegisterShape
    number: int
    children: Mapping[str, Any]
    offset: int
    element: int
    reset: int
    is_alternate: bool
    when: tuple[tuple[str, int], ...]

    @property
    def low(self) -> int:
        """The word's lowest bit in the register."""
        return self.number * self.shape.access_width

    def find(self, path: str) -> Sibling:
        """What stands at a path from the block."""
        return sibling(self.children, path, self.element)

    def distance(self, found: Sibling, further: int = 0) -> str:
        """Bytes from the word to there, and so many further."""
        own = self.offset + self.shape.word_at(self.number)
        return f"{(found.offset + further - own) % _WRAP:#x}"


class _Run(NamedTuple):
    """Bits of one policy: lowest bit in the word, how many, policy, reset, and which nobody knows then.

    `kind`: "f" of fields, "r" of none.
    """

    lsb: int
    width: int
    policy: str
    reset: int
    unknown: int = 0
    kind: str = _FIELD

    def __str__(self) -> str:
        rest = f" {self.unknown:#x}" if self.unknown else ""
        return f"{self.kind} {self.lsb} {self.width} {self.policy} {self.reset:#x}{rest}"


def targets_of(shape: RegisterShape, children: Mapping[str, Any]) -> Iterator[tuple[str, RegisterShape]]:
    """The registers that others act on, and those that are keys: "shared" or "key"."""
    for path, _ in shape.unlock:
        yield "key", sibling(children, path).shape
    for field in shape.fields.values():
        if field.alias:
            yield "shared", sibling(children, field.alias).shape


def word_lines(parts: list[Part], flags: Iterable[str]) -> Iterator[str]:
    """The lines below a `word` line, of all registers that have that word."""
    if len(parts) == 1 and not parts[0].is_alternate and not _is_special(parts[0].shape):
        yield from map(str, _plain_runs(parts[0]))
        yield from _latch(parts[0])
        yield from flags
        return
    first = [part for part in parts if not part.is_alternate] or parts[:1]
    written = [part for part in first if not part.shape.is_readable]
    main = next((part for part in first if part.shape.is_readable), first[0])
    together = [part for part in parts if part.is_alternate and not part.when and part is not main]
    yield from _rules(main if main.shape.is_writable or not written else written[0])
    yield from flags
    yield from map(str, _merged_runs([main, *together]))
    yield from _aliases(main)
    for part in written:
        if part is not main:
            yield from ("view", "behind")
            yield from map(str, _merged_runs([part]))
            yield from _aliases(part)
    for part in parts:
        if part.is_alternate and part.when and part is not main:
            yield "view"
            yield _condition("when", part, part.when)
            yield from map(str, _merged_runs([part]))


def _latch(part: Part) -> Iterator[str]:
    """Of a register that is read as a whole: how many words, this one's place by address, and whether it latches."""
    shape = part.shape
    if shape.words == "latched" and 1 < shape.word_count <= _LATCHED_MAX and shape.is_readable:
        place = shape.word_at(part.number) * 8 // shape.access_width
        yield f"latched {shape.word_count} {place} {int(part.number == 0)}"


def _is_special(shape: RegisterShape) -> bool:
    rules = shape.lock or shape.unlock or shape.twice or shape.masked
    return bool(rules) or any(field.alias or field.alternate for field in shape.fields.values())


def _rules(part: Part) -> Iterator[str]:
    shape = part.shape
    if shape.lock is not None:
        yield _condition("lock", part, (shape.lock,))
    for path, value in shape.unlock:
        yield f"unlock {part.distance(part.find(path))} {value:#x}"
    if shape.twice:
        yield "twice"
    if shape.masked:
        yield "masked"


def _condition(word: str, part: Part, conditions: tuple[tuple[str, int], ...]) -> str:
    """Of several fields those of the first one's register."""
    found = [(part.find(path), value) for path, value in conditions]
    place = found[0][0]
    mask = value = 0
    for other, wanted in found:
        if other.offset == place.offset:
            mask |= other.mask
            value |= other.placed(wanted)
    return f"{word} {part.distance(place)} {place.shape.width} {mask:#x} {value:#x}"


def _aliases(part: Part) -> Iterator[str]:
    """A view for each word that fields act on, and for each distance of their bits from those there."""
    views: dict[tuple[str, int], list[_Run]] = {}
    for field in part.shape.fields.values():
        if not field.alias:
            continue
        place = part.find(field.alias)
        assert place.field is not None
        shape, higher = place.shape.stored, field.lsb - place.field.lsb
        for run in _field_run(field, part):
            start, end = part.low + run.lsb, part.low + run.lsb + run.width
            while start < end:
                number = (start - higher) // shape.access_width
                stop = min(end, (number + 1) * shape.access_width + higher)
                at = (
                    part.distance(place, shape.word_at(number)),
                    start - part.low - (start - higher) % shape.access_width,
                )
                views.setdefault(at, []).append(_Run(start - part.low, stop - start, run.policy, 0))
                start = stop
    for (distance, shift), runs in views.items():
        yield "view"
        yield f"at {distance} {shift % _WRAP:#x}"
        yield from map(str, runs)


def _plain_runs(part: Part) -> Iterator[_Run]:
    for field in part.shape.fields.values():
        yield from _field_run(field, part)
    yield from _unused_runs(part)


def _field_run(field: FieldDeclaration, part: Part) -> Iterator[_Run]:
    low, step = part.low, part.shape.access_width
    start, end = max(field.lsb, low), min(field.msb, low + step - 1)
    if start <= end:
        width = end - start + 1
        reset, unknown = (bits >> start & ((1 << width) - 1) for bits in (part.reset, part.shape.unknown))
        yield _Run(start - low, width, _policy(field), reset, unknown)


def _policy(field: FieldDeclaration) -> str:
    """A pulse reads as its idle value, unless the map says that hardware ends it in its own time."""
    if not field.pulse or field.volatile:
        return field.access
    return "strobe" if field.idle == "1" and field.readable else "wo"


def _unused_runs(part: Part) -> Iterator[_Run]:
    """Bits of no field hold what is written, so that a driver that changes them is found out."""
    shape, low = part.shape, part.low
    policy = (_PLAIN if shape.is_readable else "wo") if shape.is_writable else "ro"
    rest = (shape.unused_bits >> low) & ((1 << shape.access_width) - 1)
    if shape.masked:
        rest &= (1 << shape.selects) - 1
    while rest:
        start = (rest & -rest).bit_length() - 1
        width = (~(rest >> start) & ((rest >> start) + 1)).bit_length() - 1
        ones = (1 << width) - 1
        yield _Run(start, width, policy, (part.reset >> (low + start)) & ones, kind=_RESERVED)
        rest &= ~(ones << start)


def _merged_runs(parts: list[Part]) -> Iterator[_Run]:
    """The bits of several registers, or of fields that share bits, each once; without those of another register."""
    reset, unknown = parts[0].reset >> parts[0].low, parts[0].shape.unknown >> parts[0].low
    bits: dict[int, set[tuple[str, str]]] = {}
    for runs in ([_own_runs(part) for part in parts], [_rest_runs(part) for part in parts]):
        known = set(bits)  # bits of no field say nothing of one that another register has
        for run in (run for part_runs in runs for run in part_runs):
            for bit in range(run.lsb, run.lsb + run.width):
                if bit not in known:
                    bits.setdefault(bit, set()).add((run.policy, run.kind))
    for run in _joined({bit: _together(found) for bit, found in bits.items()}):
        ones = (1 << run.width) - 1
        yield run._replace(reset=reset >> run.lsb & ones, unknown=unknown >> run.lsb & ones)


def _own_runs(part: Part) -> list[_Run]:
    return [run for field in part.shape.fields.values() if not field.alias for run in _field_run(field, part)]


def _rest_runs(part: Part) -> list[_Run]:
    """None of a register that acts on others: its other bits are nothing."""
    return [] if any(field.alias for field in part.shape.fields.values()) else list(_unused_runs(part))


def _together(found: set[tuple[str, str]]) -> tuple[str, str]:
    """What holds of a bit of which that is said."""
    return next(iter(found)) if len(found) == 1 else (_PLAIN, min(kind for _, kind in found))


def _joined(policies: Mapping[int, tuple[str, str]]) -> Iterator[_Run]:
    start: int | None = None
    end = 0
    for bit in sorted(policies):
        if start is None or bit != end or policies[bit] != policies[start]:
            if start is not None:
                policy, kind = policies[start]
                yield _Run(start, end - start, policy, 0, kind=kind)
            start = bit
        end = bit + 1
    if start is not None:
        policy, kind = policies[start]
        yield _Run(start, end - start, policy, 0, kind=kind)
