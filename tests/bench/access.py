"""Rows of single accesses, transfers, batches and snapshots, on the emulated card's memory-backed registers."""

from __future__ import annotations

import contextlib
import gc
import os
import statistics
import threading
import time
import timeit
from array import array
from typing import TYPE_CHECKING, Any

from .bare import build, open_library
from .timing import Interleaved, Row, mean_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAP = """
schema: 1
name: bench
enums:
  Mode: {off: 0, slow: 1, fast: 2, auto: 3}
types:
  channel:
    registers:
      level: {offset: 0x0, fields: {value: {bits: "31:0"}}}
registers:
  status:
    offset: 0x4
    fields: {state: {bits: "3:0", enum: Mode}, low: {bits: "15:4"}, count: {bits: "31:16"}}
  ctrl:
    offset: 0x8
    fields: {a: {bits: 0}, b: {bits: "7:1"}, c: {bits: "15:8"}, mode: {bits: "19:16"}, rest: {bits: "31:20"}}
  data: {offset: 0xC, fields: {value: {bits: "31:0"}}}
  kept: {offset: 0x18, shadow: true, fields: {a: {bits: "3:0"}, b: {bits: "7:4"}}}
  set: {offset: 0x1C, access: wo, fields: {a: {bits: "3:0", idle: last}, b: {bits: "7:4", idle: last}}}
  total: {offset: 0x10, width: 64, access_width: 32, access: ro}
  bank: {offset: 0x1000, count: 1000, stride: 4, fields: {value: {bits: "31:0"}}}
blocks:
  ch: {type: channel, offset: 0x100, count: 8, stride: 0x10}
memories:
  table: {offset: 0x4000, size: 4KiB, width: 32}
"""
BANK = 1000
BURST = 1024
# The vendor's own class calls its library through Cython. Where a bare call took 111 ns, its peek and poke took 211.
VENDOR = 1.9
# What snapshots are measured on, as many registers as the loop in C reads: an array, and each with a name of its own.
BANK_MAP = """
schema: 1
name: bank_only
registers:
  bank: {offset: 0x1000, count: 1000, stride: 4, fields: {value: {bits: "31:0"}}}
"""
NAMED_MAP = "schema: 1\nname: named\nregisters:\n" + "".join(
    f'  r{number}: {{offset: {0x1000 + 4 * number:#x}, fields: {{value: {{bits: "{number % 31}:0"}}}}}}\n'
    for number in range(BANK)
)


def driver(text: str, name: str) -> Any:
    """The driver class of a map."""
    from hal.generator.package import codegen_package

    codegen = codegen_package()
    scope: dict[str, Any] = {"__name__": "hal_bench_driver"}
    exec(codegen.render_python(codegen.loads(text, "bench.yaml")), scope)
    return scope[name]


def open_device(library: str = "emulator") -> Any:
    """The benchmark's device on a private emulated card; `library`: another build of it."""
    os.environ.setdefault("HAL_CARD_TIME_SCALE", "0.01")
    return driver(MAP, "Bench").open(0, library)


def names_of(device: Any) -> dict[str, Any]:
    """What the statements see."""
    module = build()
    lib = open_library(module, device.slot.library.path)
    words = memoryview(bytearray(64)).cast("I")
    bar = device._space.attached()
    return {
        "dev": device,
        "peek": lib.bare_peek,
        "poke": lib.bare_poke,
        "bare_wait": lib.bare_wait,
        "loop_peek": lib.loop_peek,
        "loop_poke": lib.loop_poke,
        "lock_cost": lib.lock_cost,
        "burst": lib.bare_burst,
        "cython_burst": lib.cython_burst,
        "cast": module.ffi.cast,
        "from_buffer": module.ffi.from_buffer,
        "handle": bar.handle,
        "mv": words,
        "room": module.ffi.new("uint32_t[]", 1024),
    }


def least_property(port: Any) -> Any:
    """The least that a property over cffi can be: a slotted class that does not word its own errors."""
    from hal._binding import get, modify

    class Least:
        __slots__ = ("port",)
        port: Any

        @property
        def field(self) -> int:
            value: int = get(self.port)
            if value < 0:
                raise ValueError(value)
            return value

        @field.setter
        def field(self, value: int) -> None:
            if modify(self.port, value):
                raise ValueError(value)

    class Holder:
        __slots__ = ("register",)
        register: Any

    holder, register = Holder(), Least()
    holder.register, register.port = register, port
    return holder


