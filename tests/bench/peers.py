"""Rows against PeakRDL-python, where it is installed: the same register, read and written on a memory-backed callback."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import Any

from .access import names_of, open_device
from .peer_generators import rows as generator_rows
from .timing import Interleaved, Row

SOURCE = """
addrmap peer {
    default regwidth = 32;
    default sw = rw;
    default hw = r;
    reg { field {} state[3:0]; field {} low[15:4]; field {} count[31:16]; } status @ 0x4;
};
"""
READ, WRITE = "field read, faster than PeakRDL-python's", "3 fields at once, faster than its write_fields"


def rows(rounds: int) -> list[Row]:
    """The table; skipped where they are absent."""
    return [*_accesses(rounds), *generator_rows()]


def _accesses(rounds: int) -> list[Row]:
    missing = [name for name in ("peakrdl_python", "systemrdl") if importlib.util.find_spec(name) is None]
    if missing:
        note = "make bench installs PeakRDL-python"
        return [Row(READ, None, "x", 40, True, note), Row(WRITE, None, "x", 60, True, note)]
    with tempfile.TemporaryDirectory(prefix="hal-bench-") as folder:
        peer = _peer(Path(folder))
        device = open_device()
        with device:
            device.status.count = 0x1234
            work = Interleaved({**names_of(device), "peer": peer})
            work.add("ours", "dev.status.count")
            work.add("theirs", "peer.status.count.read()")
            work.add("our three", "dev.status.modify(state=2, low=5, count=7)")
            work.add("their three", "peer.status.write_fields(state=2, low=5, count=7)")
            ns = work.run(rounds)
    return [
        Row(READ, ns["theirs"] / ns["ours"], "x", 40, True, f"{ns['ours']:.0f} ns, {ns['theirs']:.0f} ns"),
        Row(WRITE, ns["their three"] / ns["our three"], "x", 60, True, _pair(ns)),
    ]


def _pair(ns: dict[str, float]) -> str:
    return f"{ns['our three']:.0f} ns, {ns['their three']:.0f} ns"


def _peer(folder: Path) -> Any:
    """An object of the generated package, on a list of words."""
    from peakrdl_python.exporter import PythonExporter
    from systemrdl import RDLCompiler

    (folder / "peer.rdl").write_text(SOURCE, encoding="utf-8")
    compiler = RDLCompiler()
    compiler.compile_file(str(folder / "peer.rdl"))
    PythonExporter().export(compiler.elaborate().top, str(folder))
    sys.path.insert(0, str(folder))
    try:
        package = importlib.import_module("peer.reg_model.peer")
        callbacks = importlib.import_module("peer.lib")
    finally:
        sys.path.remove(str(folder))
    words = [0] * 4

    def write(addr: int, width: int, accesswidth: int, data: int) -> None:
        words[addr // 4] = data

    def read(addr: int, width: int, accesswidth: int) -> int:
        return words[addr // 4]

    return package.peer_cls(callbacks=callbacks.NormalCallbackSet(read_callback=read, write_callback=write))
