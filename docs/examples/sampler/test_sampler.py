"""Tests of sampler, each on the emulated card, on simulated logic, and on a card: what can't be had is skipped."""

from __future__ import annotations

import array
from itertools import pairwise

import pytest
from sampler import Sampler
from sampler_capture import SAMPLES_OF_A_BEAT, fill, move, stop, take
from sampler_model import SamplerModel

TARGETS = [
    "emulated",
    pytest.param("simulated", marks=pytest.mark.hal_simulated("libsampler.so")),
    pytest.param("card", marks=pytest.mark.hal_card),
]


@pytest.fixture(params=TARGETS)
def target(request):
    return request.param


@pytest.fixture
def model():
    return SamplerModel()


@pytest.fixture
def dev(target, model, hal_device):
    device = hal_device(Sampler)
    if target == "emulated":
        device.slot.emulator.set_model(model)
    stop(device)
    return device


@pytest.fixture
def memory(target, model, dev):
    """The host's memory, from bus address 0 on."""
    if target == "card":
        pytest.skip("needs pinned memory and its bus address")
    return model.memory if target == "emulated" else dev.slot.simulation.host_memory()


def steps(samples):
    """What each sample is more than the one before."""
    return {(after - before) % 2**32 for before, after in pairwise(samples)}


def test_the_fifo_holds_samples(dev):
    dev.step.value = 3
    fill(dev)
    assert dev.state.words == 256
    samples = take(dev)
    assert (len(samples), steps(samples)) == (256, {3})
    assert (dev.state.words, dev.state.ready, dev.fifo.value) == (0, 0, 0)
    dev.step.value = 1


def test_what_is_lost_is_counted(dev):
    fill(dev)
    dev.ctrl.run = 1
    lost = sum(dev.lost.samples for _ in range(100))
    dev.ctrl.run = 0
    assert lost > 0
    _ = dev.lost.samples
    assert dev.lost.samples == 0


def test_leds_show_what_goes_on(dev):
    assert dev.slot.leds == 0
    dev.ctrl.run = 1
    assert dev.slot.leds >> 15 == 1
    stop(dev)
    assert dev.slot.leds == 0


def test_dma_moves_samples(dev, memory):
    dev.interrupts.done.enable()
    memory[0x1000:0x1400] = bytes(0x400)
    move(dev, 0x1000, 8)
    samples = array.array("I", bytes(memory[0x1000:0x1200]))
    assert (len(samples), steps(samples)) == (8 * SAMPLES_OF_A_BEAT, {1})
    assert not any(memory[0x1200:0x1400])
    assert dev.interrupts.done.pending
    dev.interrupts.done.clear()
    assert (dev.interrupts.done.pending, dev.state.busy) == (False, 0)


def test_dma_of_nothing_ends(dev):
    move(dev, 0, 0)
    assert dev.status.done == 1


def test_dma_to_nowhere_is_told(dev, memory):
    with pytest.raises(OSError, match="DMA of 2 beats to 0x1000000000 was refused"):
        move(dev, 0x10_0000_0000, 2)
    assert dev.state.busy == 0
    move(dev, 0x1000, 1)


@pytest.mark.parametrize("target", TARGETS[1:2], indirect=True)
def test_an_interrupt_reaches_the_shell(dev):
    dev.interrupts.done.enable()
    for count in (1, 2):
        move(dev, 0x1000, 1)
        dev.slot.simulation.advance(20)
        assert dev.slot.simulation.interrupts.requests[0] == count
        dev.interrupts.done.clear()
