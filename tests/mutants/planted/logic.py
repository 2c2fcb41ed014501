"""Logic that does something else than its map says."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

RTL = "codegen/views/rtl/"
ROOM = "tests/codegen/views/rtl/test_rtl_"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "libraries: an object is told by its source without what that includes",
        "hal/cosim/compiled_objects.py",
        "seen.add(found)\n                waiting.append(found)",
        "seen.add(found)",
        ("tests/cosim/test_library_build.py::test_only_what_has_changed_is_compiled_again",),
    ),
    Fault(
        "logic: a toggle sets",
        f"{RTL}rtl_software.py",
        '"toggle": "^ "',
        '"toggle": "| "',
        (f"{ROOM}block.py::test_every_policy_is_the_cards_and_the_models",),
    ),
    Fault(
        "logic: every write is the first one",
        f"{RTL}rtl_software.py",
        "if way.policy.once:\n            spent",
        "if False:\n            spent",
        (f"{ROOM}block.py::test_every_policy_is_the_cards_and_the_models",),
    ),
    Fault(
        "logic: a read that sets clears",
        f"{RTL}rtl_software.py",
        'if way.policy.read == "set" else 0',
        'if way.policy.read == "clear" else 0',
        (f"{ROOM}block.py::test_every_policy_is_the_cards_and_the_models",),
    ),
    Fault(
        "logic: locks are open",
        f"{RTL}rtl_register.py",
        "conditions += [*self._lanes(place, beat), *guards]",
        "conditions += [*self._lanes(place, beat)]",
        (f"{ROOM}register.py::test_protocols_aliases_and_pairs_are_the_cards",),
    ),
    Fault(
        "logic: the last key alone is enough",
        f"{RTL}rtl_register.py",
        '" if number else ""\n',
        '" if False else ""\n',
        (f"{ROOM}register.py::test_protocols_aliases_and_pairs_are_the_cards",),
    ),
    Fault(
        "logic: a write mask is ignored",
        f"{RTL}rtl_software.py",
        "if rules is None or not rules.masked:",
        "if True:",
        (f"{ROOM}register.py::test_protocols_aliases_and_pairs_are_the_cards",),
    ),
    Fault(
        "logic: a saturating counter wraps",
        f"{RTL}rtl_hardware.py",
        "if not counter.saturate:",
        "if True:",
        (f"{ROOM}hardware.py::test_counters_count_wrap_and_end_as_models_do",),
    ),
    Fault(
        "logic: a sticky field takes each value",
        f"{RTL}rtl_hardware.py",
        'if hardware.sticky == "field" else []\n',
        "if False else []\n",
        (f"{ROOM}hardware.py::test_fields_take_what_hardware_gives_as_models_do",),
    ),
    Fault(
        "logic: the high word is not held",
        f"{RTL}rtl_register.py",
        "if place.has_latch and beat != place.first:\n            held",
        "if False:\n            held",
        (f"{ROOM}hardware.py::test_wires_latches_and_enables",),
    ),
    Fault(
        "logic: an interrupt needs no enable",
        f"{RTL}rtl_block.py",
        'value += f" & {self._enabled(interrupt)}"',
        "self._enabled(interrupt)",
        (f"{ROOM}hardware.py::test_interrupt_lines_are_pending_and_enabled",),
    ),
    Fault(
        "logic: unmapped addresses are no error",
        "codegen/output/templates/rtl/block.sv.j2",
        "assign found = req_write ? may[1] : may[0];",
        "assign found = may == NONE || (req_write ? may[1] : may[0]);",
        (f"{ROOM}windows.py::test_memories_windows_and_holes",),
    ),
    Fault(
        "logic: a view is there at all times",
        f"{RTL}rtl_links.py",
        "        return terms if view.is_there else",
        "        return [] if view.is_there else",
        (f"{ROOM}alternates.py::test_alternates_are_the_cards",),
    ),
    Fault(
        "logic: shared bits are counted from the wrong end",
        f"{RTL}rtl_alternates.py",
        "                shifts[some.name] = owner.bit",
        "                shifts[some.name] = 0",
        (f"{ROOM}alternates.py::test_alternates_are_the_cards",),
    ),
    Fault(
        "check: an alias acts on the bits of its own place",
        "hal/cosim/check/expected.py",
        "        return moved(bits, -self.shift)",
        "        return moved(bits, self.shift)",
        ("tests/cosim/check/test_expected.py::test_an_alias_acts_on_another_word",),
    ),
    Fault(
        "check: resets of elements are those of their type",
        "hal/cosim/check/places.py",
        "child.shape_of(index)",
        "child.shape",
        ("tests/cosim/check/test_places.py::test_aliases_are_linked_with_what_they_act_on",),
    ),
    Fault(
        "pictures: the clock before is seen",
        "hal/cosim/timing_picture.py",
        "    place = bisect_right(starts, time)",
        "    place = bisect_right(starts, time - 1)",
        ("tests/cosim/test_timing_picture.py::test_a_picture",),
    ),
)
