"""The emulated card by itself: its bus, its clocks, its words, and what a fork leaves of it."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

__all__ = ["FAULTS"]

SELFTEST = ("tests/bindings/test_card_selftest.py::test_every_check_holds",)
ROWS = "tests/slots/test_forks.py::test_a_row_of_the_table"

FAULTS = (
    Fault(
        "card: the rest of a read that a clear ends is zeros",
        "bindings/card/behaviour/bus.c",
        "    *value |= bytes_mask(bytes) & ~bytes_mask(done); ",
        "    ",
        SELFTEST,
    ),
    Fault(
        "card: what comes along with another word is a violation",
        "bindings/card/behaviour/bus.c",
        "        part.is_lane = part.bytes < bytes;\n        uint64_t bits;",
        "        uint64_t bits;",
        SELFTEST,
    ),
    Fault(
        "card: plain words wait for the slot's lock",
        "bindings/card/design/policy.c",
        "        flags |= ENTRY_PURE_READ;\n",
        "        flags |= 0;\n",
        SELFTEST,
    ),
    Fault(
        "card: the pulse of a zero shows zeros",
        "bindings/card/design/policy.c",
        "        word->ones |= mask;\n",
        "",
        SELFTEST,
    ),
    Fault(
        "card: a register of the clock generator has a bit less",
        "bindings/card/clock/clkgen.c",
        "*bits = 0x3FFFFFF;",
        "*bits = 0x1FFFFFF;",
        SELFTEST,
    ),
    Fault(
        "card: a child keeps its parent's listeners",
        "bindings/card/interrupt/listeners.c",
        "    memset(own, 0, sizeof(own));\n",
        "",
        (f"{ROWS}[listening_mutex-listeners_of_the_parent]",),
    ),
)
