"""What an editor makes of the schema: keys and words that it offers, and what it shows of them, at places of a map.

`at` goes through a schema as the YAML language server does: down a path of keys, into each alternative that the data
does not contradict.
"""

from __future__ import annotations

import json

import jsonschema
import pytest

from codegen.schema import entries
from codegen.schema.editor.known_names import names_in
from codegen.schema.json_schema import json_schema
from codegen.schema.names import CONSTANT_NAME
from codegen.schema.policies import NAMES, READS, WRITES
from codegen.source.composer import compose
from codegen.source.problem import MapError

SCHEMA = json_schema()


def parsed(text):
    return compose(text, lambda *_: None)


def fits(schema, part, data):
    return jsonschema.Draft202012Validator({**part, "$defs": schema["$defs"]}).is_valid(data)


def applied(schema, part, data):
    """The parts of a schema that speak of a place whose data is so far this."""
    if "$ref" in part:
        yield from applied(schema, schema["$defs"][part["$ref"].rpartition("/")[2]], data)
    yield part
    for word in ("allOf", "anyOf", "oneOf"):
        parts = part.get(word, [])
        # While something is being written no alternative fits yet, and all of them are offered.
        for inner in [one for one in parts if fits(schema, one, data)] or parts:
            yield from applied(schema, inner, data)
    if "if" in part:
        yield from applied(schema, part["then" if fits(schema, part["if"], data) else "else"], data)


def at(schema, data, path):
    """The parts that speak of what stands at a path."""
    parts = list(applied(schema, schema, data))
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
        found = []
        for part in parts:
            inner = part.get("properties", {}).get(step)
            inner = part.get("additionalProperties") if inner is None else inner
            if isinstance(inner, dict):
                found += applied(schema, inner, data)
        parts = found
    return parts


def keys(text, *path, schema=SCHEMA):
    """The keys that are offered in the mapping at a path, with what is shown of them."""
    offered = {}
    for part in at(schema, parsed(text) or {}, path):
        for key, entry in part.get("properties", {}).items():
            offered[key] = offered.get(key) or entry.get("description", "")
    return offered


def alternatives(schema, part):
    """A part and all that a value may be by it: words are offered whatever stands there so far."""
    if "$ref" in part:
        yield from alternatives(schema, schema["$defs"][part["$ref"].rpartition("/")[2]])
    yield part
    for word in ("allOf", "anyOf", "oneOf"):
        for inner in part.get(word, []):
            yield from alternatives(schema, inner)


def words(text, *path, schema=SCHEMA):
    """The words that are offered as the value at a path, with what is shown of them."""
    holders = at(schema, parsed(text), path[:-1])
    values = [part["properties"][path[-1]] for part in holders if path[-1] in part.get("properties", {})]
    return {
        word: shown
        for value in values
        for part in alternatives(schema, value)
        for word, shown in zip(part.get("enum", ()), part.get("enumDescriptions") or [""] * 99, strict=False)
    }


FLOW = "{schema: 1, name: dut, registers: {ctrl: {offset: 0, fields: {go: {bits: 0, %s}}}}}"
BLOCK = (
    "schema: 1\nname: dut\nregisters:\n  ctrl:\n    offset: 0\n    fields:\n      go:\n        bits: 0\n        %s\n"
)
GO = ("registers", "ctrl", "fields", "go")


@pytest.mark.parametrize("text", ["", "{}", "schema: 1\n", "schema: 1\nname: dut\n", "# a comment\n"])
def test_all_root_keys_are_offered_from_an_empty_map_on(text):
    offered = keys(text)
    assert set(offered) >= {
        field.alias or key for key, field in entries.DeviceMap.model_fields.items() if field.alias != entries.PROPERTIES
    }
    assert all(offered.values())


@pytest.mark.parametrize("text", [FLOW, BLOCK], ids=["flow", "block"])
def test_keys_of_a_field_are_offered_and_explained_while_it_is_written(text):
    offered = keys(text % "access: rw", *GO)
    fields = {
        field.alias or key
        for key, field in entries.FieldEntry.model_fields.items()
        if field.alias != entries.PROPERTIES
    }
    assert set(offered) == fields
    assert all(offered.values())


