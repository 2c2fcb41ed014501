"""A slot of another host, over a local pipe: what messages cost where the way is nothing. Real ones add their way."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .access import driver
from .timing import Row, times_of

if TYPE_CHECKING:
    from collections.abc import Callable

REGISTERS = 1000
BYTES = 16 << 20
STAND_IN = """#!/bin/sh
while [ "$1" != "--" ]; do shift; done
shift 2
exec sh -c "exec $*"
"""


def map_text() -> str:
    """So many registers, and a memory."""
    rows = "\n".join(f"  r{number}: {{offset: {4 * number:#x}}}" for number in range(REGISTERS))
    memory = f"  ram: {{offset: 0x2000000, size: {BYTES}, width: 32}}"
    return f"schema: 1\nname: far\nregisters:\n{rows}\nmemories:\n{memory}\n"


def _batch(dev: Any) -> None:
    with dev.batch() as view:
        for number in range(REGISTERS):
            getattr(view, f"r{number}").write(number)


def rows() -> list[Row]:
    """The table."""
    kind: Any = driver(map_text(), "Far")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "ssh"
        program.write_text(STAND_IN, encoding="utf-8")
        program.chmod(0o755)
        os.environ |= {
            "HAL_SSH": str(program),
            "HAL_AGENT": str(Path(sys.executable).with_name("hal")),
            "HAL_CARD_TIME_SCALE": "0.01",
        }
        start = time.perf_counter()
        with kind.open("ssh://here/0", "emulator") as dev:
            opened = time.perf_counter() - start
            return [Row("opened, with a process of its own", opened, "s", 2.0), *_rows(dev)]


def _rows(dev: Any) -> list[Row]:
    data = bytes(BYTES)

    def count(action: Callable[[], object]) -> int:
        before = dev.slot.connection.messages
        action()
        return int(dev.slot.connection.messages - before)

    table = []
    for name, action, rounds, unit, target in (
        ("one field read", lambda: dev.r1.value, 2000, "us", 100.0),
        ("one word written", lambda: dev.r1.write(5), 2000, "us", 100.0),
        (f"a batch of {REGISTERS} writes", lambda: _batch(dev), 41, "ms", 3.0),
        (f"a snapshot of {REGISTERS} registers", lambda: dev.snapshot(), 41, "ms", 3.0),  # noqa: PLW0108
        ("16 MiB read", lambda: dev.ram.read(0, BYTES // 4), 5, "ms", 400.0),
        ("16 MiB written", lambda: dev.ram.write(0, data), 5, "ms", 400.0),
    ):
        action()
        scale = 1e6 if unit == "us" else 1e3
        messages = count(action)
        note = f"{messages} message{'s' * (messages != 1)}"
        table.append(Row(name, statistics.median(times_of(action, rounds)) * scale, unit, target, note=note))
    return table
