"""What programs do with sampler: the same on the emulated card, on simulated logic, and on a card."""

from __future__ import annotations

from sampler import Sampler

SAMPLES_OF_A_BEAT = 16


def stop(dev: Sampler) -> None:
    """No more samples; those that are there, and what was told of them, are forgotten."""
    dev.ctrl.write(run=0, clear=1)
    dev.status.write(done=1, failed=1, full=1)


def fill(dev: Sampler, timeout: float = 1.0) -> None:
    """Samples until the FIFO is full."""
    dev.ctrl.run = 1
    dev.status.wait_for(full=1, timeout=timeout)
    dev.ctrl.run = 0


def take(dev: Sampler) -> list[int]:
    """The samples that are in the FIFO, the oldest first."""
    return [dev.fifo.value for _ in range(dev.state.words)]


def begin(dev: Sampler, address: int, beats: int) -> None:
    """Samples straight into the host's memory from now on: so many beats of 64 bytes, from that bus address on."""
    dev.target.value = address
    dev.status.write(done=1, failed=1)
    dev.dma.write(beats=beats, start=1)
    dev.ctrl.run = 1


def move(dev: Sampler, address: int, beats: int, timeout: float = 1.0) -> None:
    """The same, until it is over."""
    begin(dev, address, beats)
    dev.status.wait_for(done=1, timeout=timeout)
    dev.ctrl.run = 0
    if dev.status.failed:
        raise OSError(f"DMA of {beats} beats to {address:#x} was refused")
