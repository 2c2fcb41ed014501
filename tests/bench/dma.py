"""Transfers and packets on the emulated card, as multiples of what copying the same bytes in memory takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hal
from hal import sde

from .timing import Row, times_of

if TYPE_CHECKING:
    from collections.abc import Callable

_BYTES = 16 << 20
_PACKET = 4096
_PACKETS = 500
_ROUNDS = 5


def rows() -> list[Row]:
    """The table."""
    data, room = bytes(range(256)) * (_BYTES // 256), bytearray(_BYTES)
    copy = _best(lambda: _fill(room, data))
    with hal.load_map("cl_mem_perf").open(0, "emulator") as device:
        dma = device.slot.dma
        write, read = _best(lambda: dma.write(0, data)), _best(lambda: dma.read(0, room))
        with device.slot.buffer(_BYTES) as buffer:
            host = device.slot.emulator.host
            master = _best(lambda: host.readinto(buffer.address, room))
        device.slot.clear()
    packet = _best(_packets) / _PACKETS
    moved = copy / _BYTES * _PACKET
    return [
        Row("dma write of 16 MiB, of memcpy", write / copy, "x", 3.0),
        Row("dma read of 16 MiB, of memcpy", read / copy, "x", 3.0),
        Row("host memory read by a model, 16 MiB", master / copy, "x", 3.0),
        Row("sde, 4 KiB there and back, of memcpy", packet / moved, "x", note="most of it is the model's"),
        Row("sde, packets there and back a second", 1e-3 / packet, "k", 5.0, at_least=True),
    ]


def _fill(room: bytearray, data: bytes) -> None:
    memoryview(room)[:] = data


def _best(run: Callable[[], object]) -> float:
    """Seconds: the least of some rounds, as other programs only slow them."""
    return min(times_of(run, _ROUNDS))


def _packets() -> None:
    driver, data = hal.load_map("cl_sde"), bytes(_PACKET)
    with driver.open(0, "emulator") as device:
        device.slot.emulator.set_model(sde.EngineModel(driver))
        with sde.Engine(device) as engine:
            for _ in range(_PACKETS):
                engine.h2c.send(data)
                engine.c2h.receive()
        device.slot.emulator.set_model(None)
