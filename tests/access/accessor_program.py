"""Uses every kind of accessor, rightly and wrongly, and prints what came of it: the same in both modes."""

from __future__ import annotations

import array
import copy
import pickle
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import hal
from hal.vendor import FpgaPCI


class Index:
    """An integer by __index__ alone."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"Index({self.value})"


class Broken:
    """Fails in a way of its own."""

    def __index__(self) -> int:
        raise RuntimeError("my own failure")


STATEMENTS = """
dev.ctrl.enable = True
dev.ctrl.enable
dev.ctrl.enable = 2
dev.ctrl.enable = 1.5
dev.ctrl.mode = 2
dev.ctrl.mode
dev.ctrl.mode = Mode.SLOW
dev.ctrl.mode
dev.ctrl.mode = 7
dev.ctrl.mode = 3
dev.ctrl.mode = "fast"
dev.ctrl.write(0b0000_1110)
dev.ctrl.mode
type(dev.ctrl.mode)
dev.ctrl.level = -128
dev.ctrl.level
dev.ctrl.level = 127
dev.ctrl.level
dev.ctrl.level = 128
dev.ctrl.level = -129
dev.ctrl.level = 2**70
dev.ctrl.gain = -1.5
dev.ctrl.gain
dev.ctrl.gain = 1
dev.ctrl.gain
dev.ctrl.gain = Decimal("0.25")
dev.ctrl.gain
dev.ctrl.gain = 0.03125
dev.ctrl.gain
dev.ctrl.gain = 128.0
dev.ctrl.gain = float("nan")
dev.ctrl.gain = float("inf")
dev.ctrl.gain = "x"
dev.ctrl.gain = None
dev.ctrl.count = 255
dev.ctrl.count
dev.ctrl.count = 256
dev.ctrl.count = -1
dev.ctrl.count = None
dev.ctrl.count = Decimal(1)
dev.ctrl.count = Index(7)
dev.ctrl.count
dev.ctrl.count = Index(700)
dev.ctrl.count = Broken()
dev.ctrl.count = 2**64
dev.ctrl.conut
dev.ctrl.conut = 1
dev.ctrl._secret
dev.ctrl._secret = 1
del dev.ctrl.count
del dev.ctrl.nothing
dev.ctrl.read()
dev.ctrl.read(1)
dev.ctrl.read(x=1)
dev.ctrl.write(0x12345678)
dev.ctrl.read()
dev.ctrl.write(2**32)
dev.ctrl.write(-1)
dev.ctrl.write(1.0)
dev.ctrl.write(None)
dev.ctrl.write()
dev.ctrl.write(1, count=1)
dev.ctrl.write(1, 2)
dev.ctrl.write(count=3)
dev.ctrl.read()
dev.ctrl.write(count=300)
dev.ctrl.write(conut=3)
dev.ctrl.modify(enable=1, mode=Mode.FAST, level=-3, gain=0.5, count=9)
dev.ctrl.read()
dev.ctrl.modify(count=5)
dev.ctrl.read()
dev.ctrl.modify()
dev.ctrl.modify(5)
dev.ctrl.modify(count=5, mode=9)
dev.ctrl.modify(conut=5)
dev.ctrl.modify(count=Broken())
dev.ctrl.read()
dev.ctrl
dev.ctrl.count = hal.TOGGLE
dev.ctrl.enable = hal.TOGGLE
dev.ctrl.mode = hal.TOGGLE
dev.ctrl.level = hal.TOGGLE
dev.ctrl.modify(count=hal.TOGGLE, enable=hal.TOGGLE, mode=1)
dev.ctrl.write(count=hal.TOGGLE)
dev.ctrl.wait_for(count=hal.TOGGLE)
dev.ctrl.read()
dev.flags.done = hal.TOGGLE
dev.flags.modify(on=hal.TOGGLE, done=1)
dev.flags.modify(on=hal.TOGGLE, err=1)
dev.command.unit = hal.TOGGLE
dev.wide.all = hal.TOGGLE
dev.pair.cross = hal.TOGGLE
dev.clear.keep = hal.TOGGLE
dev.flags.done = 1
dev.flags.on = 1
dev.flags
dev.flags.modify(done=1, err=0)
dev.flags.modify(on=0)
dev.flags
dev.status.busy
dev.status.code
dev.status.busy = 1
dev.status.write(1)
dev.status.modify(busy=1)
dev.status.read()
dev.command.go
dev.command.go = 1
dev.command.unit = 3
dev.command.read()
dev.command.write(unit=2)
dev.command.modify(go=1)
dev.command
dev.wide.all = 2**64 - 1
dev.wide.all
dev.wide.all = 2**64
dev.wide.all = -1
dev.wide.read()
dev.wide.modify(all=5)
dev.wide.write(all=2**63)
dev.wide.all
dev.pair.low = 0xBEEF
dev.pair.cross = 0xCAFEBABE
dev.pair.low
dev.pair.cross
dev.pair.cross = 2**32
dev.pair.read()
dev.pair.modify(low=1, cross=2)
dev.pair.write(3)
dev.pair
dev.kinds.wide
dev.kinds.wide = Wide.HIGH
dev.kinds.wide
dev.kinds.wide = 5
dev.kinds.wide = 100000
dev.clear.keep = 1
dev.clear.modify(keep=1)
dev.clear.write(keep=1)
dev.clear.seen
dev.share.once = 1
dev.share.modify(once=1)
dev.share.modify(once=1, too=2)
dev.share
dev.ch[0].level.value = 9
dev.ch[0].level.value
dev.ch[-4].level.value
dev.ch[True].level
dev.ch[4]
dev.ch[-5]
dev.ch["x"]
dev.ch[1.0]
[item.path for item in dev.ch[1:3]]
len(dev.ch)
[item.path for item in dev.ch]
dev.ch.nothing
dev.nothing
dev.nothing = 1
dev.ctrl = 1
del dev.ctrl
dev._nothing
dev.table.nothing
len(dev.table), dev.table.size, dev.table.width
dev.table[3]
dev.table[3] = 0xDEADBEEF
dev.table[3]
dev.table[-13]
dev.table[-16], dev.table[15], dev.table[True]
dev.table[16]
dev.table[-17]
dev.table[2**70]
dev.table["x"]
dev.table[1.0]
dev.table[Index(3)]
dev.table[Broken()]
dev.table[3] = 2**32
dev.table[3] = -1
dev.table[3] = 2**64
dev.table[3] = 1.5
dev.table[3] = None
dev.table[16] = 1
dev.table[-17] = 1
dev.table[-1] = True
dev.table[-1]
dev.table[2] = Index(7)
dev.table[0:4]
dev.table[2:4] = [1, 2]
dev.table[2:4] = [1]
dev.table[::2]
del dev.table[0]
dev.table.write(0, bytes(range(8)))
dev.table.write(0, bytes(7))
dev.table.write(14, [1, 2, 3])
dev.table.write(16, b"")
dev.table.write(17, b"")
dev.table.write(-1, b"")
dev.table.write(15, array.array("I", [9]))
dev.table.write(Index(2), bytes(4))
dev.table.write("x", bytes(4))
dev.table.write(0, memoryview(bytes(64))[::2])
dev.table.write(0, "text")
dev.table.write(0, 5)
dev.table.write(start=1, data=[5])
dev.table.write(0)
dev.table.readinto(buffer)
buffer.hex()
dev.table.readinto(buffer, 14)
dev.table.readinto(buffer, -1)
dev.table.readinto(buffer, "x")
dev.table.readinto(buffer=memoryview(buffer)[:8], start=12)
dev.table.readinto(memoryview(buffer)[1:9], 8)
dev.table.readinto(memoryview(buffer)[1:8])
dev.table.readinto(memoryview(buffer)[::2])
dev.table.readinto(bytes(8))
dev.table.readinto(5)
dev.table.readinto()
buffer.hex(), list(dev.table)
type(dev.table).readinto.__doc__
inspect.signature(dev.table.write)
bytes_memory[5] = 255
bytes_memory[5] = 256
bytes_memory[5], list(bytes_memory)
long_memory[1] = 2**64 - 1
long_memory[1] = 2**64
long_memory[1], long_memory[-1], list(long_memory)
rom[1]
rom[1] = 5
hasattr(rom, "write"), hasattr(sink, "readinto")
sink[1] = 5
sink[1]
sink.write(0, bytes(4))
in_batch()
dev.ctrl.fields()
dev.ctrl.fields(1)
dev.command.fields()
dev.wide.fields() if hasattr(dev, "wide") else None
dev.ctrl.wait_for(enable=dev.ctrl.enable, mode=dev.ctrl.mode)
dev.ctrl.wait_for(mode=dev.ctrl.mode, timeout=0, interval=0.5)
dev.ctrl.wait_for()
dev.ctrl.wait_for(1)
dev.ctrl.wait_for(nothing=1)
dev.ctrl.wait_for(mode="fast")
dev.ctrl.wait_for(count=256)
dev.ctrl.wait_for(count=Broken())
dev.ctrl.wait_for(count=dev.ctrl.count ^ 1, timeout=0)
dev.ctrl.wait_for(count=dev.ctrl.count ^ 1, timeout=0.001, interval=1)
dev.ctrl.wait_for(count=dev.ctrl.count, timeout=-1)
dev.ctrl.wait_for(count=dev.ctrl.count, timeout="x")
dev.ctrl.wait_for(count=dev.ctrl.count, interval=float("nan"))
dev.ctrl.wait_for(count=dev.ctrl.count, timeout=True, interval=Decimal(0))
dev.command.wait_for(go=1)
dev.ctrl.wait_for(count=hal.at_least(0), timeout=None)
dev.ctrl.wait_for(count=hal.more_than(dev.ctrl.count), timeout=0)
dev.ctrl.wait_for(mode=dev.ctrl.mode, fail={"count": dev.ctrl.count})
dev.ctrl.wait_for(mode=dev.ctrl.mode, fail={"count": dev.ctrl.count ^ 1}, timeout=0)
dev.ctrl.wait_for(mode=dev.ctrl.mode, fail=1)
dev.ctrl.wait_for(count=dev.ctrl.count, timeout=None, interval=None)
dev.ctrl.wait_until(lambda read: read.mode == dev.ctrl.mode).read()
inspect.signature(dev.ctrl.wait_for)
bar.poke(0x40, 0x12345678)
bar.peek(0x40), bar.peek(0x41, 8), bar.peek(0x40, 64), bar.peek(0x40, width=8), bar.peek(offset=0x40)
bar.poke(0x40, 0xAB, 8), bar.poke(0x48, 2**64 - 1, 64), bar.peek(Index(0x40)), bar.peek(0x48, Index(64))
bar.peek(0x42)
bar.peek(-1)
bar.peek(2**64)
bar.peek(2**63)
bar.peek(1.5)
bar.peek("x", 16)
bar.peek(0, 16)
bar.peek(0, None)
bar.peek()
bar.poke(0)
bar.poke(0x41, 1)
bar.poke(0x40, 2**32)
bar.poke(0x40, 256, 8)
bar.poke(0x40, -1)
bar.poke(0x40, 1.5)
bar.poke(0x40, Index(7)), bar.poke(0x44, True), bar.peek(0x40, 64)
bar.poke(0x40, Broken())
bar.peek.__doc__, inspect.signature(bar.poke)
bar.attached_as.__class__
pci.pci_poke(handle, 0x40, 0xCAFE), pci.pci_peek(handle, 0x40), pci.pci_peek8(handle, 0x41), pci.pci_peek64(handle, 0x40)
pci.pci_poke8(handle, 0x40, 1), pci.pci_poke64(handle, 0x48, 2**64 - 1), pci.pci_peek(handle=handle, offset=0x48)
pci.pci_peek(handle, 0x42)
pci.pci_peek(handle, -1)
pci.pci_peek(handle, 2**64)
pci.pci_peek(handle, 2**40)
pci.pci_peek(99, 0)
pci.pci_peek(2**31, 0)
pci.pci_peek(-1, 0)
pci.pci_peek("x", 0)
pci.pci_peek(handle)
pci.pci_poke(handle, 0x40, 2**32)
pci.pci_poke8(handle, 0x40, 256)
pci.pci_poke64(handle, 0x40, 2**64)
pci.pci_poke(handle, 0x40, -1)
pci.pci_poke(handle, 0x40, None)
pci.pci_poke(handle, 0x41, 1)
pci.pci_poke(Index(handle), Index(0x40), Index(9)), pci.pci_peek(handle, 0x40)
pci.pci_write_burst(handle, 0x40, [1, 2, 3]), pci.pci_peek64(handle, 0x40)
pci.pci_write_burst(handle, 0x40, (4, True, Index(6)), 2), pci.pci_peek64(handle, 0x40)
pci.pci_write_burst(handle, 0x40, bytes(range(8)), None), pci.pci_peek64(handle, 0x40)
pci.pci_write_burst(handle, 0x40, array.array("H", [1, 2])), pci.pci_peek64(handle, 0x40)
pci.pci_write_burst(handle, 0x40, [1, 2], 3)
pci.pci_write_burst(handle, 0x40, [1, 2], -1)
pci.pci_write_burst(handle, 0x40, [1, 2**32])
pci.pci_write_burst(handle, 0x40, [1, -2])
pci.pci_write_burst(handle, 0x40, [1, 2.5])
pci.pci_write_burst(handle, 0x40, bytes(7))
pci.pci_write_burst(handle, 0x40, "text")
pci.pci_write_burst(handle, 0x41, [1])
pci.pci_write_burst(handle, 2**40, [1])
pci.pci_write_burst(77, 0, [1])
pci.pci_write_burst(handle, 0x40, [])
pci.pci_write_burst(handle, 0x40, data=[5], dword_len=1), pci.pci_peek(handle, 0x40)
pci.pci_peek.__doc__
pci.pci_detach(handle)
pci.pci_peek(handle, 0)
pci.pci_poke(handle, 0, 0)
pci.pci_write_burst(handle, 0, [0])
dev.table.write(0, (1, 2, 3)), dev.table[0:3]
dev.table.write(0, [1, 2**32])
dev.table.write(0, [1, -1])
dev.table.write(0, [1, Index(5), True]), dev.table[0:3]
dev.table.write(0, [1, 2.5])
dev.table.write(15, [1, 2])
bytes_memory.write(0, [1, 255]), bytes_memory.write(0, [256])
long_memory.write(0, [2**64 - 1]), long_memory.write(0, [2**64])
hasattr(dev.ctrl, "count"), hasattr(dev.ctrl, "conut"), hasattr(dev, "ctrl"), hasattr(dev, "x")
dev.ctrl is dev.ctrl, dev.ch[2] is dev.ch[2], dev.ch is dev.ch
sorted(name for name in dir(dev.ctrl) if not name.startswith("_"))
type(dev.ctrl).mode.__doc__
type(dev.ctrl).mode.msb, type(dev.ctrl).mode.lsb, type(dev.ctrl).mode.access
type(dev.ctrl).mode
type(dev.ctrl).mode.nothing
type(dev.command).go.__doc__
type(dev.ctrl).modify.__doc__
type(dev.ctrl).modify.__name__
dev.ctrl.modify.__doc__
inspect.signature(type(dev.ctrl).write)
inspect.signature(dev.ctrl.modify)
type(dev.ctrl)()
type(dev)()
copy.copy(dev.ctrl)
copy.deepcopy(dev.ch)
pickle.dumps(dev.ctrl)
pickle.dumps(dev)
Extended.__mro__[1].__name__
""".strip().splitlines()

CLOSED = """
dev.ctrl.fields()
dev.ctrl.wait_for(count=0)
dev.ctrl.wait_for(count=256)
bar.peek(0)
bar.poke(0, 0)
bar.poke(0, 2**32)
dev.ctrl.count
dev.ctrl.count = 1
dev.ctrl.enable = 1
dev.ctrl.read()
dev.ctrl.write(1)
dev.ctrl.modify(count=1)
dev.wide.all
dev.pair.cross
dev.ch[0].level.value
dev.ch[3].level.value
dev.table[0]
dev.table[0] = 1
dev.table.readinto(buffer)
dev.table.write(0, buffer)
dev.table[0:2]
""".strip().splitlines()


def outcome(statement: str, names: dict[str, object]) -> str:
    """The value's repr, or the error with its text."""
    try:
        try:
            code = compile(statement, "statement", "eval")
        except SyntaxError:
            exec(compile(statement, "statement", "exec"), names)
            return "done"
        return repr(eval(code, names))
    except Exception as error:  # noqa: BLE001  (what it is gets printed)
        return f"{type(error).__name__}: {error}"


