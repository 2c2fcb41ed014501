"""What registers and fields share: views of one storage, aliases, arrays of fields, lanes of a bus word."""

from __future__ import annotations

from typing import Any

from tests.support.construct_model import Access, Group, entry_of, random_fields, some, word_of
from tests.support.policy_model import ModelField, ModelRegister, is_readable, is_writable, said, stores


class Views(Group):
    """A register and an alternate of it: one storage. With a time, the card knows which one is meant."""

    def make(self) -> None:
        rng = self.rng
        pool = ("rw", "rw", "ro", "w1c", "w1s", "w0c")
        self.fields = [random_fields(rng, 32, pool), random_fields(rng, 32, pool)]
        self.timed = rng.random() < 0.5
        self.add("a", 0, self.fields[0])
        when = {"when": {f"{self.name}_mode.at": 1}} if self.timed else {}
        other = self.add("b", 0, self.fields[1], alternate=f"{self.name}_a", **when)
        del self.registers[other]["fields"]
        # Of one storage the reset is the first view's.
        self.registers[other]["fields"] = {
            item.name: {key: value for key, value in entry_of(item).items() if key != "reset"}
            for item in self.fields[1]
        }
        for item in self.fields[1]:
            item.reset = 0
        self.add("mode", 4, [ModelField("at", 0, 1, "rw", 0, False, False)])
        self.words[4] = word_of([ModelField("at", 0, 1, "rw", 0, False, False)])
        self.views = [word_of(fields) for fields in self.fields]
        self.shown = word_of(self.fields[0])  # what the card does with the storage
        self.words[0] = self.shown

    def policy(self, bit: int) -> str:
        """What the card does with a bit."""
        owners = [next(item for item in view.everything if item.mask >> bit & 1) for view in self.views]
        if self.timed:
            return owners[self.words[4].stored & 1].policy
        owners = [item for item in owners if not item.is_silent] or owners
        policies = {item.policy for item in owners}
        return policies.pop() if len(policies) == 1 else "rw"

    def bit_by_bit(self) -> ModelRegister:
        fields = [ModelField("", bit, 1, self.policy(bit), 0, False, False) for bit in range(32)]
        return ModelRegister(fields, 32, 32, "low-first", False, 0, self.shown.stored)

    def operate(self, device: Any, raw: Any) -> None:
        rng = self.rng
        if rng.random() < 0.2:
            value = rng.randrange(2)
            getattr(device, f"{self.name}_mode").at = value
            self.words[4].modify(1, value)
            return
        number = rng.randrange(2)
        register, view = getattr(device, f"{self.name}_{'ab'[number]}"), self.views[number]
        card = self.bit_by_bit()
        card.stored = view.stored = self.shown.stored
        mask, bits, values = some(rng, self.fields[number])
        way = rng.choice(["modify", "write", "read"])
        shown = card.read((1 << 32) - 1)
        if way == "read" or not values:
            if any(is_readable(item.policy) for item in self.fields[number]):
                raw.makes([("r", self.base, 32, shown)], register.read, shown)
            return
        accesses: list[Access] = []
        if way == "write":
            word = rng.getrandbits(32)
        else:
            plan = view.plan(mask)
            view.stored = shown
            word = view.modify(mask, bits)[0]
            if plan == "modify":
                accesses = [("r", self.base, 32, shown)] * (2 if shown == 0xFFFFFFFF else 1)
        card.bus_write(0, word)
        self.shown.stored = card.stored
        make = (lambda: register.write(word)) if way == "write" else (lambda: register.modify(**values))
        raw.makes([*accesses, ("w", self.base, 32, word)], make)


class Pair(Group):
    """One address, a register that is read and one that is written: two storages."""

    def make(self) -> None:
        rng = self.rng
        self.seen = word_of(
            [ModelField("f0", 0, 32, rng.choice(["ro", "rc", "rs"]), rng.getrandbits(32), False, False)]
        )
        self.add("in", 0, self.seen.fields, volatile=True)
        self.add("out", 0, [ModelField("f0", 4, 8, "wo", 0, False, False)])
        self.words[0] = self.seen

    def operate(self, device: Any, raw: Any) -> None:
        read, written = getattr(device, f"{self.name}_in"), getattr(device, f"{self.name}_out")
        if self.rng.random() < 0.5:
            accesses, value = self.look(0, self.seen)
            return raw.makes(accesses, read.read, value)
        value = self.rng.getrandbits(8)
        return raw.makes([("w", self.base, 32, value << 4)], lambda: setattr(written, "f0", value))


