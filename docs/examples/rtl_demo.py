"""One driver, three ways: on the emulated card, on its map's logic simulated, and on a custom logic around that.

Run by `make rtl-demo`. Everything that it makes, the waves too, is in the folder that it is given; behind it may stand
which of the two parts is run, axi_intc or sampler.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import hal


def intc_program(dev: hal.Device) -> list[str]:
    """What AMD's interrupt controller, a map that ships with hal, answers."""
    intc = dev.find("intc")
    seen = [str(intc.mer)]
    intc.ier.write(0xFF)
    intc.cie.write(0x0F)  # an alias that clears
    intc.sie.write(0x03)  # and one that sets
    intc.isr.write(0xA5)
    intc.iar.write(0x05)
    intc.ivar[3].write(0x1000_0000)
    intc.ivear[31].write(0x0123_4567_89AB_CDEF)
    intc.mer.modify(me=1, hie=1)
    return [*seen, *(str(register) for register in (intc.ier, intc.isr, intc.ivar[3], intc.ivear[31], intc.mer))]


def compare(name: str, emulated: list[str], simulated: list[str]) -> bool:
    """Prints both where they differ."""
    print(f"{name}:")
    for first, second in zip(emulated, simulated, strict=True):
        print(f"  same   {first}" if first == second else f"  OTHER  {first}; {second}")
    return emulated == simulated


def run(*command: object, folder: Path, **environment: str) -> list[str]:
    """The lines that a program prints; where it fails, so does the demo."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(  # noqa: S603  (our own)
        list(map(str, command)),
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout}{' '.join(map(str, command))} failed")
    return done.stdout.splitlines()


def shipped_map(folder: Path) -> bool:
    """A shipped map becomes logic without a line by hand."""
    library = folder / "libintc.so"
    run("hal", "cosim", "build", "axi_intc", "-o", library.name, folder=folder)
    driver = hal.load_map("axi_intc")
    with driver.open(0, "emulator") as emulated, driver.open(0, library) as simulated:
        same = compare("axi_intc", intc_program(emulated), intc_program(simulated))
        for what, dev in (("the emulated card", emulated), ("simulated logic", simulated)):
            register, start = dev.find("intc.mer"), time.perf_counter()
            for _ in range(200_000):
                _ = register.me
            print(f"  {0.2 / (time.perf_counter() - start):.1f} million field reads a second on {what}")
    for where in ("emulator", f"./{library.name}"):
        print(f"  hal cosim check on {where}: {run('hal', 'cosim', 'check', 'axi_intc', where, folder=folder)[-1]}")
    return same


def custom_logic(folder: Path) -> bool:
    """The project that `hal new sampler --rtl` makes: SystemVerilog around the map's block, DMA into host memory."""
    project, waves = folder / "sampler", folder / "sampler.vcd"
    if not project.exists():
        run("hal", "new", "sampler", "--rtl", folder=folder)
    run("make", folder=project)
    sys.path.insert(0, str(project))
    driver = importlib.import_module("sampler").Sampler
    capture, model = importlib.import_module("sampler_capture"), importlib.import_module("sampler_model").SamplerModel()

    def moved(dev: hal.Device) -> list[str]:
        capture.stop(dev)
        with dev.slot.buffer(256, "c2h") as buffer:
            capture.move(dev, buffer.address, 4)
            words = memoryview(bytes(buffer[:])).cast("I").tolist()
        return [str(dev.find("dma")), f"{len(words)} samples in the host's memory: {words[:3]} to {words[-1]}"]

    with driver.open(0, "emulator") as emulated, driver.open(0, project / "libsampler.so") as simulated:
        emulated.slot.emulator.set_model(model)
        on_card = moved(emulated)
        with simulated.slot.simulation.waves(waves):
            same = compare("sampler", on_card, moved(simulated))
    print(f"  {run('make', '-s', 'check', folder=project)[-1]}")
    print(f"  its tests: {run(sys.executable, '-m', 'pytest', '-q', folder=project, HAL_LIBRARY='emulator')[-1]}")
    print(f"waves: {waves}, for gtkwave and the like")
    return same


def main() -> None:
    """Prints the comparisons."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"axi_intc": shipped_map, "sampler": custom_logic}
    done = [parts[name](folder) for name in sys.argv[2:] or parts]
    if not all(done):
        raise SystemExit("the two are not the same")


if __name__ == "__main__":
    main()
