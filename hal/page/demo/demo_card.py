"""The demonstration's card: an emulated one of this process, its design, and a model that moves."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal.emulator.model import Model
from hal.generator.apart import load_shown_map
from hal.page.card.held_slot import HeldSlot
from hal.slots.opening import open_slot

if TYPE_CHECKING:
    from hal.generator.apart import ShownMap

__all__ = ["DemoModel", "demo_slot"]

_SPEEDS = (0.0, 1.0, 10.0, 100.0)  # by mode
_CHANNELS = 4
_ROOM = 24.0  # degrees
_WARMTH = (0.0, 8.0, 22.0, 60.0)  # above the room after a while, by mode
_EVENTS_MAX = 15
_STARTED, _STOPPED, _OVERHEATED, _MODE_CHANGED = 1, 2, 3, 4
_MAP = Path(__file__).with_name("demo.yaml")


class DemoModel(Model):
    """A function generator: channels that swing, a supply that gets warm, events."""

    def on_load(self) -> None:
        """Everything starts."""
        self._began = self._then = self.time
        self._phase = [0.0] * _CHANNELS
        self._periods = [0] * _CHANNELS
        self._temperature = _ROOM
        self._events: list[tuple[int, int]] = [(_STARTED, 0)]
        self._number = 0
        self._mode = int(self.get("ctrl.mode"))
        self._hot = False
        for place in range(128):
            value = round(32767 * math.sin(2 * math.pi * place / 128)) & 0xFFFF
            self.card.poke(0, 0, 0x2000 + 2 * place, value, 16)

    def on_write(self, register: str, value: int) -> None:
        """Settings take effect."""
        if register == "ctrl":
            if value >> 4 & 1:
                self._phase = [0.0] * _CHANNELS
                self._periods = [0] * _CHANNELS
            mode = int(self.get("ctrl.mode"))
            if mode != self._mode:
                self._happened(_MODE_CHANGED if mode else _STOPPED)
                self._mode = mode

    def on_read(self, register: str) -> None:
        """Time has passed since the last access."""
        self._pass_time()
        if register.startswith("ch["):
            number = int(register[3])
            if register.endswith("sample"):
                self.set(register, self._sample(number) & 0xFFFF)
            elif register.endswith("periods"):
                self.set(register, self._periods[number] & 0xFFFFFFFF)
        elif register == "uptime":
            self.set("uptime", int((self.time - self._began) * 1000))
        elif register == "event":
            kind, number = self._events.pop(0) if self._events else (0, 0)
            self.set("event", kind | (number & 0xFF) << 8)
        elif register == "status":
            self.set("status.running", int(bool(self._speed())))
            self.set("status.events", len(self._events))
        elif register == "supply.temperature":
            self.set(register, round(self._temperature * 256) & 0xFFFF)
        elif register == "supply.voltage":
            wobble = math.sin(self.time * 1.7) + 0.3 * math.sin(self.time * 13)
            core = 850 - round(self._temperature / 4 + 2 * wobble)
            self.set(register, core | (1800 + round(3 * wobble)) << 16)

    def _speed(self) -> float:
        return _SPEEDS[min(self._mode, 3)] if self.get("ctrl.enable") else 0.0

    def _pass_time(self) -> None:
        now = self.time
        passed, self._then = now - self._then, now
        speed = self._speed()
        for number in range(_CHANNELS):
            if not self.get(f"ch[{number}].setup.enable"):
                continue
            self._phase[number] += passed * speed * self.get(f"ch[{number}].frequency.value") / 1000
            whole, self._phase[number] = divmod(self._phase[number], 1.0)
            self._periods[number] += int(whole)
        warmth = _ROOM + (_WARMTH[min(self._mode, 3)] if speed else 0) * (1 - self.get("supply.fan.duty") / 125)
        self._temperature += (warmth - self._temperature) * min(1.0, passed / 8)
        is_hot = self._temperature > self.get("ctrl.limit")
        if is_hot and not self._hot:
            self.set("status.overheated", 1)
            self._happened(_OVERHEATED)
        self._hot = is_hot
        self.card.set_leds(1 << int(now * 4 * max(0.25, math.log10(1 + 9 * speed))) % 16 if speed else 0)

    def _sample(self, number: int) -> int:
        setup = f"ch[{number}].setup"
        if not self.get(f"{setup}.enable"):
            return 0
        phase = self._phase[number]
        shapes = (
            math.sin(2 * math.pi * phase),
            1.0 if phase < 0.5 else -1.0,  # noqa: PLR2004  (half of it)
            2 * phase - 1,
            math.sin(1e4 * self.time * (number + 1)) * math.cos(777 * self.time),
        )
        value: float = shapes[min(int(self.get(f"{setup}.wave")), 3)] * self.get(f"{setup}.amplitude") / 100
        trim: int = self.get("ctrl.trim")
        return round(max(-1.0, min(1.0, value)) * 32000) + trim

    def _happened(self, kind: int) -> None:
        self._number += 1
        if len(self._events) < _EVENTS_MAX:
            self._events.append((kind, self._number))


def demo_slot() -> tuple[list[ShownMap], HeldSlot]:
    """The map, and slot 0 of a card that only this process has, with the model on it."""
    os.environ.pop("HAL_EMULATOR", None)  # nobody's shared card
    shown = load_shown_map(_MAP)
    driver: Any = shown.driver
    with open_slot(0, "emulator") as slot:
        slot.emulator.install(driver)
        slot.emulator.set_model(DemoModel(driver))
        slot.load(driver.afi_id(), progress=lambda _seconds: None)
    held = HeldSlot(0, [driver], "emulator")
    held.open()
    return [shown], held
