"""Rows of large maps and of start-up. Each is measured in a process of its own, so that memory is its own too."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .rich_map import write_rich_map
from .timing import Row

ROOT = Path(__file__).resolve().parent.parent.parent
REGISTERS = 10_000
PER_BLOCK = 1000
BLOCKS_PER_FILE = 10
EDITED = 20  # registers of a text that is written anew

# Not ru_maxrss: that starts with what the parent process holds.
PEAK = """
def megabytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
"""

GENERATE = (
    PEAK
    + """
import json, sys, time
sys.path.insert(0, {root!r})
start = time.perf_counter()
import codegen
text = codegen.render_python(codegen.load({map!r}))
seconds = time.perf_counter() - start
open({out!r}, "w").write(text)
print(json.dumps([seconds, megabytes()]))
"""
)

EXPORT = (
    PEAK
    + """
import json, sys, time
sys.path.insert(0, {root!r})
import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
device = codegen.load({map!r})
slowest = 0.0
for name, language in LANGUAGES.items():
    if name in {names!r}:
        start = time.perf_counter()
        render(device, language)
        slowest = max(slowest, time.perf_counter() - start)
print(json.dumps([slowest, megabytes()]))
"""
)
EXPORTED = ("systemrdl", "svd", "ipxact", "csv", "vhdl", "linux", "uvm", "rust")

USE = (
    PEAK
    + """
import json, os, sys, time
sys.path[:0] = [{root!r}, {folder!r}]
os.environ["HAL_CARD_TIME_SCALE"] = "0.01"
import hal
start = time.process_time()
import {module}
imported = time.process_time() - start
slot = hal.open_slot(0, "emulator")
start = time.perf_counter()
device = slot.attach({module}.{cls}, verify=False)
constructed = time.perf_counter() - start
bank = [getattr(device.b0, f"{first}{{i}}") for i in range({touched})]
print(json.dumps([imported, constructed, megabytes()]))
"""
)


LOGIC = (
    PEAK
    + """
import json, sys, time
sys.path.insert(0, {root!r})
import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.source.uncollected import uncollected
device = codegen.load({map!r})
start = time.perf_counter()
with uncollected():
    render(device, LANGUAGES["rtl"])
print(json.dumps([time.perf_counter() - start, megabytes()]))
"""
)

# `hal read` of one register, on a card that holds the design already or gets it from the command: processor time.
READ = (
    PEAK
    + """
import contextlib, io, json, os, sys, time
sys.path.insert(0, {root!r})
sys.argv = ["hal", "read", "0", {map!r}, "b3.r17"]
with contextlib.redirect_stdout(io.StringIO()) as told, contextlib.suppress(SystemExit):
    from hal.cli import main
    main()
