"""What a write of a register takes beside itself, and what it may not invent."""

from __future__ import annotations

from typing import Any

from tests.support.construct_model import CALM, LOUD, Access, Group, random_fields, some, word_of
from tests.support.policy_model import ModelField, holds, is_readable


class Ruled(Group):
    """A register whose writes have rules: a lock, keys, or that they come twice; and one without."""

    def make(self) -> None:
        rng = self.rng
        self.rule = rng.choice(["", "lock", "unlock", "twice", "lock unlock", "unlock twice"])
        pool = CALM + LOUD if rng.random() < 0.3 and "twice" not in self.rule else CALM
        self.fields = random_fields(rng, 32, pool)
        more: dict[str, Any] = {}
        if "lock" in self.rule.split():
            self.gate = rng.randrange(2)
            more["lock"] = {"by": f"{self.name}_gate.open", "value": self.gate}
            self.add("gate", 4, [ModelField("open", 3, 1, "rw", self.gate, False, False)])
            self.words[4] = word_of([ModelField("open", 3, 1, "rw", self.gate, False, False)])
        self.keys = [rng.getrandbits(32) for _ in range(rng.randint(1, 3))] if "unlock" in self.rule else []
        if self.keys:
            self.registers[f"{self.name}_key"] = {"offset": self.base + 8, "access": "wo"}
            more["unlock"] = [{f"{self.name}_key": key} for key in self.keys]
        if "twice" in self.rule:
            more["write_twice"] = True
        self.main = word_of(self.fields)
        self.words[0] = self.main
        self.first: int | None = None  # of two writes
        self.add("main", 0, self.fields, **more)

    @property
    def is_open(self) -> bool:
        return "lock" not in self.rule.split() or self.words[4].stored >> 3 & 1 == self.gate

    def operate(self, device: Any, raw: Any) -> None:
        if not (self.rule and self.rng.random() < 0.3):
            return self.by_driver(device, raw)
        if "lock" in self.rule.split() and self.rng.random() < 0.6:
            value = self.rng.randrange(2)
            getattr(device, f"{self.name}_gate").open = value
            self.words[4].modify(8, value << 3)
            return None
        return self.past_the_driver(raw)

    def past_the_driver(self, raw: Any) -> None:
        """A write that knows no rules, or not all of them."""
        rng, value = self.rng, self.rng.getrandbits(32)
        given = self.keys[: rng.randint(0, len(self.keys))] if rng.random() < 0.5 else self.keys
        for key in given:
            raw(self.base + 8, key)
        twice = rng.choice([(value,), (value, value), (value, value ^ 1 << rng.randrange(32))])
        for number, word in enumerate(twice):
            raw(self.base, word)
            # Keys are for both of two writes.
            has_keys = not self.keys or self.first is not None or (number == 0 and given == self.keys)
            if not (self.is_open and has_keys):
                continue
            if "twice" not in self.rule:
                self.main.write(word)
            elif self.first is None:
                self.first = word
            else:
                if self.first == word:
                    self.main.write(word)
                self.first = None
        if "twice" in self.rule:  # the next one begins anew
            raw(self.base, None)
            self.main.read((1 << 32) - 1)
            self.first = None

    def by_driver(self, device: Any, raw: Any) -> None:
        rng, register = self.rng, getattr(device, f"{self.name}_main")
        mask, bits, values = some(rng, self.fields)
        way = rng.choice(["set", "modify", "write", "named", "read", "field", "reset"])
        if way in ("read", "field") or not values:
            return self.read(register, raw, whole=way != "field")
        if way == "set":
            name = rng.choice(sorted(values))
            item = next(item for item in self.fields if item.name == name)
            mask, bits, values = item.mask, values[name] << item.lsb, {name: values[name]}
        if way in ("set", "modify"):
            if self.main.plan(mask) == "refused":
                return raw.refuses("AccessError", lambda: register.modify(**values), [])
            make = (
                (lambda: setattr(register, *next(iter(values.items()))))
                if way == "set"
                else (lambda: register.modify(**values))
            )
            return self.write(raw, register, make, lambda: self.update(0, self.main, mask, bits))
        if way == "write":
            number = rng.getrandbits(32)
            return self.write(raw, register, lambda: register.write(number), lambda: self.whole(0, self.main, number))
        if way == "named":
            word = lambda: [("w", self.base, 32, self.main.write_named(mask, bits)[0])]  # noqa: E731
            return self.write(raw, register, lambda: register.write(**values), word)
        word = lambda: [("w", self.base, 32, self.main.write_reset()[0])]  # noqa: E731
        return self.write(raw, register, register.reset, word)

    def write(self, raw: Any, register: Any, make: Any, model: Any) -> None:
        before = []
        if "lock" in self.rule.split():
            before, _ = self.look(4, self.words[4])
            if not self.is_open:
                return raw.refuses("LockedError", make, before)
        before += [("w", self.base + 8, 32, key) for key in self.keys]
        accesses = model()
        if "twice" in self.rule:
            # What the second of two equal writes does is all that they do.
            accesses.append(accesses[-1])
        return raw.makes([*before, *accesses], make)

    def read(self, register: Any, raw: Any, *, whole: bool) -> None:
        readable = [item for item in self.fields if is_readable(item.policy)]
        if not readable:
            return raw.refuses("AccessError", register.read, [])
        accesses, value = self.look(0, self.main)
        if whole:
            return raw.makes(accesses, register.read, value)
        item = self.rng.choice(readable)
        return raw.makes(accesses, lambda: getattr(register, item.name), (value & item.mask) >> item.lsb)