class Aliased(Group):
    """A register with addresses that set, clear and toggle its bits, by which its fields are written."""

    def make(self) -> None:
        rng = self.rng
        if rng.random() < 0.3:
            return self.make_wide()
        self.is_wide = False
        self.fields = random_fields(rng, 16, ("rw", "rw", "rw", "rw", "ro", "w1c", "wrc"))
        self.main = word_of(self.fields)
        self.words[0] = self.main
        self.taken = [item for item in self.fields if stores(item.policy)]
        self.is_one = rng.random() < 0.5 and bool(self.taken)
        self.add("main", 0, self.fields, **({"via": "alias"} if self.taken or not self.is_one else {}))
        if self.is_one:  # one register, whose halves set and clear
            fields: dict[str, Any] = {}
            for item in self.taken:
                target = f"{self.name}_main.{item.name}"
                fields[f"s{item.name}"] = {**entry_of(item), "access": said("none:one_sets"), "alias": target}
                cleared = entry_of(item, item.lsb + 16)
                fields[f"c{item.name}"] = {**cleared, "access": said("none:one_clears"), "alias": target}
            for entry in fields.values():
                del entry["reset"]
            self.registers[f"{self.name}_both"] = {"offset": self.base + 4, "fields": fields}
        else:
            for name, at, access in (("set", 4, "w1s"), ("clr", 8, "w1c"), ("xor", 12, "w1t")):
                entry = {"offset": self.base + at, "alias": f"{self.name}_main", "access": access}
                self.registers[f"{self.name}_{name}"] = entry
        return None

    def make_wide(self) -> None:
        """Of two bus words: aliases act on that which holds the bits."""
        self.is_wide, self.is_one = True, False
        self.fields = random_fields(self.rng, 64, ("rw", "rw", "ro", "w1s"), most=8)
        reset = sum(item.reset << item.lsb for item in self.fields)
        self.main = self.words[0] = ModelRegister(self.fields, 64, 32, "low-first", False, reset)
        self.add("main", 0, self.fields, width=64, access_width=32)
        for name, at, access in (("set", 8, "w1s"), ("clr", 16, "w1c"), ("xor", 24, "w1t")):
            entry = {"offset": self.base + at, "alias": f"{self.name}_main", "access": access}
            self.registers[f"{self.name}_{name}"] = entry

    def through(self, mask: int, bits: int) -> list[Access]:
        """These bits by what sets and clears them."""
        self.main.stored = (self.main.stored & ~mask) | bits
        zeros = mask & ~bits
        if self.is_one:
            word = zeros << 16 | bits
            return [("w", self.base + 4, 32, word)] if word else []
        found = []
        if zeros:
            found.append(("w", self.base + 8, 32, zeros))
        if bits:
            found.append(("w", self.base + 4, 32, bits))
        return found

    def operate(self, device: Any, raw: Any) -> None:
        rng, register = self.rng, getattr(device, f"{self.name}_main")
        writable = [item for item in self.fields if is_writable(item.policy)]
        way = rng.choice(["set", "alias", "write", "read"])
        if self.is_wide and way != "alias":
            value = rng.getrandbits(64)
            register.write(value)
            self.main.write(value)
            assert register.read() == self.main.read((1 << 64) - 1)
            return None
        if way == "read" or not writable:
            accesses, value = self.look(0, self.main)
            return raw.makes(accesses, register.read, value)
        if way == "write":
            value = rng.getrandbits(32)
            return raw.makes(self.whole(0, self.main, value), lambda: register.write(value))
        if way == "alias" and not self.is_one:
            return self.by_alias(device, raw)
        return self.by_field(register, raw, rng.choice(writable))

    def by_field(self, register: Any, raw: Any, item: ModelField) -> None:
        value = self.rng.getrandbits(item.width)
        make = lambda: setattr(register, item.name, value)  # noqa: E731
        plan = self.main.plan(item.mask)
        if plan != "write" and stores(item.policy):
            return raw.makes(self.through(item.mask, value << item.lsb), make)
        if plan == "refused":
            return raw.refuses("AccessError", make, [])
        return raw.makes(self.update(0, self.main, item.mask, value << item.lsb), make)

    def by_alias(self, device: Any, raw: Any) -> None:
        name, at, act = self.rng.choice(
            [("set", 4, int.__or__), ("clr", 8, lambda old, new: old & ~new), ("xor", 12, int.__xor__)]
        )
        items = [item for item in self.fields if is_writable(item.policy)]
        if not items:
            return None
        item = self.rng.choice(items)
        value = self.rng.getrandbits(item.width)
        register = getattr(device, f"{self.name}_{name}")
        self.main.stored = act(self.main.stored, value << item.lsb)
        at *= 2 if self.is_wide else 1
        words = {number: value << item.lsb >> 32 * number & 0xFFFFFFFF for number in self.main.words_of(item.mask)}
        accesses = [("w", self.base + at + 4 * number, 32, word) for number, word in words.items()]
        return raw.makes(accesses, lambda: setattr(register, item.name, value))


