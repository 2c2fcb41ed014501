"""Two threads that access a device, and a third one that closes and opens it again: no value is wrong, none is lost."""

from __future__ import annotations

import faulthandler
import gc
import random
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import hal
from tests.support import MAPS

if TYPE_CHECKING:
    from collections.abc import Callable

GONE = (hal.ClosedError, hal.StaleHandleError)
_PATIENCE_SECONDS = 120
_WORDS = 64


class Owner:
    """One thread's part of the device, which nobody else writes, and what each place of it may hold."""

    def __init__(self, home: Home, number: int, rng: random.Random) -> None:
        self.home, self.number, self.rng = home, number, rng
        self.field = "ac"[number]
        self.held: dict[str, set[Any]] = {"field": {0}, "bank": {0}, "words": {bytes(4 * _WORDS)}}
        self.count = self.gone = 0

    def run(self) -> None:
        while self.home.goes_on():
            self.one(self.home.device)

    def one(self, device: Any) -> None:
        """One access of any kind."""
        kind, value = self.rng.choice(["field", "bank", "batch", "words"]), self.rng.getrandbits(8)
        self.count += 1
        try:
            if self.rng.random() < 0.3:
                place, action = self.reading(device, kind)
                found = action()
                assert found in self.held[place], f"{place}: {found!r} is none of {self.held[place]!r}"
                self.held[place] = {found}
                return
            place, written, action = self.writing(device, kind, value)
            self.held[place] |= {written}
            action()
            self.held[place] = {written}
        except GONE:
            self.gone += 1  # it was made, or not

    def reading(self, device: Any, kind: str) -> tuple[str, Callable[[], Any]]:
        if kind == "field":
            return "field", lambda: getattr(device.shared, self.field)
        if kind == "words":
            return "words", lambda: bytes(device.ram.read(self.number * _WORDS, _WORDS))
        if self.rng.random() < 0.2:
            return "bank", lambda: device.snapshot()[f"bank[{self.number}]"]
        return "bank", lambda: device.bank[self.number].value

    def writing(self, device: Any, kind: str, value: int) -> tuple[str, Any, Callable[[], None]]:
        if kind == "field":
            return "field", value, lambda: setattr(device.shared, self.field, value)
        if kind == "words":
            data = bytes([value]) * (4 * _WORDS)
            return "words", data, lambda: device.ram.write(self.number * _WORDS, data)
        if kind == "batch":

            def batch() -> None:
                with device.batch() as view:
                    view.bank[self.number].value = value

            return "bank", value, batch
        return "bank", value, lambda: setattr(device.bank[self.number], "value", value)


class Home:
    """Where the threads find the device that is open now. `count`: accesses; `opened`: how often it was opened."""

    def __init__(self, driver: type[hal.Device], rng: random.Random, number: int) -> None:
        self.driver, self.rng, self.number = driver, rng, number
        self.device: Any = driver.open(0)
        self.opened = 1
        self.errors: list[BaseException] = []
        self.owners = [Owner(self, place, random.Random(rng.getrandbits(32))) for place in range(2)]

    @property
    def count(self) -> int:
        return sum(owner.count for owner in self.owners)

    def goes_on(self) -> bool:
        return self.count < self.number and not self.errors

    def replace(self) -> None:
        """Closes and opens, in one order or the other."""
        while self.goes_on():
            time.sleep(self.rng.uniform(0, 0.002))
            old, kind = self.device, self.rng.randrange(4)
            if kind == 0:
                self.device = self.driver.open(0)
                self.opened += 1
            elif kind == 1:
                self.device = self.driver.open(0)
                self.opened += 1
                old.close()
            elif kind == 2:
                old.slot.close()
                self.device = self.driver.open(0)
                self.opened += 1
            else:
                old.close()
                self.device = self.driver.open(0)
                self.opened += 1
            del old
            if self.rng.random() < 0.05:
                gc.collect()

    def guarded(self, action: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                action()
            except BaseException as error:  # noqa: BLE001  (raised again by who waits)
                self.errors.append(error)

        return run

    def run(self) -> None:
        """Until so many accesses were made; raises what a thread raised."""
        actions = [self.replace, *(owner.run for owner in self.owners)]
        threads = [threading.Thread(target=self.guarded(action), daemon=True) for action in actions]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            for thread in threads:
                thread.start()
            last, end = 0, time.monotonic() + _PATIENCE_SECONDS
            while any(thread.is_alive() for thread in threads):
                threads[1].join(0.1)
                threads[0].join(0.01)
                if self.count != last:
                    last, end = self.count, time.monotonic() + _PATIENCE_SECONDS
                if time.monotonic() > end:
                    faulthandler.dump_traceback()
                    raise AssertionError("a thread hangs")
        finally:
            sys.setswitchinterval(interval)
        self.device.close()
        if self.errors:
            raise self.errors[0]


def threads(slot: hal.Slot, rng: random.Random, number: int) -> Home:
    """At least so many accesses."""
    slot.emulator.set_model(None)
    slot.emulator.power_cycle()
    home = Home(hal.load_map(MAPS / "trust.yaml"), rng, number)
    home.run()
    return home
