"""Logic of a map in a simulator, the emulated card with its driver's design, and an independent model: the same answers,
access by access."""

from __future__ import annotations

import json
import os
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import codegen
from hal.emulator.design_text import design_text
from tests.support.dut import load_class
from tests.support.logic import READ, WRITE, Logic
from tests.support.policy_model import POLICIES, ModelField, ModelRegister, is_readable, said
from tests.support.strategies import AFI, maps

MAPS = int(os.environ.get("HAL_TEST_LOGIC_MAPS", "4"))
SLVERR = 2


class Trio:
    """A map as logic, on the card, and as models of its registers in the home BAR."""

    def __init__(self, slot, text, folder, simulator="iverilog", **options):
        self.device = codegen.loads(text)
        self.logic = Logic(self.device, folder, simulator, **options)
        driver = load_class(text)
        slot.emulator.install_text(design_text(driver._design).replace("clkgen 0\n", "clkgen 0\nload_ms 0\n"))
        slot.load(AFI)
        self.bar = slot.bar(self.device.space.pf, self.device.space.bar)
        self.registers = {}
        for path, space, offset, register in self.device.walk():
            if space == self.device.space:
                fields = [
                    ModelField(f.name, f.lsb, f.width, f.access, f.reset, f.volatile, f.pulse, f.idle)
                    for f in register.fields
                ]
                model = ModelRegister(
                    fields, register.width, register.access_width, register.words, shadow=False, reset=register.reset
                )
                self.registers[path] = register, offset, model
        self.operations, self.checks = [], []

    def place(self, register, offset, number):
        count = register.width // register.access_width
        return offset + (count - 1 - number if register.big_endian else number) * register.access_width // 8

    def read(self, path, number):
        """A word of a register; of those that latch all of them, the lowest first."""
        register, offset, model = self.registers[path]
        step, at = register.access_width, self.place(register, offset, number)
        fields = sum(item.mask for item in register.fields) >> number * step & ((1 << step) - 1)
        word = model.bus_read(number) >> number * step
        card = self.bar.peek(at, step)
        assert card & fields == word & fields, f"{path}: the card differs from the model"
        rest = register.reset >> number * step & ~fields & ((1 << step) - 1)
        readable = any(is_readable(item.access) for item in register.fields)
        wanted = word & fields | (rest if readable else 0)
        for low in range(0, step, 32):
            width = min(32, step - low)
            self.operations.append((READ, at + low // 8))
            shift = (at + low // 8) % 4 * 8
            self.checks.append((path, shift, width, wanted >> low & ((1 << width) - 1), readable))

    def read_all(self, path):
        for number in range(self.registers[path][0].width // self.registers[path][0].access_width):
            self.read(path, number)

    def write(self, path, number, value, rng):
        register, offset, model = self.registers[path]
        step, at = register.access_width, self.place(register, offset, number)
        model.bus_write(number, value << number * step)
        self.bar.poke(at, value, step)
        for low in range(0, step, 32):
            width, place = min(32, step - low), at + low // 8
            strobes = ((1 << width // 8) - 1) << place % 4
            noise = rng.getrandbits(32)
            lane = ((1 << width) - 1) << place % 4 * 8
            data = (value >> low & ((1 << width) - 1)) << place % 4 * 8 | noise & ~lane & 0xFFFFFFFF
            self.operations.append((WRITE, place, data, strobes))
            self.checks.append((path, 0, 0, 0, any(item.access != "ro" for item in register.fields)))

    def compare(self):
        answers = self.logic.run(self.operations)
        assert len(answers) == len(self.checks)
        for (data, response), (path, shift, width, wanted, may), operation in zip(
            answers, self.checks, self.operations, strict=True
        ):
            got = data >> shift & ((1 << width) - 1)
            assert got == wanted, f"{path}: {operation} gave {got:#x}, wanted {wanted:#x}"
            if may and operation[0] == READ:
                assert response == 0, f"{path}: {operation}"


def latches(register):
    return register.words == "latched" or register.access_width > 32


def wander(trio, rng, steps):
    """Random accesses of all registers."""
    paths = list(trio.registers)
    for _ in range(steps):
        path = rng.choice(paths)
        register = trio.registers[path][0]
        count = register.width // register.access_width
        number = rng.randrange(count)
        if rng.random() < 0.5:
            value = rng.choice([0, (1 << register.access_width) - 1, rng.getrandbits(register.access_width)])
            trio.write(path, number, value, rng)
        elif latches(register):
            trio.read_all(path)
        else:
            trio.read(path, number)


def grid():
    """A map with every row of the product of reads and writes, fields of three bits."""
    registers = {}
    for number, policy in enumerate(POLICIES):
        register = registers.setdefault(
            f"r{number // 8}", {"offset": number // 8 * 4, "reset": 0xA0000000, "fields": {}}
        )
        low = number % 8 * 3 + number % 8 // 4
        entry = {"bits": f"{low + 2}:{low}", "access": said(policy), "reset": number % 8}
        if policy == "wo":
            entry["idle"] = "last"
        register["fields"][f"f{number}"] = entry
        register["reset"] |= number % 8 << low
    return json.dumps({"schema": 1, "name": "dut", "afi": {"ids": [AFI]}, "registers": registers})


def test_every_policy_is_the_cards_and_the_models(slot, tmp_path):
    trio = Trio(slot, grid(), tmp_path)
    assert len(POLICIES) > 70
    wander(trio, random.Random(1), 400)
    trio.compare()


@settings(max_examples=MAPS, suppress_health_check=list(HealthCheck), deadline=None)
@given(text=maps(), seed=st.integers(0, 1 << 30))
def test_random_maps_are_the_cards_and_the_models(slot, tmp_path_factory, text, seed):
    text = text.replace('"volatile": true, ', "").replace(', "volatile": true', "")
    try:
        trio = Trio(slot, text, tmp_path_factory.mktemp("logic"))
    except codegen.MapError as error:
        rules = {problem.rule for problem in error.problems}
        assert rules <= {"rtl-shared-word", "rtl-width"}
        return
    wander(trio, random.Random(seed), 150)
    trio.compare()