@pytest.mark.parametrize("text", [FLOW, BLOCK], ids=["flow", "block"])
@pytest.mark.parametrize("written", ["access: ''", "access: w", "access: w1c"])
def test_access_words_are_offered_and_explain_themselves(text, written):
    offered = words(text % written, *GO, "access")
    assert set(offered) == set(NAMES)
    assert offered["w1c"] == NAMES["w1c"].meaning
    assert all(shown[:1].isupper() and shown.endswith(".") for shown in offered.values())


@pytest.mark.parametrize("text", [FLOW, BLOCK], ids=["flow", "block"])
def test_words_of_the_product_too(text):
    written = text % "access: {read: '', write: one_clears}"
    assert set(words(written, *GO, "access", "read")) == set(READS)
    assert set(words(written, *GO, "access", "write")) == set(WRITES)
    assert all(words(written, *GO, "access", "write").values())
    assert set(keys(written, *GO, "access")) == {"read", "write", "once"}


@pytest.mark.parametrize(
    ("key", "place"),
    [
        *[(key, GO) for key in ("format", "idle", "hw", "sticky", "intr")],
        *[(key, ("registers", "ctrl")) for key in ("words", "endian", "access", "hw")],
        ("endian", ()),
    ],
)
def test_every_word_explains_itself(key, place):
    offered = words(FLOW % f"{key}: ''", *place, key)
    assert len(offered) > 1
    assert all(offered.values())


MAP = """
schema: 1
name: dut
include: more.yaml
enums: {Mode: {off: 0, on: 1}, Baud: {open: true, description: Rates., members: {b9600: 1}}}
types: {channel: {description: One way., registers: {r: {offset: 0}}}}
register_types: {control: {fields: {a: {bits: 0}}}}
registers: {ctrl: {offset: 0, fields: {go: {bits: 0, enum: ''}}}, other: {offset: 4, type: ''}, wrong: {offset: nowhere}}
blocks: {ch: {offset: 0x100, type: ''}}
memories: {ring: {offset: 0x1000, entry: '', count: 2}}
"""


@pytest.fixture
def of_map(tmp_path):
    (tmp_path / "dut.yaml").write_text(MAP)
    (tmp_path / "more.yaml").write_text(
        "schema: 1\nenums: {Level: {low: 0, high: 1}}\ntypes: {lane: {registers: {r: {offset: 0}}}}\n"
    )
    return json_schema(names_in(tmp_path / "dut.yaml"))


def test_the_schema_of_a_map_offers_its_names(of_map):
    """Also of one that is wrong somewhere: it is being written."""
    jsonschema.Draft202012Validator.check_schema(of_map)
    assert words(MAP, *GO, "enum", schema=of_map) == {"Mode": "off, on", "Baud": "Rates.", "Level": "low, high"}
    assert words(MAP, "blocks", "ch", "type", schema=of_map) == {"channel": "One way.", "lane": ""}
    assert set(words(MAP, "memories", "ring", "entry", schema=of_map)) == {"channel", "lane"}
    assert set(words(MAP, "registers", "other", "type", schema=of_map)) == {"control"}
    assert words(MAP, *GO, "enum") == {}
    both = MAP.replace("enum: ''", "enum: {read: '', write: Mode}")
    assert "Level" in words(both, *GO, "enum", "read", schema=of_map)


def test_a_name_that_comes_later_is_no_fault(of_map):
    field = {"bits": 0, "enum": "Later"}
    assert jsonschema.Draft202012Validator({**of_map["$defs"]["field"], "$defs": of_map["$defs"]}).is_valid(field)


@pytest.mark.parametrize("text", ["", "- 1\n", "a: [\n", "enums: 5\ntypes: []\nregister_types: {a: 3}\nschema: 1\n"])
def test_maps_that_are_hardly_any(tmp_path, text):
    (tmp_path / "dut.yaml").write_text(text)
    try:
        known = names_in(tmp_path / "dut.yaml")
    except MapError as error:
        assert "dut.yaml" in str(error)
    else:
        json.dumps(json_schema(known))
    with pytest.raises(MapError, match="can't read"):
        names_in(tmp_path / "none.yaml")


def test_constants_are_named_in_capitals():
    (constants,) = [
        part
        for part in at(SCHEMA, parsed("schema: 1\nname: dut\nconstants: {N: 1}\n"), ("constants",))
        if "propertyNames" in part
    ]
    assert CONSTANT_NAME in constants["propertyNames"]["pattern"]
