"""Transfers of many words: what they read, and when others run meanwhile; and what the generator makes once."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

WIDE = "bindings/core/bulk/wide.c"
READS = "tests/registers/test_wide_reads.py::test_"
PIECES = "tests/codegen/schema/test_pieces.py::test_"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "bulk: wide reads begin anywhere",
        WIDE,
        "before = up_to(offset, bytes, 8)",
        "before = up_to(offset, bytes, 4)",
        (f"{READS}a_read_takes_the_widest_accesses_that_lie_in_it",),
        ends=("AssertionError", "ExceptionGroup"),  # hypothesis may find several
    ),
    Fault(
        "bulk: lines are read while a recording runs",
        WIDE,
        "if (atomic_load_explicit(&library->recorded, memory_order_relaxed))",
        "if (!library)",
        (f"{READS}a_recording_holds_its_words_and_is_replayed",),
    ),
    Fault(
        "bulk: what is read through a mapping is not waited for",
        WIDE,
        "_mm_storeu_si128(to + 3, d);",
        "(void)d;",
        (f"{READS}a_mapping_is_read_by_the_processor",),
    ),
    Fault(
        "bulk: long reads keep the lock",
        "bindings/core/access/pace.c",
        "LONG_NS = 15000,",
        "LONG_NS = 15000000,",
        ("tests/emulator/test_paced_reads.py::test_long_reads_let_other_threads_run",),
    ),
    Fault(
        "generator: fields of registers that say otherwise are one",
        "codegen/model/registers/shared_fields.py",
        "return name, taken, *",
        "return name, taken[:2], *",
        ("tests/codegen/model/registers/test_shared_fields.py::test_fields_that_say_the_same_are_one_object_and_others_are_not",),
    ),
    Fault(
        "format: comments stay where their key was",
        "codegen/schema/formatting/pieces.py",
        "rest += piece.above\n",
        "rest[:0] = piece.above\n",
        (f"{PIECES}keys_of_large_parts_change_places_with_them",),
    ),
    Fault(
        "templates: code of another template is taken",
        "codegen/output/compiled_templates.py",
        'found.update(f"{name}\\0{source}".encode())',
        'found.update(f"{name}".encode())',
        ("tests/codegen/output/test_compiled_templates.py::test_another_template_or_engine_takes_other_code",),
    ),
)  # fmt: skip