class Masked(Group):
    """A register whose high half says which bits of the low half a write is for."""

    def make(self) -> None:
        self.fields = random_fields(self.rng, 16, (*CALM, "ws", "wc"))
        self.main = word_of(self.fields)
        for item in self.main.everything:  # the high half holds nothing
            if item.is_silent and item.lsb + item.width > 16:
                item.width = max(0, 16 - item.lsb)
        self.main.everything = [item for item in self.main.everything if item.width and item.lsb < 16]
        self.words[0] = self.main
        self.add("main", 0, self.fields, write_mask="high")

    def carry(self, word: int) -> list[Access]:
        old = self.main.stored
        self.main.write(word)
        chosen = word >> 16
        self.main.stored = (old & ~chosen) | (self.main.stored & chosen)
        return [("w", self.base, 32, word)]

    def operate(self, device: Any, raw: Any) -> None:
        rng, register = self.rng, getattr(device, f"{self.name}_main")
        mask, bits, values = some(rng, self.fields)
        way = rng.choice(["modify", "named", "write", "read", "reset"])
        readable = any(is_readable(item.policy) for item in self.fields)
        if way == "read" or not values:
            if readable:
                accesses, value = self.look(0, self.main)
                raw.makes(accesses, register.read, value)
            return
        if way == "write":
            number = rng.getrandbits(32)
            raw.makes(self.carry(number), lambda: register.write(number))
        elif way == "reset":
            held = [item for item in self.fields if holds(item.policy)]
            mask = sum(item.mask for item in held)
            raw.makes(self.carry(sum(item.reset << item.lsb for item in held) | mask << 16), register.reset)
        else:
            make = register.modify if way == "modify" else register.write
            raw.makes(self.carry(bits | mask << 16), lambda: make(**values))


class Unknown(Group):
    """Fields whose reset nobody knows: a card holds something there, and no write may invent it."""

    def make(self) -> None:
        rng = self.rng
        self.fields = random_fields(rng, 32, ("rw", "rw", "ro", "w1c", "w1s"))
        self.unknown = [item for item in self.fields if rng.random() < 0.5]
        self.main = word_of(self.fields)
        self.words[0] = self.main
        name = self.add("main", 0, self.fields)
        for item in self.unknown:
            self.registers[name]["fields"][item.name]["reset"] = "unknown"

    def started(self, peek: Any) -> None:
        stored = peek(self.base)
        for item in self.fields:
            held = (stored & item.mask) >> item.lsb
            assert held == item.reset if item not in self.unknown else held, f"{item}: nothing is set in it"
        self.main.stored = stored

    def operate(self, device: Any, raw: Any) -> None:
        rng, register = self.rng, getattr(device, f"{self.name}_main")
        mask, bits, values = some(rng, self.fields)
        way = rng.choice(["modify", "named", "reset", "read"])
        if way == "read" or not values:
            accesses, value = self.look(0, self.main)
            return raw.makes(accesses, register.read, value)
        if way == "modify":
            make = lambda: register.modify(**values)  # noqa: E731
            return raw.makes(self.update(0, self.main, mask, bits), make)
        make = register.reset if way == "reset" else lambda: register.write(**values)
        named = 0 if way == "reset" else mask
        if any(holds(item.policy) and not item.mask & named for item in self.unknown):
            return raw.refuses("AccessError", make, [])
        word = (self.main.write_reset() if way == "reset" else self.main.write_named(mask, bits))[0]
        return raw.makes([("w", self.base, 32, word)], make)