def in_batch(dev: Any) -> list[object]:
    """Memories keep their place among a batch's other writes, and can't be read in it."""
    names = {"buffer": bytearray(8)}
    said: list[object] = []
    for _ in range(2):  # the second time its view is used again
        with dev.batch() as batch:
            names["d"] = batch
            batch.table.write(0, bytes(8))
            batch.table[1] = 77
            batch.table[1] = 78
            said += [outcome(text, names) for text in ("d.table[1]", "d.table.readinto(buffer)", "d.table[1] = -1")]
            said.append(dev.table[1])
        said.append(dev.table[1])
    return [*said, outcome("d.table[1] = 5", names), outcome("d.table.write(0, buffer)", names)]


def replayed(gadget: Any, file: Path) -> list[list[str]]:
    """What a library reports in the middle of a transfer: here a recording that ends there."""
    with gadget.open(0) as dev, dev.record(file):
        dev.table.write(0, bytes(range(8)))
        dev.table.readinto(bytearray(8))
    texts = ("d.table[1]", "d.table[0] = 5", "d.table.readinto(bytearray(12))", "d.table.write(0, bytes(8))")
    return [_replayed(gadget, file, text) for text in texts]


def _replayed(gadget: Any, file: Path, text: str) -> list[str]:
    said = []
    try:
        with hal.replay(file) as card, gadget.open(0, library=card) as dev:
            dev.table.write(0, bytes(range(8)))
            said.append(outcome(text, {"d": dev}))
    except hal.ReplayError as error:
        said.append(str(error))
    return said


