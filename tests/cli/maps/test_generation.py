"""The commands for maps, as pipelines call them."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import jsonschema
import pytest

from codegen.output.languages.registry import LANGUAGES
from tests.support import MAPS, ROOT
from tests.support.processes import importing, run_python

BLINKER = MAPS / "blinker.yaml"
BROKEN = MAPS / "broken" / "two-problems.yaml"
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def test_every_language_stands_in_the_help(command):
    text = " ".join(command("generate", "--help").out.split())
    names = re.search(r"--lang LANGUAGE (.*?); may be given", text)[1].replace(" (default)", "").split(", ")
    assert names == list(LANGUAGES)


def test_validate_as_text(command, small):
    good = command("validate", small(), "cl_sde")
    assert (good.code, good.out) == (0, "2 maps checked, no error\n")
    bad = command("validate", BROKEN, MAPS / "broken" / "bad-key.yaml", small())
    assert (bad.code, bad.out) == (3, "")
    assert "bits-out-of-range" not in bad.err
    assert "two-problems.yaml:7:20: " in bad.err
    assert "bad-key.yaml:" in bad.err


def test_validate_as_json(command, small):
    done = command("validate", BROKEN, "--format", "json")
    report = json.loads(done.out)
    assert (done.code, report["format"], len(report["problems"])) == (3, 1, 3)
    assert report["problems"][0] == {
        "file": str(BROKEN),
        "line": 7,
        "column": 20,
        "level": "error",
        "path": "registers.ctrl.fields.mode.bits",
        "rule": "bits-out-of-range",
        "message": "bit 40 is outside of the register's 32 bits",
        "hint": "The highest bit is 31; or give the register a larger width.",
    }
    assert command("validate", small(), "--format", "json").json == {"format": 1, "problems": []}


def test_validate_as_github_annotations(command, tmp_path):
    path = tmp_path / "100%, a:b.yaml"
    path.write_text(BROKEN.read_text())
    done = command("validate", path.name, "--format", "github")
    assert done.code == 3
    assert done.lines[1] == (
        "::error file=100%25%2C a%3Ab.yaml,line=8,col=25,title=unknown-key::"
        "registers.ctrl.fields.enable.acces: unknown key 'acces' of a field. Did you mean 'access'?"
    )


def test_validate_as_sarif(command, small):
    done = command("validate", BROKEN, "--format", "sarif")
    report = json.loads(done.out)
    assert (done.code, report["version"], report["$schema"]) == (3, "2.1.0", SARIF)
    (run,) = report["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    first = run["results"][0]
    assert rules[first["ruleIndex"]] == first["ruleId"] == "bits-out-of-range"
    place = first["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 7, "startColumn": 20}
    assert place["artifactLocation"]["uri"].endswith("/two-problems.yaml")
    assert json.loads(command("validate", small(), "--format", "sarif").out)["runs"][0]["results"] == []


def test_validate_notes_names_that_python_has_another_one_for(command, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "schema: 1\nname: a\nregisters:\n  find: {offset: 0, fields: {in: {bits: 0}, out: {bits: 1}}}\n"
        "  open: {offset: 4, python: opened}\nenums: {Warning: {x: 0}}\n"
    )
    done = command("validate", "a.yaml")
    assert (done.code, done.out) == (0, "1 map checked, no error\n")
    notes = [line for line in done.err.splitlines() if line.startswith("a.yaml")]
    end = "The name stays everywhere else; python: NAME gives another one."
    assert notes == [
        f"a.yaml:4:3: note: registers.find: 'find' is a word of Python or of the runtime: the attribute is find_ there. {end}",
        f"a.yaml:4:30: note: registers.find.fields.in: 'in' is a word of Python or of the runtime: the attribute is in_ there. {end}",
        "a.yaml:6:9: note: enums.Warning: 'Warning' is a word of Python or of the runtime: the class is Warning_ there.",
    ]
    assert [item["level"] for item in command("validate", "a.yaml", "--format", "json").json["problems"]] == [
        "note"
    ] * 3
    github = command("validate", "a.yaml", "--format", "github")
    assert (github.code, github.lines[0][:40]) == (0, "::notice file=a.yaml,line=4,col=3,title=")
    sarif = json.loads(command("validate", "a.yaml", "--format", "sarif").out)
    assert [item["level"] for item in sarif["runs"][0]["results"]] == ["note"] * 3
    assert command("generate", "a.yaml", "-o", ".").err == ""


def test_validate_takes_what_maps_include(command, tmp_path):
    (tmp_path / "types.yaml").write_text("schema: 1\nenums: {Mode: {off: 0}}\n")
    assert command("validate", "types.yaml").out == "1 map checked, no error\n"
    (tmp_path / "types.yaml").write_text("schema: 1\nenums: {Mode: {}}\ntypes: {t: {registers: {r: {offset: 2}}}}\n")
    done = command("validate", "types.yaml", "--format", "json")
    assert [problem["rule"] for problem in json.loads(done.out)["problems"]] == ["empty-enum", "misaligned-offset"]


def test_schema_is_printed_and_written(command, tmp_path):
    printed = command("schema").json
    jsonschema.Draft202012Validator.check_schema(printed)
    assert command("schema", "-o", "map.schema.json").out == ""
    assert json.loads((tmp_path / "map.schema.json").read_text()) == printed


def test_paths_are_there(command):
    shown = {name: Path(place) for name, place in (line.split() for line in command("paths").lines)}
    assert list(shown) == ["cmake", "make", "maps", "card", "pci"]
    assert (shown["cmake"] / "FpgaHal.cmake").is_file()
    assert (shown["make"] / "fpga-hal.mk").is_file()
    assert (shown["maps"] / "cl_sde.yaml").is_file()
    assert command("paths", "card").out == f"{shown['card']}\n"


def test_the_schema_of_a_map_has_its_names(command):
    enum = command("schema", BLINKER).json["$defs"]["field"]["properties"]["enum"]["anyOf"][0]
    assert enum["anyOf"][0]["enum"] == ["Mode"]
    missing = command("schema", "none.yaml")
    assert missing.code != 0
    assert "none.yaml" in missing.err


@pytest.mark.parametrize("name", ["new", "generate", "validate", "fmt", "diff", "schema", "paths"])
def test_help_has_an_example(command, name):
    done = command(name, "--help")
    assert done.code == 0
    assert f"hal {name}" in done.out.partition("Example:")[2]


def test_shipped_maps_validate(command):
    names = [path.stem for path in (ROOT / "regmaps").glob("*.yaml") if not path.stem.endswith("_types")]
    assert command("validate", *names).out == f"{len(names)} maps checked, no error\n"


def test_a_constant_is_set_for_one_run(command, tmp_path):
    path = tmp_path / "sized.yaml"
    path.write_text("schema: 1\nname: sized\nconstants: {N: 2}\nregisters: {r: {offset: 0, count: N}}\n")
    for setting, count in ((["--set", "N=0x10"], 16), ([], 2), (["--set", "N=7"], 7), (["--set", "N=7"], 7)):
        assert command("generate", path, "-o", tmp_path, *setting).code == 0
        assert f"count={count}," in (tmp_path / "sized.py").read_text()
    assert "defines the constant 'M'; defined: N" in command("generate", path, "-o", "x", "--set", "M=1").err
    assert "is no NAME=NUMBER, as in DEPTH=0x100" in command("validate", path, "--set", "N=x").err
    assert command("validate", path, "--set", "N=0").code == 3


@pytest.mark.parametrize("epoch", ["", "1700000000"])
def test_a_driver_is_compiled_when_asked(command, tmp_path, small, monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    done = command("generate", small(), "-o", "out", "--compile")
    (driver,) = (Path(line) for line in done.lines)
    compiled = Path(importlib.util.cache_from_source(str(tmp_path / driver)))
    first = compiled.stat()
    program = "import small, sys; print(small.__cached__)"
    found = run_python(program, environment={**importing(tmp_path / "out"), "PYTHONDONTWRITEBYTECODE": "1"})
    assert found.stdout.strip() == str(compiled)
    command("generate", small(), "-o", "out", "--compile")
    assert compiled.stat().st_ino == first.st_ino  # what is there already stays
    compiled.write_bytes(b"old")
    command("generate", small(), "-o", "out", "--compile")
    assert compiled.stat().st_size == first.st_size


@pytest.mark.parametrize("other", ["--check", "--list"])
def test_compiling_is_refused_where_nothing_is_written(command, small, other):
    done = command("generate", small(), "-o", "out", "--compile", other)
    assert done.code == 2
    assert "--compile writes files, and --check and --list write none" in done.err


def test_what_is_for_maps_to_include_is_skipped_beside_others(command, tmp_path, small):
    part = tmp_path / "part.yaml"
    part.write_text("schema: 1\nenums: {Mode: {off: 0}}\n")
    done = command("generate", small(), part, "-o", "out")
    assert (done.code, done.lines) == (0, ["out/small.py"])
    assert done.err == f"{part} is for maps to include, and has no device of its own: skipped\n"
    assert command("generate", part, "-o", "out").code == 3
    part.write_text("schema: 1\nenums: {Mode: {off: 0}}\nregisters: {r: {offset: 0}}\n")
    assert command("generate", small(), part, "-o", "out").code == 3  # a device without a name
    part.write_text("schema: 1\nenums: [\n")
    assert command("generate", small(), part, "-o", "out").code == 3
