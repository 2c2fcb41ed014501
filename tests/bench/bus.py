"""How many bus accesses everyday jobs take, counted on the emulated card: on a card they are what decides.

A read of a register takes about a microsecond there, for the program waits for the answer; a write is sent on, and takes
a tenth of that.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import hal

from .timing import Row

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNELS = 16
WORDS = 1024
# A DMA engine: what a channel does in six registers of twelve fields, its flags, and counters of the whole engine.
MAP = """
schema: 1
name: dma
types:
  channel:
    registers:
      shape: {{offset: 0x0, {shadow}fields: {{burst: {{bits: "3:0"}}, beat: {{bits: "6:4"}}}}}}
      source: {{offset: 0x4, {shadow}fields: {{step: {{bits: "15:0"}}, again: {{bits: "31:16"}}}}}}
      target: {{offset: 0x8, {shadow}fields: {{step: {{bits: "15:0"}}, again: {{bits: "31:16"}}}}}}
      size: {{offset: 0xC, {shadow}fields: {{lines: {{bits: "15:0"}}, columns: {{bits: "31:16"}}}}}}
      limits: {{offset: 0x10, {shadow}fields: {{flight: {{bits: "7:0"}}, patience: {{bits: "31:8"}}}}}}
      route: {{offset: 0x14, {shadow}fields: {{port: {{bits: "3:0"}}, rank: {{bits: "6:4"}}}}}}
      status:
        offset: 0x18
        volatile: true
        access: w1c
        fields: {{done: {{bits: 0}}, error: {{bits: 1}}, level: {{bits: "15:8", access: ro}}}}
registers:
  ctrl:
    offset: 0x0
    fields: {{enable: {{bits: 0}}, mode: {{bits: "3:1"}}, done: {{bits: 8, access: w1c, volatile: true}}}}
  window:
    offset: 0x4
    fields: {{a: {{bits: 0}}, b: {{bits: 1}}, c: {{bits: "7:2"}}, d: {{bits: "15:8"}}, e: {{bits: "23:16"}}, f: {{bits: "31:24"}}}}
  mask: {{offset: 0x8}}
  rank: {{offset: 0xC}}
  patience: {{offset: 0x10}}
  tag: {{offset: 0x14}}
  id: {{offset: 0x18, access: ro, reset: 0x444D4131}}
  built: {{offset: 0x1C, access: ro}}
  state: {{offset: 0x20, access: ro, volatile: true}}
  moved: {{offset: 0x28, count: 3, stride: 8, width: 64, access_width: 32, words: latched, access: ro, volatile: true}}
  cycles: {{offset: 0x40, width: 64, access_width: 32, access: ro, volatile: true}}
memories:
  near: {{offset: 0x10000, size: 64KiB}}
blocks:
  ch: {{type: channel, offset: 0x1000, count: 16, stride: 0x40}}
  far: {{space: {{pf: app, bar: 4}}, offset: 0, memories: {{buffer: {{offset: 0x0, size: 64KiB, width: 32}}, wide: {{offset: 0x10000, size: 64KiB, width: 32, access_width: 64}}, narrow: {{offset: 0x20000, size: 64KiB, access_width: 32}}, lines: {{offset: 0x30000, size: 64KiB, burst: true}}}}}}
