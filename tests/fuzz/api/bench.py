"""The device that is attacked, and the model that it is held to."""

from __future__ import annotations

import os

os.environ["HAL_LIBRARY"] = "emulator"
os.environ.setdefault("HAL_CARD_TIME_SCALE", "0.001")

from typing import TYPE_CHECKING

from tests.support.bench import Bench, value_of
from tests.support.dut import MAP
from tests.support.policy_model import is_readable, is_writable

if TYPE_CHECKING:
    import hal

__all__ = ["MEMORIES", "Attacked", "is_readable", "is_writable", "value_of"]

# Every shape of register, and a memory of each width.
_MAP = MAP.replace(
    "  dots:",
    """  values:
    offset: 0x58
    width: 64
    fields:
      signed: {bits: "15:0", format: signed}
      fixed: {bits: "31:16", format: {fixed: {signed: true, fraction_bits: 8}}}
      flag: {bits: 32, format: bool}
      mode: {bits: "39:36", enum: Mode}
      rest: {bits: "63:40"}
  dots:""",
).replace("memories: {ram: {offset: 0x1000, size: 4KiB}}", "memories: MEMORIES")
# Path and width in bits.
MEMORIES = {"bulk.ram": 32, "bulk.bytes": 8, "bulk.longs": 64}
_PLACES = {"bulk.ram": (0x1000, 4096), "bulk.bytes": (0x2000, 256), "bulk.longs": (0x3000, 512)}
_TEXT = ", ".join(
    f"{path[5:]}: {{offset: {offset}, size: {size}, width: {MEMORIES[path]}}}"
    for path, (offset, size) in _PLACES.items()
)


class Attacked(Bench):
    """A freshly loaded device; `memories`: what each one holds, in bytes."""

    def __init__(self, slot: hal.Slot) -> None:
        slot.emulator.set_model(None)
        slot.emulator.power_cycle()
        super().__init__(slot, _MAP.replace("MEMORIES", f"{{{_TEXT}}}"))
        self.memories = {path: bytearray(size) for path, (_, size) in _PLACES.items()}

    def found(self, path: str) -> bytearray:
        """What a memory holds."""
        offset, size = _PLACES[path]
        data = bytearray(size)
        bar = self.slot.bar("app", 4)
        bar.read_into(offset, data)
        bar.detach()
        return data

    def check_memory(self, path: str) -> None:
        """Through a BAR of its own, in one call."""
        found, size = self.found(path), _PLACES[path][1]
        held = self.memories[path]
        if found != held:
            at = next(place for place in range(size) if found[place] != held[place])
            raise AssertionError(
                f"{path} holds {found[at : at + 16].hex()} from byte {at} on, not {held[at : at + 16].hex()}"
            )

    def check_register(self, path: str) -> None:
        """Of one register."""
        mask, model = self.models[path].comparable(), self.models[path]
        found = self.stored(path)
        assert found & mask == model.stored & mask, f"{path} holds {found & mask:#x}, not {model.stored & mask:#x}"
