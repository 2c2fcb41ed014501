"""Where tests stand and what each of them has: a room, an assertion, a time limit."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import NamedTuple

from tests.support import ROOT
from tests.support.each import for_each

TESTS = ROOT / "tests"
FILES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))
# Rooms whose subject is no package: the shipped maps, the C libraries, the project's own files, libraries over files,
# attacks, PCI devices and what runs in the guest.
OTHER_ROOMS = {"regmaps", "bindings", "project", "sdk", "fuzz", "pci", "pci/guest", "conformance"}
# Modules that have no test file of their own name, behind the one that tests them.
TESTS_OF = {
    "_binding/sdk/test_discovery.py": "hal/_binding/sdk/abi hal/_binding/sdk/library",
    "_binding/test_resources.py": "hal/_binding/bus/handles",
    "access/test_both_modes.py": "hal/access/choice hal/access/fields hal/access/native hal/access/pure "
    "hal/_binding/accelerator hal/_binding/short_ways",
    "cli/cards/test_slot_commands.py": "hal/cli/checks hal/cli/options hal/cli/output hal/cli/slots hal/info hal/slots/progress",
    "cli/test_commands.py": "hal/cli/completion hal/cli/uncollected",
    "fleet/test_fleets.py": "hal/fleet/actions hal/fleet/cards hal/fleet/drivers hal/fleet/engine hal/fleet/losses "
    "hal/fleet/fleet hal/fleet/holder hal/fleet/hosts hal/fleet/journal hal/fleet/seats hal/fleet/work "
    "hal/cli/cards/fleet_commands hal/page/fleet/cluster_process hal/page/fleet/live_fleet "
    "hal/page/fleet/messages",
    "generator/test_cache.py": "hal/generator/driver",
    "page/test_live.py": "hal/page/page_files codegen/output/page_document",
    "page/card/test_viewer_actions.py": "hal/page/write_log",
    "page/fleet/test_fleet_page.py": "hal/page/fleet/card_pages hal/page/fleet/comparison hal/page/fleet/fleet_viewer",
    "page/card/test_looking.py": "hal/page/viewers hal/page/card/card_thread hal/page/card/held_slot "
    "hal/page/card/memory_words hal/page/card/rounds hal/page/card/slot_facts",
    "page/web/test_gate.py": "hal/page/sessions hal/page/web/answers hal/page/web/bodies hal/page/web/card_page "
    "hal/page/web/events hal/page/web/routes hal/page/web/refused_requests hal/page/web/server",
    "cli/maps/test_generation.py": "codegen/source/reports hal/generator/package hal/maps",
    "cli/registers/test_access.py": "hal/texts/typed hal/design/paths",
    "cli/registers/test_dumps.py": "hal/texts/dumps",
    "cli/registers/test_readings.py": "hal/texts/readings",
    "cli/registers/test_memories.py": "hal/texts/memory_files hal/texts/word_rows",
    "cli/registers/test_patterns.py": "hal/texts/patterns",
    "cli/registers/test_writes.py": "hal/texts/writes",
    "cli/registers/test_serve.py": "hal/cli/served_pages",
    "cli/registers/test_shell.py": "hal/cli/ipython hal/texts/interactive",
    "devices/test_sheets.py": "hal/shown hal/texts/sheets",
    "codegen/importers/formats/test_cheby.py": "codegen/importers/formats/readers/yaml_reader "
    "codegen/importers/formats/readers/numerals",
    "codegen/importers/formats/test_hdl_registers.py": "codegen/importers/formats/readers/toml_reader",
    "codegen/importers/formats/rggen/test_rggen.py": "codegen/importers/formats/rggen/layers codegen/importers/formats/rggen/field_types",
    "codegen/importers/formats/ipxact/test_ipxact.py": "codegen/importers/formats/ipxact/expressions",
    "codegen/importers/formats/test_opentitan.py": "codegen/importers/formats/readers/hjson_reader "
    "codegen/importers/formats/opentitan_registers",
    "codegen/importers/formats/svd/test_svd.py": "codegen/importers/formats/svd/svd_access "
    "codegen/importers/formats/svd/svd_elements codegen/importers/formats/svd/svd_values codegen/importers/formats/readers/xml_reader codegen/importers/described/request",
    "codegen/importers/formats/systemrdl/test_systemrdl.py": "codegen/importers/formats/systemrdl/systemrdl_properties codegen/importers/formats/systemrdl/systemrdl_places "
    "codegen/importers/formats/systemrdl/systemrdl_tree",
    "codegen/importers/test_importing.py": "codegen/importers/sources codegen/importers/formats_known codegen/importers/described/description "
    "codegen/importers/described/remarks",
    "codegen/importers/settled/test_device_settling.py": "codegen/importers/settled/register_settling codegen/importers/settled/narrow_registers",
    "codegen/importers/writing/test_map_text.py": "codegen/importers/writing/made_map codegen/importers/writing/map_tree "
    "codegen/importers/writing/register_tree codegen/importers/writing/interrupt_tree codegen/importers/writing/relations codegen/importers/writing/enum_names codegen/importers/writing/wording",
    "codegen/model/hardware/test_hardware_rules.py": "codegen/model/hardware/hardware_types codegen/schema/parts/counter",
    "codegen/views/hardware/test_hardware_text.py": "codegen/views/hardware/hardware_argument",
    "codegen/model/registers/test_neighbours.py": "codegen/model/registers/idle_rules",
    "codegen/schema/direct/test_entry_forms.py": "codegen/schema/direct/scalar_rules codegen/schema/direct/value_checks codegen/schema/validation",
    "codegen/schema/test_policies.py": "codegen/schema/parts/access_words codegen/schema/parts/shapes",
    "codegen/model/blocks/test_sharing.py": "codegen/model/registers/rule_types codegen/schema/parts/write_rules codegen/views/sharing/shared_bits codegen/model/registers/aliases codegen/views/sharing/sentences",
    "registers/test_lanes.py": "codegen/model/blocks/lane_rules",
    "registers/test_protocols.py": "hal/registers/siblings",
    "registers/test_constructs_against_model.py": "hal/emulator/word_text",
    "codegen/model/test_loader.py": "codegen/source/uncollected codegen/model/block_builder codegen/model/blocks/child_names codegen/model/elaborate "
    "codegen/model/registers/register_builder codegen/model/types codegen/schema/entries codegen/schema/vocabulary",
    "codegen/output/languages/test_hostile.py": "codegen/views/escapes",
    "codegen/output/languages/descriptions/test_rdl_file.py": "codegen/output/languages/descriptions/rdl_blocks "
    "codegen/output/languages/descriptions/rdl_fields codegen/output/languages/descriptions/rdl_properties "
    "codegen/output/languages/descriptions/rdl_registers",
    "codegen/output/languages/descriptions/test_svd_file.py": "codegen/output/languages/descriptions/svd_fields "
    "codegen/output/languages/descriptions/svd_names codegen/output/languages/descriptions/svd_registers "
    "codegen/output/languages/descriptions/xml_tree",
    "codegen/output/languages/descriptions/test_ipxact_file.py": "codegen/output/languages/descriptions/ipxact_registers",
    "codegen/output/languages/sources/test_linux_header.py": "codegen/output/languages/sources/linux_tables",
    "codegen/output/languages/sources/test_rust_module.py": "codegen/output/languages/sources/rust_registers",
    "codegen/views/rtl/test_rtl_block.py": "codegen/views/rtl/rtl_cells codegen/views/rtl/rtl_places "
    "codegen/views/rtl/rtl_reads codegen/views/rtl/rtl_software codegen/views/rtl/writing/rtl_text",
    "codegen/views/rtl/test_rtl_register.py": "codegen/views/rtl/rtl_links",
    "codegen/output/languages/test_rtl.py": "codegen/views/rtl/rtl_ports codegen/views/rtl/rtl_rules "
    "codegen/views/rtl/writing/rtl_names",
    "codegen/views/test_constants.py": "codegen/views/names/constant_names",
    "codegen/views/names/test_identifiers.py": "codegen/views/names/reserved_words",
    "codegen/output/languages/documents/test_markdown_manual.py": "codegen/output/languages/documents/anchors "
    "codegen/output/languages/sheet codegen/views/bit_picture",
    "codegen/output/languages/documents/test_html_page.py": "codegen/output/languages/documents/page_assets",
    "codegen/views/page/test_page_model.py": "codegen/views/page/listing",
    "codegen/output/languages/test_own.py": "codegen/output/environment codegen/output/languages/registry",
    "codegen/output/languages/test_python_stub.py": "codegen/views/python/type_stub",
    "codegen/output/languages/test_python.py": "codegen/views/literals codegen/views/python_module "
    "codegen/views/python/field_kinds",
    "emulator/modelling/test_served_models.py": "hal/_binding/sdk/served hal/cli/cards/model_runs hal/emulator/modelling/playing",
    "emulator/modelling/test_model_blocks.py": "hal/emulator/modelling/model_memories hal/emulator/modelling/model_registers "
    "hal/emulator/modelling/storage",
    "codegen/schema/test_pieces.py": "codegen/schema/formatting/pieces",
    "codegen/schema/test_formatter.py": "codegen/schema/formatting/kept codegen/schema/key_order codegen/schema/formatting/tidy",
    "codegen/schema/test_json_schema.py": "codegen/schema/editor/device_forms codegen/schema/editor/forms codegen/schema/editor/hardware_forms",
    "codegen/schema/test_editors.py": "codegen/schema/editor/known_names",
    "codegen/source/test_composer.py": "codegen/schema/scalars codegen/source/forms/plain_scalars codegen/source/positions codegen/source/forms/yaml_events",
    "codegen/test_broken.py": "codegen/schema/whole/parts codegen/model/values/enums codegen/model/identity codegen/model/memories/entry_rules "
    "codegen/model/registers/field_arrays "
    "codegen/schema/check codegen/schema/guesses codegen/model/registers/entry_facts "
    "codegen/schema/spaces codegen/source/findings codegen/source/problem",
    "codegen/views/test_docstrings.py": "codegen/views/numbers",
    "codegen/views/test_reference.py": "codegen/views/place_models codegen/views/field_model codegen/views/sharing/made_once codegen/views/told/place_texts",
    "compat/test_program.py": "hal/compat/fpga_clkgen_wrapper hal/compat/fpga_mgmt_wrapper hal/compat/fpga_pci_wrapper "
    "hal/compat/fpga_utils hal/vendor/return_codes",
    "cli/maps/test_map_arguments.py": "codegen/output/depfile",
    "codegen/model/test_cards.py": "codegen/model/card_rules",
    "registers/test_wide_reads.py": "codegen/model/memories/burst_rules",
    "devices/test_restore.py": "hal/devices/saved/restore",
    "devices/test_register_cache.py": "hal/_binding/bus/memos hal/access/remembered hal/slots/recollection",
    "devices/test_element_names.py": "codegen/model/blocks/child_arrays codegen/model/blocks/numbering",
    "devices/test_element_resets.py": "codegen/model/registers/element_resets",
    "devices/test_grids.py": "codegen/model/blocks/sized codegen/views/arrays/array_arguments "
    "codegen/views/arrays/declaring_calls",
    "cosim/test_f2_logic.py": "hal/cosim/f2_ports",
    "cosim/check/test_prover.py": "hal/cosim/check/report",
    "cosim/test_library_build.py": "hal/cosim/tools hal/cosim/compiled_objects",
    "cosim/test_cocotb.py": "hal/_binding/sdk/foreign_logic",
    "cosim/test_timing_picture.py": "hal/cosim/value_changes",
    "cosim/test_top_ports.py": "hal/cosim/bus_ports hal/cosim/top_header",
    "cli/cosim/test_cosim_commands.py": "hal/cli/cosim/bus_option",
    "simulation/test_simulated_logic.py": "hal/_binding/sdk/pace hal/simulation/free_running hal/_binding/sdk/simulation",
    "devices/test_interrupts.py": "codegen/model/registers/interrupt_rules",
    "devices/test_device.py": "hal/devices/lookup hal/design/root",
    "devices/test_record.py": "hal/_binding/tapes/tape hal/_binding/tapes/tape_file hal/_binding/tapes/replaying hal/plain_files",
    "cli/cards/test_tapes.py": "hal/_binding/tapes/asked_for hal/_binding/tapes/process_tape hal/texts/tape_rows",
    "emulator/test_model_events.py": "hal/_binding/access_lock",
    "dma/sources/test_huge_pages.py": "hal/dma/sources/available",
    "dma/test_buffer.py": "hal/dma/allocation hal/dma/elements hal/dma/slot_side hal/dma/sources/library_memory "
    "hal/dma/sources/pinned hal/dma/host_side hal/_binding/sdk/host_memory",
    "dma/test_transfers.py": "hal/dma/engines hal/dma/contiguous",
    "sde/test_streaming_engine.py": "hal/sde/direction_state hal/sde/engine_model hal/sde/packets hal/sde/receiver hal/sde/sender "
    "hal/sde/status",
    "remote/test_connection.py": "hal/agent/serving",
    "slots/test_slot.py": "hal/slots/opening",
    "slots/test_machine.py": "hal/slots/pci/pci_bus hal/slots/pci/pci_checks hal/machine_check",
    "pci/test_functions.py": "hal/_binding/sdk/pci_functions",
    "emulator/test_faults.py": "hal/_binding/sdk/card hal/_binding/raising hal/emulator/controls hal/slots/failures "
    "hal/slots/loading",
    "emulator/test_kept_text.py": "hal/generator/kept_drivers",
    "project/test_supply.py": "hal/_binding/extension",
    "kinds/test_codings.py": "hal/kinds/plain codegen/model/values/codings codegen/model/values/formats "
    "codegen/model/values/resets",
    "registers/test_against_model.py": "hal/access/policies hal/emulator/design_text",
    "devices/test_batch.py": "hal/_binding/bus/steps",
    "registers/test_buffers.py": "hal/_binding/bus/buffers",
    "devices/test_subclasses.py": "hal/uncopyable",
    "lines/test_line_controls.py": "hal/lines/interrupt_text hal/lines/interrupt_events hal/lines/card_sources hal/lines/declared",
    "lines/test_slot_lines.py": "hal/_binding/sdk/lines hal/slots/sides",
    "lines/test_shared_line.py": "hal/lines/slot_interrupt hal/lines/subscription",
    "lines/test_line_sources.py": "hal/lines/vfio_vectors",
    "registers/waits/test_condition.py": "hal/_binding/bus/awaited_words hal/registers/waits/comparisons "
    "hal/registers/waits/reading",
    "registers/test_bus.py": "hal/_binding/bus/ports hal/access/plans hal/access/shape hal/access/words",
    "registers/test_register.py": "hal/access/neighbours hal/registers/node hal/registers/refusals",
    "design/test_snapshot.py": "hal/design/register_index hal/strict_json hal/_binding/bus/sweeps hal/emulator/state hal/devices/saved/capture",
    "design/test_walk.py": "hal/registers/child hal/design/design hal/design/rows hal/registers/space",
    "vendor/test_clkgen.py": "hal/slots/clock_tables",
    "vendor/test_mgmt.py": "hal/_binding/sdk/services hal/codes",
    "vendor/test_pci.py": "hal/vendor/arguments",
}
TESTED_BY = {f"{module}.py": file for file, modules in TESTS_OF.items() for module in modules.split()}


def room_of(module):
    """The folder of a module's tests, and the file that is named after it."""
    parts = module.parts[1:] if module.parts[0] == "hal" else module.parts
    folder = Path(*parts[:-1])
    return folder, folder / f"test_{module.stem}.py"


