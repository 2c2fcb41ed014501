"""The library for PCI functions: what goes away under it, all ones, and what it refuses."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

PCI = "bindings/pci"
FUNCTIONS = "tests/pci/test_functions.py::test_"

FAULTS = (
    Fault(
        "pci: a page that went away is replaced, and nobody told",
        f"{PCI}/map/guard.c",
        "        atomic_store(&mapping->lost, true);\n        return put_ones",
        "        return put_ones",
        (f"{FUNCTIONS}a_mapping_that_goes_away_is_an_error[write]",),
    ),
    Fault(
        "pci: all ones of a function that does not answer is a value",
        f"{PCI}/sdk/access.c",
        "return is_lost(mapping) ? gone() : mapping_answers(mapping, offset);",
        "return is_lost(mapping) ? gone() : 0;",
        (f"{FUNCTIONS}all_ones_is_looked_at", f"{FUNCTIONS}a_register_says_where_nobody_answered"),
    ),
    Fault(
        "pci: lines of all ones are not looked at",
        "bindings/core/bulk/wide.c",
        "code == 0 && library->pci && ends_in_ones(out, bytes)",
        "0",
        (f"{FUNCTIONS}all_ones_in_a_memory_is_looked_at",),
    ),
    Fault(
        "pci: memory that is disabled counts as answering",
        f"{PCI}/map/answers.c",
        "if (!(head[CONFIG_COMMAND] & COMMAND_MEMORY))",
        "if (0)",
        (f"{FUNCTIONS}all_ones_is_looked_at",),
    ),
    Fault(
        "pci: a BAR within a page is taken from the page's start",
        f"{PCI}/map/mappings.c",
        "mapping->base = mapping->pages + source->lead;",
        "mapping->base = mapping->pages;",
        (f"{FUNCTIONS}a_bar_begins_within_a_page",),
    ),
    Fault(
        "pci: I/O ports are mapped as memory",
        f"{PCI}/map/ways.c",
        "if (wanted->flags & HAL_PCI_IO_PORTS)",
        "if (0)",
        (
            f"{FUNCTIONS}bars_that_can_not_be_had[bar0-BAR 1 of 0000:17:00.0 is of I/O ports, not of memory: it can't be mapped]",
        ),
    ),
    Fault(
        "pci: a function that was added again goes on where the old one was",
        f"{PCI}/map/mappings.c",
        "    lose_mappings(slot, function_incarnation(chosen));\n",
        "",
        (f"{FUNCTIONS}a_function_that_is_added_again_is_another",),
    ),
    Fault(
        "pci: physical memory without being allowed",
        f"{PCI}/bus/chosen.c",
        "*windows ? windows_allowed() : 0",
        "0",
        (f"{FUNCTIONS}choices_that_are_refused",),
    ),
    Fault(
        "pci: a folder becomes a machine without a mark",
        f"{PCI}/bus/tree.c",
        " || access(mark, F_OK) != 0)",
        ")",
        (f"{FUNCTIONS}choices_that_are_refused",),
    ),
)
