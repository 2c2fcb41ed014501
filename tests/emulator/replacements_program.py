"""Replaces the model of a slot again and again while threads access it: MAP NUMBER; says how many events there were.

One event at a time; and what was replaced is never called again, so that nothing of it can be used after it is gone.
"""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import time
import weakref

import hal

THREADS = 3


class Watcher(hal.Model):
    """Made without the base's tables, which take longer than a replacement."""

    running, events = 0, 0

    def __init__(self):
        self.gone = False

    def bind(self, emulator):
        """Needs no card."""

    def event(self, *_):
        Watcher.running += 1
        assert Watcher.running == 1, "two events at once"
        assert not self.gone, "called after it was replaced"
        Watcher.events += 1
        if Watcher.events % 16 == 0:
            time.sleep(0)
        assert not self.gone, "replaced while it ran"
        Watcher.running -= 1


def accesses(driver, index, errors, stop):
    try:
        with hal.open_slot(0) as slot, slot.attach(driver) as device:
            name = "abcd"[index]
            for number in itertools.count():
                if stop.is_set():
                    return
                setattr(device.shared, name, number & 0xFF)
                assert getattr(device.shared, name) == number & 0xFF
                device.whole.value = number
                if number % 32 == 0:
                    device.snapshot()
                    with device.batch() as batch:
                        batch.bank[index].value = number
    except BaseException as error:  # noqa: BLE001  (raised again in the main thread)
        errors.append(error)


def main(register_map, number):
    driver = hal.load_map(register_map)
    errors, stop, left = [], threading.Event(), weakref.WeakSet()
    with driver.open(0) as device:
        threads = [threading.Thread(target=accesses, args=(driver, i, errors, stop)) for i in range(THREADS)]
        for thread in threads:
            thread.start()
        sys.setswitchinterval(1e-5)
        emulator, old = device.slot.emulator, None
        for count in range(number):
            new = None if count % 5 == 4 else Watcher()
            emulator.set_model(new)
            if old is not None:
                old.gone = True
            if new is not None:
                left.add(new)
            old = new
            if count % 4 == 0:
                time.sleep(0)
            if errors:
                break
        emulator.set_model(None)
        stop.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "a thread hangs"
    if errors:
        raise errors[0]
    old = new = None
    gc.collect()
    assert len(left) == 0, f"{len(left)} models are held"
    print(f"{number} replacements, {Watcher.events} events")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