def main() -> None:
    import inspect

    folder = Path(sys.argv[1])
    gadget = hal.load_map(Path(__file__).with_name("gadget.yaml"))
    module = sys.modules[gadget.__module__]
    dev = gadget.open(0)
    names: dict[str, object] = {
        "dev": dev,
        "Mode": module.Mode,
        "Wide": module.Wide,
        "Decimal": Decimal,
        "Index": Index,
        "Broken": Broken,
        "inspect": inspect,
        "copy": copy,
        "pickle": pickle,
        "array": array,
        "buffer": bytearray(24),
        "bytes_memory": dev.bytes,
        "long_memory": dev.longs,
        "rom": dev.rom,
        "bar": dev.slot.bar("app", 2),
        "pci": (pci := FpgaPCI("emulator")),
        "handle": pci.pci_attach(0, 0, 2),
        "sink": dev.sink,
        "in_batch": lambda: in_batch(dev),
    }

    class Extended(module.Ctrl):
        """A user's own method on a generated register."""

        def start(self) -> None:
            self.modify(enable=1, count=4)

    names["Extended"] = Extended
    extended = Extended._make(dev, "ctrl", dev._space, 0)
    extended.start()
    print("extended", extended.enable, extended.count, Extended.count.msb)
    for statement in STATEMENTS:
        print(statement, "->", outcome(statement, names))
    dev.close()
    print("replayed", replayed(gadget, folder / "run.jsonl"))
    for statement in CLOSED:
        print("closed", statement, "->", outcome(statement, names))
    with hal.open_slot(0) as slot:
        names["bar"] = slot.bar("app", 2)
        names["dev"] = stale = slot.attach(gadget, verify=False)
        assert stale.ctrl.read() >= 0
        slot.clear()
        for statement in CLOSED:
            print("stale", statement, "->", outcome(statement, names))


if __name__ == "__main__":
    main()