class Arrays(Group):
    """Arrays of fields, with gaps between their elements or without."""

    def make(self) -> None:
        rng = self.rng
        width, count = rng.choice([(1, 8), (2, 4), (3, 3), (4, 2), (1, 5)])
        stride, low = width + rng.choice([0, 0, 1]), rng.randrange(4)
        policy = rng.choice(["rw", "rw", "w1c", "w0s", "ro", "w1t", "wo"])
        idle = 0 if policy == "wo" else None
        resets = [rng.getrandbits(width) for _ in range(count)]
        self.elements = [
            ModelField(f"e[{i}]", low + i * stride, width, policy, resets[i], False, False, idle) for i in range(count)
        ]
        self.first = rng.choice([0, 0, 2])
        top = low + count * stride
        rest = [ModelField("rest", top + 1, 4, rng.choice(["rw", "w1c", "ro"]), 3, False, False)]
        self.main = word_of([*self.elements, *rest])
        self.words[0] = self.main
        self.add("main", 0, rest)
        entry = {**entry_of(self.elements[0]), "count": count, "stride": stride, "reset": resets}
        entry |= {"first": self.first} if self.first else {}
        self.registers[f"{self.name}_main"]["fields"]["e"] = entry

    def operate(self, device: Any, raw: Any) -> None:
        rng, register = self.rng, getattr(device, f"{self.name}_main")
        start = rng.randrange(len(self.elements))
        stop = rng.randint(start + 1, len(self.elements))
        chosen, item = self.elements[start:stop], self.elements[start]
        policy, at, end = item.policy, self.first + start, self.first + stop
        if rng.random() < 0.4:
            if not is_readable(policy):
                return raw.refuses("AccessError", lambda: register.e[at], [])
            accesses, value = self.look(0, self.main)
            values = [(value & one.mask) >> one.lsb for one in chosen]
            if rng.random() < 0.5:
                return raw.makes(accesses, lambda: register.e[at], values[0])
            return raw.makes(accesses, lambda: register.e[at:end], values)
        given = [rng.getrandbits(item.width) for _ in chosen]
        if not is_writable(policy):
            return raw.refuses("AccessError", lambda: register.e.__setitem__(at, given[0]), [])
        if rng.random() < 0.5:
            chosen, given = [item], given[:1]
            make = lambda: register.e.__setitem__(at, given[0])  # noqa: E731
        elif rng.random() < 0.5:
            make = lambda: register.e.__setitem__(slice(at, end), given)  # noqa: E731
        else:
            chosen, given = self.elements, [rng.getrandbits(item.width) for _ in self.elements]
            make = lambda: register.modify(e=given)  # noqa: E731
        mask = sum(one.mask for one in chosen)
        bits = sum(value << one.lsb for one, value in zip(chosen, given, strict=True))
        return raw.makes(self.update(0, self.main, mask, bits), make)


class Lanes(Group):
    """Registers of 8 and 16 bits in one word: to the bus they are fields of it."""

    def make(self) -> None:
        rng, low = self.rng, 0
        self.lanes: list[tuple[str, int, list[ModelField]]] = []
        every: list[ModelField] = []
        while low < 32:
            width = rng.choice([8, 16] if low % 16 == 0 else [8])
            if rng.random() < 0.8:
                fields = random_fields(rng, width, ("rw", "rw", "ro", "w1c", "w0s", "w1t", "none:one_clears"), most=3)
                name = f"l{low}"
                self.add(name, low // 8, fields, width=width, access_width=32)
                moved = [
                    ModelField(f"{name}.{f.name}", f.lsb + low, f.width, f.policy, f.reset, False, False)
                    for f in fields
                ]
                self.lanes.append((name, low, fields))
                every += moved
            low += width
        if not self.lanes:
            return self.make()
        self.main = word_of(every)
        self.words[0] = self.main
        return None

    def operate(self, device: Any, raw: Any) -> None:
        rng = self.rng
        name, low, fields = rng.choice(self.lanes)
        register = getattr(device, f"{self.name}_{name}")
        mask, bits, values = some(rng, fields)
        if rng.random() < 0.3 or not values:
            if not any(is_readable(item.policy) for item in fields):
                return None
            accesses, value = self.look(0, self.main)
            width = self.registers[f"{self.name}_{name}"]["width"]
            return raw.makes(accesses, register.read, value >> low & ((1 << width) - 1))
        make = lambda: register.modify(**values)  # noqa: E731
        return raw.makes(self.update(0, self.main, mask << low, bits << low), make)
