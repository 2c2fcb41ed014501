"""Slots, their ownership and their clocks."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

SLOT, LOADING, CLOCKS = "hal/slots/slot.py", "hal/slots/loading.py", "hal/slots/clocks.py"
TESTS = "tests/slots/test_slot.py::test_"
STALE = f"{TESTS}what_was_attached_goes_stale_by_this_process_own_word"
OWNED = f"{TESTS}ownership_ends_with_the_slot_and_with_an_opening_that_fails"
CLOCK_TESTS = "tests/slots/test_clocks.py::test_"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "lock: a child's release of its parent's lock ends its own",
        "hal/slots/locking.py",
        "        if descriptor is not None and self._process == os.getpid():\n",
        "        if descriptor is not None:\n",
        ("tests/slots/test_locking.py::test_a_child_that_releases_its_parents_lock_keeps_its_own",),
    ),
    Fault(
        "load: another program's AFI is believed",
        LOADING,
        'info.status == wanted and self._afi in {"", info.afi_id} else None',
        "info.status == wanted else None",
        (f"{TESTS}another_programs_afi_is_not_believed",),
    ),
    Fault(
        "load: what was attached does not go stale",
        SLOT,
        "            self._end_generation()\n            info = loader.wait(tell)\n            held = time.monotonic()\n"
        "            info = self._shown(loader, info, tell)\n            self._recollection",
        "            info = loader.wait(tell)\n            held = time.monotonic()\n"
        "            info = self._shown(loader, info, tell)\n            self._recollection",
        (f"{STALE}[load]",),
        ends=("AssertionError", "Failed"),
    ),
    Fault(
        "clear: what was attached does not go stale before the bus shows it",
        SLOT,
        "        self.library.retire(self.number)\n",
        "        pass\n",
        (f"{STALE}[load]",),
        ends=("AssertionError", "Failed"),
    ),
    Fault(
        "rescan: what was attached does not go stale",
        LOADING,
        "        self._library.retire(self._slot)  # before too: what uses a BAR ends first\n"
        "        code = self._library.services.within(_RESCAN_WAIT).rescan(self._slot)\n"
        "        self._library.retire(self._slot)\n",
        "        code = self._library.services.within(_RESCAN_WAIT).rescan(self._slot)\n",
        (f"{STALE}[rescan]",),
        ends=("AssertionError", "Failed"),
    ),
    Fault(
        "core: a handle that is shared goes with its owner",
        "bindings/core/library/bar.c",
        "owner->lingers && owner->sharers == 0",
        "owner->lingers",
        ("tests/_binding/test_resources.py::test_a_thousand_devices_work_and_close_alone",),
        ends=("HalError", "AssertionError", "Failed"),
    ),
    Fault(
        "core: a load retires nothing",
        "bindings/core/library/bar.c",
        "                end_generation(bar, HAL_E_STALE);\n",
        "                continue;\n",
        (f"{STALE}[load]",),
        ends=("AssertionError", "Failed"),
    ),
    Fault(
        "slot: its owner does not let go when it closes",
        SLOT,
        "        if self._ownership is not None:\n            self._ownership.release()\n\n    # -- what it holds",
        "\n    # -- what it holds",
        (OWNED,),
    ),
    Fault(
        "slot: an opening that fails does not let go",
        "hal/slots/opening.py",
        "        if ownership is not None:\n            ownership.release()\n        raise\n",
        "        raise\n",
        (OWNED,),
    ),
    Fault(
        "clocks: recipes of b and c are exchanged",
        CLOCKS,
        'set_recipe(self._slot, numbers["a"], numbers["b"], numbers["c"]',
        'set_recipe(self._slot, numbers["a"], numbers["c"], numbers["b"]',
        (f"{CLOCK_TESTS}each_group_gets_its_own_number",),
        ends=("AssertionError", "ClockError"),
    ),
    Fault(
        "clocks: frequencies of b and c are exchanged",
        CLOCKS,
        'set_dynamic(self._slot, wanted["a"], wanted["b"], wanted["c"]',
        'set_dynamic(self._slot, wanted["a"], wanted["c"], wanted["b"]',
        (f"{CLOCK_TESTS}each_group_gets_its_own_number",),
        ends=("AssertionError", "ClockError"),
    ),
    Fault(
        "clocks: the recipe of hbm by default",
        CLOCKS,
        'hbm: int = DEFAULT_RECIPES["hbm"]',
        'hbm: int = DEFAULT_RECIPES["a"]',
        (f"{CLOCK_TESTS}a_group_that_is_not_given_has_its_clock_of_power_up[set_recipe]",),
    ),
    Fault(
        "clocks: the frequency of hbm by default",
        CLOCKS,
        "c: int = 300, hbm: int = 450)",
        "c: int = 300, hbm: int = 125)",
        (f"{CLOCK_TESTS}a_group_that_is_not_given_has_its_clock_of_power_up[set_frequencies]",),
    ),
    Fault(
        "clocks: c is told as b",
        CLOCKS,
        '"b": achieved.b, "c": achieved.c',
        '"b": achieved.c, "c": achieved.b',
        (f"{CLOCK_TESTS}each_group_gets_its_own_number",),
    ),
    Fault(
        "clocks: a reset of the generator releases what it held",
        "bindings/card/clock/clkgen.c",
        "    state->dis_rst_main = 0;\n",
        "    state->dis_rst_main = state->held = 0;\n",
        (f"{CLOCK_TESTS}a_reset_of_the_generator_holds_and_releases_no_clock",),
    ),
)