MODULES = [
    path.relative_to(ROOT)
    for package in ("hal", "codegen")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.name.startswith("_") and "templates" not in path.parts
]


ROOMS = {room_of(module)[0] for module in MODULES}


@for_each(FILES)
def test_every_test_file_stands_in_a_room(file):
    assert file.parent in ROOMS or str(file.parent) in OTHER_ROOMS
    assert (TESTS / file.parent / "__init__.py").exists()


@for_each(MODULES)
def test_every_module_has_its_tests(module):
    own, other = room_of(module)[1], TESTED_BY.get(str(module))
    if other is None:
        assert own in FILES, f"make tests/{own}, or name in TESTS_OF the file that tests {module}"
    else:
        assert own not in FILES, f"tests/{own} is enough; take {module} out of TESTS_OF"
        assert Path(other) in FILES


def test_the_table_names_what_there_is_and_once():
    assert set(TESTED_BY) <= {str(module) for module in MODULES}
    assert len(TESTED_BY) == sum(len(modules.split()) for modules in TESTS_OF.values())


# -- what every test has ----------------------------------------------------------------------------------------------


WAITS = {"wait", "join", "communicate"}


class Function(NamedTuple):
    """A function, whether it asserts by itself, and names of what it calls, methods among them."""

    name: str
    asserts: bool
    called: set[str]


