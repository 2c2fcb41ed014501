"""Models: what the card does on an access."""

from __future__ import annotations

import pytest

import hal


def test_model_errors_come_out_of_the_access(widget, slot):
    class Broken(hal.Model):
        def on_read(self, register):
            raise KeyError(register)

    slot.emulator.set_model(Broken(type(widget)))
    with pytest.raises(hal.ModelError, match=r"read of widget\.ctrl\.go .* failed in the card's model") as raised:
        _ = widget.ctrl.go
    assert isinstance(raised.value.__cause__, KeyError)
    slot.emulator.set_model(None)
    assert widget.ctrl.go == 0


def test_models_name_fields_and_arrays(widget, slot):
    seen = []

    class Mirror(hal.Model):
        def on_write(self, register, value):
            seen.append((register, value))
            if register == "bank[1]":
                self.set("bank[2].value", self.get("bank[1].value") + 1)
                self.set("id", 5)

    slot.emulator.set_model(Mirror(type(widget)))
    widget.bank[1].value = 41
    assert (widget.bank[2].value, widget.id.value) == (42, 5)
    assert seen == [("bank[1]", 41)]
