"""Forks while threads record, trace, transfer, and run models, batches and management calls: MAP CARD NUMBER.

Every child opens a device of its own, uses and closes it, and ends; one that hangs is killed by its alarm, and told.
"""

from __future__ import annotations

import collections
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from pathlib import Path

import hal

LIMIT_SECONDS = 60
GONE = (hal.ClosedError, hal.StaleHandleError)


class Echo(hal.Model):
    def on_write(self, register, value):
        if register == "bank[1]":
            self.set("bank[2]", value)


def repeated(action, errors, stop):
    try:
        while not stop.is_set():
            action()
    except BaseException as error:  # noqa: BLE001  (raised again in the main thread)
        errors.append(error)


def child(driver):
    signal.alarm(LIMIT_SECONDS)
    with hal.open_slot(0) as slot, slot.attach(driver) as device:
        device.bank[4].value = 5
        device.shared.d = 1
        device.ram.write(15_000, bytes(1024))
        slot.describe()
        with device.batch() as batch:
            batch.bank[5].value = 6
        with slot.emulator.trace() as accesses:
            device.bank[6].value = 7
        assert len(accesses) == 1, accesses


def parents_work(device, folder):
    """What threads of the parent do meanwhile."""
    slot, data = device.slot, bytes(16384)

    def record():
        with device.record(Path(folder, "tape")):
            device.ram.write(0, data)
            device.shared.a = 1

    def trace():
        with slot.emulator.trace(1024):
            device.ram.write(8_000, data)

    def write():
        with device.batch() as batch:
            for index in range(16):
                batch.bank[index % 4].value = index
        device.shared.b = 2

    def manage():
        slot.describe()
        slot.bar("app", 4).detach()
        slot.dip = 3

    return record, trace, write, manage


def end_of_a_child(driver):
    made = os.fork()
    if made == 0:
        try:
            child(driver)
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(made, 0)[1])


def main(register_map, kind, number):
    driver, codes = hal.load_map(register_map), collections.Counter()
    errors, stop = [], threading.Event()
    with tempfile.TemporaryDirectory() as folder, driver.open(0) as device:
        device.slot.emulator.set_model(Echo(driver))
        actions = parents_work(device, folder)
        threads = [threading.Thread(target=repeated, args=(action, errors, stop), daemon=True) for action in actions]
        for thread in threads:
            thread.start()
        while sum(codes.values()) < number and not errors:
            time.sleep(0)
            codes[end_of_a_child(driver)] += 1
        stop.set()
        for thread in threads:
            thread.join(LIMIT_SECONDS)
            assert not thread.is_alive(), "a thread of the parent hangs"
        device.shared.c = 3
        assert device.shared.c == 3
    if errors:
        raise errors[0]
    print(f"{kind}: {number} forks, ends {dict(codes)}")


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
