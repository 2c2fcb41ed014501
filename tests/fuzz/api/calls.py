"""Calls with hostile objects on an attacked device; each one is held to the model."""

from __future__ import annotations

import contextlib
import gc
import itertools
import time
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import hal
from tests.fuzz.api import objects
from tests.fuzz.api.bench import MEMORIES, Attacked, is_readable, is_writable, value_of
from tests.fuzz.api.objects import Boom, Index, Name

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Act = Callable[[], None]
    Effect = Callable[[Any], None]

_DEPTH = 3  # of calls that are made in the middle of calls
_CHECK_ALL = 500  # calls between two looks at everything
_SEEN_SHARE = 0.1  # of the calls, after which what they wrote is looked at
_KILL_SHARE = 0.004


class Calls:
    """Makes calls. `count`: how many, those in the middle of others too; `ends`: what came of them."""

    def __init__(self, slot: hal.Slot, rng: random.Random) -> None:
        self.slot, self.rng = slot, rng
        self.count, self.depth, self.ends = 0, 0, {"made": 0, "refused": 0, "own": 0, "gone": 0}
        self.gone, self.is_sure, self.calling = False, True, False
        self.failure: BaseException | None = None
        self.bench = Attacked(slot)
        self.kinds = [
            *[self.set_field] * 6, *[self.modify] * 3, *[self.write_fields] * 2, self.write_whole, self.get_field,
            self.read_whole, self.wait, self.write_memory, self.write_memory, self.set_word, self.get_word,
            self.fill_memory, self.read_memory, self.read_into, self.write_array, self.element, self.batch, self.find,
            self.poke, self.take,
        ]  # fmt: skip

    # -- what happens in the middle -------------------------------------------------------------------------------

    def act(self) -> Act:
        """What an object does when it is asked, in the middle of a call."""
        if self.depth >= _DEPTH or self.rng.random() < 0.5:
            return _nothing
        choice = self.rng.random()
        if choice < 0.2:
            return self.small_act()
        chosen = self.swap_class if choice < 0.3 else self.one

        def act() -> None:
            if self.calling:
                chosen()

        return act

    def small_act(self) -> Act:
        """What an object may do at any moment, also when it is dropped: nothing that the model has to follow."""
        choice = self.rng.random()
        if choice < _KILL_SHARE:
            chosen: Act = self.rng.choice([self.close, self.close_slot, self.clear])
        elif choice < 0.9:
            chosen = self.boom
        else:
            chosen = self.rng.choice([_collect, _switch])

        def act() -> None:
            if self.calling:
                chosen()

        return act

    def boom(self) -> None:
        self.is_sure = False
        raise Boom

    def close(self) -> None:
        self.gone = True
        self.bench.device.close()

    def close_slot(self) -> None:
        self.gone = True
        self.bench.device.slot.close()

    def clear(self) -> None:
        self.gone = True
        self.slot.clear()

    def swap_class(self) -> None:
        """What is in use becomes of another class, where Python lets it, and is put right again."""
        self.is_sure = False
        node = self.bench.device.find(self.rng.choice(self.bench.paths))
        other = type(self.bench.device.find(self.rng.choice(self.bench.paths)))
        own = type(node)
        try:
            node.__class__ = other
        except (TypeError, hal.HalError):
            return
        try:
            self.one()
        finally:
            try:
                object.__setattr__(node, "__class__", own)
            except TypeError:
                raise AssertionError(f"{own} can't be put right") from None

    # -- one call --------------------------------------------------------------------------------------------------

    def one(self) -> None:
        """One call of any kind. What it breaks is an AssertionError, or what may not come out."""
        if self.depth and (self.gone or self.failure is not None):
            return
        self.depth += 1
        before, self.is_sure, self.calling = (self.is_sure, self.calling), True, False
        try:
            self.rng.choice(self.kinds)()
        except BaseException as error:
            self.failure = self.failure or error  # where it is raised, it may be taken for an object's own, or dropped
            raise
        finally:
            self.depth -= 1
            self.is_sure, self.calling = before
        if self.depth:
            return
        if self.failure is not None:
            raise self.failure
        if self.gone:
            self.renew()
        elif self.count % _CHECK_ALL == 0:
            self.check()

    def check(self) -> None:
        """All of it."""
        self.bench.check()
        for path in self.bench.memories:
            self.bench.check_memory(path)

    def renew(self) -> None:
        """Another device, as after power-up."""
        self.bench.device.close()
        self.slot.close()
        self.slot = hal.open_slot(0)
        self.bench, self.gone = Attacked(self.slot), False

    def attempt(self, function: Callable[[], Any], effect: Effect, *, good: bool, told: str) -> None:
        """`effect`: what the model does when the call returns. `good`: it has to return, unless an object acted."""
        self.count += 1
        self.calling = True
        try:
            result = function()
        except hal.HalError as error:
            self.calling = False
            assert str(error)
            self.ends["gone" if self.gone else "refused"] += 1
            if good and self.is_sure and not self.gone:
                raise AssertionError(f"{told} was refused") from error
        except Boom:
            self.calling = False
            self.ends["own"] += 1
        else:
            self.calling = False
            self.ends["made"] += 1
            if not self.gone:
                effect(result)

    # -- values -----------------------------------------------------------------------------------------------------

    def integer(self, value: int) -> tuple[Any, bool]:
        """An object, mostly one that is this integer; whether it is."""
        choice = self.rng.random()
        if choice < 0.75:
            return self.good(value), True
        if choice < 0.85:
            return objects.huge_integer(self.rng, self.act()), False
        return objects.bad_integer(self.rng, self.act(), self.small_act()), False

    def good(self, value: int) -> Any:
        """An object that is this integer."""
        return objects.good_integer(self.rng, value, self.act(), self.small_act())

    def field_value(self, path: str, item: Any) -> tuple[Any, int, bool]:
        """An object for a field, the bits that it is, and whether it is a value of the field's kind."""
        kind = self.bench.kinds[path][item.name]
        if kind.kind == "enum":
            raw = self.rng.choice([0, 1, 5])
        else:
            raw = self.rng.choice([0, (1 << item.width) - 1, self.rng.getrandbits(item.width)])
        if kind.kind != "fixed":
            number = int(value_of(kind, raw))
            given, good = self.integer(number)
            return given, raw, good
        signed = kind.fixed.signed and raw >> (item.width - 1)
        exact = Fraction(raw - (1 << item.width) if signed else raw, 1 << kind.fixed.fraction_bits)
        if self.rng.random() < 0.7:
            return exact, raw, True
        given, good = self.integer(1)
        if type(given) in (float, Decimal, Fraction):
            given = "a number of another kind is good here"
        return given, 1 << kind.fixed.fraction_bits, good

    def some(self) -> tuple[str, Any, Any]:
        path = self.rng.choice(self.bench.paths)
        return path, self.bench.device.find(path) if not self.gone else None, self.bench.models[path]

    def name(self, text: str) -> str:
        return text if self.rng.random() < 0.8 else Name(text, self.act())

    # -- registers ------------------------------------------------------------------------------------------------

    def set_field(self) -> None:
        path, register, model = self.some()
        item = self.rng.choice(model.fields)
        given, raw, good = self.field_value(path, item)
        good = good and is_writable(item.policy) and model.plan(item.mask) not in ("refused", "none")
        told, holder = f"{path}.{item.name} = {type(given).__name__} of {raw:#x}", [given]
        del given

        def effect(_: Any) -> None:
            assert good, f"{told} was made"
            model.modify(item.mask, raw << item.lsb)

        self.attempt(lambda: setattr(register, self.name(item.name), holder.pop()), effect, good=good, told=told)
        self.seen(path)

    def seen(self, path: str) -> None:
        if not self.gone and self.rng.random() < _SEEN_SHARE:
            self.bench.check_register(path)

    def chosen(self, path: str, model: Any) -> tuple[dict[str, Any], int, int, bool]:
        """Objects for some fields by name, their mask and bits, and whether all of them are good."""
        items = [item for item in model.fields if is_writable(item.policy)]
        values, mask, bits, every = {}, 0, 0, bool(items)
        for item in self.rng.sample(items, self.rng.randint(1, len(items))) if items else ():
            given, raw, good = self.field_value(path, item)
            values[self.name(item.name)] = given
            mask, bits, every = mask | item.mask, bits | raw << item.lsb, every and good
        return values, mask, bits, every

    def modify(self) -> None:
        path, register, model = self.some()
        values, mask, bits, good = self.chosen(path, model)
        good = good and model.plan(mask) != "refused"
        told = f"{path}.modify of {mask:#x} to {bits:#x}"

        def effect(_: Any) -> None:
            assert good, f"{told} was made"
            model.modify(mask, bits)

        self.attempt(lambda: register.modify(**values), effect, good=good, told=told)
        self.seen(path)

    def write_fields(self) -> None:
        path, register, model = self.some()
        values, mask, bits, good = self.chosen(path, model)
        told = f"{path}.write of {mask:#x} to {bits:#x}"

        def effect(_: Any) -> None:
            assert good, f"{told} was made"
            model.write_named(mask, bits)

        self.attempt(lambda: register.write(**values), effect, good=good, told=told)
        self.seen(path)

    def write_whole(self) -> None:
        path, register, model = self.some()
        value = self.rng.getrandbits(model.width)
        given, good = self.integer(value)
        good = good and any(is_writable(item.policy) for item in model.fields)
        told = f"{path}.write({value:#x})"

        def effect(_: Any) -> None:
            assert good, f"{told} was made"
            model.write(value)

        self.attempt(lambda: register.write(given), effect, good=good, told=told)
        self.seen(path)

    def get_field(self) -> None:
        path, register, model = self.some()
        item = self.rng.choice(model.fields)

        def effect(got: Any) -> None:
            raw = (model.read(item.mask) & item.mask) >> item.lsb
            assert got == value_of(self.bench.kinds[path][item.name], raw), f"{path}.{item.name}: {got!r}, not {raw:#x}"

        self.attempt(
            lambda: getattr(register, self.name(item.name)), effect, good=is_readable(item.policy), told=item.name
        )

    def read_whole(self) -> None:
        path, register, model = self.some()

        def effect(got: int) -> None:
            assert got == model.read((1 << model.width) - 1), f"{path} read as {got:#x}"

        self.attempt(register.read if register is not None else _nothing, effect, good=False, told=path)
        self.seen(path)

    def wait(self) -> None:
        """For what is there, so that it ends at once whatever the time is."""
        register, model = self.bench.device.plain, self.bench.models["plain"]
        value, timeout = objects.Late(lambda: model.stored, self.act()), self.integer(1)[0]

        def wait() -> None:
            register.wait_for(timeout=timeout, value=value)

        self.attempt(wait, _nothing, good=False, told="wait_for")

    # -- memories -------------------------------------------------------------------------------------------------

    def span(self) -> tuple[str, Any, int, int, int]:
        """A memory, bytes of its word, and a place and number of words in it."""
        path = self.rng.choice(list(MEMORIES))
        memory, step = self.bench.device.find(path), MEMORIES[path] // 8
        words = len(self.bench.memories[path]) // step
        start = self.rng.randrange(words)
        return path, memory, step, start, self.rng.randint(0, min(words - start, 9))

    def write_memory(self) -> None:
        path, memory, step, start, count = self.span()
        data = self.rng.randbytes(count * step)
        words = [int.from_bytes(data[at : at + step], "little") for at in range(0, len(data), step)]
        held, given = self.bench.memories[path], self.integer(start)
        kind, good = self.rng.randrange(4), given[1]
        if kind == 0:
            source, change = objects.buffer_of(self.rng, data, step)
            if self.rng.random() < 0.5:  # the start is asked for when the buffer is taken, or before
                given, good, self.is_sure = (Index(start, _suppressed(change)), True), False, False
        elif kind == 1:
            items = [self.good(word) for word in words]
            source = objects.Values(items, self.act(), self.rng.choice([count, 0, -1, 10**6, "x"]))
            good = False
        elif kind == 2:
            source = []
            source += [objects.EmptiesItself(word, self.act(), source) for word in words]
            good = False
        else:
            source = [self.good(word) for word in words]
        told = f"{path}.write({start}, {type(source).__name__} of {count} words)"
        # What had emptied or doubled itself before it was taken.
        possible = [data + bytes(3 * len(data)), 2 * data, data, b""] if kind in (0, 2) else [data]

        def effect(_: Any) -> None:
            place, found = start * step, self.bench.found(path)
            written = [one for one in possible if found[place : place + len(one)] == one]
            assert written, f"{told} wrote {found[place : place + len(data)].hex()}, not {data.hex()}"
            held[place : place + len(written[0])] = written[0]

        how = self.rng.randrange(2)
        if how == 0:
            self.attempt(lambda: memory.write(given[0], source), effect, good=good, told=told)
        else:
            key = slice(given[0], self.good(start + count))
            self.attempt(lambda: memory.__setitem__(key, source), effect, good=False, told=told)
        self.seen_memory(path)

    def seen_memory(self, path: str) -> None:
        if not self.gone and self.rng.random() < _SEEN_SHARE:
            self.bench.check_memory(path)

    def set_word(self) -> None:
        path, memory, step, start, _ = self.span()
        word = self.rng.getrandbits(8 * step)
        held, index, given = self.bench.memories[path], self.integer(start), self.integer(word)
        good = index[1] and given[1]

        def effect(_: Any) -> None:
            assert good, f"{path}[{start}] = {word} was made"
            held[start * step : (start + 1) * step] = word.to_bytes(step, "little")

        self.attempt(lambda: memory.__setitem__(index[0], given[0]), effect, good=good, told=f"{path}[{start}]")
        self.seen_memory(path)

    def get_word(self) -> None:
        path, memory, step, start, _ = self.span()
        held, index = self.bench.memories[path], self.integer(start)

        def effect(got: int) -> None:
            wanted = int.from_bytes(held[start * step : (start + 1) * step], "little")
            assert (got == wanted) & index[1], f"{path}[{start}] read as {got:#x}, not {wanted:#x}"

        self.attempt(lambda: memory[index[0]], effect, good=index[1], told=f"{path}[{start}]")

    def fill_memory(self) -> None:
        path, memory, step, start, count = self.span()
        word = self.rng.getrandbits(8 * step)
        held, given = self.bench.memories[path], [self.integer(number) for number in (word, start, count)]
        good = all(item[1] for item in given)

        def effect(_: Any) -> None:
            held[start * step : (start + count) * step] = word.to_bytes(step, "little") * count
            # A count of None is all to the end.

        if given[2][0] is None or given[1][0] is None:
            return
        self.attempt(lambda: memory.fill(*(item[0] for item in given)), effect, good=good, told=f"{path}.fill")
        self.seen_memory(path)

    def read_memory(self) -> None:
        path, memory, step, start, count = self.span()
        held, first, many = self.bench.memories[path], self.integer(start), self.integer(count)

        def effect(got: Any) -> None:
            if many[1]:
                assert bytes(got) == held[start * step : (start + count) * step], f"{path}.read({start}, {count})"

        self.attempt(lambda: memory.read(first[0], many[0]), effect, good=first[1] and many[1], told=f"{path}.read")

    def read_into(self) -> None:
        path, memory, step, start, count = self.span()
        held, (room, change) = self.bench.memories[path], objects.buffer_of(self.rng, bytes(count * step), step)
        given, good = self.integer(start)
        if self.rng.random() < 0.3:
            given, self.is_sure = Index(start, _suppressed(change)), False

        def effect(_: Any) -> None:
            try:
                got = bytes(memoryview(room).cast("B"))
            except ValueError:
                return  # it was released
            assert got == held[start * step : start * step + len(got)] or not good, f"{path}.readinto"

        self.attempt(lambda: memory.readinto(room, given), effect, good=good, told=f"{path}.readinto {type(room)}")

    # -- arrays, batches, the rest --------------------------------------------------------------------------------

    def write_array(self) -> None:
        path = self.rng.choice(["dots", "wides"])
        array = self.bench.device.find(path)
        models = [self.bench.models[f"{path}[{place}]"] for place in range(len(array))]
        words = [self.rng.getrandbits(models[0].width) for _ in models]
        given = [self.integer(word) for word in words]
        items: Any = [item[0] for item in given]
        good = all(item[1] for item in given)
        if self.rng.random() < 0.5:
            items = objects.Values(items, self.act(), len(words))
            good = False if items.act is not _nothing else good

        def effect(_: Any) -> None:
            assert all(item[1] for item in given), f"{path}.write was made"
            for model, word in zip(models, words, strict=True):
                model.write(word)

        self.attempt(lambda: array.write(items), effect, good=False, told=f"{path}.write")
        for place in range(len(models)):
            self.seen(f"{path}[{place}]")

    def element(self) -> None:
        array, place = self.bench.device.dots, self.rng.randrange(4)
        given, good = self.integer(place)

        def effect(got: Any) -> None:
            assert (got.path == f"dots[{place}]") & good, got.path

        self.attempt(lambda: array[given], effect, good=good, told=f"dots[{place}]")

    def batch(self) -> None:
        """Plain registers only, whose batched writes are as those made one by one."""
        planned = []

        def collect() -> None:
            with self.bench.device.batch() as view:
                for _ in range(self.rng.randint(1, 4)):
                    path = self.rng.choice(["half", "byte", "dots[1]", "plain"])
                    model = self.bench.models[path]
                    item = self.rng.choice(model.fields)
                    given, raw, good = self.field_value(path, item)
                    try:
                        setattr(view.find(path), item.name, given)
                    except hal.HalError:
                        assert not good or not self.is_sure or self.gone
                    except Boom:
                        pass
                    else:
                        assert good or self.gone, f"{path}.{item.name} took {type(given).__name__} in a batch"
                        planned.append((path, model, item.mask, raw << item.lsb))

        def effect(_: Any) -> None:
            for _, model, mask, bits in planned:
                model.modify(mask, bits)

        self.attempt(collect, effect, good=True, told="a batch")
        for path, *_ in planned:
            self.seen(path)

    def find(self) -> None:
        path = self.rng.choice(["ctrl", "dots[2]", "bulk.ram", "side.r", "nothing", "dots[9]", "bulk..ram"])

        def effect(got: Any) -> None:
            assert got.path == path

        self.attempt(lambda: self.bench.device.find(self.name(path)), effect, good=False, told=path)

    def poke(self) -> None:
        place, word = self.rng.randrange(1024), self.rng.getrandbits(32)
        offset, given = self.integer(0x1000 + 4 * place), self.integer(word)
        held = self.bench.memories["bulk.ram"]
        bar = self.slot.bar("app", 4) if not self.gone else None

        def effect(_: Any) -> None:
            assert offset[1]
            assert given[1]
            held[4 * place : 4 * place + 4] = word.to_bytes(4, "little")

        if bar is not None:
            self.attempt(lambda: bar.poke(offset[0], given[0]), effect, good=offset[1] and given[1], told="poke")
            bar.detach()
        self.seen_memory("bulk.ram")

    def take(self) -> None:
        """A snapshot that is read at once holds what the model holds."""

        def effect(got: hal.Snapshot) -> None:
            for path, bits in got.items():
                assert bits == self.bench.models[path].read((1 << self.bench.models[path].width) - 1), path

        if self.rng.random() < 0.2:
            self.attempt(self.bench.device.snapshot, effect, good=True, told="snapshot")


def _nothing(*_: Any) -> None:
    pass


def _collect() -> None:
    gc.collect(0)


def _switch() -> None:
    time.sleep(0)


def _suppressed(change: Act) -> Act:
    """Python itself refuses to resize or to close what is in use."""

    def act() -> None:
        with contextlib.suppress(BufferError, ValueError):
            change()

    return act


def calls(slot: hal.Slot, rng: random.Random, number: int) -> Calls:
    """At least so many calls."""
    made = Calls(slot, rng)
    for _ in itertools.count():
        if made.count >= number:
            break
        made.one()
    made.check()
    return made
