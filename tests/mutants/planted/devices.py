"""Snapshots, writing back, recordings, waits of a device."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

RESTORE = "tests/devices/test_restore.py::test_"
RECORD = "tests/devices/test_record.py::test_"
CAPTURE, SNAPSHOT, RECORDING = "hal/devices/capture.py", "hal/design/snapshot.py", "hal/devices/record.py"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "restore: a failure is reported as success",
        CAPTURE,
        '    if code:\n        raise exception_of(code, f"restore of',
        '    if False:\n        raise exception_of(code, f"restore of',
        (f"{RESTORE}what_can_not_be_written_is_told_and_what_was_written_is_remembered",),
    ),
    Fault(
        "restore: what was not written is remembered",
        CAPTURE,
        "        if needed <= done:\n",
        "        if True:\n",
        (f"{RESTORE}what_was_not_written_is_not_remembered",),
    ),
    Fault(
        "restore: flags and pulses are written back",
        CAPTURE,
        "restored = shape.held_bits | shape.unused_bits",
        "restored = shape.readable_bits | shape.unused_bits",
        (f"{RESTORE}a_flag_is_not_cleared_and_a_pulse_not_fired",),
    ),
    Fault(
        "restore: bits of no field are lost",
        CAPTURE,
        "restored = shape.held_bits | shape.unused_bits",
        "restored = shape.held_bits",
        (f"{RESTORE}bits_of_no_field_come_back",),
    ),
    Fault(
        "restore: what must be 1 is written 0",
        CAPTURE,
        "return ((last & shape.last) | shape.ones) & ~restored",
        "return (last & shape.last) & ~restored",
        (f"{RESTORE}a_flag_is_not_cleared_and_a_pulse_not_fired",),
    ),
    Fault(
        "restore: a block reaches its longer namesake",
        CAPTURE,
        'path.startswith((f"{prefix}.", f"{prefix}["))):\n            yield',
        "path.startswith(prefix)):\n            yield",
        (f"{RESTORE}a_block_is_not_its_longer_or_shorter_namesake[ch1]",),
    ),
    Fault(
        "restore: a block tells of its longer namesake",
        CAPTURE,
        'below = (f"{prefix}.", f"{prefix}[") if prefix else ("",)',
        "below = (prefix,)",
        (f"{RESTORE}what_a_block_leaves_out_is_its_own",),
    ),
    Fault(
        "restore: words are written low first",
        CAPTURE,
        'reversed(numbers) if shape.words == "high-first" else numbers',
        "numbers",
        (f"{RESTORE}words_are_written_in_the_order_of_the_map",),
    ),
    Fault(
        "restore: a register that latches is written word by word",
        CAPTURE,
        '    if shape.words == "latched":\n        yield 0, range(shape.word_count)\n        return\n',
        "",
        (f"{RESTORE}words_are_written_in_the_order_of_the_map",),
    ),
    Fault(
        "restore: what any write acts on is written",
        CAPTURE,
        "return any(POLICIES[field.access].acts_on_any_write for field in shape.fields.values())",
        "return False",
        (f"{RESTORE}a_register_that_any_write_acts_on_is_left_out",),
    ),
    Fault(
        "restore: wo1 is written",
        CAPTURE,
        "return any(POLICIES[field.access].acts_on_any_write for",
        'return any(field.access != "wo1" and POLICIES[field.access].acts_on_any_write for',
        (f"{RESTORE}a_register_that_any_write_acts_on_is_left_out[wo1]",),
    ),
    Fault(
        "snapshot: the driver is no part of equality",
        SNAPSHOT,
        "return _identity(self._design) == _identity(other._design) and self._registers() == other._registers()",
        "return self._registers() == other._registers()",
        (f"{RESTORE}snapshots_of_two_drivers_are_not_one",),
    ),
    Fault(
        "snapshot: the digest is no part of the identity",
        SNAPSHOT,
        "return design.name, design.digest\n",
        'return design.name, ""\n',
        (f"{RESTORE}snapshots_of_two_drivers_are_not_one",),
    ),
    Fault(
        "snapshot: another device's are compared",
        SNAPSHOT,
        "        other = fitted(self._design, other)\n",
        "",
        (f"{RESTORE}snapshots_of_two_drivers_are_not_one",),
        ends=("AssertionError", "Failed", "FieldNameError"),
    ),
    Fault(
        "recording: only the last piece is kept",
        RECORDING,
        "        for rows in _pieces(counts):\n            for entry in rows:\n",
        "        for rows in [[*_pieces(counts)][-1]]:\n            for entry in rows:\n",
        (f"{RECORD}every_piece_of_a_long_recording_is_kept",),
    ),
    Fault(
        "recording: only the first piece is kept",
        RECORDING,
        "        yield rows\n",
        "        yield rows\n        return\n",
        (f"{RECORD}every_piece_of_a_long_recording_is_kept",),
    ),
    Fault(
        "recording: a piece is taken again",
        "bindings/core/tape/record.c",
        "    tape.first += *count;\n",
        "",
        (f"{RECORD}every_piece_of_a_long_recording_is_kept",),
    ),
    Fault(
        "replay: codes of errors are 0",
        "bindings/core/tape/replay.c",
        "code = tape.entries[tape.next++].code;",
        "tape.next++;",
        (f"{RECORD}an_access_that_failed_fails_again",),
    ),
    Fault(
        "replay: codes of errors are not handed in",
        "hal/_binding/sdk/tape.py",
        "row.is_write, row.value, row.code = entry.is_write, entry.value, entry.code",
        "row.is_write, row.value = entry.is_write, entry.value",
        (f"{RECORD}an_access_that_failed_fails_again",),
    ),
    Fault(
        "replay: what a block raised is hidden",
        RECORDING,
        "        if error is None:\n            self.finish()\n",
        "        self.finish()\n",
        (f"{RECORD}what_a_block_raised_is_not_hidden_by_what_is_left",),
        ends=("ReplayError",),
    ),
    Fault(
        "recording: what a block raised is hidden",
        RECORDING,
        "        except OSError as problem:\n            if error is None:\n",
        "        except OSError as problem:\n            if True:\n",
        (f"{RECORD}what_a_block_raised_is_not_hidden_by_a_file_that_can_not_be_written",),
        ends=("RecordError",),
    ),
    Fault(
        "wait: for a field that can't be read",
        "hal/registers/refusals.py",
        '            if not writing and not field.readable:\n                raise self._refusal(name, "read")\n',
        "",
        ("tests/registers/test_waiting.py::test_what_can_not_be_read_can_not_be_waited_for[half_blind]",),
        ends=("AssertionError", "Failed", "WaitTimeoutError"),
    ),
    Fault(
        "wait: on a register that can't be read",
        "hal/registers/register.py",
        "        self._require_readable()\n        wait_for_fields(",
        "        wait_for_fields(",
        ("tests/registers/test_waiting.py::test_a_register_without_a_field_to_read_is_refused_as_one",),
    ),
)
