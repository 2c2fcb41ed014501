"""A second hand's card and driver for what registers share and what their writes take: views of one storage, aliases,
locks, keys, writes that come twice, write masks, arrays of fields, resets that nobody knows, lanes of a bus word.

A group is one such construct at a base address. It says what a map says of it, what its words hold, and for an operation
which bus accesses a driver makes and what comes of them. Nothing here is of this project's tables: words are
`ModelRegister`, and what this module adds are the manual's sentences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.policy_model import ModelField, ModelRegister, is_readable, is_writable, said

if TYPE_CHECKING:
    import random

Access = tuple[str, int, int, int]  # r or w, offset, width, value
SPAN = 0x20  # bytes of a group

CALM = ("rw", "rw", "rw", "ro", "w1c", "w1s", "w0c", "w1t", "wo", "none:one_sets", "w0t")
LOUD = ("rc", "wrc", "wc", "w1", "clear:one_clears", "set:zero_sets", "ws")


def random_fields(rng: random.Random, width: int, pool: tuple[str, ...], most: int = 5) -> list[ModelField]:
    """Fields that leave gaps here and there."""
    found: list[ModelField] = []
    low = rng.randrange(3)
    while low < width and len(found) < most:
        size = min(rng.choice([1, 1, 2, 3, 4, width // 4]), width - low)
        policy = rng.choice(pool)
        idle = rng.choice([0, 1]) if policy == "wo" else None
        found.append(ModelField(f"f{len(found)}", low, size, policy, rng.getrandbits(size), False, False, idle))
        low += size + rng.choice([0, 0, 1, 3])
    return found


def entry_of(item: ModelField, lsb: int | None = None) -> dict[str, Any]:
    low = item.lsb if lsb is None else lsb
    made: dict[str, Any] = {"bits": f"{low + item.width - 1}:{low}", "access": said(item.policy), "reset": item.reset}
    return made | ({"idle": item.idle} if item.idle is not None else {})


def word_of(fields: list[ModelField], width: int = 32) -> ModelRegister:
    return ModelRegister(fields, width, width, "low-first", False, sum(item.reset << item.lsb for item in fields))


class Group:
    """One construct. `registers`: what the map says, by name. `words`: what is compared with the card, by offset."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng, self.name, self.base = rng, f"g{number}", number * SPAN
        self.registers: dict[str, dict[str, Any]] = {}
        self.words: dict[int, ModelRegister] = {}
        self.make()

    def make(self) -> None:
        raise NotImplementedError

    def add(self, name: str, at: int, fields: list[ModelField], **more: Any) -> str:
        """A register of 32 bits."""
        entry: dict[str, Any] = {"offset": self.base + at, "fields": {item.name: entry_of(item) for item in fields}}
        self.registers[f"{self.name}_{name}"] = entry | more
        return f"{self.name}_{name}"

    def started(self, peek: Any) -> None:
        """Called when the card holds its resets."""

    def operate(self, device: Any, raw: Any) -> None:
        """Makes an operation by the driver, and its accesses here. `raw(offset, value or None)` passes the driver by."""
        raise NotImplementedError

    def act(self, device: Any) -> tuple[Any, Any]:
        """What the driver shall do, as a function, and what this model says of it: accesses and a result."""
        raise NotImplementedError

    # -- what all words have -----------------------------------------------------------------------------------------

    def update(self, at: int, model: ModelRegister, mask: int, bits: int) -> list[Access]:
        """Fields by name, the rest stays; the plan is no refusal."""
        offset, old, step = self.base + at, model.stored, model.step
        reads = [("r", offset, step, seen(model, old))] if model.plan(mask) == "modify" else []
        reads *= 2 if reads and reads[0][3] == (1 << step) - 1 else 1  # all ones are read once more
        return [*reads, ("w", offset, step, model.modify(mask, bits)[0])]

    def whole(self, at: int, model: ModelRegister, value: int) -> list[Access]:
        return [("w", self.base + at, model.step, model.write(value)[0])]

    def look(self, at: int, model: ModelRegister) -> tuple[list[Access], int]:
        value = model.read((1 << model.width) - 1)
        return [("r", self.base + at, model.step, value)], value


def seen(model: ModelRegister, stored: int) -> int:
    """What a read of a word shows that reading does not change."""
    return sum(stored & item.mask for item in model.everything if is_readable(item.policy))


def some(rng: random.Random, fields: list[ModelField]) -> tuple[int, int, dict[str, int]]:
    """Some fields that can be written: mask, bits, values by name."""
    items = [item for item in fields if is_writable(item.policy)]
    chosen = rng.sample(items, rng.randint(1, len(items))) if items else []
    values = {item.name: rng.choice([0, (1 << item.width) - 1, rng.getrandbits(item.width)]) for item in chosen}
    bits = sum(values[item.name] << item.lsb for item in chosen)
    return sum(item.mask for item in chosen), bits, values
