"""One map, three ways: its registers on the emulated card, its generated logic simulated, and the proof of both.

Run by `make rtl-demo`. Everything that it makes, the waves too, is in the folder that it is given.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import hal

MAP = """
schema: 1
name: lamp
registers:
  ctrl: {offset: 0x0, fields: {enable: {bits: 0}, level: {bits: "15:8", reset: 0x40}}}
  status: {offset: 0x4, fields: {done: {bits: 0, access: w1c, hw: set}, busy: {bits: 1, access: ro, hw: write}}}
  acts: {offset: 0x8, fields: {set: {bits: "7:0", access: w1s}, flip: {bits: "23:16", access: w1t}}}
  wide: {offset: 0x10, width: 64, access_width: 32, reset: 0x1122334455667788}
memories:
  table: {offset: 0x100, size: 64}
"""


def use(lamp: hal.Device) -> list[str]:
    """The same driver on whatever it was opened on: what it reads, as text."""
    seen = [str(lamp.find("ctrl"))]
    lamp.find("ctrl").modify(enable=1, level=0x99)
    lamp.find("acts").write(set=0x0F, flip=0xFF)
    lamp.find("acts").write(set=0xF0, flip=0x0F)
    lamp.find("wide").value = 0xFEDCBA9876543210
    lamp.find("table")[0:3] = [1, 2, 3]
    return [*seen, *(str(lamp.find(path)) for path in ("ctrl", "acts", "wide")), str(lamp.find("table")[0:3].tolist())]


def reads_a_second(lamp: hal.Device, count: int) -> float:
    """Field reads."""
    register, start = lamp.find("ctrl"), time.perf_counter()
    for _ in range(count):
        _ = register.level
    return count / (time.perf_counter() - start)


def cosim(*arguments: object) -> str:
    """What the command `hal cosim` prints; where it fails, so does the demo."""
    command = [sys.executable, "-m", "hal", "cosim", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603  (our own)


def main() -> None:
    """Prints the comparison."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    register_map, library, waves = folder / "lamp.yaml", folder / "liblamp.so", folder / "lamp.vcd"
    register_map.write_text(MAP)
    cosim("build", register_map, "--waves", "vcd", "-o", library)
    lamp_class = hal.load_map(register_map)
    with lamp_class.open(0, "emulator") as emulated, lamp_class.open(0, library) as simulated:
        with simulated.slot.simulation.waves(waves):
            on_both = list(zip(use(emulated), use(simulated), strict=True))
        for first, second in on_both:
            print(f"same   {first}" if first == second else f"OTHER  {first}; {second}")
        for name, lamp in (("emulated card", emulated), ("simulated logic", simulated)):
            print(f"{reads_a_second(lamp, 200_000) / 1e6:.1f} million field reads a second on the {name}")
    for where in ("emulator", library):
        print(f"hal cosim check on {where}: {cosim('check', register_map, where).splitlines()[-1]}")
    print(f"waves: {waves}")
    if any(first != second for first, second in on_both):
        raise SystemExit("the two are not the same")


if __name__ == "__main__":
    main()
