"""The live page: who gets in, what is read, and what viewers are told."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

WEB, CARD = "hal/page/web", "hal/page/card"
GATE = "tests/page/web/test_gate.py::test_"
LOOKING = "tests/page/card/test_looking.py::test_"
ACTIONS = "tests/page/card/test_viewer_actions.py::test_"

FAULTS = (
    Fault(
        "page: any name that somebody points here is served",
        f"{WEB}/gate.py",
        "if name not in self._names:",
        "if not name:",
        (f"{GATE}a_name_that_somebody_points_here_is_not_served",),
    ),
    Fault(
        "page: a request of another page writes where the browser sends no Origin",
        f"{WEB}/gate.py",
        'if scope["method"] == "POST" and len(origins) != 1:',
        'if scope["method"] == "POST" and len(origins) > 1:',
        (f"{GATE}only_our_own_page_changes_anything",),
    ),
    Fault(
        "page: a body of unknown length is read to its end",
        f"{WEB}/bodies.py",
        "if len(content) + len(part) > limit:",
        "if len(content) > limit:",
        (f"{GATE}too_large_is_not_read",),
    ),
    Fault(
        "page: a viewer that turns to what is read already is not told it",
        f"{CARD}/held_slot.py",
        "self.turn, self._chosen, self._reads = turn, tuple(registers), None",
        "self.turn, self._chosen = turn, tuple(registers)",
        (f"{LOOKING}who_turns_to_the_same_is_told_it_anew",),
    ),
    Fault(
        "page: a register that reading changes is read by looking",
        f"{CARD}/rounds.py",
        "if shape is None or shape.effects or not shape.is_readable or not run.path.startswith(prefix):",
        "if shape is None or not shape.is_readable or not run.path.startswith(prefix):",
        (f"{LOOKING}registers_that_reading_changes_are_never_read_by_looking",),
    ),
    Fault(
        "page: a read with an effect needs no right to write",
        f"{WEB}/card_page.py",
        "who = self._writer(request) if has_effects else session_of(request).name",
        "who = session_of(request).name",
        (f"{ACTIONS}a_page_that_is_read_only_changes_nothing",),
    ),
)
