"""Models that set what is not theirs, hear what is not for them, or are not heard by others; recordings of programs."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

ROOM = "tests/emulator/modelling/"
BLOCKS, HANDLERS = f"{ROOM}test_model_blocks.py::test_", f"{ROOM}test_handlers.py::test_"
SERVED, TAPES = f"{ROOM}test_served_models.py::test_", "tests/cli/cards/test_tapes.py::test_"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "models: a field takes its neighbours with it",
        "bindings/card/state/storage.c",
        "(old & ~mask) | (value & mask)",
        "value & mask",
        (f"{BLOCKS}whole_registers",),
    ),
    Fault(
        "models: a range is every element",
        "hal/emulator/modelling/handlers.py",
        "(isinstance(wanted, range) and index in wanted)",
        "isinstance(wanted, range)",
        (f"{HANDLERS}registers_fields_and_arrays",),
    ),
    Fault(
        "models: a field is heard with every word of its register",
        "hal/emulator/model.py",
        "            if field is not None and not field.mask & mask:\n                continue\n",
        "",
        (f"{HANDLERS}registers_fields_and_arrays",),
    ),
    Fault(
        "models: what is only written is read at its neighbour's",
        "hal/emulator/model.py",
        "        self._storage.behind = _behind(design)\n",
        "",
        (f"{BLOCKS}two_registers_at_one_address_are_two",),
    ),
    Fault(
        "models: plain words go past a model of another process",
        "bindings/card/state/phase.c",
        "atomic_load(&slot->served.id) ? GATE_SERVED : 0",
        "0",
        (f"{SERVED}accesses_of_other_processes_reach_it",),
    ),
    Fault(
        "models: what a model of another process raises is nothing",
        "bindings/card/served/client.c",
        'answer.code < 0 ? failed("%s", answer.text) : 0',
        "0",
        (f"{SERVED}programs_that_know_nothing_of_hal_reach_it_too",),
    ),
    Fault(
        "models: what was given up happens later",
        "bindings/card/served/server.c",
        "return poll(&look, 1, 0) == 0;",
        "return poll(&look, 1, 0) >= 0;",
        (f"{SERVED}one_that_is_stopped_is_waited_for_so_long",),
    ),
    Fault(
        "recordings of programs: the identity is not read again",
        "hal/devices/device.py",
        "(library.records_opening or not library.replays)",
        "not library.replays",
        (f"{TAPES}the_program_runs_on_it",),
    ),
)
