"""Interrupts: what would lose one, or leave something behind."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

DISPATCH, SHARED = "hal/devices/dispatch.py", "hal/lines/shared_line.py"
DEVICE, LINE, CARD = (
    "tests/devices/test_dispatch.py::test_",
    "tests/lines/test_shared_line.py::test_",
    "tests/lines/test_line_controls.py::test_",
)

FAULTS: tuple[Fault, ...] = (
    Fault(
        "interrupts: the status is not looked at again after it was cleared",
        DISPATCH,
        "_PASSES = 4",
        "_PASSES = 1",
        (f"{DEVICE}the_order_of_a_wait",),
    ),
    Fault(
        "interrupts: those that nothing clears are not held back",
        DISPATCH,
        "        one.hold()\n",
        "",
        (f"{DEVICE}one_that_nothing_clears_is_held_back_until_it_is_waited_for[level]",),
    ),
    Fault(
        "interrupts: what another thread took is not told",
        SHARED,
        "        if came:\n            self._total += came\n            self._tell()\n",
        "        if came:\n            self._total += came\n",
        (f"{LINE}a_loop_is_told_what_a_thread_took_while_it_was_busy",),
    ),
    Fault(
        "interrupts: a cancelled wait stays in its loop",
        SHARED,
        "            with self._changed:\n                self._drop(loop, future)\n",
        "            pass\n",
        (f"{LINE}a_cancelled_wait_leaves_nothing_in_its_loop",),
    ),
    Fault(
        "card: what is held back asks",
        "bindings/card/interrupt/lines.c",
        "bool active = is_set(card, slot_id, &row->status) && is_enabled(card, slot_id, row);",
        "bool active = is_set(card, slot_id, &row->status);",
        (f"{CARD}what_is_pending_and_let_through_asks_once",),
    ),
    Fault(
        "card: commands clear nothing",
        "bindings/card/interrupt/lines.c",
        "if (acts(&row->clear, view, offset, bytes, value) && !code)",
        "if (0 && acts(&row->clear, view, offset, bytes, value) && !code)",
        (f"{CARD}commands_that_set_and_clear",),
    ),
)
