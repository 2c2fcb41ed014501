"""How the engine behaves, for the emulated card: both directions, by the public hardware guide."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING, Any

from hal.design.rows import walk
from hal.emulator.model import Model
from hal.errors import DmaError
from hal.sde.direction_state import HIGH_BITS, MODULUS, DirectionState

if TYPE_CHECKING:
    from hal.emulator.controls import Emulator

__all__ = ["EngineModel"]

_ALIGNED = 64  # bytes: where the words of descriptors are written
_PIECE = 4096  # bytes that go over the bus at once
_WORDS = {("c2h", False): 4, ("c2h", True): 4, ("h2c", False): 8, ("h2c", True): 4}
_STATUS_WORDS = {"c2h": 5, "h2c": 4}


class EngineModel(Model):
    """Plays the streaming engine. Packets from the host come back to it, unless a subclass overrides `on_packet`.

    `driver`: of cl_sde, or of a design that has its registers in a block at the path `at`. `compact`: the form of
    descriptors. `depth`: of their RAM. `capacity`: bytes of each direction's packet buffer. Write-backs come at once:
    the time for which they are coalesced passes between two accesses.
    """

    def __init__(
        self, driver: type[Any], *, at: str = "", compact: bool = False, depth: int = 64, capacity: int = 32768
    ) -> None:
        super().__init__(driver)
        self._prefix = f"{at}." if at else ""
        self._sides = {
            name: DirectionState(name, compact=compact, depth=depth, capacity=capacity) for name in ("c2h", "h2c")
        }
        self._by_memory = {f"{self._prefix}{name}_desc_ram": side for name, side in self._sides.items()}
        self._resets = {
            row.path: row.reset
            for row in walk(driver)
            if row.kind == "register" and row.path.startswith(tuple(f"{self._prefix}{name}." for name in self._sides))
        }
        self._outbox: deque[tuple[bytes, bool, int]] = deque()  # what the logic has for the host
        self._assembled: list[bytes] = []
        self._loops = type(self).on_packet is EngineModel.on_packet
        self._in_reset = False

    # -- the logic behind the stream ------------------------------------------------------------------------------

    def on_packet(self, data: bytes, user: int) -> None:
        """A packet has come from the host. Without an override it goes back, piece by piece and as there is room."""
        self.transmit(data, user)

    def transmit(self, data: bytes, user: int = 0) -> None:
        """The logic sends the host a packet: at once, or as soon as the engine has room."""
        for first in range(0, len(data), _PIECE):
            self._outbox.append((bytes(data[first : first + _PIECE]), first + _PIECE >= len(data), user))
        self._run()

    # -- what the card tells --------------------------------------------------------------------------------------

    def bind(self, emulator: Emulator) -> None:
        """As after a load: it may have been loaded before."""
        super().bind(emulator)
        self.on_load()

    def on_load(self) -> None:
        """Everything as after a reset."""
        self._in_reset = False
        self._reset()

    def on_memory_write(self, memory: str, offset: int, value: int, width: int) -> None:  # noqa: ARG002
        """A word of a descriptor: they count by their order, not by their place."""
        side = self._by_memory.get(memory)
        if side is None or self._in_reset:
            return
        if offset % _ALIGNED:
            self._flag(side, "descriptor.descriptor_ram_status.desc_unalin_error")
        if offset and offset < side.last_offset:
            self._flag(side, "descriptor.descriptor_ram_status.desc_ooo_error")
        side.last_offset = offset
        side.words.append(value)
        if len(side.words) >= _WORDS[side.name, side.compact]:
            self._add_descriptor(side)
        elif not side.errors:
            return
        self._run()

    def _add_descriptor(self, side: DirectionState) -> None:
        words, side.words = side.words, []
        side.consumed = (side.consumed + 1) % MODULUS
        if len(side.fifo) >= side.depth:
            self._flag(side, "descriptor.descriptor_ram_status.desc_oflow")
        else:
            side.fifo.append(side.decode(words))
            side.written += 1

    def on_write(self, register: str, value: int) -> None:
        """Counters that are cleared, settings, and the reset."""
        if register == f"{self._prefix}pcis.software_reset":
            self._in_reset = bool(value & 1)
            self._reset()
            return
        side, name = self._side_of(register)
        if side is None:
            return
        side.configured = False
        if value == 0:
            self._clear(side, name)
        self._run()

    def on_read(self, register: str) -> None:
        """What a register shows now."""
        side, name = self._side_of(register)
        if side is None:
            return
        for field, number in self._live(side).get(name, {}).items():
            self.set(f"{register}.{field}" if field else register, number)

    # -- registers ------------------------------------------------------------------------------------------------

    def _side_of(self, register: str) -> tuple[DirectionState | None, str]:
        if not register.startswith(self._prefix):
            return None, ""
        direction, _, name = register[len(self._prefix) :].partition(".")
        return self._sides.get(direction), name

    def _named(self, side: DirectionState, name: str) -> str:
        return f"{self._prefix}{side.name}.{name}"

    def _flag(self, side: DirectionState, field: str) -> None:
        self.set(self._named(side, field), 1)
        side.errors = self._errors(side)

    def _clear(self, side: DirectionState, name: str) -> None:
        cleared = {
            "descriptor.descriptor_credit_consumed_counter": {"consumed": 0},
            "descriptor.descriptor_credit_limit_counter": {"limit": side.depth},
            "descriptor.completed_descriptors_counter": {"completed": 0},
            "write_back.metadata_ring_write_pointer": {"pointer": 0},
            "buffer.buffer_input_packet_count": {"packets_in": 0},
            "buffer.buffer_output_packet_count": {"packets_out": 0},
            "axi_stream.packet_count": {"packets": 0},
        }
        for attribute, number in cleared.get(name, {}).items():
            setattr(side, attribute, number)

    def _live(self, side: DirectionState) -> dict[str, dict[str, int]]:
        """Live fields by register; "" is a register's one field."""
        depth = side.depth
        free = (side.capacity - side.buffered) // _ALIGNED
        return {
            "descriptor.descriptor_credit_consumed_counter": {"cdt_consumed": side.consumed},
            "descriptor.descriptor_credit_limit_counter": {"cdt_limit": side.limit},
            "descriptor.completed_descriptors_counter": {"comp_count": side.completed},
            "descriptor.descriptor_fifo_pointers": {
                "fifo_wr_ptr": side.written % depth,
                "fifo_wr_ptr_msb": side.written // depth % 2,
                "fifo_rd_ptr": side.read % depth,
                "fifo_rd_ptr_msb": side.read // depth % 2,
            },
            "descriptor.descriptor_ram_status": {
                "desc_full": int(len(side.fifo) >= depth),
                "desc_empty": int(not side.fifo),
            },
            "write_back.metadata_ring_write_pointer": {"md_wr_ptr": side.pointer},
            "write_back.status_dw": {"": side.errors},
            "buffer.buffer_status": {"buf_full": int(not free), "buf_empty": int(not side.buffered)},
            "buffer.buffer_input_packet_count": {"in_pkt_cnt": side.packets_in % MODULUS},
            "buffer.buffer_output_packet_count": {"out_pkt_cnt": side.packets_out % MODULUS},
            "buffer.number_of_bytes_in_buffer": {"num_bytes": min(side.buffered, HIGH_BITS)},
            "buffer.number_of_entries_in_buffer": {"num_free_entries": max(0, free - 1)},
            "axi_stream.packet_count": {"pkt_cnt": side.packets},
        }

    def _errors(self, side: DirectionState) -> int:
        """A bit each of descriptors, data mover and write-back, as their registers hold them."""
        descriptors = self.get(self._named(side, "descriptor.descriptor_ram_status")) & 7
        mover = self.get(self._named(side, "data_mover.data_mover_status"))
        write_back = self.get(self._named(side, "write_back.write_back_status"))
        return int(descriptors != 0) | int(mover != 0) << 1 | int(write_back != 0) << 2

    def _reset(self) -> None:
        self._outbox.clear()
        self._assembled.clear()
        for side in self._sides.values():
            side.reset()
            for path, reset in self._resets.items():
                if path.startswith(self._named(side, "")):
                    self.set(path, reset)
            info = self._named(side, "descriptor.descriptor_info")
            self.set(f"{info}.desc_type", int(side.compact))
            self.set(f"{info}.desc_ram_depth", side.depth)
            self.set(self._named(side, "descriptor.descriptor_credit_limit_counter"), side.depth)

    def _configure(self, side: DirectionState) -> None:
        base = self._named(side, "write_back.")
        config = self.get(f"{base}write_back_config_0")
        side.enabled, side.follows_pointer = bool(config & 0xF), side.name == "c2h" and bool(config & 8)
        low, high = (
            self.get(f"{base}{name}") for name in ("status_counters_base_address_low", "status_write_back_address_high")
        )
        side.status_address = low | (high & HIGH_BITS) << 32
        if side.name == "c2h":
            low, high = (self.get(f"{base}metadata_ring_base_address_{part}") for part in ("low", "high"))
            side.ring_address = low | (high & HIGH_BITS) << 32
            side.ring_entries = max(1, self.get(f"{base}metadata_ring_size") // (8 if side.compact else 16))
            side.ring_read = self.get(f"{base}metadata_ring_read_pointer")
        side.errors = self._errors(side)
        side.configured = True

    # -- the engine -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Until nothing moves any more: what waits is for a descriptor, for room, or for the host."""
        if self._in_reset:
            return
        for side in self._sides.values():
            if not side.configured:
                self._configure(side)
        c2h, h2c = self._sides["c2h"], self._sides["h2c"]
        while self._fetch(h2c) | self._stream(h2c, c2h) | self._emit(c2h):
            pass
        self._write_back(h2c)
        self._write_back(c2h)

    def _fetch(self, side: DirectionState) -> bool:
        """Data that descriptors name, from the host into the packet buffer."""
        moved = False
        while side.fifo:
            address, length, last, user = side.fifo[0]
            if length == 0:
                self._flag(side, "data_mover.data_mover_status.dm_desc_len_err")
                side.take_descriptor()
                continue
            size = min(length - side.moved, _PIECE, side.capacity - side.buffered)
            if size <= 0:
                break
            data = bytearray(size)
            try:
                self.card.host.readinto(address + side.moved, data)
            except DmaError:
                self._flag(side, "data_mover.data_mover_status.dm_rresp_err")
            side.moved += size
            ends = side.moved == length
            side.add_piece(bytes(data), ends and last, user)
            if ends:
                side.take_descriptor()
            moved = True
        return moved

    def _stream(self, h2c: DirectionState, c2h: DirectionState) -> bool:
        """Out of one packet buffer to the logic, and from it into the other."""
        moved = False
        while h2c.pieces:
            data, last, user = h2c.pieces[0]
            if self._loops:
                if self._outbox or c2h.buffered + len(data) > c2h.capacity:
                    break
                c2h.add_piece(data, last, user)
            else:
                self._assembled.append(data)
            h2c.pieces.popleft()
            h2c.buffered -= len(data)
            moved = True
            if last:
                h2c.packets_out += 1
                h2c.packets = (h2c.packets + 1) % MODULUS
                if not self._loops:
                    packet, self._assembled = b"".join(self._assembled), []
                    self.on_packet(packet, user)
        while self._outbox and c2h.buffered + len(self._outbox[0][0]) <= c2h.capacity:
            c2h.add_piece(*self._outbox.popleft())
            moved = True
        return moved

    def _emit(self, side: DirectionState) -> bool:
        """What is in the packet buffer, to the host where descriptors say, each with its metadata."""
        moved = False
        while side.fifo and side.pieces:
            if side.follows_pointer and (side.pointer + 1) % side.ring_entries == side.ring_read:
                break
            address, length, _, _ = side.fifo[0]
            if length == 0:
                self._flag(side, "data_mover.data_mover_status.dm_desc_len_err")
                side.take_descriptor()
                continue
            data, last, user = side.pieces.popleft()
            part, rest = data[: length - side.moved], data[length - side.moved :]
            self._to_host(side, address + side.moved, part, "data_mover.data_mover_status.dm_bresp_err")
            side.moved += len(part)
            side.buffered -= len(part)
            if rest:
                side.pieces.appendleft((rest, last, user))
            ends = last and not rest
            if ends or side.moved == length:
                self._complete(side, ends=ends, user=user if ends else 0)
            moved = True
        return moved

    def _complete(self, side: DirectionState, *, ends: bool, user: int) -> None:
        entry = struct.pack("<II", side.moved, 1 | ends << 1)
        if not side.compact:
            entry += struct.pack("<Q", user)
        place = side.ring_address + side.pointer * len(entry)
        self._to_host(side, place, entry, "write_back.write_back_status.wb_md_bresp_error")
        side.pointer = (side.pointer + 1) % side.ring_entries
        side.take_descriptor()
        if ends:
            side.packets_out += 1
            side.packets = (side.packets + 1) % MODULUS

    def _write_back(self, side: DirectionState) -> None:
        """The counters, where any has changed."""
        told = (side.errors, side.limit, side.completed, side.packets, side.pointer)
        if told == side.told or not side.enabled:
            return
        first = side.told is None and told == (0, side.depth, 0, 0, 0)
        side.told = told
        if not first:
            data = struct.pack("<5I", *told)[: 4 * _STATUS_WORDS[side.name]]
            self._to_host(side, side.status_address, data, "write_back.write_back_status.wb_sts_bresp_error")

    def _to_host(self, side: DirectionState, address: int, data: bytes, error: str) -> None:
        try:
            self.card.host.write(address, data)
        except DmaError:
            self._flag(side, error)