def single(rounds: int, library: str = "emulator") -> dict[str, float]:
    """Median nanoseconds of the single accesses; the same for both kinds of accessors."""
    device = open_device(library)
    with device:
        device.status.count = 0x1234
        device.ctrl.a = 1
        count, mode = (part._store + place for part, place in ((device.status, 3), (device.ctrl, 4)))
        names = {"count": least_property(count), "mode": least_property(mode)}
        work = Interleaved({**names_of(device), **names})
        work.add("bare call", "peek(handle, 4)")
        work.add("bare poke", "poke(handle, 12, 7)")
        work.add("by hand", "(mv[1] >> 16) & 0xFFFF")
        work.add("read", "dev.status.count")
        work.add("write", "dev.data.value = 7")
        work.add("modify one", "dev.ctrl.mode = 2")
        work.add("enum", "dev.status.state")
        work.add("shadowed", "dev.kept.a = 2")
        work.add("write-only", "dev.set.a = 2")
        work.add("modify three", "dev.ctrl.modify(a=1, b=2, c=3)")
        work.add("fields", "dev.ctrl.fields()")
        work.add("wait", "dev.ctrl.wait_for(a=1)")
        work.add("wide", "dev.total.value")
        work.add("element", "dev.ch[3].level.value")
        work.add("lock", "lock_cost(1000)", parts=1000)
        work.add("peek", "loop_peek(handle, 0x4000, 4, 1024, room)", parts=1024)
        work.add("poke", "loop_poke(handle, 0x4000, 1024, room)", parts=1024)
        work.add("whole read", "dev.data.read()")
        work.add("whole write", "dev.data.write(7)")
        _add_raw(work, device)
        work.add("least read", "count.register.field")
        work.add("least modify", "mode.register.field = 2")
        return work.run(rounds)


def _add_raw(work: Interleaved, device: Any) -> None:
    """Offsets instead of names: a BAR's own words, and the classes with the vendor's names."""
    from hal.vendor import FpgaPCI

    pci = FpgaPCI(device.slot.library.path)
    words = list(range(BURST))
    work.names.update(bar=device.slot.bar("app", 0), pci=pci, attached=pci.pci_attach(0, 0, 0))
    work.names.update(words=words, buffer=array("I", words))
    work.add("bar peek", "bar.peek(4)")
    work.add("bar poke", "bar.poke(12, 7)")
    work.add("pci peek", "pci.pci_peek(attached, 4)")
    work.add("pci poke", "pci.pci_poke(attached, 12, 7)")
    work.add("pci pair", "pci.pci_poke(attached, 12, pci.pci_peek(attached, 12))")
    work.add("bare pair", "poke(handle, 12, peek(handle, 12))")
    work.add("bare burst", f"cython_burst(handle, 0x4000, cast('void *', id(words)), {BURST})")
    work.add("bare burst, buffer", f"burst(handle, 0x4000, from_buffer('uint32_t[]', buffer), {BURST})")
    work.add("pci burst", f"pci.pci_write_burst(attached, 0x4000, words, {BURST})")
    work.add("pci burst, buffer", f"pci.pci_write_burst(attached, 0x4000, buffer, {BURST})")


def smoke() -> list[Row]:
    """Every row once, with figures that mean nothing."""
    ns = single(1)
    return rows(1, ns, ns, busy_seconds=0.01)


def rows(rounds: int, pure: dict[str, float], plain: dict[str, float], busy_seconds: float = 1.5) -> list[Row]:
    """The table of accesses. What `single` measured in other processes: `pure` without the accelerator, `plain` on a
    library that was compiled without optimisation, as the SDK's is.
    """
    ns = single(rounds)
    bare = ns["bare call"]
    table = [
        Row("bare call, ns", bare, "ns"),
        Row("by hand, ns", ns["by hand"], "ns"),
        _ratio("field read, of the bare call", ns["read"], bare, 0.45),
        _ratio("field read, of by hand", ns["read"], ns["by hand"], 1.0),
        _plain("field read, pure cffi", pure["read"], pure["bare call"]),
        _ratio("field write without a read", ns["write"], bare, 0.5),
        _ratio("read-modify-write", ns["modify one"], bare, 0.6),
        _plain("read-modify-write, pure cffi", pure["modify one"], pure["bare call"]),
        _plain("  the least a property can be, read", pure["least read"], pure["bare call"]),
        _plain("  the least a property can be, read-modify-write", pure["least modify"], pure["bare call"]),
        _ratio("enum field read", ns["enum"], bare, 0.9),
        _ratio("field write with a shadow", ns["shadowed"], bare, 0.5),
        _ratio("field write beside a write-only setting", ns["write-only"], bare, 0.5),
        _ratio("modify of three fields", ns["modify three"], bare, 2.0),
        _ratio("array element's field", ns["element"], bare, 1.0),
        _ratio("fields() of five fields", ns["fields"], bare, 4.0),
        _ratio("wait_for what is there", ns["wait"], bare, 4.0),
        _ratio("a register of two words", ns["wide"], bare, 4.0),
        _ratio("the lock, uncontended", ns["lock"], bare, 0.15),
        *_on_plain_library(plain),
    ]
    device = open_device()
    with device:
        names = names_of(device)
        return [*table, *_beside_busy(names, bare, busy_seconds), *_transfers(names, rounds, bare)]


