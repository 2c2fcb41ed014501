"""The live page: who gets in, what is read, and what viewers are told."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

WEB, CARD, FLEET = "hal/page/web", "hal/page/card", "hal/page/fleet"
GATE = "tests/page/web/test_gate.py::test_"
LOOKING = "tests/page/card/test_looking.py::test_"
ACTIONS = "tests/page/card/test_viewer_actions.py::test_"
WATCHER = "tests/page/fleet/test_host_watcher.py::test_"
TABLE = "tests/page/fleet/test_fleet_table.py::test_"
FLEET_PAGE = "tests/page/fleet/test_fleet_page.py::test_"

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
    Fault(
        "fleet page: a card of another AFI is opened, and asked for its identity",
        f"{FLEET}/host_watcher.py",
        "if state.afi and state.afi in {*design.afi, design.afi_id}:",
        "if state.afi:",
        (f"{WATCHER}another_design_is_not_read_not_even_for_its_identity",),
    ),
    Fault(
        "fleet page: a quarantined card is read",
        f"{FLEET}/host_watcher.py",
        'if state.state not in {"free", "taken"}:  # a bus that is dead is not asked',
        'if state.state not in {"free", "taken", "quarantined"}:',
        ("tests/fleet/test_marks.py::test_a_quarantine_says_why_and_since_when_and_keeps_fleets_away",),
    ),
    Fault(
        "fleet page: slots of a host that is lost stay as they were",
        f"{FLEET}/fleet_table.py",
        "if state not in {_SILENT, _LOST}:",
        "if state not in {_SILENT}:",
        (f"{TABLE}a_host_that_is_dead_is_lost_with_its_slots_and_is_named",),
    ),
    Fault(
        "fleet page: hosts are asked where nobody looks any more",
        f"{FLEET}/fleet_page.py",
        "self._cluster.watch(None)",
        "self._left += 0.0",
        (f"{FLEET_PAGE}nothing_is_asked_where_nobody_looks_and_one_round_is_for_all",),
    ),
    Fault(
        "fleet page: any number of pages of cards may be open",
        f"{FLEET}/card_pages.py",
        "if len(self._opened) >= _PAGES_MAX:",
        "if len(self._opened) > 10 * _PAGES_MAX:",
        (f"{FLEET_PAGE}pages_of_cards_are_bounded_and_end_when_nobody_has_them",),
    ),
    Fault(
        "fleets: who was killed counts as who has taken the slot after that",
        "hal/fleet/marks.py",
        'f".{process or os.getpid()}.{TAKEN}" if kind == TAKEN else f".{kind}"',
        'f".{kind}"',
        ("tests/fleet/test_marks.py::test_the_mark_of_one_that_was_killed_is_not_the_next_holders",),
    ),
    Fault(
        "fleets: a slot is held a little longer than it is said for whom",
        "hal/fleet/hosts.py",
        "    slot.close()\n    remove_mark(slot.library, slot.number, TAKEN)",
        "    remove_mark(slot.library, slot.number, TAKEN)\n    slot.close()",
        ("tests/fleet/test_marks.py::test_who_is_seen_to_hold_a_slot_is_told_for_whom_at_every_moment",),
    ),
)
