"""What rtl/sampler_core.sv does, for the emulated card: programs and tests then need neither FPGA nor simulator."""

from __future__ import annotations

from collections import deque

import hal
from sampler import Sampler

DEPTH = 256  # samples that the FIFO holds
SAMPLES_OF_A_BEAT = 16
HZ = 250e6


class SamplerModel(hal.Model):
    """Timer, FIFO and DMA, which takes no time: what it waits for is sampled at once."""

    def __init__(self) -> None:
        super().__init__(Sampler)
        self._start()

    def _start(self) -> None:
        self._fifo: deque[int] = deque()
        self._ramp, self._address, self._beats = 0, 0, 0
        self._settings = False, 1, 1  # runs, clocks of a sample, step
        self._until = self.time  # all samples before it were taken

    def on_load(self) -> None:
        """The logic as after its configuration."""
        self._start()

    def on_read(self, register: str) -> None:
        """What a read shall give: samples were taken since the last access."""
        self._pass_time()
        if register == "fifo":
            self.set("fifo", self._fifo.popleft() if self._fifo else 0)
        self._show()

    def on_write(self, register: str, value: int) -> None:
        """Called after a write took effect; time until then passed with the settings before."""
        self._pass_time()
        self._settings = bool(self.get("ctrl.run")), self.get("timer.period") + 1, self.get("step")
        if register == "ctrl" and value >> 1 & 1:
            self._fifo.clear()
        if register == "dma" and value >> 31 and not self._beats:
            self._address, self._beats = self.get("target") & ~63, self.get("dma.beats")
            if not self._beats:
                self._end("done")
        while self._beats and self._settings[0]:
            self._sample()
            self._move()
        self._show()

    def _pass_time(self) -> None:
        runs, clocks, step = self._settings
        number = int((self.time - self._until) * HZ / clocks)
        self._until += number * clocks / HZ
        while runs and number and len(self._fifo) < DEPTH:
            self._sample()
            number -= 1
        if runs and number:  # there is no room
            self._ramp = (self._ramp + number * step) & 0xFFFF_FFFF
            self.count("lost", number)

    def _sample(self) -> None:
        self._fifo.append(self._ramp)
        self._ramp = (self._ramp + self._settings[2]) & 0xFFFF_FFFF

    def _move(self) -> None:
        if len(self._fifo) < SAMPLES_OF_A_BEAT:
            return
        beat = b"".join(self._fifo.popleft().to_bytes(4, "little") for _ in range(SAMPLES_OF_A_BEAT))
        try:
            self.card.host.write(self._address, beat)
        except hal.DmaError:
            self._beats = 1
            self._end("failed")
        self._address += len(beat)
        self._beats -= 1
        if not self._beats:
            self._end("done")

    def _end(self, name: str) -> None:
        """A pulse."""
        self.drive(f"status.{name}", 1)
        self.drive(f"status.{name}", 0)

    def _show(self) -> None:
        words, busy = len(self._fifo), bool(self._beats)
        self.set("state", words | bool(words) << 16 | busy << 17)
        self.drive("status.full", words == DEPTH)
        self.card.set_leds(self._settings[0] << 15 | busy << 14 | words)
