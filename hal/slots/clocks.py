"""The clock generator of a slot's AFI, where it has one: recipes, whole frequencies, defaults; all read back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hal._binding import MISSING_CODE, NOT_ON_CARD, TIMEOUT_CODE, Bar, exception_of
from hal.codes import Command, ErrorCode, Pf
from hal.errors import ClockError, ClockGeneratorMissingError, FieldValueError
from hal.shown import Facts, Shown
from hal.slots.clock_tables import (
    CLOCKS_AVAILABLE,
    DEFAULT_RECIPES,
    LOCKS,
    MMCM_LOCK,
    SYSTEM_RESETS,
    dynamic_mhz,
    recipe_mhz,
    refusal,
)
from hal.slots.failures import management_error, require
from hal.slots.recollection import Recollection
from hal.uncopyable import Uncopyable
from hal.values import integer, seconds

if TYPE_CHECKING:
    from fractions import Fraction

    from hal._binding import Library
    from hal._binding.sdk.services import Services
    from hal.info import ClockGroups

__all__ = ["ClockSetting", "Clocks"]

_LOCK_POLL = 0.001  # seconds between two looks at the MMCMs
_LEAST_WAIT = 0.05
_TOLERANCE_MHZ = 1e-6  # one hertz: what doubles and the card's counters can tell apart


@dataclass(frozen=True, slots=True)
class ClockSetting(Facts):
    """What a setting came to. All in MHz.

    `requested`: the first output of each group as it was asked for (None where nothing was asked: a recipe or reset).
    `expected`: what the generator's tables say. `achieved`: read back after it was set. `reasons`: why a request
    and its result differ, by group. `resets_asserted`: the generator still holds resets of its clocks, as some releases
    of the SDK leave them: see `Clocks.release_resets`.
    """

    requested: dict[str, int | None]
    expected: dict[str, tuple[float, ...]]
    achieved: ClockGroups
    reasons: dict[str, str]
    resets_asserted: bool = False


class Clocks(Shown, Uncopyable):
    """Clock service of a slot. Groups: a (a1, a2, a3), b (b0, b1), c (c0, c1), hbm. Source: aws_clkgen_* of the SDK."""

    def __init__(self, library: Library, slot: int, services: Services) -> None:
        self._library, self._slot, self._services = library, slot, services

    def __repr__(self) -> str:
        return f"<clocks of slot {self._slot}>"

    def get(self) -> ClockGroups:
        """Present frequencies in MHz. ClockGeneratorMissingError when the AFI has no clock generator."""
        code, groups = self._services.clocks(self._slot)
        self._check(code, "reading the clocks")
        return groups

    def set_recipe(
        self,
        a: int = DEFAULT_RECIPES["a"],
        b: int = DEFAULT_RECIPES["b"],
        c: int = DEFAULT_RECIPES["c"],
        hbm: int = DEFAULT_RECIPES["hbm"],
    ) -> ClockSetting:
        """Sets all groups to recipes, by number; a group that is not given gets its power-up recipe."""
        numbers = {
            group: _whole("recipe", group, number) for group, number in {"a": a, "b": b, "c": c, "hbm": hbm}.items()
        }
        code = self._services.set_recipe(self._slot, numbers["a"], numbers["b"], numbers["c"], numbers["hbm"], 0)
        self._check(code, f"setting recipes {numbers}")
        return self._result(dict.fromkeys(numbers), {group: recipe_mhz(group, n) for group, n in numbers.items()})

    def set_frequencies(self, a: int = 125, b: int = 450, c: int = 300, hbm: int = 450) -> ClockSetting:
        """Asks for whole MHz at the first output of each group: a1, b0, c0 and hbm_axi.

        The generator takes the nearest table row that is not above the request: the result tells what came of it.
        """
        wanted = {group: _whole("frequency", group, mhz) for group, mhz in {"a": a, "b": b, "c": c, "hbm": hbm}.items()}
        code = self._services.set_dynamic(self._slot, wanted["a"], wanted["b"], wanted["c"], wanted["hbm"], 0)
        self._check(code, f"setting frequencies {wanted}")
        return self._result(dict(wanted), {group: dynamic_mhz(group, mhz) for group, mhz in wanted.items()})

    def reset(self) -> ClockSetting:
        """Back to the power-up recipes: a 1, b 2, c 0, hbm 2."""
        code = self._services.set_recipe(self._slot, 0, 0, 0, 0, 1)
        Recollection.of(self._library, self._slot).drop()  # logic on these clocks was reset
        self._check(code, "resetting the clocks")
        expected = {group: recipe_mhz(group, number) for group, number in DEFAULT_RECIPES.items()}
        return self._result(dict.fromkeys(expected), expected)

    def resets_asserted(self) -> bool:
        """Whether the generator holds resets of its clocks, as from power-up on until software releases them."""
        self.get()  # an AFI without a generator has nothing at its registers
        return self._resets() != 0

    def release_resets(self, timeout: float = 10.0) -> None:
        """Waits until the MMCMs have locked, and releases the resets of their clocks. `timeout` in seconds.

        Designs with the generator begin with them asserted; until they are released an HBM is not ready, and logic on
        these clocks stands still. ClockError when the MMCMs do not lock in time, or a reset stays. Source:
        aws_clkgen_deassert_resets where the library has it (2.3.3 and later), else the generator's registers.
        """
        end = time.monotonic() + seconds(timeout, "a timeout of resets is seconds")
        self.get()
        bar = self._registers()
        available = bar.peek(CLOCKS_AVAILABLE)
        wanted = sum(lock for clocks, lock in LOCKS.values() if available & clocks)
        while (locked := bar.peek(MMCM_LOCK)) & wanted != wanted:
            if time.monotonic() >= end:
                missing = ", ".join(group for group, (_, lock) in LOCKS.items() if wanted & ~locked & lock)
                raise self._failed(
                    f"the MMCMs of group {missing} did not lock within {timeout:g} s (lock register {locked:#x}, "
                    f"wanted {wanted:#x}); the resets stay asserted"
                )
            time.sleep(_LOCK_POLL)
        code = self._services.within(max(_LEAST_WAIT, end - time.monotonic())).release_resets(self._slot)
        Recollection.of(self._library, self._slot).drop()
        if code == MISSING_CODE:
            bar.poke(SYSTEM_RESETS, 0)
        else:
            self._check(code, "releasing the resets of the clocks")
        if left := self._resets():
            raise self._failed(f"resets {left:#x} of the clock generator stay asserted")

    def measured(self) -> tuple[tuple[int, ...], ...]:
        """Hertz of the shell's own counters: three groups of seven outputs, from the slot's metrics."""
        code, metrics = self._services.metrics(self._slot, int(Command.GET_HW_METRICS))
        require(self._library, self._slot, code, "describe")
        return metrics.clocks

    def _result(self, requested: dict[str, int | None], expected: dict[str, tuple[Fraction, ...]]) -> ClockSetting:
        achieved = self.get()
        have = {"a": achieved.a, "b": achieved.b, "c": achieved.c, "hbm": (achieved.hbm,)}
        reasons: dict[str, str] = {}
        for group, frequencies in expected.items():
            wanted = requested[group]
            exact = [float(mhz) for mhz in frequencies]
            if any(abs(mhz - got) > _TOLERANCE_MHZ for mhz, got in zip(exact, have[group], strict=True)):
                reasons[group] = f"the generator reads back {have[group]}, its table says {tuple(exact)}"
            elif wanted is not None and abs(exact[0] - wanted) > _TOLERANCE_MHZ:
                reasons[group] = (
                    f"{wanted} MHz is between two rows of the generator's table; the lower makes {exact[0]:g}"
                )
        rows = {group: tuple(float(mhz) for mhz in frequencies) for group, frequencies in expected.items()}
        return ClockSetting(requested, rows, achieved, reasons, self._resets() != 0)

    def _registers(self) -> Bar:
        return Bar(self._library, self._slot, Pf.MGMT, 4)

    def _resets(self) -> int:
        return self._registers().peek(SYSTEM_RESETS)

    def _failed(self, reason: str) -> ClockError:
        return ClockError(f"releasing the resets of slot {self._slot}: {reason}", slot=self._slot, name="resets")

    def _check(self, code: int, action: str) -> None:
        if code == 0:
            return
        slot = self._slot
        if code == ErrorCode.CLKGEN_IP_NOT_FOUND:
            raise ClockGeneratorMissingError(
                f"{action} of slot {slot}: the slot holds no AFI with a clock generator; load one that has it",
                slot=slot,
                code=code,
                name="clkgen-ip-not-found",
            )
        if code in {TIMEOUT_CODE, NOT_ON_CARD}:
            raise management_error(self._library, slot, code, action)
        if code == MISSING_CODE:
            raise exception_of(code, f"{action} of slot {slot}")
        text = self._library.error_text(code)
        raise ClockError(f"{action} of slot {slot} failed: {text} (code {code})", slot=slot, code=code, name=text)


def _whole(kind: str, group: str, value: Any) -> int:
    given = integer(value, f"{kind} of group {group} is a whole number", "; nothing was set")
    if reason := refusal(kind, group, given):
        raise FieldValueError(f"{reason}; nothing was set")
    return given