class Facts(NamedTuple):
    """All functions of a file, and its calls that may wait for another process."""

    functions: list[Function]
    waits: list[ast.Call]


@functools.cache
def facts_of(path):
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    waits = [call for call in calls if call.func.attr in WAITS or getattr(call.func.value, "id", "") == "subprocess"]
    return Facts([function_of(node) for node in nodes if isinstance(node, ast.FunctionDef)], waits)


def function_of(function):
    asserts, called = False, set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called.add(getattr(node.func, "id", "") or getattr(node.func, "attr", ""))
        elif isinstance(node, ast.Assert):
            asserts = True
        elif isinstance(node, ast.Raise) and node.exc:
            asserts = asserts or "AssertionError" in ast.unparse(node.exc)
    return Function(function.name, asserts or bool(called & {"raises", "warns"}), called)


@functools.cache
def helpers_that_assert():
    """Functions beside the tests that assert, and those that call them."""
    files = {TESTS / file for file in FILES}
    functions = [found for path in TESTS.rglob("*.py") if path not in files for found in facts_of(path).functions]
    return closure(set(), functions)


def closure(names, functions):
    """Names of functions that assert or call what is named or does."""
    names = names | {function.name for function in functions if function.asserts}
    while more := {function.name for function in functions if function.called & names} - names:
        names |= more
    return names


@for_each(FILES)
def test_every_test_asserts(file):
    functions = facts_of(TESTS / file).functions
    names = closure(helpers_that_assert(), functions)
    assert [each.name for each in functions if each.name.startswith("test_") and each.name not in names] == []


@for_each(FILES)
def test_every_wait_ends(file):
    """For another process within a limit of its own; pytest-timeout has one for each test as a whole."""
    for call in facts_of(TESTS / file).waits:
        of_subprocess = getattr(call.func.value, "id", "") == "subprocess"
        assert not (of_subprocess and call.func.attr == "Popen"), (
            "use tests.support.processes.Child, which ends with its block"
        )
        if of_subprocess:
            assert any(keyword.arg == "timeout" for keyword in call.keywords), f"line {call.lineno}: no timeout"
        if call.func.attr in WAITS:
            assert call.args or call.keywords, f"line {call.lineno}: no timeout"
