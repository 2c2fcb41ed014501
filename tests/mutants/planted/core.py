"""The core's way out of the interpreter and back, its waits, and batches of which too much is asked."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

__all__ = ["FAULTS"]

GATE = "bindings/core/library/gate.c"
COLLECT, RUN = (f"bindings/core/access/{name}.c" for name in ("collect", "run"))
EVENTS = "tests/emulator/test_model_events.py::test_"
SURE = "tests/registers/test_sure_reads.py::test_updates_of_several_steps_are_as_sure"
BATCHES = "tests/_binding/bus/test_core_batches.py::test_"

FAULTS = (
    Fault(
        "core: a thread that used the card past hal lets nobody run any more",
        GATE,
        "    if (foreign)\n        outside = false;\n",
        "    (void)foreign;\n",
        (f"{EVENTS}a_program_past_hal_waits_for_the_model_too",),
    ),
    Fault(
        "core: a model's own long call is made in another thread",
        GATE,
        "int hal_models_running(void) {\n    return model_depth;",
        "int hal_models_running(void) {\n    return 0;",
        (f"{EVENTS}a_model_may_load_its_slot_as_the_vendors_library_does",),
        ends=("ModelError",),
    ),
    Fault(
        "core: a signal is seen where it ends the pause",
        GATE,
        "    if (!woken && now < patience->look)\n",
        "    if (!woken)\n",
        (
            "tests/_binding/far/test_remote.py::test_what_an_interrupted_attach_has_attached_is_given_back[in another thread]",
        ),
    ),
    Fault(
        "core: a step is written where there was no memory for it",
        COLLECT,
        "    if (!named)\n        return HAL_E_MEMORY;\n",
        "",
        (f"{BATCHES}where_there_is_no_memory_left_a_batch_keeps_what_it_has",),
    ),
    Fault(
        "core: words of another batch are read",
        COLLECT,
        " || ((const stand_in *)words[i].port.bar)->batch != batch)",
        ")",
        (f"{BATCHES}words_of_another_batch_are_not_read",),
    ),
    Fault(
        "core: what a batch writes is not known to what follows in it",
        COLLECT,
        "        will_be_written(memo, op.value, read);\n",
        "        (void)0;\n",
        ("tests/devices/test_register_cache.py::test_what_is_written_is_known_to_what_follows_in_a_batch[1]",),
    ),
    Fault(
        "core: of steps that belong together only the last ones are made again after all ones",
        RUN,
        "    *op = first;\n",
        "    (void)first;\n",
        (f"{SURE}[locked-8]",),
    ),
    Fault(
        "core: timeouts of before condemn what a cached batch reads",
        RUN,
        "        if (incidents)\n            *incidents = hal_incidents_of(bar);\n        int code",
        "        int code",
        (f"{SURE}[plain-12]",),
        ends=("BusTimeoutError",),
    ),
)
