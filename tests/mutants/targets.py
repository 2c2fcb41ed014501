"""Which tests are to notice a fault in a module: those of its room, and those named here."""

from __future__ import annotations

from tests.test_rooms import ROOT, TESTED_BY, Path, room_of

_CARD = (
    "bindings/test_card_selftest.py",
    "bindings/test_as_the_library.py",
    "registers/test_against_model.py",
    "emulator/test_faults.py",
    "emulator/test_model.py",
    "emulator/test_model_events.py",
)
_ACCESSES = (
    "registers/test_bus.py",
    "registers/test_register.py",
    "registers/test_word_order.py",
    "_binding/bus/test_core_arguments.py",
)
_AGAINST_MODEL = "registers/test_against_model.py"  # finds much, and takes long: the others come first
_BATCHES = (
    "devices/test_batch_steps.py",
    "devices/test_batch.py",
    "_binding/bus/test_core_arguments.py",
    "registers/test_protocols.py",
    "devices/test_register_cache.py",
    "remote/test_whole_accesses.py",
)
# Beside the test file of a Python module's own name; of C, all of them.
ALSO = {
    "hal/access/plans.py": ("access/test_both_modes.py", "registers/test_against_model.py", "registers/test_word_order.py", "devices/test_batch_steps.py", "devices/test_batch.py", "registers/test_lanes.py"),
    "hal/slots/slot.py": ("emulator/test_faults.py", "vendor/test_mgmt.py", "emulator/test_agreement.py", "emulator/test_violations.py", "emulator/test_catalogue_models.py", "sdk/test_loads.py", "devices/test_record.py", "remote/test_connection.py"),
    "hal/slots/locking.py": ("slots/test_processes.py", "devices/test_register_cache.py", "remote/test_connection.py"),
    "hal/devices/batch.py": ("devices/test_batch_steps.py", "devices/test_batch_reads.py", "devices/test_register_cache.py", "registers/test_lanes.py"),
    "hal/devices/saved/capture.py": ("design/test_snapshot.py", "design/test_memory_contents.py", "devices/test_restore.py", "devices/test_register_cache.py"),
    "hal/devices/saved/restore.py": (
        "devices/test_restore.py", "design/test_snapshot.py", "design/test_memory_contents.py", "design/test_older_maps.py",
        "registers/test_lanes.py", "registers/test_protocols.py", "registers/test_unknown_resets.py",
        "registers/test_sure_reads.py", "devices/test_subclasses.py", "cli/registers/test_states.py",
    ),
    "hal/design/snapshot.py": ("devices/test_restore.py", "design/test_older_maps.py", "design/test_memory_contents.py"),
    "hal/registers/register.py": (
        "registers/test_bus.py", "registers/test_waiting.py", "registers/test_word_order.py", "registers/test_lanes.py",
        "registers/test_protocols.py", "registers/test_unknown_resets.py", "access/test_field_arrays.py",
        "kinds/test_toggle.py", "devices/test_subclasses.py", "devices/test_sheets.py", "devices/test_register_cache.py",
    ),
    "codegen/model/registers/neighbours.py": ("codegen/model/blocks/test_sharing.py", "access/test_field_arrays.py", "registers/test_against_model.py"),
    "codegen/model/registers/register_builder.py": ("codegen/model/test_type_identity.py", "codegen/model/blocks/test_sharing.py", "codegen/model/hardware/test_hardware_rules.py", "codegen/test_broken.py", "codegen/output/languages/test_python.py"),
    "codegen/model/block_builder.py": ("codegen/model/test_ends.py", "codegen/model/test_type_identity.py", "codegen/model/registers/test_register_types.py", "codegen/test_broken.py", "codegen/views/names/test_class_names.py"),
    "bindings/core/library/gate.c": ("slots/test_threads.py", "registers/test_waiting.py", "emulator/test_agreement.py", "emulator/modelling/test_served_models.py", "_binding/far/test_remote.py", "emulator/modelling/test_handlers.py", "emulator/test_model_events.py"),
    "bindings/core/tape": ("devices/test_record.py",),
    "bindings/core/access/wait.c": ("registers/test_waiting.py", "_binding/bus/test_core_arguments.py", "registers/test_sure_reads.py", "registers/waits/test_waits.py", "remote/test_whole_accesses.py"),
    "bindings/core/bulk": (
        "_binding/bus/test_core_arguments.py", "vendor/test_pci.py", "vendor/test_pci_bursts.py", "registers/test_buffers.py",
        "registers/test_memory.py", "registers/test_wide_reads.py", "remote/test_whole_accesses.py", "slots/test_threads.py",
    ),
    "bindings/core/access/batch.c": (*_BATCHES, "registers/test_sure_reads.py", "devices/test_batch_reads.py"),
    "bindings/core/access/collect.c": (*_BATCHES, "devices/test_batch_reads.py", "_binding/bus/test_core_batches.py"),
    "bindings/core/access/run.c": (*_BATCHES, "registers/test_sure_reads.py", "slots/test_bar_locks.py", "slots/test_threads.py"),
    "bindings/core/access/access.c": (
        *_ACCESSES, "registers/test_sure_reads.py", "devices/test_register_cache.py", "vendor/test_pci.py", "remote/test_whole_accesses.py",
        "slots/test_bar_locks.py", _AGAINST_MODEL,
    ),
    "bindings/core/access/words.c": (
        *_ACCESSES, "devices/test_register_cache.py", "registers/test_sure_reads.py", "remote/test_whole_accesses.py", "slots/test_bar_locks.py",
        _AGAINST_MODEL,
    ),
    "bindings/core/access/port.c": ("_binding/bus/test_core_arguments.py", "_binding/bus/test_core_sweeps.py", "registers/test_lanes.py", *_ACCESSES, _AGAINST_MODEL),
    "bindings/core/access/pace.c": ("emulator/test_paced_reads.py", "slots/test_threads.py"),
    "bindings/core/access/memo.c": ("devices/test_register_cache.py", "devices/test_entry_memory.py", "registers/test_lanes.py", "registers/test_sure_reads.py", "slots/test_bar_locks.py"),
    "bindings/core/access/sweep.c": (
        "_binding/bus/test_core_sweeps.py", "devices/test_arrays.py", "registers/test_lanes.py", "registers/test_word_order.py",
        "devices/test_restore.py", "registers/test_sure_reads.py", "design/test_snapshot.py", "devices/test_register_cache.py",
        "remote/test_whole_accesses.py", "slots/test_bar_locks.py",
    ),
    "bindings/core": (*_ACCESSES, _AGAINST_MODEL),
    "bindings/card/clock": ("bindings/test_clock_tables.py", "slots/test_clocks.py", "vendor/test_clkgen.py", *_CARD),
    "bindings/card/design/policy.c": ("bindings/test_policies.py", *_CARD),
    "bindings/card/behaviour/word.c": (*_CARD, "registers/test_protocols.py"),
    "bindings/card/behaviour/bus.c": (*_CARD, "emulator/test_paced_reads.py"),
    "bindings/card": _CARD,
    "bindings/accel": ("access/test_both_modes.py", *_ACCESSES, _AGAINST_MODEL),
}  # fmt: skip


def files_for(module: str) -> list[str]:
    """Test files, from the root."""
    path, found = Path(module), []
    if path.suffix == ".py":
        found.append(TESTED_BY.get(module) or str(room_of(path)[1]))
    name = max((name for name in ALSO if f"{module}/".startswith(f"{name}/")), key=len, default="")
    found += ALSO.get(name, ())
    return [f"tests/{file}" for file in dict.fromkeys(found) if (ROOT / "tests" / file).exists()]
