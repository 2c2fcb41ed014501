"""Forks while threads record, trace, transfer, and run models, batches and management calls: MAP CARD NUMBER.

Every child opens a device of its own, uses and closes it, and ends; one that hangs is killed by its alarm, and told.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings

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


def main(register_map, kind, number):
    driver = hal.load_map(register_map)
    folder, errors, stop = tempfile.mkdtemp(), [], threading.Event()
    with driver.open(0) as device:
        slot, data = device.slot, bytes(16384)
        slot.emulator.set_model(Echo(driver))

        def record():
            with device.record(os.path.join(folder, "tape")):
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

        actions = (record, trace, write, manage)
        threads = [threading.Thread(target=repeated, args=(action, errors, stop), daemon=True) for action in actions]
        for thread in threads:
            thread.start()
        codes = {}
        for _ in range(number):
            time.sleep(0)
            made = os.fork()
            if made == 0:
                try:
                    child(driver)
                    os._exit(0)
                finally:
                    traceback.print_exc()
                    os._exit(1)
            code = os.waitstatus_to_exitcode(os.waitpid(made, 0)[1])
            codes[code] = codes.get(code, 0) + 1
            if errors:
                break
        stop.set()
        for thread in threads:
            thread.join(LIMIT_SECONDS)
            assert not thread.is_alive(), "a thread of the parent hangs"
        slot.emulator.set_model(None)
        device.shared.c = 3
        assert device.shared.c == 3
    if errors:
        raise errors[0]
    print(f"{kind}: {number} forks, ends {codes}")
    assert codes == {0: number}


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
