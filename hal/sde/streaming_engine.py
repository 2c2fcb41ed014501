"""The engine on a device: its reset, rings in the host's memory, and what both directions share."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from hal.errors import ClosedError, DmaError, FieldTypeError, FieldValueError, HalError
from hal.sde.packets import ADDRESS_BITS
from hal.sde.receiver import Receiver
from hal.sde.sender import Sender
from hal.sde.status import STATUS_BYTES, Status
from hal.uncopyable import Closing, Uncopyable
from hal.values import integer, named_kind, within

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from hal.dma.buffer import Buffer
    from hal.slots.slot import Slot

__all__ = ["Engine"]

D = TypeVar("D")

_PARTS = ("pcis", "c2h_desc_ram", "h2c_desc_ram", "c2h", "h2c")
_BYTES_MOST = 1 << 20
_COALESCED_MOST = 64
_COALESCE_TICK, _COALESCE_TICKS = 250, 4  # clocks of a tick, about a microsecond; ticks until it is written anyway


class Engine(Closing, Uncopyable):
    """The streaming data engine of a device. A context manager: leaving it resets the engine and frees its memory.

    `block`: a device of the map cl_sde, or a block with its registers. `slot`: that of the block; a device has its own.
    `buffer_bytes`: of each of the ring's buffers, 64 to 1 MiB; a packet takes as many as it fills. `buffers`: of each
    direction; None: as many as the engine has descriptors. `coalesce`: descriptors that make one write-back of
    counters, 1 to 64; with more than 1 what is left comes some microseconds later.

    `h2c` and `c2h` are the directions; one that the engine was built without raises DmaError. Threads may use both.
    """

    def __init__(
        self,
        block: Any,
        *,
        slot: Slot | None = None,
        buffer_bytes: int = 4096,
        buffers: int | None = None,
        coalesce: int = 1,
    ) -> None:
        for name in _PARTS:
            if not hasattr(type(block), name):
                raise FieldTypeError(
                    f"an engine is a device of cl_sde or a block as its, {named_kind(block)}: no {name}"
                )
        owner: Slot | None = slot if slot is not None else getattr(block, "slot", None)
        if owner is None or not hasattr(owner, "buffer_of"):
            raise FieldTypeError("an engine in a block needs slot=, that of its device")
        self._block, self._slot = block, owner
        self._size = within(integer(buffer_bytes, "a buffer's size is bytes"), 64, _BYTES_MOST, "")
        self._wanted = None if buffers is None else within(integer(buffers, "buffers are a number"), 1, 4096, "")
        self._coalesce = within(integer(coalesce, "coalesced write-backs are a number"), 1, _COALESCED_MOST, "")
        if self._size % STATUS_BYTES:
            raise FieldValueError(f"a buffer of {self._size} bytes is no multiple of {STATUS_BYTES}")
        self._held: list[Buffer] = []
        self._statuses: list[Status] = []
        self._sender: Sender | None = None
        self._receiver: Receiver | None = None
        self._open = True
        self._start()

    def __repr__(self) -> str:
        return f"<streaming engine {self._block._full_path()}, {'open' if self._open else 'closed'}>"

    @property
    def h2c(self) -> Sender:
        """From the host to the card."""
        return _built(self._require_open()._sender, "h2c")

    @property
    def c2h(self) -> Receiver:
        """From the card to the host."""
        return _built(self._require_open()._receiver, "c2h")

    def recover(self) -> None:
        """After an error: clears it, resets the engine, and starts both directions anew. What was under way is lost.

        `h2c` and `c2h` are new objects then.
        """
        self._require_open()
        for status in self._statuses:
            status.clear()
        self._drop()
        self._start()

    def close(self) -> None:
        """Resets the engine, so that it reaches for nothing any more, and frees its memory. Again does nothing."""
        if self._open:
            self._open = False
            self._drop()

    # -- how ------------------------------------------------------------------------------------------------------

    def _require_open(self) -> Self:
        if not self._open:
            raise ClosedError("this engine was closed; make another one")
        return self

    def _hint(self) -> str:
        card = self._slot.library.card
        if card is None or self._slot.library.simulation is not None or card.has_hook(self._slot.number):
            return ""
        return "; the emulated card has no model: give it sde.EngineModel before the engine is made"

    def _present(self) -> list[str]:
        info = self._block.pcis.sde_info.fields()
        return [name for name in ("c2h", "h2c") if info[f"{name}_present"]]

    def _drop(self) -> None:
        """The engine first: it must not write to memory that is given back."""
        with contextlib.suppress(HalError):  # a device that was closed, or whose design is gone
            self._reset()
        for status in self._statuses:
            status.end()
        self._statuses.clear()
        for held in self._held:
            held.close()
        self._held.clear()
        self._sender = self._receiver = None

    def _reset(self) -> None:
        self._block.pcis.software_reset.sw_rst = 1
        self._block.pcis.software_reset.sw_rst = 0
        self._block.pcis.software_reset.read()  # it has arrived when this is answered

    def _start(self) -> None:
        try:
            self._reset()
            status = self._memory(2 * STATUS_BYTES, "c2h")
            for place, direction in enumerate(self._present()):
                self._start_direction(direction, status, place * STATUS_BYTES)
        except BaseException:
            self._open = False
            self._drop()
            raise

    def _memory(self, nbytes: int, direction: str) -> Buffer:
        made = self._slot.buffer(nbytes, direction, address_bits=64)
        self._held.append(made)
        if made.address + made.nbytes > 1 << ADDRESS_BITS:
            raise DmaError(
                f"host memory at {made.address:#x} is out of the engine's reach, which has {ADDRESS_BITS} bits"
            )
        return made

    def _start_direction(self, direction: str, page: Buffer, offset: int) -> None:
        block = getattr(self._block, direction)
        info = block.descriptor.descriptor_info.fields()
        compact, depth = bool(info["desc_type"]), int(info["desc_ram_depth"])
        status = Status(page, offset, block, direction, self._hint)
        self._statuses.append(status)
        status.start(depth)
        count = self._wanted or depth
        ring = self._memory(count * self._size, direction)
        self._configure(block.write_back, page.address + offset)
        post, pace = self._poster(direction), self._slot.library.pace
        if direction == "h2c":
            self._sender = Sender(ring, count, status, post, pace, compact=compact)
            return
        metadata = self._metadata(block.write_back, count, 8 if compact else 16)
        take = block.write_back.metadata_ring_read_pointer
        self._receiver = Receiver(
            ring, count, metadata, status, post, lambda place: take.write(md_rd_ptr=place), pace, compact=compact
        )

    def _configure(self, write_back: Any, address: int) -> None:
        """All counters are written back."""
        write_back.status_counters_base_address_low.write(status_wb_addr_lo=address & 0xFFFF_FFFF)
        write_back.status_write_back_address_high.write(status_wb_addr_hi=address >> 32)
        together = self._coalesce > 1
        tick, ticks = (_COALESCE_TICK, _COALESCE_TICKS) if together else (0, 0)
        write_back.write_back_coalesce_timeout_count.write(wc_to_tick_cnt=tick, wc_to_cnt=ticks)
        config = write_back.write_back_config_0
        bits = {name: int(together or not name.endswith("_wc_en")) for name in config.fields() if name.endswith("_en")}
        config.write(**bits, wc_cnt_minus1=self._coalesce - 1)

    def _metadata(self, write_back: Any, count: int, entry_bytes: int) -> Buffer:
        """The ring of metadata: with room for twice as many as there are buffers, it never gets full."""
        entries = 2 * count
        ring = self._memory(entries * entry_bytes, "c2h")
        write_back.metadata_ring_base_address_low.write(md_wb_addr_lo=ring.address & 0xFFFF_FFFF)
        write_back.metadata_ring_base_address_high.write(md_wb_addr_hi=ring.address >> 32)
        write_back.metadata_ring_size.write(md_ring_size_bytes=entries * entry_bytes)
        write_back.metadata_ring_read_pointer.write(md_rd_ptr=0)
        return ring

    def _poster(self, direction: str) -> Callable[[int], None]:
        """What writes a word to a direction's descriptor RAM.

        The engine takes descriptors as words in their order, each at a multiple of 64 bytes, so all go to the first
        place; and by a mapping that does not combine writes, which may change their order.
        """
        ram = getattr(self._block, f"{direction}_desc_ram")
        bar, place = self._slot.bar(ram._space.pf, ram._space.bar), ram.address
        poke = bar.poke
        return lambda word: poke(place, word)


def _built(direction: D | None, name: str) -> D:
    if direction is None:
        raise DmaError(f"this engine was built without the direction {name}")
    return direction
