"""What a slot has for DMA: buffers of host memory, and transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hal._binding import Library
    from hal.dma.buffer import Buffer
    from hal.dma.elements import Elements
    from hal.dma.transfers import Dma
    from hal.info import ImageInfo
    from hal.uncopyable import Closing

__all__ = ["DmaSide"]


class DmaSide:
    """The part of a slot that is about DMA."""

    number: int
    library: Library

    def _require_open(self) -> None:
        raise NotImplementedError

    def _keep(self, made: Closing) -> None:
        """It ends with the slot."""
        raise NotImplementedError

    def describe(self) -> ImageInfo:
        """What the slot holds."""
        raise NotImplementedError

    def buffer(
        self, nbytes: int, direction: str = "both", *, address_bits: int = 64, source: str | None = None
    ) -> Buffer:
        """Pinned host memory of so many bytes, zeroed, with the address at which the card reaches it.

        `direction`: "h2c" (the card reads it), "c2h" (it writes it) or "both". `address_bits`: how many bits of an
        address the card has, 24 or more; its end lies below 2**address_bits. `source`: "library" (what the card's
        library maps: the emulated card, simulated logic, VFIO), "udmabuf" or "hugepages"; None takes the first that has
        it. It ends with the slot, at the latest. DmaError says why there is none.
        """
        from hal.dma.allocation import bytes_of_count  # noqa: PLC0415  (importing a driver is to be quick)

        return self.buffer_of(bytes_of_count(nbytes), direction, address_bits, source)

    def buffer_of(self, elements: Elements, direction: str, address_bits: int, source: str | None) -> Buffer:
        """The same of elements; see `hal.allocate`."""
        from hal.dma.allocation import new_buffer  # noqa: PLC0415

        self._require_open()
        made = new_buffer(self, elements, direction, address_bits, source)
        self._keep(made)
        return made

    @property
    def dma(self) -> Dma:
        """Transfers to and from the card's memory. DmaError where the slot has no DMA engine that is known."""
        from hal.dma.allocation import engine_of  # noqa: PLC0415
        from hal.dma.transfers import Dma  # noqa: PLC0415

        self._require_open()
        return Dma(engine_of(self), self.number)
