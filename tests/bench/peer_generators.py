"""How long the generators of others take for the same 10,000 registers, each in a process of its own, where it is
installed: `python -m tests.bench --only peers`.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render

from .scale import PEAK, REGISTERS, write_map
from .timing import Row

SECONDS = 900  # the slowest takes two minutes, on a quiet machine
COMPILE = """
from systemrdl import RDLCompiler
compiler = RDLCompiler()
compiler.compile_file({source!r})
top = compiler.elaborate().top
"""
PROGRAMS = {
    "PeakRDL-python, its Python package": (
        "peakrdl_python",
        COMPILE + "from peakrdl_python.exporter import PythonExporter\nPythonExporter().export(top, {out!r})\n",
    ),
    "peakrdl-html, its pages": (
        "peakrdl_html",
        COMPILE + "from peakrdl_html import HTMLExporter\nHTMLExporter().export(top, {out!r})\n",
    ),
    "hdl-registers, its C header": (
        "hdl_registers",
        """
from pathlib import Path
from hdl_registers.parser.toml import from_toml
from hdl_registers.generator.c.header import CHeaderGenerator
CHeaderGenerator(from_toml("large", Path({toml!r})), Path({out!r})).create()
""",
    ),
}
MEASURED = (
    PEAK
    + """
import json, sys, time
sys.path += {path!r}
start = time.process_time()
{program}
print(json.dumps([time.process_time() - start, megabytes()]))
"""
)


def rows() -> list[Row]:
    """Processor time of each, to read the description and to write."""
    missing = {name for name, (module, _) in PROGRAMS.items() if importlib.util.find_spec(module) is None}
    with tempfile.TemporaryDirectory(prefix="hal-bench-") as name:
        folder = Path(name)
        if missing != PROGRAMS.keys():
            _write_sources(folder)
        return [_row(name, folder, None if name in missing else program) for name, (_, program) in PROGRAMS.items()]


def _write_sources(folder: Path) -> None:
    """The same registers as SystemRDL, and as hdl-registers describes them, where no field is called mode."""
    write_map(folder / "large.yaml", REGISTERS)
    (text,) = render(codegen.load(folder / "large.yaml"), LANGUAGES["systemrdl"]).values()
    (folder / "large.rdl").write_text(text, encoding="utf-8")
    lines: list[str] = []
    for number in range(REGISTERS):
        lines += [f"[r{number}]", 'mode = "r_w"', f'description = "Register {number}."']
        for field, width in (("enable", 1), ("kind", 3), ("level", 16), ("done", 1)):
            kind = 'type = "bit"' if width == 1 else f'type = "bit_vector"\nwidth = {width}'
            lines += [f"[r{number}.{field}]", kind]
    (folder / "large.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(name: str, folder: Path, program: str | None) -> Row:
    title = f"{REGISTERS:,} registers: {name}"
    if program is None:
        return Row(title, None, "s", note="make bench installs it")
    out = folder / name.partition(",")[0]
    out.mkdir()
    source, toml = str(folder / "large.rdl"), str(folder / "large.toml")
    code = MEASURED.format(path=sys.path, program=program.format(source=source, toml=toml, out=str(out)))
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return Row(title, None, "s", note=f"more than {SECONDS} s")
    if done.returncode:
        return Row(title, None, "s", note=done.stderr.strip().rpartition("\n")[2][:100])
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return Row(title, seconds, "s", note=f"{megabytes:.0f} MB")
