"""Rows of imports: large files of other formats, each in a process of its own, from the file to the text of the maps. Processor time."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .scale import PEAK, ROOT, _measure
from .timing import Row

REGISTERS = 10_000
RDL_REGISTERS = 2_000

IMPORT = (
    PEAK
    + """
import json, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from codegen.importers.described.request import Options
from codegen.importers.importing import import_file
from codegen.importers.writing.map_text import map_text
from codegen.model.loader import check_imported
start = time.process_time()
made = import_file(Path({file!r}), Options())
check_imported(made, Path({file!r}))
texts = [map_text(tree) for tree in made.maps]
print(json.dumps([time.process_time() - start, megabytes()]))
"""
)

COMPILE = (
    PEAK
    + """
import gc, json, time
from systemrdl import RDLCompiler
gc.disable()  # as the importer has it
start = time.process_time()
compiler = RDLCompiler()
compiler.compile_file({file!r})
top = compiler.elaborate().top
print(json.dumps([time.process_time() - start, megabytes()]))
"""
)


def rows() -> list[Row]:
    """The table of imports."""
    with tempfile.TemporaryDirectory(prefix="hal-bench-") as name:
        large, chip, rdl = (Path(name, file) for file in ("large.svd", "chip.svd", "large.rdl"))
        write_svd(large, 1, REGISTERS, 4)
        write_svd(chip, 50, 30, 8)
        write_rdl(rdl, RDL_REGISTERS)
        seconds, megabytes = _measure(IMPORT.format(root=str(ROOT), file=str(large)))
        chip_seconds, _ = _measure(IMPORT.format(root=str(ROOT), file=str(chip)))
        compiled, _ = _measure(COMPILE.format(file=str(rdl)))
        whole, _ = _measure(IMPORT.format(root=str(ROOT), file=str(rdl)))
    return [
        Row("SVD of 10,000 registers: import, check, text of the map", seconds, "s", 3.0),
        Row("SVD of 10,000 registers: memory of that", megabytes, "MB", 400.0),
        Row("SVD of a chip, 1,500 registers of 12,000 fields: the same", chip_seconds, "s", 2.0),
        Row(
            "SystemRDL of 2,000 registers: what comes after its compiler, to the compiler",
            (whole - compiled) / compiled,
            "x",
            1.0,
            note=f"{compiled:.1f} s",
        ),
    ]


def write_svd(path: Path, peripherals: int, registers: int, fields: int) -> None:
    """A chip of so many peripherals, no two registers of which are alike."""
    lines = ['<?xml version="1.0"?>', '<device schemaVersion="1.3"><name>BIG</name><size>32</size>']
    lines.append("<access>read-write</access><resetValue>0</resetValue><peripherals>")
    for unit in range(peripherals):
        lines.append(f"<peripheral><name>P{unit}</name><baseAddress>{unit << 20:#x}</baseAddress><registers>")
        for number in range(registers):
            lines += [
                f"<register><name>R{number}</name><description>Register {number} of {unit}.</description>",
                f"<addressOffset>{number * 4:#x}</addressOffset><resetValue>{number:#x}</resetValue><fields>",
                *(
                    f"<field><name>F{field}</name><description>Field {field} of {number}.</description>"
                    f"<bitOffset>{field * 4}</bitOffset><bitWidth>3</bitWidth></field>"
                    for field in range(fields)
                ),
                "</fields></register>",
            ]
        lines.append("</registers></peripheral>")
    path.write_text("\n".join([*lines, "</peripherals></device>"]) + "\n", encoding="utf-8")


def write_rdl(path: Path, registers: int) -> None:
    """An addrmap of so many registers, a thousand to a regfile, none of which is another one's type."""
    lines = ["addrmap big {"]
    for number in range(registers):
        if number % 1000 == 0:
            lines.append("  regfile {")
        lines += [
            f'    reg {{ desc = "Register {number}.";',
            f"      field {{ sw = rw; hw = r; }} enable[0:0] = {number % 2};",
            "      field { sw = rw; hw = r; } mode[3:1] = 0;",
            f"      field {{ sw = rw; hw = r; }} amount[19:4] = 16'd{number};",
            f"      field {{ sw = rw; hw = w; onwrite = woclr; }} done[20:20] = 0; }} r{number} @ {number % 1000 * 4:#x};",
        ]
        if number % 1000 == 999:
            lines.append(f"  }} b{number // 1000} @ {number // 1000 * 0x1000:#x};")
    path.write_text("\n".join([*lines, "};"]) + "\n", encoding="utf-8")