def _on_plain_library(ns: dict[str, float]) -> list[Row]:
    return [
        Row("unoptimised library: its own peek in C, ns", ns["peek"], "ns"),
        Row("unoptimised library: its own poke in C, ns", ns["poke"], "ns"),
        _plain("unoptimised library: field read", ns["read"], ns["bare call"]),
        _plain("unoptimised library: read-modify-write", ns["modify one"], ns["bare call"] + ns["bare poke"]),
        _ratio("unoptimised library: register.read()", ns["whole read"], ns["bare call"], 0.3 * VENDOR),
        _ratio("unoptimised library: register.write()", ns["whole write"], ns["bare poke"], 0.3 * VENDOR),
        _ratio("unoptimised library: bar.peek", ns["bar peek"], ns["bare call"], 0.5 * VENDOR),
        _ratio("unoptimised library: bar.poke", ns["bar poke"], ns["bare poke"], 0.5 * VENDOR),
        _ratio("unoptimised library: compat pci_peek", ns["pci peek"], ns["bare call"], VENDOR),
        _ratio("unoptimised library: compat pci_poke", ns["pci poke"], ns["bare poke"], VENDOR),
        _ratio("unoptimised library: compat peek and poke", ns["pci pair"], ns["bare pair"], VENDOR),
        _ratio("unoptimised library: compat burst of a list", ns["pci burst"], ns["bare burst"], 2.0),
        _ratio("unoptimised library: of a buffer", ns["pci burst, buffer"], ns["bare burst, buffer"], 1.0),
    ]


def _ratio(name: str, value: float, base: float, target: float, *, at_least: bool = False) -> Row:
    return Row(name, value / base, "x", target, at_least, f"{value:.0f} ns of {base:.0f} ns")


def _plain(name: str, value: float, base: float) -> Row:
    """A row without a target."""
    return Row(name, value / base, "x", note=f"{value:.0f} ns of {base:.0f} ns")


@contextlib.contextmanager
def _busy_thread() -> Iterator[None]:
    running, stop = threading.Event(), threading.Event()

    def spin() -> None:
        running.set()
        while not stop.is_set():
            sum(range(1000))

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    running.wait()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beside_busy(names: dict[str, Any], bare: float, seconds: float) -> list[Row]:
    device, peek, handle = names["dev"], names["peek"], names["handle"]
    with _busy_thread():
        ours = mean_of(lambda: device.status.count, seconds)
        theirs = mean_of(lambda: peek(handle, 4), seconds)
    return [
        _ratio("field read beside a busy thread, mean", ours, bare, 10.0),
        _plain("bare call beside a busy thread, mean", theirs, bare),
    ]


def _add_saved(work: Interleaved, names: dict[str, Any]) -> None:
    """What is done with a snapshot of a thousand registers."""
    from hal import Snapshot

    taken, later = names["bank"].snapshot(), names["bank"].snapshot()
    names.update(taken=taken, later=later, text=taken.to_json(), Snapshot=Snapshot, Bank=type(names["bank"]))
    work.add("snapshot, decoded", "len(bank.snapshot())")
    work.add("restore", "bank.restore(taken)")
    work.add("to JSON", "taken.to_json()")
    work.add("from JSON", "Snapshot.from_json(text, Bank)")
    work.add("diff", "taken.diff(later)")


