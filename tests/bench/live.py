"""Rows of the live page: what its server needs with a large map, and how long a change takes to be seen."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.browser import CHROMIUM, Browser
from tests.support.processes import Child

from .timing import Row

REGISTERS, CHANGES, TICKS, INTERVAL = 10_000, 400, 15, 0.2
HAL = Path(sys.executable).with_name("hal")

SWEEPS = """
import json, sys, time
from hal.devices.saved.chosen import ChosenRegisters
from hal.generator.driver import load_driver
with load_driver({map!r}).driver.open(0, "emulator") as device:
    paths = [path for path in device.snapshot()]
    chosen = ChosenRegisters(device, paths)
    chosen.changes()
    writes = [device.find(path) for path in paths[:: len(paths) // {changes}]]
    quiet, busy = [], []
    for value in range(20):
        start = time.perf_counter()
        chosen.changes()
        quiet.append(time.perf_counter() - start)
        for register in writes:
            register.write(value + 1)
        start = time.perf_counter()
        found = chosen.changes()
        busy.append(time.perf_counter() - start)
        assert len(found) == len(writes)
    print(json.dumps([sorted(quiet)[10] * 1e3, sorted(busy)[10] * 1e3]))
"""

# From the moment that the server wrote a message to the frame that shows it; both are this machine's clock.
WATCH = """
new Promise((done) => {
  const map = hal.live.maps[0];
  for (const place of hal.everyPlace(hal.root(map))) if (place.kind === "register") hal.live.watch(map, place.path, () => {});
  window.painted = [];
  let first = true;
  hal.live.on("values", (message) => {
    if (first) { first = false; done(message.values.length); return; }
    if (message.values.length < 100) return;
    requestAnimationFrame(() => setTimeout(() => painted.push([Date.now() - message.time * 1000, message.values.length]), 0));
  });
})
"""


def map_text():
    lines = [
        f"  r{number:05d}: {{offset: {4 * number:#x}, fields: {{enable: {{bits: 0}}, level: {{bits: 15:8}}, count: {{bits: 31:16}}}}}}"
        for number in range(REGISTERS)
    ]
    return "schema: 1\nname: large\nregisters:\n" + "\n".join(lines) + "\n"


def rows():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        file.write_text(map_text())
        environment = {
            **os.environ,
            "HAL_LIBRARY": "emulator",
            "HAL_EMULATOR_DIR": folder,
            "HAL_CACHE": f"{folder}/cache",
        }
        environment.pop("HAL_EMULATOR", None)
        program = SWEEPS.format(map=str(file), changes=CHANGES)
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        quiet, busy = json.loads(done.stdout)
        name = f"{REGISTERS} registers"
        found = [
            Row(f"look at {name}, none changed", quiet, "ms", 2),
            Row(f"look at {name}, {CHANGES} changed", busy, "ms", 5),
        ]
        environment["HAL_EMULATOR"] = "bench"
        subprocess.run([HAL, "emulator", "create", "bench"], env=environment, check=True, stdout=subprocess.DEVNULL)
        return found + _served(file, environment, Path(folder), name)


def _served(file, environment, folder, name):
    start = time.perf_counter()
    with Child(HAL, "serve", "0", file, "--port", "0", "--json", "--interval", INTERVAL, env=environment) as server:
        address = json.loads(server.line())["address"]
        ready = time.perf_counter() - start
        if CHROMIUM is None:
            return [Row("server to paint", None, "ms", note="no Chromium here")]
        with Browser(folder / "profile") as browser:
            browser.width(1300, 900)
            start = time.perf_counter()
            browser.open(address)
            browser.evaluate(
                "new Promise((done) => {const look = () => document.querySelector('h1') ? done() : setTimeout(look, 5); look();})"
            )
            drawn = time.perf_counter() - start
            watched = browser.evaluate(WATCH)
            assert watched >= REGISTERS, watched
            _change(file, environment)
            painted = browser.evaluate("window.painted")
            heap = browser.evaluate("performance.memory.usedJSHeapSize") / 2**20
        status = Path(f"/proc/{server.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    assert len(painted) >= TICKS // 2, painted
    times = [took for took, _ in painted]
    note = f"{len(times)} ticks of {CHANGES} changes at {1 / INTERVAL:g} Hz, slowest {max(times):.0f} ms"
    return [
        Row(f"server to paint, {name}", statistics.median(times), "ms", 30, note=note),
        Row(f"server's memory, {name}", peak, "MB", 130),
        Row(f"page's memory, {name}", heap, "MB", 100),
        Row("page drawn after opening", drawn, "s", 3),
        Row("server ready", ready, "s", note="the generator's process is most of it"),
    ]


def _change(file, environment):
    """Another process writes, a tick at a time."""
    program = (
        "import sys, time\nfrom hal.generator.driver import load_driver\n"
        f"with load_driver({str(file)!r}).driver.open(0, verify=False) as device:\n"
        f"    registers = [device.find(f'r{{n:05d}}') for n in range(0, {REGISTERS}, {REGISTERS // CHANGES})]\n"
        f"    for value in range(1, {TICKS + 1}):\n"
        f"        with device.batch() as view:\n            for register in registers: view.find(register.path).write(value)\n"
        f"        time.sleep({INTERVAL})\n"
    )
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
