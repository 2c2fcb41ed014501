"""What a map or its file's name says reaches no terminal and no build service as an order."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import codegen
import hal.printable
from codegen.source.printable import printable
from codegen.source.problem import MapError, Problem
from codegen.source.reports import REPORTS

EVIL = "a\n::add-mask::true\x1b[2J##[add-mask]x##vso[task]y\u202ez\x9b31m\u2028\x85\r::b"
HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]|##\\w*\\[|^\\s*::",
    re.MULTILINE,
)
TEXTS = st.text(st.sampled_from("ab:# [\n\t\r\x1b\x85\x9b\u2028\u202e\u2066\ud800é漢\\") | st.characters(), max_size=30)


@given(TEXTS)
@settings(max_examples=500)
def test_nothing_harmful_stays_and_plain_text_is_as_it_was(text):
    shown = printable(text)
    assert not HARMFUL.search(shown)
    assert shown.encode().decode() == shown
    assert printable(shown) == shown
    assert shown.count("\n") == text.count("\n")
    if all(character.isprintable() for character in text) and "::" not in text and "##" not in text:
        assert shown == text


@given(TEXTS)
@settings(max_examples=300)
def test_the_runtimes_function_is_the_same(text):
    assert hal.printable.printable(text) == printable(text)


def yaml_quoted(text):
    return json.dumps(text)  # JSON is YAML


PLACES = {
    "register": "registers: {EVIL: {offset: 0}}",
    "field": "registers: {r: {offset: 0, fields: {EVIL: {bits: 0}}}}",
    "unknown key": "EVIL: 1\nregisters: {r: {offset: 0}}",
    "unknown key of a field": "registers: {r: {offset: 0, fields: {f: {bits: 0, EVIL: 1}}}}",
    "key twice": "registers: {r: {offset: 0, EVIL: 1, EVIL: 2}}",
    "enum": "registers: {r: {offset: 0, fields: {f: {bits: 0, enum: EVIL}}}}",
    "type": "blocks: {b: {type: EVIL, offset: 0}}",
    "include": "include: EVIL\nregisters: {r: {offset: 0}}",
    "identity": "identity: {register: EVIL, value: 1}\nregisters: {r: {offset: 0}}",
    "bits": "registers: {r: {offset: 0, fields: {f: {bits: EVIL}}}}",
    "access": "registers: {r: {offset: 0, access: EVIL}}",
    "reset": "enums: {E: {a: 0}}\nregisters: {r: {offset: 0, fields: {f: {bits: 0, enum: E, reset: EVIL}}}}",
    "size": "memories: {m: {offset: 0, size: EVIL}}",
    "afi": "afi: {ids: [EVIL]}\nregisters: {r: {offset: 0}}",
    "python": "registers: {r: {offset: 0, python: EVIL}}",
    "member": "enums: {E: {EVIL: 0}}\nregisters: {r: {offset: 0}}",
    "description": "description: EVIL\nregisters: {r: {offset: 0}}",
    "tag": "registers: !<%1B[2J> {r: {offset: 0}}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["map.yaml", EVIL.replace("\n", " ::"), "\udcff\x1b::.yaml", "::error::x"])
def test_no_report_gives_an_order(place, name):
    text = "schema: 1\nname: x\n" + PLACES[place].replace("EVIL", yaml_quoted(EVIL))
    with pytest.raises(codegen.MapError) as refused:
        codegen.loads(text, name)
    problems = refused.value.problems
    for form, report in REPORTS.items():
        shown = report(problems)
        assert shown.encode()
        lines = shown.split("\n")
        if form == "github":
            assert len(lines) == len(problems)
            assert all(line.startswith("::error file=") for line in lines)
            lines = [line.removeprefix("::error ") for line in lines]
        assert not HARMFUL.search("\n".join(lines)), form
    for item in json.loads(REPORTS["json"](problems))["problems"]:
        assert not HARMFUL.search("\n".join(str(value) for value in item.values()))
        assert "\n" not in "".join(str(value) for value in item.values())
    (run,) = json.loads(REPORTS["sarif"](problems))["runs"]
    for result in run["results"]:
        assert not HARMFUL.search(result["message"]["text"])


@given(TEXTS, TEXTS)
@settings(max_examples=100)
def test_every_problem_is_printable_however_it_is_made(first, second):
    problem = Problem(first, 1, 1, second, "rule", first, second, excerpt=f"{first}\n{second}")
    assert not HARMFUL.search(str(MapError((problem,))))
    assert "\n" not in str(problem)


def test_the_caret_stands_below_what_is_shown(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text(
        'schema: 1\nname: x\nregisters: {r: {offset: 0}} # \u202e\n# \u2066\nx: "\u202ea" \n', encoding="utf-8"
    )
    with pytest.raises(codegen.MapError) as refused:
        codegen.load(path)
    shown, caret = refused.value.problems[-1].excerpt.split("\n")
    assert shown[len(caret) - 1 :] == r'x: "\u202ea" '


def test_file_names_of_any_bytes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"\x1b[2J\n::add-mask::x\xff\xc2\x9b.yaml")
    Path(name).write_text("schema: 1\nname: x\ninclude: y\nregisters: {r: {offset: 1}}\n")
    with pytest.raises(codegen.MapError) as refused:
        codegen.load(name)
    assert not HARMFUL.search(str(refused.value))
