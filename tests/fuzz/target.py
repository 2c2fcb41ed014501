"""What is fuzzed: one text of a map goes through the loader, every renderer, and the emulated card."""

from __future__ import annotations

import os
import resource
import sys
import time
import types
from typing import TYPE_CHECKING

os.environ["HAL_LIBRARY"] = "emulator"
os.environ.setdefault("HAL_CARD_TIME_SCALE", "0.001")

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.fuzz.oracles import check_file

if TYPE_CHECKING:
    from codegen import Device

MAX_SECONDS = 1.0
MAX_MEBIBYTES = 500
_REGISTERS = 40


class Count:
    """How a run went."""

    accepted = refused = 0
    slowest = 0.0


def load(text: str, name: str) -> Device | None:
    """The device, or None where the loader refuses; nothing else may come out of it."""
    start = time.process_time()
    try:
        device = codegen.loads(text, name)
    except codegen.MapError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.line >= 1
            assert problem.column >= 1
            assert problem.message
            assert problem.rule
        str(error)
        return None
    finally:
        Count.slowest = max(Count.slowest, time.process_time() - start)
        assert time.process_time() - start < MAX_SECONDS
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MAX_MEBIBYTES << 10
    return device


def check_map(text: str, name: str = "map.yaml") -> None:
    """Raises AssertionError, or what was not to come out, when a promise is broken."""
    device = load(text, name)
    if device is None:
        Count.refused += 1
        return
    Count.accepted += 1
    for language in LANGUAGES.values():
        try:
            files = render(device, language)
        except (ValueError, codegen.MapError):
            continue  # too large, or two names are one in that language: it says so and renders nothing
        for file, content in files.items():
            check_file(file, content)
    round_trip(codegen.render_python(device), device.class_name)


def round_trip(source: str, class_name: str) -> None:
    """Imports the driver, opens it on the emulated card, and writes fields that must read back."""
    module = types.ModuleType("fuzzed")
    sys.modules["fuzzed"] = module  # where enums and annotations look names up
    exec(compile(source, "<fuzzed>", "exec", dont_inherit=True), module.__dict__)
    driver = getattr(module, class_name)
    with hal.open_slot(0) as slot:
        slot.emulator.power_cycle()
        slot.emulator.provide(driver)
        with slot.attach(driver, verify=False) as device:
            # What stands at a place at other times may not read back now.
            elsewhere = {run.name(at) for run in driver._design.runs() if run.is_alternate for at in range(run.number)}
            for number, register in enumerate(device.registers()):
                if number == _REGISTERS:
                    break
                if register.path not in elsewhere:
                    _check_register(register)


def _check_register(register: hal.Register) -> None:
    fields = type(register)._shape.fields
    if register._shape.effects:
        return
    for name, field in fields.items():
        if not (field.readable and field.writable) or field.access != "rw" or field.volatile or field.pulse:
            continue
        value = getattr(register, name)
        try:
            setattr(register, name, value)
        except hal.FieldValueError as error:
            assert "is no Mode" in str(error)  # a reset that the enum has no name for reads, and is refused
            continue
        assert getattr(register, name) == value, (register, name)
    repr(register)
