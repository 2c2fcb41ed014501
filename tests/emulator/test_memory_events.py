"""Accesses of memories as events of a model that asks for them."""

from __future__ import annotations

import pytest

import hal


class Listening(hal.Model):
    """Keeps what it hears; a read of the last word shows how many there were."""

    def __init__(self, driver):
        super().__init__(driver)
        self.heard = []

    def on_memory_write(self, memory, offset, value, width):
        self.heard.append(("write", memory, offset, value, width))

    def on_memory_read(self, memory, offset, width):
        self.heard.append(("read", memory, offset, width))
        if offset == 0xFFC:
            self.card.poke(0, 0, 0x1FFC, len(self.heard))


@pytest.fixture
def model(widget):
    made = Listening(type(widget))
    widget.slot.emulator.set_model(made)
    yield made
    widget.slot.emulator.set_model(None)


def test_each_word_is_an_event(widget, model):
    widget.ram[1:3] = [5, 6]
    assert list(widget.ram[1:3]) == [5, 6]
    widget.sink[3] = 7
    assert model.heard == [
        *(("write", "ram", 4 * word, word + 4, 32) for word in (1, 2)),
        *(("read", "ram", 4 * word, 32) for word in (1, 2)),
        ("write", "sink", 12, 7, 32),
    ]


def test_what_is_read_may_be_set_before(widget, model):
    assert widget.ram[1023] == 1
    assert widget.ram[1023] == 2


def test_parts_and_pairs_of_words_are_told_as_such(widget, model):
    bar = widget.slot.bar("app", 0)
    bar.poke(0x1008, 0x1122334455667788, 64)
    bar.poke(0x1011, 0xAB, 8)
    assert model.heard == [
        ("write", "ram", 8, 0x55667788, 32),
        ("write", "ram", 12, 0x11223344, 32),
        ("write", "ram", 0x11, 0xAB, 8),
    ]


def test_transfers_by_dma_are_heard_too():
    driver = hal.load_map("cl_sde")
    with driver.open(0) as device:
        model = Listening(driver)
        device.slot.emulator.set_model(model)
        device.slot.dma.write(0x1000, bytes(range(8)))
        device.slot.emulator.set_model(None)
    assert model.heard == [
        ("write", "h2c_desc_ram", 0, 0x03020100, 32),
        ("write", "h2c_desc_ram", 4, 0x07060504, 32),
    ]


def test_other_models_hear_nothing_of_memories(widget):
    class Deaf(hal.Model):
        heard = 0

        def event(self, *arguments):
            self.heard += 1
            super().event(*arguments)

    deaf = Deaf(type(widget))
    widget.slot.emulator.set_model(deaf)
    widget.ram[0:64] = range(64)
    assert (list(widget.ram[0:64]), deaf.heard) == (list(range(64)), 0)
    widget.slot.emulator.set_model(None)


def test_errors_and_loads_within_an_event(widget):
    class Failing(hal.Model):
        def on_memory_write(self, memory, offset, value, width):
            if value == 1:
                raise OSError("broken")
            self.card.power_cycle()

        def on_memory_read(self, memory, offset, width):
            self.card.power_cycle()

    widget.slot.emulator.set_model(Failing(type(widget)))
    with pytest.raises(hal.ModelError) as told:
        widget.ram[0] = 1
    assert isinstance(told.value.__cause__, OSError)
    assert widget.ram[0] == 0xFFFF_FFFF  # nobody answers any more
    with pytest.raises(hal.StaleHandleError):
        widget.ram[0] = 2
    widget.slot.emulator.set_model(None)
