"""FpgaClkgen: the AFI's clock generator, as the vendor's class of that name sets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hal._binding.sdk.discovery import find_library
from hal.codes import ErrorCode
from hal.errors import ClockError
from hal.slots.clock_tables import OUTPUTS, refusal
from hal.vendor.arguments import require, slot_number, unsigned, vendor_text

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
        slot = slot_number(slot_id, "get dynamic")
        code, members = self._library.services.clock_members(slot)
        require(self._library, code, "get dynamic", slot)
        return members

    def set_recipe(
        self, slot_id: int, clk_a_recipe: int, clk_b_recipe: int, clk_c_recipe: int, clk_hbm_recipe: int, reset: int = 0
    ) -> None:
        """Sets all groups to recipes by number; with reset not 0 to the defaults. Source: aws_clkgen_set_recipe."""
        self._set(
            self._library.services.set_recipe,
            "recipe",
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
        Source: aws_clkgen_set_dynamic, which has set the groups before the one that it refuses: here none is set.
        """
        self._set(
            self._library.services.set_dynamic,
            "frequency",
            slot_id,
            clk_a_freq=clk_a_freq,
            clk_b_freq=clk_b_freq,
            clk_c_freq=clk_c_freq,
            clk_hbm_freq=clk_hbm_freq,
            reset=reset,
        )

    def deassert_resets(self, slot_id: int) -> None:
        """Waits for the MMCMs, and releases the resets of their clocks. Source: aws_clkgen_deassert_resets (2.3.3)."""
        slot = slot_number(slot_id, "deassert resets")
        require(self._library, self._library.services.release_resets(slot), "deassert resets", slot)

    def _set(self, call: Callable[..., int], kind: str, slot_id: int, **numbers: int) -> None:
        action = "set recipe" if kind == "recipe" else "set dynamic"
        slot = slot_number(slot_id, action)
        checked = [unsigned(value, 32, name) for name, value in numbers.items()]
        reasons = [refusal(kind, group, number) for group, number in zip(OUTPUTS, checked, strict=False)]
        if any(reasons) and not checked[-1]:
            code = int(ErrorCode.INVALID_CLKGEN_INPUT)
            name = self._library.error_text(code)
            why = ", ".join(filter(None, reasons))
            raise ClockError(
                f"{vendor_text(action, slot, code, name)}; {why}; nothing was set", slot=slot, code=code, name=name
            )
        require(self._library, call(slot, *checked), action, slot)