def _saved(ns: dict[str, float], bare: float) -> list[Row]:
    """The targets are half of what these took before, in bare calls; that of a restore is twenty snapshots."""
    return [
        _ratio("restore of 1000 registers, of the snapshot", ns["restore"], ns["snapshot"], 20),
        _ratio("snapshot of 1000 registers, decoded", ns["snapshot, decoded"], bare, 1800),
        _ratio("snapshot to JSON", ns["to JSON"], bare, 2400),
        _ratio("snapshot from JSON", ns["from JSON"], bare, 6800),
        _ratio("two equal snapshots compared", ns["diff"], bare, 650),
    ]


def _transfers(names: dict[str, Any], rounds: int, bare: float) -> list[Row]:
    import numpy as np

    names["array"] = np.arange(1024, dtype=np.uint32)
    slot = names["dev"].slot
    names["bank"] = slot.attach(driver(BANK_MAP, "BankOnly"), verify=False)
    names["named"] = slot.attach(driver(NAMED_MAP, "Named"), verify=False)
    names["numbers"] = list(range(BANK))
    work = Interleaved(names)
    work.add("loop peek", "loop_peek(handle, 0x4000, 4, 1024, room)")
    work.add("loop poke", "loop_poke(handle, 0x4000, 1024, room)")
    work.add("readinto", "dev.table.readinto(array)")
    work.add("write", "dev.table.write(0, array)")
    work.add("word", "dev.table[5]")
    work.add("set word", "dev.table[5] = 7")
    work.add("loop of all", f"loop_peek(handle, 0x1000, 4, {BANK}, room)")
    work.add("array write", "bank.bank.write(numbers)")
    work.add("array read", "bank.bank.read()")
    work.add("snapshot", "bank.snapshot()")
    work.add("snapshot of names", "named.snapshot()")
    _add_saved(work, names)
    ns = work.run(rounds)
    collect, send, modify, ask, fetch, beside = _batch(names, rounds)
    return [
        _ratio("1024 words into numpy, of the C loop", ns["readinto"], ns["loop peek"], 1.2),
        _ratio("1024 words from numpy, of the C loop", ns["write"], ns["loop poke"], 1.2),
        _plain("one word of a memory, read", ns["word"], bare),
        _plain("one word of a memory, written", ns["set word"], bare),
        _ratio("array of 1000 registers written from a list", ns["array write"], bare, 160),
        _plain("array of 1000 registers read", ns["array read"], bare),
        _ratio("snapshot of an array of 1000, of the C loop", ns["snapshot"], ns["loop of all"], 1.5),
        _ratio("snapshot of 1000 registers, of the C loop", ns["snapshot of names"], ns["loop of all"], 1.5),
        *_saved(ns, bare),
        _ratio("collecting a write in a batch", collect, beside, 1.5),
        _ratio("collecting a read in a batch", ask, beside, 1.0),
        _ratio("executing a write of a batch", send, beside, 0.15),
        _ratio("executing a read-modify-write of a batch", modify, beside, 0.15),
        _plain("executing a read of a batch, with its value", fetch, beside),
    ]


def _batch(names: dict[str, Any], rounds: int) -> list[float]:
    """Median nanoseconds of a field write: collected, made as one of a thousand, and that of one that reads first.

    Of a read, collected, and made with its value; and of the bare call beside them.
    """
    device = names["dev"]
    calls = timeit.Timer("peek(handle, 4)", globals=names)
    collecting, sending, modifying, asking, fetching, bare = figures = [[] for _ in range(6)]
    table = list(device.bank)
    gc.disable()
    try:
        for _ in range(rounds):
            bare.append(calls.timeit(BANK) / BANK * 1e9)
            with device.batch() as batch:
                registers = list(batch.bank)
                start = time.perf_counter_ns()
                for register in registers:
                    register.value = 7
                end = time.perf_counter_ns()
            sending.append((time.perf_counter_ns() - end) / BANK)
            collecting.append((end - start) / BANK)
            with device.batch() as batch:
                for mode in range(BANK):
                    batch.ctrl.mode = mode & 3
                start = time.perf_counter_ns()
            modifying.append((time.perf_counter_ns() - start) / BANK)
            reading = device.batch()
            with reading:
                start = time.perf_counter_ns()
                for register in table:
                    reading.read(register)
                end = time.perf_counter_ns()
            fetching.append((time.perf_counter_ns() - end) / BANK)
            asking.append((end - start) / BANK)
    finally:
        gc.enable()
    return [statistics.median(figure) for figure in figures]
