"""The JSON Schema takes every valid map, and refuses what is wrong by itself."""

from __future__ import annotations

from typing import get_args

import jsonschema
import pytest

from codegen.schema import entries
from codegen.schema.json_schema import json_schema
from codegen.source.composer import compose
from tests.support import MAPS, ROOT

SCHEMA = json_schema()
CHECK = jsonschema.Draft202012Validator(SCHEMA)
VALID = [*sorted(MAPS.glob("*.yaml")), *sorted((ROOT / "regmaps").glob("*.yaml"))]
BROKEN = sorted((MAPS / "broken").glob("*.yaml"))

# Wrong only together with another place of the map or another file, or by arithmetic.
SEMANTIC = {
    "memory-bus-align",
    "memory-bus-count",
    "memory-bus-size",
    "memory-lane",
    "memory-wide-size",
    "alias",
    "alternate",
    "array-overlap",
    "bad-pulse",
    "burst",
    "bad-counter",
    "bad-hardware",
    "bad-volatile",
    "bad-range",
    "bad-shadow",
    "bad-space",
    "bad-size",
    "bad-words",
    "bits-out-of-range",
    "bits-reversed",
    "block-overlap",
    "bool-too-wide",
    "real-too-wide",
    "defined-twice",
    "device-clash",
    "duplicate-enum-value",
    "duplicate-member",
    "enum-too-wide",
    "enum-ways",
    "field-overlap",
    "float-width",
    "identity-too-large",
    "idle-acts",
    "include-broken",
    "include-loop",
    "include-missing",
    "include-outside",
    "line-break",
    "lock-paths",
    "memory-overlap",
    "no-idle",
    "misaligned-block",
    "misaligned-offset",
    "name-clash",
    "bad-dimension-paths",
    "lane-neighbours",
    "bad-element-paths",
    "not-utf8",
    "number-facts",
    "past-bar-end",
    "past-window",
    "pulse-acts",
    "python-clash",
    "python-block-clash",
    "register-overlap",
    "reset-conflict",
    "reset-too-large",
    "size-multiple",
    "stride-misaligned",
    "stride-too-small",
    "type-recursion",
    "types-double",
    "unknown-enum",
    "unknown-identity",
    "unknown-member",
    "unknown-type",
    "unlock-paths",
    "unreadable-identity",
    "when",
    "wide-width",
    "wrong-card",
    "wrong-interrupts",
    "wrong-real-reset",
    "wrong-reset",
}


def composed(path):
    """The data of a file, and whether it can be read without a problem."""
    problems = []
    text = path.read_bytes().decode("utf-8", errors="replace")
    return compose(text, lambda *problem: problems.append(problem)), not problems


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_maps_are_valid(path):
    data, _ = composed(path)
    assert [error.message for error in CHECK.iter_errors(data)] == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_maps(path):
    data, is_readable = composed(path)
    assert (not is_readable or not CHECK.is_valid(data)) != (path.stem in SEMANTIC)


MODELS = {
    "device": entries.DeviceMap,
    "device_block": entries.BlockEntry,
    "type": entries.TypeEntry,
    "register": entries.RegisterEntry,
    "register_type": entries.RegisterTypeEntry,
    "memory": entries.MemoryEntry,
    "field": entries.FieldEntry,
    "space": entries.SpaceEntry,
}


@pytest.mark.parametrize("name", MODELS)
def test_keys_are_those_of_the_loader(name):
    part = SCHEMA["then"] if name == "device" else SCHEMA["$defs"][name]
    fields = {key: field for key, field in MODELS[name].model_fields.items() if field.alias != entries.PROPERTIES}
    assert set(part["properties"]) == {field.alias or key for key, field in fields.items()}
    assert set(part["required"]) == {field.alias or key for key, field in fields.items() if field.is_required()}
    assert part["additionalProperties"] is False


def test_a_block_inside_of_a_block_has_no_space():
    inner = SCHEMA["$defs"]["block"]["properties"]
    assert set(SCHEMA["$defs"]["device_block"]["properties"]) - set(inner) == {"space"}


def test_words_are_those_of_the_loader():
    fields = entries.RegisterEntry.model_fields
    words = next(item for item in get_args(fields["words"].annotation) if item is not type(None))
    assert SCHEMA["$defs"]["register"]["properties"]["words"]["enum"] == list(get_args(words))


def test_every_key_says_what_it_is():
    for name in MODELS:
        part = SCHEMA["then"] if name == "device" else SCHEMA["$defs"][name]
        assert all(entry.get("description") for entry in part["properties"].values()), name
