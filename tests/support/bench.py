"""A driver on the emulated card, and beside it an independent model of every register."""

from __future__ import annotations

import types
from fractions import Fraction

import codegen
from hal.emulator.design_text import design_text
from tests.support.policy_model import ModelField, ModelRegister
from tests.support.strategies import AFI


class Bench:
    """A driver on the card, and beside it a model of every register."""

    def __init__(self, slot, text):
        device = codegen.loads(text)
        module = types.ModuleType("dut")
        exec(compile(codegen.render_python(device), "dut.py", "exec"), module.__dict__)
        self.driver = module.Dut
        self.slot = slot
        slot.emulator.install_text(design_text(self.driver._design).replace("clkgen 0\n", "clkgen 0\nload_ms 0\n"))
        slot.load(AFI)
        self.device = slot.attach(self.driver)
        self.kinds, self.models, self.places = {}, {}, {}
        for path, space, offset, register in device.walk():
            fields = [
                ModelField(f.name, f.lsb, f.width, f.access, f.reset, f.volatile, f.pulse, f.idle, f.writeback)
                for f in register.fields
            ]
            self.kinds[path] = {f.name: f for f in register.fields}
            self.models[path] = ModelRegister(
                fields, register.width, register.access_width, register.words, register.shadow, register.reset
            )
            self.places[path] = ({"app": 0, "mgmt": 1}[space.pf], space.bar, offset)
        self.paths = list(self.models)
        self.comparable = {path: model.comparable() for path, model in self.models.items()}
        self.snapshot = self.device.snapshot()
        for path in self.snapshot:
            self.models[path].read((1 << self.models[path].width) - 1)

    def carried(self, trace, path):
        """What the writes of a trace carry, by the numbers of the register's bus words. Each is written once."""
        offset, step = self.places[path][2], self.models[path].step
        writes = [access for access in trace if access.action == "write"]
        words = {(access.offset - offset) * 8 // step: access.value for access in writes}
        assert len(words) == len(writes)
        return words

    def stored(self, path):
        data = self.slot.library.card.storage(self.slot.number, *self.places[path], self.models[path].width // 8)
        return int.from_bytes(data, "little")

    def check(self):
        for path, model in self.models.items():
            mask = self.comparable[path]
            assert self.stored(path) & mask == model.stored & mask, path


def value_of(kind, raw):
    """The Python value of a field's bits, by the map's own words."""
    top = 1 << kind.width
    number = raw - top if kind.kind == "signed" and raw >= top // 2 else raw
    if kind.kind == "bool":
        return bool(raw)
    if kind.kind == "fixed":
        number = raw - top if kind.fixed.signed and raw >= top // 2 else raw
        return float(Fraction(number, 1 << kind.fixed.fraction_bits))
    return number
