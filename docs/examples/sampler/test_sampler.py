"""Tests of sampler, each on the emulated card, on simulated logic, and on a card: what can't be had is skipped."""

from __future__ import annotations

import array
from itertools import pairwise

import pytest
from sampler import Sampler
from sampler_capture import SAMPLES_OF_A_BEAT, begin, fill, move, stop, take
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
def dev(target, hal_device):
    device = hal_device(Sampler)
    if target == "emulated":
        device.slot.emulator.set_model(SamplerModel())
    stop(device)
    return device


@pytest.fixture
def buffer(dev):
    """Memory of the host's that the card writes."""
    with dev.slot.buffer(4096, "c2h") as opened:
        yield opened


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


def test_dma_moves_samples(dev, buffer):
    buffer[:] = bytes(4096)
    move(dev, buffer.address, 8)
    samples = array.array("I", bytes(buffer[:512]))
    assert (len(samples), steps(samples)) == (8 * SAMPLES_OF_A_BEAT, {1})
    assert not any(buffer[512:])
    assert dev.interrupts.done.pending
    dev.interrupts.done.clear()
    assert (dev.interrupts.done.pending, dev.state.busy) == (False, 0)


def test_dma_of_nothing_ends(dev):
    move(dev, 0, 0)
    assert dev.status.done == 1


# What follows is not for a card: a write to nowhere may do harm, and no driver brings F2's interrupts to programs yet.


@pytest.mark.parametrize("target", TARGETS[:2], indirect=True)
def test_dma_to_nowhere_is_told(dev, buffer):
    with pytest.raises(OSError, match="DMA of 2 beats to 0x1000000000000000 was refused"):
        move(dev, 1 << 60, 2)
    assert dev.state.busy == 0
    move(dev, buffer.address, 1)


@pytest.mark.parametrize("target", TARGETS[:2], indirect=True)
def test_an_interrupt_tells_the_end(dev, buffer):
    for _ in range(3):
        begin(dev, buffer.address, 2)
        assert dev.interrupts.done.wait(timeout=1).count == 1
        assert dev.state.busy == 0
        dev.ctrl.run = 0
