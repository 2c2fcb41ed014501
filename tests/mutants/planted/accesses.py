"""Accesses in C: batches, locks, waits, and what is refused before the bus is touched."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

ACCESS = "bindings/core/access"
READS = "tests/devices/test_batch_reads.py::test_"
STEPS = "tests/devices/test_batch_steps.py::test_"
ARGUMENTS = "tests/_binding/bus/test_core_arguments.py::test_"
WAITING = "tests/registers/test_waiting.py::test_"
LOCKS = "tests/slots/test_bar_locks.py::test_an_access_waits_for_the_lock_of_its_bar_and_for_no_other"
CACHE = "tests/devices/test_register_cache.py::test_"
RANGES = "tests/access/test_field_ranges.py::test_"

_BATCHES = (
    Fault(
        "batch: steps of another BAR are made on the first one's",
        f"{ACCESS}/run.c",
        "op != end && op->kind == kind && op->bar == bar",
        "op != end && op->kind == kind",
        (
            f"{STEPS}updates_of_neighbouring_steps_go_each_to_its_bar",
            f"{STEPS}reads_and_writes_of_neighbouring_steps_go_each_to_its_bar",
        ),
    ),
    Fault(
        "batch: a step is made as its neighbour's kind",
        f"{ACCESS}/run.c",
        "op != end && op->kind == kind && op->bar == bar",
        "op != end && op->bar == bar",
        (f"{STEPS}words_are_taken_high_first",),
    ),
    Fault(
        "batch: looking ahead has no end",
        f"{ACCESS}/run.c",
        "op != end && op->kind == kind && op->bar == bar",
        "op->kind == kind && op->bar == bar",
        (f"{STEPS}a_batch_ends_with_its_last_step_whatever_a_longer_one_left",),
        ends=("AssertionError", "crash"),
    ),
    Fault(
        "batch: updates under one lock go past the end",
        f"{ACCESS}/run.c",
        "end = end - *op > UNDER_ONE_LOCK ? *op + UNDER_ONE_LOCK : end;",
        "end = *op + UNDER_ONE_LOCK;",
        (f"{STEPS}a_batch_ends_with_its_last_step_whatever_a_longer_one_left",),
        ends=("AssertionError", "crash"),
    ),
    Fault(
        "batch: writes of two registers are merged",
        f"{ACCESS}/collect.c",
        "last->offset != op->offset || ",
        "",
        (f"{STEPS}fields_of_two_registers_are_not_merged[offset]",),
    ),
    Fault(
        "batch: writes of two BARs are merged",
        f"{ACCESS}/collect.c",
        "last->bar != op->bar || ",
        "",
        (f"{STEPS}fields_of_two_registers_are_not_merged[bar]",),
    ),
    Fault(
        "batch: writes of two widths are merged",
        f"{ACCESS}/collect.c",
        " || last->width != op->width ||\n        *named",
        " || *named",
        (f"{ARGUMENTS}writes_of_words_of_two_widths_are_not_merged",),
    ),
    Fault(
        "batch: a field that is written twice is written once",
        f"{ACCESS}/collect.c",
        "*named == 0 || *named & field)",
        "*named == 0)",
        ("tests/devices/test_batch.py::test_a_field_that_is_written_twice_is_written_twice",),
    ),
    Fault(
        "batch: what is cleared joins what was set before it",
        f"{ACCESS}/collect.c",
        "if (batch->count == 0 || !port->plain)",
        "if (batch->count == 0 || !field)",
        ("tests/devices/test_batch.py::test_what_is_cleared_does_not_join_what_was_set_before_it",),
    ),
    Fault(
        "batch: a merged write forgets the first one",
        f"{ACCESS}/collect.c",
        "last->value = (last->value & *named) | (op->value & ~*named);",
        "last->value = op->value;",
        (f"{STEPS}what_is_merged_is_what_was_written_last",),
    ),
    Fault(
        "batch: its room is not recorded",
        f"{ACCESS}/collect.c",
        "    batch->room = room;\n",
        "",
        (f"{STEPS}every_step_of_a_long_batch_is_made_once_and_in_order",),
        ends=("AssertionError", "crash"),
    ),
    Fault(
        "batch: its room does not grow",
        f"{ACCESS}/collect.c",
        "batch->room ? 2 * batch->room : FIRST_ROOM",
        "FIRST_ROOM",
        (f"{STEPS}every_step_of_a_long_batch_is_made_once_and_in_order",),
        ends=("AssertionError", "crash"),
    ),
    Fault(
        "batch: words are written low first",
        f"{ACCESS}/words.c",
        "return order & HAL_HIGH_FIRST ? count - 1 - i : i;",
        "return i;",
        (
            f"{STEPS}words_are_taken_high_first",
            "tests/registers/test_bus.py::test_words_are_accessed_in_the_order_of_the_map[high-order1]",
        ),
    ),
    Fault(
        "batch: words are read low first",
        "hal/devices/batch.py",
        "words[::-1] if self.is_high_first else words)\n        self._tell",
        "words)\n        self._tell",
        (f"{STEPS}words_are_taken_high_first",),
    ),
    Fault(
        "batch: a write joins the read before it",
        f"{ACCESS}/collect.c",
        "last->kind == HAL_OP_READ || ",
        "",
        (f"{READS}a_write_after_a_read_does_not_join_it",),
    ),
    Fault(
        "batch: what is asked for again is not read again",
        f"{ACCESS}/collect.c",
        "if (place < batch->count && batch->named[place] & words[i].bits)",
        "if (false)",
        (f"{READS}reads_are_the_words_of_the_model_and_have_its_values",),
    ),
    Fault(
        "batch: what joined a read is not asked for by it",
        f"{ACCESS}/collect.c",
        "        batch->named[*step] |= word->bits;\n",
        "",
        (f"{READS}what_joined_a_read_is_read_again_when_it_is_asked_for_again",),
    ),
    Fault(
        "batch: what is read after something else joins what was read before",
        f"{ACCESS}/collect.c",
        "batch->reads.reader != reader || batch->reads.end != batch->count",
        "batch->reads.reader != reader",
        ("tests/devices/test_batch.py::test_what_is_read_again_or_after_something_else_takes_another_read",),
    ),
    Fault(
        "batch: reads of two registers at one place are told apart by nothing",
        "bindings/accel/prepared.c",
        "((*found)->given == given &&",
        "(",
        (f"{READS}many_registers_are_told_apart",),
    ),
)

_LOCKS = (
    Fault(
        "lock: not taken for an update",
        f"{ACCESS}/access.c",
        "int code = hal_lock_bar(bar, &lock);",
        "int code = (lock = NULL, 0);",
        (LOCKS,),
    ),
    Fault(
        "memory: what was written is not known",
        f"{ACCESS}/memo.c",
        "(memo->known | memo->taken) & ~doubtful",
        "memo->known & ~doubtful",
        (f"{CACHE}a_whole_write_makes_all_known",),
    ),
    Fault(
        "memory: all ones of several words are remembered",
        f"{ACCESS}/words.c",
        "->answers) && !hal_is_ones(words[i], first->width))",
        "->answers))",
        (f"{CACHE}all_ones_are_asked_for_again[wide-words1]",),
    ),
    Fault(
        "memory: what nobody can read is invented",
        f"{ACCESS}/memo.c",
        "return *missing & memo->blind ? HAL_E_UNKNOWN : 0;",
        "return 0;",
        (f"{CACHE}what_nobody_can_read_is_not_invented",),
    ),
    Fault(
        "memory: a batch remembers what it has not made",
        f"{ACCESS}/collect.c",
        "    *memo = *origin;\n",
        "    if (memo->round == 0)\n        *memo = *origin;\n",
        (f"{CACHE}a_batch_knows_what_is_known_and_is_known",),
    ),
    Fault(
        "cache: what hardware changes is remembered",
        "hal/access/remembered.py",
        "    if field.moves or field.pulse or",
        "    if field.pulse or",
        (f"{CACHE}what_hardware_changes_is_read_each_time",),
    ),
    Fault(
        "cache: bits with two meanings are remembered",
        "hal/registers/space.py",
        "return cached_bits(shape) != (0, 0) and not any(",
        "return cached_bits(shape) != (0, 0) or any(",
        (f"{CACHE}registers_with_two_layouts_or_rules_are_not_remembered",),
    ),
    Fault(
        "cache: another device is not refused",
        "hal/slots/recollection.py",
        "if any(other.is_cached for other in self._beside(claim)):",
        "if False:",
        (f"{CACHE}another_device_is_refused_while_one_caches",),
    ),
    Fault(
        "cache: what somebody else's load ended is remembered",
        "hal/_binding/raising.py",
        "            _when_stale()\n",
        "            pass\n",
        (f"{CACHE}a_load_by_another_program_ends_what_is_known_once_an_access_meets_it",),
    ),
    Fault(
        "cache: bits of no field that a snapshot read are not known",
        "hal/registers/space.py",
        "Remembered(shape.settled, ",
        "Remembered(shape, ",
        (f"{CACHE}what_a_snapshot_has_read_first_is_known_with_its_bits_of_no_field",),
    ),
    Fault(
        "lock: not taken for a read of several words",
        f"{ACCESS}/words.c",
        "    code = hal_lock_bar(first->bar, &lock);\n    if (code)\n        return code;\n    code = hal_port_enter(first);\n"
        "    if (code == 0) {\n        if (!remembered",
        "    lock = NULL;\n    code = hal_port_enter(first);\n    if (code == 0) {\n        if (!remembered",
        (LOCKS,),
    ),
    Fault(
        "lock: not taken for a write of several words",
        f"{ACCESS}/words.c",
        "    code = hal_lock_bar(first->bar, &lock);\n    if (code)\n        return code;\n    code = hal_port_enter(first);\n"
        "    if (code == 0) {\n        code = write_pass",
        "    lock = NULL;\n    code = hal_port_enter(first);\n    if (code == 0) {\n        code = write_pass",
        (LOCKS,),
    ),
    Fault(
        "lock: not taken for an update of several words",
        f"{ACCESS}/words.c",
        "    int code = hal_lock_bar(first->bar, &lock);\n    if (code)\n        return code;\n    code = hal_port_enter(first);\n"
        "    if (code == 0) {\n        if (incidents)",
        "    lock = NULL;\n    int code = hal_port_enter(first);\n    if (code == 0) {\n        if (incidents)",
        (LOCKS,),
    ),
    Fault(
        "lock: not taken for the updates of a batch",
        f"{ACCESS}/run.c",
        "UNDER_ONE_LOCK : end;\n    hal_bar_lock *lock;\n    int code = hal_lock_bar(bar, &lock);",
        "UNDER_ONE_LOCK : end;\n    hal_bar_lock *lock = NULL;\n    int code = 0;",
        (LOCKS,),
    ),
    Fault(
        "lock: of BAR 2 is not shared between processes",
        "bindings/core/library/library.c",
        "    lock->special = true;\n",
        "    lock->special = bar != 2;\n",
        (LOCKS,),
    ),
    Fault(
        "lock: of BAR 2 is BAR 0's",
        "bindings/core/library/bar.c",
        "&library->bar_locks[slot][pf][bar], memory_order_relaxed",
        "&library->bar_locks[slot][pf][bar == 2 ? 0 : bar], memory_order_relaxed",
        (LOCKS,),
    ),
    Fault(
        "hal_run: the steps are not checked",
        f"{ACCESS}/run.c",
        "        int wrong = check_op(&ops[*failed]);\n",
        "        int wrong = 0;\n",
        (
            f"{ARGUMENTS}a_list_is_checked_as_a_whole_before_its_first_step",
            f"{ARGUMENTS}a_list_on_a_bar_that_went_stale_makes_no_step",
        ),
        ends=("AssertionError", "crash"),
    ),
    Fault(
        "hal_run: whether the BAR is there is not checked",
        f"{ACCESS}/run.c",
        "    int code = hal_state(op->bar, op->generation);\n    if (code == 0)\n        code = hal_check_span(op->bar",
        "    int code = 0;\n    if (code == 0)\n        code = hal_check_span(op->bar",
        (f"{ARGUMENTS}a_list_is_checked_as_a_whole_before_its_first_step",),
    ),
)

_WAITS = (
    Fault(
        "wait: on a word of a BAR that is gone goes on",
        f"{ACCESS}/wait.c",
        "    int code = hal_state(first->bar, first->generation);\n    if (code)\n        return code;\n    if (awaited->words == 1)",
        "    int code = 0;\n    if (awaited->words == 1)",
        (f"{ARGUMENTS}a_wait_in_the_core_ends_when_its_bar_does[word]",),
        ends=("AssertionError",),
    ),
    Fault(
        "wait: the mask is dropped",
        f"{ACCESS}/wait.c",
        "(words[term->word] & term->mask) ^ term->flip",
        "words[term->word] ^ term->flip",
        (
            f"{WAITING}bits_beside_the_fields_are_no_part_of_a_wait",
            f"{WAITING}a_field_beside_others_comes_while_it_is_waited_for",
        ),
        ends=("WaitTimeoutError",),
    ),
    Fault(
        "wait: only the first term is looked at",
        f"{ACCESS}/wait.c",
        "i < awaited->term_count; i++) {\n        const hal_term",
        "i < 1; i++) {\n        const hal_term",
        (f"{WAITING}bits_beside_the_fields_are_no_part_of_a_wait",),
    ),
    Fault(
        "wait: what came hides what failed it",
        f"{ACCESS}/wait.c",
        "            awaited->failed = (int32_t)i;\n",
        "",
        ("tests/registers/waits/test_condition.py::test_a_failure_is_told_even_where_the_rest_came_with_it",),
        ends=("AssertionError", "Failed"),
    ),
    Fault(
        "wait: a counter is read torn",
        f"{ACCESS}/wait.c",
        "awaited->order, awaited->stable, awaited->last)",
        "awaited->order, 0, awaited->last)",
        (
            f"{WAITING}a_wait_reads_a_counter_of_two_words_untorn",
            f"{WAITING}a_wait_does_not_take_a_torn_value_for_the_one_it_is_for",
        ),
    ),
    Fault(
        "wait: nobody says that it must not be torn",
        "hal/registers/waits/condition.py",
        "stable = shape.is_wide and is_torn(shape, mask)",
        "stable = False",
        (f"{WAITING}a_wait_does_not_take_a_torn_value_for_the_one_it_is_for",),
    ),
    Fault(
        "wait: a cancelled one stays in the event loop",
        "hal/registers/waits/poller.py",
        "            self._waiting -= 1\n            self._forget()",
        "            self._waiting -= 1",
        ("tests/registers/waits/test_poller.py::test_cancelled_waits_leave_nothing_behind",),
    ),
)

_ARGUMENTS = tuple(
    Fault(f"arguments: {name}", f"{ACCESS}/{file}", old, new, (f"{ARGUMENTS}{test}",), ends=("AssertionError", "crash"))
    for name, file, old, new, test in (
        ("a port's shift", "port.c", "shift < 0 || bits < 1", "bits < 1", "places_and_fields_of_ports"),
        ("a port's bits", "port.c", "bits < 1 || shift + bits > width", "shift + bits > width", "places_and_fields_of_ports"),
        ("a port's end", "port.c", "bits < 1 || shift + bits > width", "bits < 1", "places_and_fields_of_ports"),
        ("a port's BAR", "port.c", "    int code = hal_state(bar, generation);\n    if (code == 0)\n        code = hal_check_span(bar, offset", "    int code = 0;\n    if (code == 0)\n        code = hal_check_span(bar, offset", "places_and_fields_of_ports"),
        ("a port's alignment", "port.c", "        return HAL_E_ALIGN;\n    if (offset > bar->size", "        return 0;\n    if (offset > bar->size", "places_and_fields_of_ports"),
        ("a port past the BAR", "port.c", "offset > bar->size || count > (bar->size - offset) >> shift", "offset > bar->size", "places_and_fields_of_ports"),
        ("a port far past the BAR", "port.c", "offset > bar->size || count > (bar->size - offset) >> shift", "count > (bar->size - offset) >> shift", "places_and_fields_of_ports"),
        ("a plan's shift", "port.c", "plans[i].shift >= plans[i].width || offset", "offset", "ports_of_a_register_are_all_placed_or_none"),
        ("a plan's sum", "port.c", " || offset > UINT64_MAX - plans[i].offset)", ")", "ports_of_a_register_are_all_placed_or_none"),
        ("a plan's place", "port.c", "        code = hal_check_span(bar, ports[i].offset, plans[i].width, 1);\n", "", "ports_of_a_register_are_all_placed_or_none"),
        ("a value that is written", "access.c", "int hal_set(const hal_port *port, uint64_t value) {\n    if (__builtin_expect(value > port->mask, 0))", "int hal_set(const hal_port *port, uint64_t value) {\n    if (0)", "a_value_that_the_field_does_not_hold_is_not_written"),
        ("a value that is merged", "access.c", "int hal_modify(const hal_port *port, uint64_t value) {\n    if (__builtin_expect(value > port->mask, 0))", "int hal_modify(const hal_port *port, uint64_t value) {\n    if (0)", "a_value_that_the_field_does_not_hold_is_not_written"),
        ("a width by handle", "access.c", "width % 8 || width > 64 ? HAL_E_ARGUMENT : ", "", "words_by_handle"),
        ("count of words", "words.c", "!words || count < 1 || order", "!words || order", "words_of_wide_registers"),
        ("order of words", "words.c", " || order & ~(HAL_HIGH_FIRST | HAL_BIG_ENDIAN))", ")", "words_of_wide_registers"),
        ("words of nothing", "words.c", "!first->bar || !words", "!first->bar", "words_of_wide_registers"),
        ("words past the BAR", "words.c", "first->width, (uint64_t)count);\n}\n\n/* The i-th", "first->width, 1);\n}\n\n/* The i-th", "words_of_wide_registers"),
        ("words that the stack holds", "words.c", "count > HAL_WORDS_MAX || !keep", "!keep", "an_update_has_room_for_so_many_words_and_no_more"),
        ("words of no mask", "words.c", "count > HAL_WORDS_MAX || !keep", "count > HAL_WORDS_MAX", "an_update_has_room_for_so_many_words_and_no_more"),
        ("times of waits", "wait.c", "!isfinite(seconds) || !is_interval(interval) || ", "!isfinite(seconds) || ", "times_of_waits"),
        ("a list's value", "run.c", "op->kind != HAL_OP_READ && op->width < 64 && op->value >> op->width", "0", "a_list_is_checked_as_a_whole_before_its_first_step"),
    )
)  # fmt: skip

_RANGES = tuple(
    Fault(f"field: {name}", "bindings/accel/field.c", old, new, (f"{RANGES}{test}",), ends=("AssertionError", "Failed", "crash"))
    for name, old, new, test in (
        ("words on the stack", "width <= 64 && count <= 64 / width", "width <= 64", "a_field_lies_in_words_that_hold_it_and_fit_one_number"),
        ("words that end before it", " &&\n                self->lsb + self->value.width <= low + count * width;", ";", "a_field_lies_in_words_that_hold_it_and_fit_one_number"),
        ("words that begin behind it", "low >= 0 && low <= self->lsb", "low >= 0", "a_field_lies_in_words_that_hold_it_and_fit_one_number"),
        ("its port", "field->port >= 1 && field->port < field->shape->ports", "field->port >= 1", "a_field_has_a_port_a_place_and_a_format"),
        ("the register's own port", "field->port >= 1 && field->port < field->shape->ports", "field->port < field->shape->ports", "a_field_has_a_port_a_place_and_a_format"),
        ("its width", "(!direct || value->width <= 64) && ", "", "a_field_has_a_port_a_place_and_a_format"),
        ("its format", " && value->format <= FORMAT_PYTHON)", ")", "a_field_has_a_port_a_place_and_a_format"),
    )
)  # fmt: skip

FAULTS: tuple[Fault, ...] = (*_BATCHES, *_LOCKS, *_WAITS, *_ARGUMENTS, *_RANGES)