assert "level=0xbc9" in told.getvalue(), told.getvalue()
print(json.dumps([time.process_time(), megabytes()]))
"""
)


def write_map(path: Path, registers: int) -> None:
    """A map of that many different registers of four fields, a thousand to a block, ten thousand to a file."""
    blocks = range(registers // PER_BLOCK)
    parts = sorted({block // BLOCKS_PER_FILE for block in blocks})
    lines = ["schema: 1", "name: large", "include:"]
    lines += [f"  - {path.stem}_{part}.yaml" for part in parts]
    lines.append("blocks:")
    lines += [f"  b{block}: {{type: t{block}, offset: {block * PER_BLOCK * 4:#x}}}" for block in blocks]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for part in parts:
        lines = ["schema: 1", "types:"]
        for block in blocks[part * BLOCKS_PER_FILE : (part + 1) * BLOCKS_PER_FILE]:
            lines += [f"  t{block}:", "    registers:", *_registers(block)]
        path.with_name(f"{path.stem}_{part}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _registers(block: int) -> list[str]:
    """No two are alike: what is shared would make the figures look better than they are for such a map."""
    lines = []
    for number in range(PER_BLOCK):
        more, level = divmod(block * PER_BLOCK + number, 1 << 16)
        lines += [
            f"      r{number}:",
            f"        offset: {number * 4:#x}",
            f"        description: Register {number}.",
            "        fields:",
            "          enable: {bits: 0, description: Turns it on.}",
            f"          mode: {{bits: 3:1, reset: {more}}}",
            f"          level: {{bits: 19:4, reset: {level:#x}}}" if level else "          level: {bits: 19:4}",
            "          done: {bits: 20, access: w1c, volatile: true}",
        ]
    return lines


# The whole command, from a map to its files on the disk, and what it may take.
COMMANDS = {"python": 1.2, "c": 0.8, "html": 2.0, "markdown": 2.0, "json": 1.5}
TINY = "schema: 1\nname: tiny\nregisters: {ctrl: {offset: 0, fields: {enable: {bits: 0}}}}\n"
TIDY_REGISTERS = 2921
GENERATE_COMMAND = [sys.executable, "-c", "from hal.cli import main; main()", "generate"]


def rows() -> list[Row]:
    """The table of large maps and of start-up."""
    with tempfile.TemporaryDirectory(prefix="hal-bench-") as name:
        folder = Path(name)
        seconds, megabytes = _generate(folder, REGISTERS)
        imported, constructed, used = _use(folder)
        rich_seconds, _ = _generate(folder, REGISTERS, rich=True)
        rich_imported, _, _ = _use(folder, rich=True)
        large_seconds, _ = _generate(folder, 10 * REGISTERS)
        exported = _measure(EXPORT.format(root=str(ROOT), map=str(folder / f"large{REGISTERS}.yaml"), names=EXPORTED))
        logic_seconds, _ = _logic(folder)
        empty, driver, command = _start_up(folder)
        commands = _commands(folder)
    return [
        Row("10,000 registers: load, validate, generate", seconds, "s", 3.0),
        Row("10,000 registers: memory of that", megabytes, "MB", 250.0),
        Row("the same, every construct in use", rich_seconds, "s", 3.0),
        Row("import of its module, compiled", rich_imported, "s", 0.4),
        Row(
            "100,000 registers, of ten times that",
            large_seconds / seconds / 10,
            "x",
            1.2,
            note=f"{large_seconds:.1f} s",
        ),
        Row("10,000 registers: the slowest language to export to", exported[0], "s", 6.0),
        Row("10,000 registers as logic", logic_seconds, "s", 5.0),
        Row("import of the module, compiled", imported, "s", 0.06),
        Row("construct the device", constructed * 1e3, "ms", 1.0),
        Row("memory with 100 registers touched", used, "MB", 60.0),
        Row("import hal and a small driver, more than empty", (driver - empty) * 1e3, "ms", 60.0),
        Row("hal --help", command * 1e3, "ms", 150.0),
        *commands,
    ]


def _logic(folder: Path) -> tuple[float, float]:
    """Seconds and megabytes for the same registers as SystemVerilog, for which the map says what hardware does."""
    inner = folder / "logic"
    inner.mkdir()
    for path in folder.glob(f"large{REGISTERS}*.yaml"):
        (inner / path.name).write_text(path.read_text().replace("volatile: true", "hw: set"))
    seconds, megabytes = _measure(LOGIC.format(root=str(ROOT), map=str(inner / f"large{REGISTERS}.yaml")))
    return seconds, megabytes


def _commands(folder: Path) -> list[Row]:
    """`hal generate` with nothing remembered of an earlier run: of large maps the least processor time."""
    found = []
    for language, target in COMMANDS.items():
        target_folder = folder / f"out_{language}"
        command = [*GENERATE_COMMAND, str(folder / f"large{REGISTERS}.yaml"), "--lang", language, "-o"]
        took = min(_spent([*command, str(target_folder)], HAL_CACHE="off") for _ in range(3))
        found.append(Row(f"hal generate --lang {language}, 10,000 registers", took, "s", target))
    found += _remembered(folder)
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    tiny = [*GENERATE_COMMAND, str(folder / "tiny.yaml"), "-o", str(folder)]
    took = statistics.median(_wall(tiny, HAL_CACHE="off") for _ in range(7))
    found.append(Row("hal generate of one register", took * 1e3, "ms", 120.0))
    tidy = folder / "tidy.yaml"
    tidy.write_text("\n".join(["schema: 1", "name: tidy", "registers:", *_tidy_registers()]) + "\n", encoding="utf-8")
    took = _wall([*GENERATE_COMMAND[:-1], "fmt", "--check", str(tidy)])
    found.append(Row(f"hal fmt --check of {TIDY_REGISTERS} tidy registers", took, "s", 1.0))
    lines = tidy.read_text(encoding="utf-8").split("\n")
    for number in range(0, TIDY_REGISTERS, TIDY_REGISTERS // EDITED):
        place = lines.index(f"  r{number}:") + 1
        lines[place] = f"    offset: {number * 4 + TIDY_REGISTERS * 4}"
    tidy.write_text("\n".join(lines), encoding="utf-8")
    took = _wall([*GENERATE_COMMAND[:-1], "fmt", str(tidy)])
    found.append(Row(f"hal fmt of them, {EDITED} edited", took, "s", 1.0))
    _wall([*GENERATE_COMMAND, str(tidy), "--lang", "html", "-o", str(folder)])
    megabytes = (folder / "tidy.html").stat().st_size / 1e6
    found.append(Row(f"the page of {TIDY_REGISTERS} registers", megabytes, "MB", 3.0))
    return found


def _remembered(folder: Path) -> list[Row]:
    """What finds the work of an earlier command: nothing has changed since."""
    remembering = {"HAL_CACHE": str(folder / "cache"), "HAL_EMULATOR_DIR": str(folder / "cards")}
    remembering["HAL_LIBRARY"] = "emulator"
    shared, private = {**remembering, "HAL_EMULATOR": "bench"}, {**remembering, "HAL_EMULATOR": ""}
    map_file = str(folder / f"large{REGISTERS}.yaml")
    generate = [*GENERATE_COMMAND, map_file, "-o", str(folder / "kept")]
    _wall(generate, **remembering)
    check = statistics.median(_wall([*generate, "--check"], **remembering) for _ in range(5))
    _wall([*GENERATE_COMMAND[:-1], "emulator", "create", "bench"], **shared)
    program = READ.format(root=str(ROOT), map=map_file)
    found = [Row("hal generate --check of them, nothing changed", check, "s", 0.12)]
    for where, variables in (("their card", shared), ("a private card", private)):
        times = [_measure(program, **variables) for _ in range(4)][1:]  # the first one loads or keeps the design
        read, megabytes = (statistics.median(column) for column in zip(*times, strict=True))
        found.append(Row(f"hal read of one of them, on {where}", read, "s", 0.4))
        found.append(Row("memory of that", megabytes, "MB", 100.0))
    return found


def _tidy_registers() -> list[str]:
    lines: list[str] = []
    for number in range(TIDY_REGISTERS):
        lines += [
            f"  r{number}:",
            f"    offset: 0x{number * 4:X}",
            f"    description: Register {number}.",
            "    fields:",
            "      enable: {bits: 0, description: Turns it on.}",
            f"      level: {{bits: 19:4, reset: 0x{number:X}}}",
            "      done: {bits: 20, access: w1c, volatile: true}",
        ]
    return lines


def _generate(folder: Path, registers: int, *, rich: bool = False) -> tuple[float, float]:
    source = folder / f"{'rich' if rich else 'large'}{registers}.yaml"
    (write_rich_map if rich else write_map)(source, registers)
    target = source.with_suffix(".py")
    seconds, megabytes = _measure(GENERATE.format(root=str(ROOT), map=str(source), out=str(target)))
    return seconds, megabytes


def _use(folder: Path, *, rich: bool = False) -> tuple[float, float, float]:
    """The median of five, after one run that compiles the module: the import in seconds of the processor."""
    module, first = (f"rich{REGISTERS}", "wide") if rich else (f"large{REGISTERS}", "r")
    program = USE.format(
        root=str(ROOT), folder=str(folder), module=module, cls="Large", first=first, touched=50 if rich else 100
    )
    found = [_measure(program) for _ in range(6)][1:]
    imported, constructed, used = (statistics.median(column) for column in zip(*found, strict=True))
    return imported, constructed, used


def _measure(program: str, **variables: str) -> list[float]:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=_environment(**variables))
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _environment(**variables: str) -> dict[str, str]:
    """Modules are compiled once, as for an installed package, whatever this shell has set."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = Path(tempfile.gettempdir()) / "hal-bench-compiled"
    return {**kept, "PYTHONPYCACHEPREFIX": str(compiled), **variables}


def _start_up(folder: Path) -> tuple[float, float, float]:
    from .access import MAP

    (folder / "small.yaml").write_text(MAP, encoding="utf-8")
    hal = [sys.executable, "-c", "from hal.cli import main; main()"]  # what the installed script does
    _wall([*hal, "generate", str(folder / "small.yaml"), "-o", str(folder)])
    program = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(folder)!r}]; import bench"
    commands = {
        "empty": [sys.executable, "-c", "pass"],
        "driver": [sys.executable, "-c", program],
        "help": [*hal, "--help"],
    }
    for command in commands.values():
        _wall(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(15):
        for name, command in commands.items():
            times[name].append(_wall(command))
    empty, driver, command_line = (statistics.median(values) for values in times.values())
    return empty, driver, command_line


def _spent(command: list[str], **variables: str) -> float:
    """Seconds of the processor, for the program and for the system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _wall(command, **variables)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _wall(command: list[str], **variables: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, env=_environment(**variables))
    return time.perf_counter() - start
