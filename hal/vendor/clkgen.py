"""FpgaClkgen: the AFI's clock generator, as the vendor's class of that name sets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding.sdk.discovery import find_library
from hal.vendor.arguments import require, slot_number, unsigned

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

__all__ = ["FpgaClkgen"]


class FpgaClkgen:
    """Recipes and frequencies of a slot's clocks. `library` as in `hal.open_slot`.

    ClockError when the generator refuses a setting (code 28), ClockGeneratorMissingError when the loaded AFI has none
    (code 29).
    """

    def __init__(self, library: str | os.PathLike[str] | None = None) -> None:
        self._library = find_library(library)
        self._library.start()

    def get_dynamic(self, slot_id: int) -> dict[str, Any]:
        """MHz: clock_group_a, _b, _c and _hbm, each {'clocks': [3 numbers]}, 0 for outputs that are not there.

        Source: aws_clkgen_get_dynamic.
        """
        slot = slot_number(slot_id)
        code, members = self._library.services.clock_members(slot)
        require(self._library, code, "get clock frequencies", slot)
        return members

    def set_recipe(
        self, slot_id: int, clk_a_recipe: int, clk_b_recipe: int, clk_c_recipe: int, clk_hbm_recipe: int, reset: int = 0
    ) -> None:
        """Sets all groups to recipes by number; with reset not 0 to the defaults. Source: aws_clkgen_set_recipe."""
        self._set(
            self._library.services.set_recipe,
            slot_id,
            clk_a_recipe=clk_a_recipe,
            clk_b_recipe=clk_b_recipe,
            clk_c_recipe=clk_c_recipe,
            clk_hbm_recipe=clk_hbm_recipe,
            reset=reset,
        )

    def set_dynamic(
        self, slot_id: int, clk_a_freq: int, clk_b_freq: int, clk_c_freq: int, clk_hbm_freq: int, reset: int = 0
    ) -> None:
        """Asks for whole MHz at each group's first output; with reset not 0 the defaults.

        The generator takes its nearest table row that is not above the request; `get_dynamic` tells what came of it.
        Source: aws_clkgen_set_dynamic.
        """
        self._set(
            self._library.services.set_dynamic,
            slot_id,
            clk_a_freq=clk_a_freq,
            clk_b_freq=clk_b_freq,
            clk_c_freq=clk_c_freq,
            clk_hbm_freq=clk_hbm_freq,
            reset=reset,
        )

    def _set(self, call: Callable[..., int], slot_id: int, **numbers: int) -> None:
        slot = slot_number(slot_id)
        checked = [unsigned(value, 32, name) for name, value in numbers.items()]
        shown = ", ".join(f"{name} {value}" for name, value in zip(numbers, checked, strict=True))
        require(self._library, call(slot, *checked), f"{call.__name__} ({shown})", slot)
