"""What the engine writes back to the host of one direction, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from hal.errors import ClosedError, DmaTimeoutError, SdeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hal._binding.sdk.pace import RealTime
    from hal.dma.buffer import Buffer

__all__ = ["STATUS_BYTES", "Status", "wait_until", "wait_until_async"]

T = TypeVar("T")

STATUS_BYTES: Final = 64
_ERRORS, _LIMIT, _COMPLETED, _PACKETS, _POINTER = range(5)  # words of 32 bits
_MODULUS = 1 << 32
_SPINS = 200
_PAUSE_LEAST, _PAUSE_MOST = 5e-6, 5e-4  # seconds

_MEANINGS = {
    "desc_oflow": "a descriptor was written into the full RAM",
    "desc_ooo_error": "a descriptor was written out of order",
    "desc_unalin_error": "a descriptor was not written to a multiple of 64 bytes",
    "dm_bresp_err": "the host's memory refused data: is the buffer open, and can the card write it?",
    "dm_rresp_err": "the host's memory could not be read: is the buffer open, and can the card read it?",
    "dm_desc_len_err": "a descriptor has no length",
    "wb_sts_bresp_error": "the host's memory refused the status",
    "wb_md_bresp_error": "the host's memory refused metadata",
}


class Status:
    """Counters of one direction in the host's memory, which the engine updates; they wrap at 2**32.

    `page`: where they are, from `offset` on. `block`: the registers of the direction. `hint`: why nothing may happen.
    """

    def __init__(self, page: Buffer, offset: int, block: Any, direction: str, hint: Callable[[], str]) -> None:
        self._page, self._block, self._direction, self.hint = page, block, direction, hint
        self._words = page.bytes[offset : offset + STATUS_BYTES].cast("I")
        self._open = True

    def start(self, depth: int) -> None:
        """As the engine's counters are after its reset: it writes none of them until it changes."""
        for place in (_ERRORS, _COMPLETED, _PACKETS, _POINTER):
            self._words[place] = 0
        self._words[_LIMIT] = depth

    def credits(self, consumed: int) -> int:
        """Descriptors that may be written, when so many were since the reset."""
        return int(self._words[_LIMIT] - consumed) % _MODULUS

    def pending(self, posted: int) -> int:
        """Of so many descriptors since the reset, those that are not completed."""
        return int(posted - self._words[_COMPLETED]) % _MODULUS

    @property
    def packets(self) -> int:
        """On the stream since the reset."""
        return int(self._words[_PACKETS])

    def end(self) -> None:
        """The engine starts anew, or ends: who still has this direction gets ClosedError."""
        self._open = False

    def require_open(self) -> None:
        """ClosedError after the end."""
        if not self._open or self._page.closed:
            raise ClosedError(f"this {self._direction} direction has ended: the engine was closed, or started anew")

    def check(self) -> None:
        """SdeError where the engine reports an error, ClosedError after the end."""
        self.require_open()
        if self._words[_ERRORS]:
            raise self.error()

    def error(self, told: str = "") -> SdeError:
        """What the registers say of an error."""
        block = self._block
        registers = (
            block.descriptor.descriptor_ram_status,
            block.data_mover.data_mover_status,
            block.write_back.write_back_status,
        )
        found = [name for register in registers for name, bit in register.fields().items() if bit and name in _MEANINGS]
        words = told or "; ".join(_MEANINGS[name] for name in found) or "it has ended by now"
        return SdeError(
            f"the {self._direction} direction of {block._full_path()} reports an error: {words}. engine.recover() "
            "starts it anew; what was under way is lost",
            direction=self._direction,
            errors=tuple(found),
        )

    def clear(self) -> None:
        """Clears the errors in the registers, each by writing it."""
        block = self._block
        block.descriptor.descriptor_ram_status.write(desc_oflow=1, desc_ooo_error=1, desc_unalin_error=1)
        for register in (block.data_mover.data_mover_status, block.write_back.write_back_status):
            register.write(**dict.fromkeys(register.fields(), 1))


def wait_until(ready: Callable[[], T | None], pace: RealTime, timeout: float, what: str, hint: Callable[[], str]) -> T:
    """Looks until there is something: at once, a while without pause, then with longer ones. DmaTimeoutError."""
    for _ in range(_SPINS):
        if found := ready():
            return found
    deadline, pause = pace.deadline(timeout), _PAUSE_LEAST
    while not (found := ready()):
        left = deadline.left()
        if left <= 0:
            raise DmaTimeoutError(f"{what} within {timeout} s{hint()}")
        pace.sleep(min(pause, left))
        pause = min(2 * pause, _PAUSE_MOST)
    return found


async def wait_until_async(
    ready: Callable[[], T | None], pace: RealTime, timeout: float, what: str, hint: Callable[[], str]
) -> T:
    """The same while asyncio's other tasks run between two looks."""
    import asyncio  # noqa: PLC0415  (a synchronous program needs none)

    deadline, pause = pace.deadline(timeout), _PAUSE_LEAST
    while not (found := ready()):
        left = deadline.left()
        if left <= 0:
            raise DmaTimeoutError(f"{what} within {timeout} s{hint()}")
        if pace.is_simulated:
            pace.sleep(min(pause, left))
        await asyncio.sleep(0 if pace.is_simulated else min(pause, left))
        pause = min(2 * pause, _PAUSE_MOST)
    return found