"""
SETTINGS = {
    "shape": {"burst": 3, "beat": 2},
    "source": {"step": 64, "again": 9},
    "target": {"step": 8, "again": 7},
    "size": {"lines": 480, "columns": 640},
    "limits": {"flight": 4, "patience": 1000},
    "route": {"port": 2, "rank": 1},
}


class Job(NamedTuple):
    """What is counted: reads and writes of the bus, and what they are to be."""

    name: str
    reads: int
    writes: int
    run: Callable[[Any], object]
    device: str = "plain"  # or "shadow", or "cached"
    first: Callable[[Any], object] | None = None  # before the counting


def _modify_five(dev: Any) -> None:
    dev.window.modify(a=1, b=1, c=9, d=8, e=7)


def _by_registers(dev: Any) -> None:
    with dev.batch() as d:
        for register, fields in SETTINGS.items():
            getattr(d.ch[3], register).modify(**fields)


def _by_attributes(dev: Any) -> None:
    with dev.batch() as d:
        for register, fields in SETTINGS.items():
            for field, value in fields.items():
                setattr(getattr(d.ch[3], register), field, value)


def _clear_and_set(dev: Any) -> None:
    with dev.batch() as d:
        d.ctrl.done = 1
        d.ctrl.enable = 1


def _two_fields(dev: Any) -> None:
    batch = dev.batch()
    with batch as d:
        futures = [batch.read(d.ch[3].status, name) for name in ("done", "error")]
    assert all(future.done for future in futures)


def _change_three(dev: Any) -> None:
    dev.window.d = 5
    dev.ch[3].size.lines = 17
    dev.ch[9].route.port = 7


def _save(dev: Any) -> None:
    dev.saved = dev.snapshot(config=True)


def _write_all(dev: Any) -> None:
    for register, fields in SETTINGS.items():
        getattr(dev.ch[3], register).write(**fields)


def _touch(dev: Any) -> None:
    dev.ctrl.enable = 1
    dev.window.a = 0
    _write_all(dev)


def _toggle(dev: Any) -> None:
    dev.ctrl.enable = hal.TOGGLE


def _toggle_and_clear(dev: Any) -> None:
    dev.ctrl.modify(enable=hal.TOGGLE, done=1)


JOBS = (
    Job("one field", 1, 1, lambda dev: setattr(dev.ctrl, "mode", 2)),
    Job("five fields of a register with modify", 1, 1, _modify_five),
    Job("a channel in a batch, register by register", 0, 6, _by_registers),
    Job("a channel in a batch, field by field", 0, 6, _by_attributes),
    Job("a flag cleared and a field set in a batch", 1, 1, _clear_and_set),
    Job("a field inverted beside a flag", 1, 1, _toggle),
    Job("a field inverted and a flag cleared", 1, 1, _toggle_and_clear),
    Job("two fields of a register read in a batch", 1, 0, _two_fields),
    Job("a snapshot of all", 130, 0, lambda dev: dev.snapshot()),
    Job("the configuration saved", 102, 0, lambda dev: dev.snapshot(config=True)),
    Job("restored, nothing differs", 102, 0, lambda dev: dev.restore(dev.saved), first=_save),
    Job("restored, three differ", 102, 3, lambda dev: dev.restore(dev.saved), first=_change_three),
    Job("restored with force", 0, 102, lambda dev: dev.restore(dev.saved, force=True)),
    Job("field by field, with shadows", 0, 6, _by_attributes, "shadow", _write_all),
    Job("a field whose register was touched", 0, 1, lambda dev: setattr(dev.ctrl, "mode", 2), "cached", _touch),
    Job("five fields, touched", 0, 1, _modify_five, "cached"),
    Job("a field inverted beside a flag, touched", 0, 1, _toggle, "cached"),
    Job("a field inverted and a flag cleared, touched", 0, 1, _toggle_and_clear, "cached"),
    Job("a channel in a batch, touched", 0, 6, _by_attributes, "cached"),
    Job("the configuration saved, first", 96, 0, lambda dev: dev.snapshot(config=True), "cached"),
    Job("the configuration saved, known", 0, 0, lambda dev: dev.snapshot(config=True), "cached"),
    Job("a snapshot of all, cached", 29, 0, lambda dev: dev.snapshot(), "cached"),
    Job("4 KiB of a memory of 32-bit words, prefetchable", WORDS // 2, 0, lambda dev: dev.far.buffer[:WORDS]),
    Job("4 KiB of it from an odd word on", WORDS // 2 + 1, 0, lambda dev: dev.far.buffer[1 : 1 + WORDS]),
    Job("4 KiB of one that is read in bursts", WORDS // 16, 0, lambda dev: dev.far.lines[:WORDS]),
    Job("4 KiB of one whose access_width is 32", WORDS, 0, lambda dev: dev.far.narrow[:WORDS]),
    Job("4 KiB of one in a BAR that is not prefetchable", WORDS, 0, lambda dev: dev.near[:WORDS]),
    Job("4 KiB of one whose access_width is 64", WORDS // 2, 0, lambda dev: dev.far.wide[:WORDS]),
    Job("4 KiB of that from an odd word on", WORDS // 2 + 1, 0, lambda dev: dev.far.wide[1 : 1 + WORDS]),
    Job("a 64-bit counter that latches", 2, 0, lambda dev: dev.moved[1].value),
    Job("a 64-bit counter that does not", 3, 0, lambda dev: dev.cycles.value),
)


def count() -> dict[str, tuple[int, int]]:
    """Reads and writes of each job by name, in this process."""
    os.environ.setdefault("HAL_CARD_TIME_SCALE", "0.01")
    from .access import driver

    found: dict[str, tuple[int, int]] = {}
    for kind in ("plain", "shadow", "cached"):
        base = driver(MAP.format(shadow="shadow: true, " if kind == "shadow" else ""), "Dma")
        mine = type("Mine", (base,), {"saved": None, "__module__": __name__})
        with mine.open(0, "emulator", cache=kind == "cached") as dev:
            for job in JOBS:
                if job.device != kind:
                    continue
                if job.first is not None:
                    job.first(dev)
                with dev.slot.emulator.trace() as trace:
                    job.run(dev)
                reads = sum(access.action == "read" for access in trace)
                found[job.name] = reads, len(trace) - reads
    return found


def rows() -> list[Row]:
    """The table: accesses in all, of which there are to be no more."""
    counted = count()
    table = []
    for job in JOBS:
        reads, writes = counted[job.name]
        note = f"{reads} read{'s' * (reads != 1)}, {writes} write{'s' * (writes != 1)}"
        table.append(Row(job.name, reads + writes, "", job.reads + job.writes, note=note))
    return table
