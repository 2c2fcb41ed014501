"""Very many calls with hostile objects that stay what they are: cheap, and each one's outcome is known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hal
from tests.fuzz.api import objects
from tests.fuzz.api.bench import Attacked
from tests.fuzz.api.objects import Boom

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    Row = tuple[str, Callable[[Any], Any], Any, bool, int]

_LOOK = 2_000  # calls between two looks at what is held
_WIDTH = 4  # bits of every value that fits


def _nothing() -> None:
    pass


def _integers() -> Iterator[tuple[Any, int]]:
    """Objects that are integers, and which."""
    for value in range(1 << _WIDTH):
        yield value, value
        yield objects.Index(value, _nothing), value
        yield objects.Number(value), value
        yield objects.Lying(value, _nothing), value
        yield objects.Index(objects.Number(value), _nothing), value
        yield objects.Dies(value, _nothing), value
        yield objects.Late(lambda value=value: value, _nothing), value


def _others() -> Iterator[Any]:
    """Objects that are none, or fit nowhere."""
    for _ in range(3):
        yield from objects.NO_INTEGERS
        yield from (objects.Raises(error, _nothing) for error in (*objects.RAISED, objects.OWN_TYPE_ERROR))
        yield from (objects.Index(value, _nothing) for value in ("x", None, 1.5, 1 << 70, -1 << 70))
        yield from (objects.Unprintable(_nothing), objects.ShownAsHostile(_nothing), objects.Name("x", _nothing))
        yield from (1 << 96, -1 << 64, objects.Number(1 << 200), -(1 << 5000))


class Storm:
    """`count`: calls; what each key holds is read back from the card again and again."""

    def __init__(self, slot: hal.Slot, rng: random.Random) -> None:
        self.bench, self.rng, self.count = Attacked(slot), rng, 0
        self.held: dict[str, int] = {}
        device = self.bench.device
        ram, longs, data = device.bulk.ram, device.bulk.longs, (3).to_bytes(4, "little")
        bar = slot.bar("app", 4)
        self.keep = bar
        # What a call writes by key, if it is made: the number that it was given. No key: it writes nothing.
        calls: dict[str, Callable[[Any], Any]] = {
            "half.mid": lambda given: setattr(device.half, "mid", given),
            "half.lo": lambda given: device.half.modify(lo=given),
            "ctrl.a": lambda given: setattr(device.ctrl, "a", given),
            "plain.value": device.plain.write,
            "quad.lo": lambda given: setattr(device.quad, "lo", given),
            "kept.x": lambda given: setattr(device.kept, "x", given),
            "out.y": lambda given: device.out.modify(y=given),
            "latched.low": lambda given: setattr(device.latched, "low", given),
            "wides[1].value": lambda given: device.wides[1].write(value=given),
            "ram[7]": lambda given: ram.__setitem__(7, given),
            "ram[8]": lambda given: ram.fill(given, 8, 1),
            "ram[9]": lambda given: bar.poke(0x1000 + 36, given),
            "ram[10]": lambda given: ram.write(10, [given]),
            "longs[3]": lambda given: longs.__setitem__(slice(3, 4), [given]),
            "?ram": lambda given: ram[given],
            "?write": lambda given: ram.write(given, data),
            "?read": lambda given: longs.read(given, 1),
            "?poke": lambda given: bar.peek(given, 8),
            "?wait": lambda given: device.plain.wait_for(timeout=given, value=self.held.get("plain.value", 0)),
        }  # fmt: skip
        rows = [(key, call, given, True, value) for key, call in calls.items() for given, value in _integers()]
        rows += [(key, call, given, False, 0) for key, call in calls.items() for given in _others()]
        self.rows: list[Row] = [row for row in rows if not _is_good_elsewhere(row)]

    def run(self, number: int) -> None:
        """So many calls, and what they left."""
        for row in self.rng.choices(self.rows, k=number):
            key, call, given, good, value = row
            try:
                call(given)
            except (hal.HalError, Boom) as error:
                if good:
                    raise AssertionError(f"{key}: {type(given).__name__} of {value} was refused") from error
            else:
                assert good, f"{key}: {type(given).__name__} was taken"
                if key[0] != "?":
                    self.held[key] = value
                elif key == "?write":
                    self.held[f"ram[{value}]"] = 3
        self.count += number
        self.look()

    def look(self) -> None:
        """Through a BAR, without a driver."""
        for key, value in self.held.items():
            name, _, rest = key.partition("[")
            if name in {"ram", "longs"}:
                step = 4 if name == "ram" else 8
                at = int(rest[:-1]) * step
                found = int.from_bytes(self.bench.found(f"bulk.{name}")[at : at + step], "little")
            else:
                path, _, field = key.rpartition(".")
                item = next(one for one in self.bench.models[path].fields if one.name == field)
                found = (self.bench.stored(path) & item.mask) >> item.lsb
            assert found == value, f"{key} holds {found:#x}, not {value:#x}"


def _is_good_elsewhere(row: Row) -> bool:
    """Whether it is a good value there: real numbers are seconds; None counts as not given."""
    key, _, given, good, _ = row
    if good:
        return False
    real = type(given).__name__ in {"float", "Decimal", "Fraction"} or given is None
    return (key == "?wait" and (real or isinstance(given, int) or hasattr(given, "__index__"))) or (
        key == "?ram" and given is ...
    )


def storm(slot: hal.Slot, rng: random.Random, number: int) -> Storm:
    """At least so many calls."""
    made = Storm(slot, rng)
    while made.count < number:
        made.run(_LOOK)
    made.keep.detach()
    made.bench.device.close()
    return made
