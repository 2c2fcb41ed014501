"""Which registers and fields were touched."""

from __future__ import annotations


def fields_of(gadget):
    coverage = gadget.slot.simulation.coverage(type(gadget))
    return coverage, {field.path: field for field in coverage.fields}


def test_what_was_touched(gadget):
    coverage, fields = fields_of(gadget)
    assert coverage.percent == 0
    assert str(coverage).splitlines()[-1].startswith("registers 0 of 13, fields 0 of 19, 0.0 %")
    assert "ctrl.mode: not read, not written" in str(coverage).splitlines()
    assert "count.value: not read" in str(coverage).splitlines()
    gadget.ctrl.write(mode=5, limit=0xF0)
    gadget.ctrl.write(mode=2, limit=0x0F)
    _ = gadget.ctrl.mode
    gadget.secret.key = 1
    gadget.bank[2].value = 7
    gadget.wide.value = 1 << 40
    coverage, fields = fields_of(gadget)
    mode, key = fields["ctrl.mode"], fields["secret.key"]
    assert (mode.read, mode.written, mode.set, mode.seen, mode.touched) == (True, True, 0b111, 0, True)
    assert (key.read, key.written, key.readable, key.touched) == (False, True, False, True)
    assert (fields["ctrl.limit"].set, fields["wide.value"].written, fields["wide.value"].touched) == (0xFF, True, False)
    assert fields["bank[2].value"].written
    assert not fields["bank[1].value"].written
    ctrl = next(register for register in coverage.registers if register.path == "ctrl")
    assert (ctrl.reads, ctrl.writes, ctrl.errors, ctrl.touched) == (1, 2, 0, True)
    gadget.slot.simulation.forget()
    assert fields_of(gadget)[0].percent == 0


def test_a_byte_touches_the_fields_that_it_covers(gadget):
    gadget.slot.bar("app", 0).poke(0x19, 0, 8)
    fields = fields_of(gadget)[1]
    assert {path for path, field in fields.items() if field.written} == {"acts.clear"}
