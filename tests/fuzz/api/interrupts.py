"""Calls that a signal's handler ends by raising: each was made or was not, and nothing stays locked."""

from __future__ import annotations

import copy
import faulthandler
import signal
import threading
from typing import TYPE_CHECKING, Any

import hal
from tests.fuzz.api.bench import MEMORIES, Attacked, is_writable, value_of

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_LONGEST_SECONDS = 300e-6
_PATIENCE_SECONDS = 30
_RENEW = 3000  # interrupted calls per device


class Interrupted(KeyboardInterrupt):
    """What the handler raises."""


class Interrupts:
    """Makes calls on an attacked device. `count`: how many; `ends`: how many were made, and how many interrupted."""

    def __init__(self, slot: hal.Slot, rng: random.Random) -> None:
        self.slot, self.rng, self.armed = slot, rng, False
        self.count, self.ends = 0, {"made": 0, "interrupted": 0}
        self.bench = Attacked(slot)
        self.kinds = [
            *[self.set_field] * 4, *[self.write_whole] * 2, self.modify, self.write_array, self.write_memory, self.batch,
            self.open_another, self.restore, self.describe,
        ]  # fmt: skip

    def handle(self, *_: object) -> None:
        """The handler. What is not armed is this program's own."""
        if self.armed:
            self.armed = False
            raise Interrupted

    def one(self) -> None:
        """One call, which is interrupted at some moment, or too late."""
        self.rng.choice(self.kinds)()

    def attempt(self, function: Callable[[], Any], effect: Callable[[], None], paths: list[str]) -> None:
        """`paths`: the registers that are written; what an interrupted call has left of them is what the model takes."""
        self.count += 1
        old = {path: copy.deepcopy(self.bench.models[path]) for path in paths}
        signal.setitimer(signal.ITIMER_REAL, self.rng.uniform(1e-6, _LONGEST_SECONDS))
        try:
            self.armed = True
            function()
            self.armed = False
        except Interrupted:
            self.ends["interrupted"] += 1
        else:
            self.ends["made"] += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            effect()
            for path in paths:
                self.bench.check_register(path)
            return
        self.require_free()
        effect()
        for path in paths:
            self.take_what_is_left(path, old[path])

    def take_what_is_left(self, path: str, old: Any) -> None:
        """Each bus word is as before or as after."""
        new, found, unsure = self.bench.models[path], self.bench.stored(path), False
        for number in range(new.width // new.step):
            word = new.word(number) & new.comparable()
            both = {model.stored & word for model in (old, new)}
            assert found & word in both, f"{path}: {found & word:#x} in word {number}, not one of {both}"
            if old.stored & word == found & word == new.stored & word:
                unsure = unsure or number in new.written - old.written
            elif old.stored & word == found & word:
                new.written = new.written - {number} | old.written & {number}
        new.stored = found
        if unsure:  # a field that takes one write looks the same before and after: now it has had one
            self.bench.device.find(path).write(found)
            new.write(found)
        if new._need is not None and any(new._is_remembered(item) for item in new.everything):
            self.check_remembered(path, old, new)

    def check_remembered(self, path: str, old: Any, new: Any) -> None:
        """What is in the register is what the next write brings back, or what the interrupted one was to bring."""
        item = next(item for item in new.fields if is_writable(item.policy))
        mask = sum(other.mask for other in new.everything if new._is_remembered(other) and other is not item)
        raw = self.rng.getrandbits(item.width)
        setattr(self.bench.device.find(path), item.name, value_of(self.bench.kinds[path][item.name], raw))
        brought = self.bench.stored(path) & mask
        assert brought == new.last & mask or brought == old.last & mask == new.stored & mask, (
            f"{path}: {brought:#x} was brought back; it held {new.stored & mask:#x} after an interrupted write of "
            f"{new.last & mask:#x}"
        )
        self.bench.device.find(path).write(new.last)
        new.write(new.last)

    def require_free(self) -> None:
        """Another thread gets every lock."""
        errors: list[BaseException] = []

        def use() -> None:
            try:
                self.use_all()
            except BaseException as error:  # noqa: BLE001  (raised again below)
                errors.append(error)

        thread = threading.Thread(target=use, daemon=True)
        thread.start()
        thread.join(_PATIENCE_SECONDS)
        if thread.is_alive():
            faulthandler.dump_traceback()
            raise AssertionError("something stays locked")
        if errors:
            raise errors[0]

    def use_all(self) -> None:
        """What takes each of hal's locks."""
        with hal.open_slot(0, interprocess=True) as slot, slot.attach(self.bench.driver) as device:
            device.wides.write(device.wides.read())
            device.find("side.r").read()
            slot.describe()
            with device.batch() as batch:
                batch.half.lo = device.half.lo
            device.half.mid = device.half.mid

    # -- calls ----------------------------------------------------------------------------------------------------

    def some(self) -> tuple[str, Any, Any]:
        path = self.rng.choice(self.bench.paths)
        return path, self.bench.device.find(path), self.bench.models[path]

    def value(self, path: str, item: Any) -> tuple[Any, int]:
        kind = self.bench.kinds[path][item.name]
        raw = self.rng.choice([0, 1, 5]) if kind.kind == "enum" else self.rng.getrandbits(item.width)
        return value_of(kind, raw), raw

    def set_field(self) -> None:
        path, register, model = self.some()
        item = self.rng.choice(model.fields)
        if not is_writable(item.policy) or model.plan(item.mask) in ("refused", "none"):
            return
        value, raw = self.value(path, item)
        self.attempt(
            lambda: setattr(register, item.name, value), lambda: model.modify(item.mask, raw << item.lsb), [path]
        )

    def modify(self) -> None:
        path, register, model = self.some()
        items = [item for item in model.fields if is_writable(item.policy)]
        if not items or model.plan(sum(item.mask for item in items)) == "refused":
            return
        values = {item.name: self.value(path, item) for item in items}
        bits = sum(values[item.name][1] << item.lsb for item in items)
        given = {name: value for name, (value, _) in values.items()}
        mask = sum(item.mask for item in items)
        self.attempt(lambda: register.modify(**given), lambda: model.modify(mask, bits), [path])

    def write_whole(self) -> None:
        path, register, model = self.some()
        value = self.rng.getrandbits(model.width)
        if any(is_writable(item.policy) for item in model.fields):
            self.attempt(lambda: register.write(value), lambda: model.write(value), [path])

    def write_array(self) -> None:
        name = self.rng.choice(["dots", "wides"])
        paths = [path for path in self.bench.paths if path.startswith(f"{name}[")]
        words = {path: self.rng.getrandbits(self.bench.models[path].width) for path in paths}

        def effect() -> None:
            for path, word in words.items():
                self.bench.models[path].write(word)

        self.attempt(lambda: self.bench.device.find(name).write(list(words.values())), effect, paths)

    def batch(self) -> None:
        """All of it or nothing, but each register is looked at by itself."""
        paths = ["half", "byte", "dots[1]", "out"]
        planned = []
        for path in paths:
            item = self.rng.choice(self.bench.models[path].fields)
            value, raw = self.value(path, item)
            planned.append((path, item, value, raw))

        def collect() -> None:
            with self.bench.device.batch() as view:
                for path, item, value, _ in planned:
                    setattr(view.find(path), item.name, value)

        def effect() -> None:
            for path, item, _, raw in planned:
                self.bench.models[path].modify(item.mask, raw << item.lsb)

        self.attempt(collect, effect, paths)

    def write_memory(self) -> None:
        path = self.rng.choice(list(MEMORIES))
        held, step = self.bench.memories[path], MEMORIES[path] // 8
        data = self.rng.randbytes(len(held))
        self.attempt(lambda: self.bench.device.find(path).write(0, data), lambda: None, [])
        found = self.bench.found(path)
        for at in range(0, len(held), step):
            assert found[at : at + step] in (held[at : at + step], data[at : at + step]), f"{path}, byte {at}"
        held[:] = found

    def restore(self) -> None:
        """What was just read changes nothing."""
        snapshot = self.bench.device.snapshot()
        for path in snapshot:
            self.bench.models[path].read((1 << self.bench.models[path].width) - 1)

        def effect() -> None:
            for path, bits in snapshot.items():
                self.bench.models[path].restore(bits)

        self.attempt(lambda: self.bench.device.restore(snapshot), effect, list(snapshot))

    def open_another(self) -> None:
        def use() -> None:
            with hal.open_slot(0) as slot, slot.attach(self.bench.driver) as device:
                device.half.read()
                device.wides[2].read()

        self.attempt(use, lambda: None, [])

    def describe(self) -> None:
        def ask() -> None:
            with hal.open_slot(0, interprocess=True) as slot:
                slot.describe()

        self.attempt(ask, lambda: None, [])


def interrupts(slot: hal.Slot, rng: random.Random, number: int) -> Interrupts:
    """At least so many calls. The handler of SIGALRM is this one's meanwhile."""
    made = Interrupts(slot, rng)
    before = signal.signal(signal.SIGALRM, made.handle)
    try:
        while made.count < number:
            made.one()
            if made.count % _RENEW == _RENEW - 1:
                made.bench.device.close()
                made.bench = Attacked(slot)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    made.bench.device.close()
    return made
