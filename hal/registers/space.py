"""One BAR of a device, attached when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hal._binding import AccessLock
from hal.codes import Pf, bar_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from hal._binding import Bar

    Attach = Callable[[int, int, bool], Bar]

__all__ = ["Space", "SpaceName", "SpaceNumbers", "remembering", "space_numbers"]

SpaceName = tuple[str, int]
SpaceNumbers = tuple[int, int]

_WRITE_COMBINING = (0, 4)  # the one BAR that can be attached with BURST_CAPABLE

# Held from the look at what was written last to the write and to remembering it: of two threads that write fields of
# one register, neither undoes what the other did.
remembering = AccessLock()


class Space:
    """A BAR by PCI function and number. `attach` is called with both, and whether writes shall combine.

    `shadows`: what was last written to registers that have bits to remember, by offset. `real`: called as `attach`,
    where that gives a BAR that only collects.
    """

    __slots__ = ("_attach", "_real", "bar", "name", "pf", "shadows")

    def __init__(
        self,
        attach: Attach,
        pf: int,
        bar: int,
        shadows: MutableMapping[int, int] | None = None,
        real: Attach | None = None,
    ) -> None:
        self._attach, self._real = attach, real or attach
        self.pf, self.bar, self.name = pf, bar, bar_name(pf, bar)
        self.shadows: MutableMapping[int, int] = {} if shadows is None else shadows

    def attached(self) -> Bar:
        """The BAR."""
        return self._attach(self.pf, self.bar, False)

    def real(self) -> Bar:
        """The BAR that can be read even in a batch."""
        return self._real(self.pf, self.bar, False)

    def remember(self, values: Mapping[int, int]) -> dict[int, int | None]:
        """Takes values by offset for what was written last. Returns what there was, for `put_back` if none is written.

        This comes before the write: what a signal interrupts counts as written, and the next write makes it so.
        """
        before = {offset: self.shadows.get(offset) for offset in values}
        self.shadows.update(values)
        return before

    def put_back(self, before: Mapping[int, int | None]) -> None:
        """Takes back what was not written."""
        for offset, value in before.items():
            if value is None:
                self.shadows.pop(offset, None)
            else:
                self.shadows[offset] = value

    def for_bulk_writes(self) -> Bar:
        """The BAR by a handle of its own that combines writes, where it can; only for memories."""
        return self._attach(self.pf, self.bar, (self.pf, self.bar) == _WRITE_COMBINING)


def space_numbers(name: SpaceName) -> SpaceNumbers:
    """PCI function and BAR of a space: ("app", 0) is (0, 0)."""
    return int(Pf[name[0].upper()]), name[1]
