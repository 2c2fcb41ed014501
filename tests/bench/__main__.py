"""`python -m tests.bench [--json FILE] [--only TABLE] [--rounds N] [--peers FOLDER]`: the tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .timing import Row

ROOT = Path(__file__).resolve().parent.parent.parent
SECTIONS = ("bus", "access", "scale", "imports", "dma", "simulated", "remote", "fleet", "live", "peers")


def main() -> int:
    options = _arguments()
    if options.single:
        from .access import single

        print(json.dumps(single(options.rounds, options.library)))
        return 0
    if options.smoke:
        from .access import smoke
        from .handover import rows as handover_rows
        from .requests import rows as request_rows
        from .two_slots import rows as slot_rows

        _print("access", [*smoke(), *handover_rows(2), *request_rows(2), *slot_rows(1)])
        return 0
    if options.peers:
        sys.path.append(options.peers)  # at the end: what is installed here is not replaced
    tables: dict[str, list[Row]] = {}
    for section in options.only or SECTIONS:
        tables[section] = _rows(section, options.rounds)
        _print(section, tables[section])
    if options.json:
        Path(options.json).write_text(_document(tables), encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="one table; may be given again")
    parser.add_argument("--rounds", type=int, default=41, help="rounds whose median counts (41)")
    parser.add_argument("--peers", metavar="FOLDER", help="where PeakRDL-python is, if it is not installed")
    parser.add_argument("--single", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="every row of accesses once, to see that it runs")
    parser.add_argument("--library", default="emulator", help=argparse.SUPPRESS)
    return parser.parse_args()


def _rows(section: str, rounds: int) -> list[Row]:
    if section == "access":
        from .access import rows
        from .bare import plain_library
        from .handover import rows as handover_rows
        from .requests import rows as request_rows
        from .two_slots import rows as slot_rows

        with plain_library() as library:
            plain = _apart(rounds, library=library)
        measured = rows(rounds, _apart(rounds, HAL_PURE_CFFI="1"), plain)
        return [*measured, *handover_rows(2 * rounds), *request_rows(2 * rounds), *slot_rows(rounds)]
    table = import_module(f".{section}", __package__)
    measured = table.rows(rounds) if section == "peers" else table.rows()
    return list(measured)


def _apart(rounds: int, library: str = "emulator", **variables: str) -> dict[str, float]:
    """The single accesses, and their own bare call, in a process with these variables and on this library."""
    command = [sys.executable, "-m", "tests.bench", "--single", "--rounds", str(rounds), "--library", library]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _print(section: str, rows: list[Row]) -> None:
    print(f"\n{section}")
    for row in rows:
        value = "-" if row.value is None else f"{row.value:.2f}" if row.value < 1000 else f"{row.value:.0f}"
        sign = ">=" if row.at_least else "<="
        target = "" if row.target is None else f"{sign} {row.target:g}"
        print(f"  {row.name:44} {value:>9} {row.unit:3} {target:>9}  {row.verdict:4}  {row.note}")


def _document(tables: dict[str, list[Row]]) -> str:
    document: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "tables": {name: [{**asdict(row), "verdict": row.verdict} for row in rows] for name, rows in tables.items()},
    }
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
