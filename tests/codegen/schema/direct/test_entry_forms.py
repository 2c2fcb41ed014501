"""What is right is taken without pydantic, and is what pydantic's models make of it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import BaseModel, ValidationError

from codegen.schema import entries
from codegen.schema.direct import entry_forms
from codegen.schema.direct.scalar_rules import RefusedError
from codegen.schema.direct.value_checks import DirectEntry, UnusualError
from tests.fuzz import grammar
from tests.support import ROOT
from tests.support import entry_forms as maker

MODELS = {"DeviceMap": entries.DeviceMap, "IncludedMap": entries.IncludedMap, "FieldEntry": entries.FieldEntry}


def directly(name: str, data: Any) -> Any:
    """The entry of a mapping; None where pydantic is to look at it."""
    try:
        return getattr(entry_forms, name)(data)
    except (UnusualError, RefusedError):
        return None


def by_pydantic(name: str, data: Any) -> Any:
    try:
        return MODELS[name].model_validate(data)
    except ValidationError:
        return None


def plain(value: Any) -> Any:
    """All that an entry says, and which of it are defaults; types count."""
    if isinstance(value, (BaseModel, DirectEntry)):
        model: Any = getattr(entries, type(value).__name__)
        said = {name: plain(getattr(value, name)) for name in model.model_fields}
        return type(value).__name__, sorted(value.model_fields_set), said
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if type(value) is list else (type(value).__name__, repr(value))


def test_the_forms_are_what_the_models_say():
    """`make forms` writes them."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(maker.FILE), "-"]
    laid_out = subprocess.run(
        command, input=maker.made(), capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert laid_out == maker.FILE.read_text(encoding="utf-8")


# What fails is a large map, and to make it smaller would take minutes.
AS_IT_IS = {"phases": [Phase.explicit, Phase.reuse, Phase.generate], "suppress_health_check": list(HealthCheck)}


@settings(max_examples=30, **AS_IT_IS)
@given(grammar.entry(entries.DeviceMap), grammar.entry(entries.FieldEntry))
def test_both_take_the_same_and_make_the_same_of_it(data, field):
    for name, value in (("DeviceMap", data), ("IncludedMap", data), ("FieldEntry", field)):
        assert plain(directly(name, value)) == plain(by_pydantic(name, value))


@settings(max_examples=15, **AS_IT_IS)
@given(grammar.laid_out())
def test_maps_with_everything_are_taken_directly(text):
    data = json.loads(text)
    found = directly("DeviceMap", data)
    assert plain(found) == plain(by_pydantic("DeviceMap", data))


FIELD = {"bits": 0}


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("bits", [0, "7:4"], [True, -1, "4:7", 1.0, None, [0]]),
        ("count", [1, None], [True, 1.0, "1"]),
        ("stride", [1, 4096], [0, 4097, True]),
        ("volatile", [True, False, None], [0, 1, "true"]),
        ("idle", [0, 1, "last", None], [True, False, 2, "first", [0]]),
        ("access", ["rw", {"read": "value", "write": "clears"}], ["RW", 1, {"read": "value"}, ["rw"]]),
        ("enum", ["Mode", {"read": "A", "write": "B"}], [1, {"read": "A"}, ["Mode"]]),
        ("range", [[0, 1], ["1/3", 2.5]], [[0], [0, 1, 2], [0, "x"], "0"]),
        ("reset", [0, True, "off", 1.5, [1, 2]], [float("inf"), {}]),
        ("description", ["a\nb", "ü" * 4096], ["\x07", "a" * 4097, "\ud800", 1]),
        ("title", ["V[%s]"], ["a\nb", "a" * 65]),
        ("python", ["name", None], ["class", "2x", "read"]),
        ("when", ["later", {"a.b": 1}, {}], [{"a": -1}, {"a": True}, {1: 1}]),
        ("x-*", [{}, {"x-a": [1, None]}], [{1: 2}, [], None]),
        ("unknown", [], [1]),
    ],
)
def test_values_of_a_field(key, right, wrong):
    for value, is_right in [*((value, True) for value in right), *((value, False) for value in wrong)]:
        data = {**FIELD, key: value}
        found = directly("FieldEntry", data)
        assert plain(found) == plain(by_pydantic("FieldEntry", data)), value
        assert (found is not None) == is_right, value


def test_what_is_missing_is_pydantics_to_tell():
    assert directly("FieldEntry", {}) is directly("FieldEntry", []) is directly("DeviceMap", {"schema": 1}) is None


def test_copies_say_what_those_of_models_say():
    data = {"offset": 4, "reset": 1, "description": "A."}
    found = [
        kind({"schema": 1, "name": "dut", "registers": {"a": data}}).registers["a"]
        for kind in (entry_forms.DeviceMap, entries.DeviceMap.model_validate)
    ]
    for change in (lambda one: one.model_copy(update={"reset": 2, "width": 8}), lambda one: one.without("reset")):
        ours, models = map(change, found)
        assert plain(ours) == plain(models)
    assert [one.reset for one in found] == [1, 1]


def test_a_right_map_needs_no_pydantic():
    program = (
        "import codegen, sys; codegen.load(sys.argv[1]);"
        "print([name for name in sys.modules if name.partition('.')[0] in ('pydantic', 'pydantic_core', 'yaml')])"
    )
    command = [sys.executable, "-c", program, str(ROOT / "regmaps" / "cl_mem_perf.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
