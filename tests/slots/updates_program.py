"""Read-modify-writes of one register by four processes, which are killed in the middle: MAP NUMBER SEED.

Each process counts in a byte of the register, and in a register of its own beside it. One that takes over from a killed
one finds both as that left them: nothing is lost, nobody else's byte is touched, and no lock stays held.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import hal

PROCESSES = 4
LIMIT_SECONDS = 120
LONGEST_LIFE_SECONDS = float(os.environ.get("HAL_TEST_LIFE", "0.4"))


def check(device, index):
    """What a process had counted; the byte may be one ahead, where it was killed between both."""
    count = device.bank[index].value
    ahead = getattr(device.shared, "abcd"[index]) - count & 0xFF
    assert ahead in {0, 1}, f"{'abcd'[index]}: {count:#x} were counted, and the byte is {ahead} ahead"
    return count + ahead


def work(register_map, index):
    name = "abcd"[index]
    driver = hal.load_map(register_map)
    with hal.open_slot(0, interprocess=True) as slot, slot.attach(driver) as device:
        count, shared, own = check(device, index), device.shared, device.bank[index]
        own.value = count
        print("ready", flush=True)
        while True:
            count += 1
            setattr(shared, name, count & 0xFF)
            assert getattr(shared, name) == count & 0xFF
            own.value = count


def start(register_map, index):
    command = [sys.executable, __file__, "work", register_map, str(index)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ)


def main(register_map, number, seed):
    chance, kills = random.Random(seed), 0
    driver = hal.load_map(register_map)
    with driver.open(0) as device:
        processes = [start(register_map, index) for index in range(PROCESSES)]
        try:
            for process in processes:
                assert process.stdout.readline() == b"ready\n"
            last, end = 0, time.monotonic() + LIMIT_SECONDS
            while (total := sum(device.bank[index].value for index in range(PROCESSES))) < number:
                assert total > last or time.monotonic() < end, "nobody counts any more"
                if total > last:
                    last, end = total, time.monotonic() + LIMIT_SECONDS
                time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
                index = chance.randrange(PROCESSES)
                assert processes[index].poll() is None, f"process {index} ended by itself"
                processes[index].send_signal(signal.SIGKILL)
                processes[index].communicate()
                kills += 1
                processes[index] = start(register_map, index)
                assert processes[index].stdout.readline() == b"ready\n"
        finally:
            for process in processes:
                process.kill()
                process.communicate()
        counts = [check(device, index) for index in range(PROCESSES)]
    print(f"{sum(counts)} updates, {kills} kills")


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work(sys.argv[2], int(sys.argv[3]))
    else:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
