"""A large map loads and renders in moderate memory; the benchmark has the times."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support import ROOT
from tests.support.processes import LIMIT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
import codegen
text = codegen.render_python(codegen.load(sys.argv[1]))
# Not getrusage: its peak starts from the memory of the process that started this one.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(peak.split()[1]) // 1024, len(text))
"""


def test_ten_thousand_registers(tmp_path: Path) -> None:
    lines = ["schema: 1", "name: large", "registers:"]
    for index in range(10_000):
        lines += [f"  reg_{index}:", f"    offset: {4 * index:#x}", "    fields:"]
        lines += [
            f"      field_{part}: {{bits: {8 * part + 7}:{8 * part}, reset: {(index + part) % 256}}}"
            for part in range(4)
        ]
    path = tmp_path / "large.yaml"
    path.write_text("\n".join(lines))
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    mebibytes, length = map(int, result.stdout.split())
    assert length > 2_000_000
    assert mebibytes < 250
