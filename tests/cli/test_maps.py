"""The commands for maps, as pipelines call them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import codegen
from tests.support import MAPS, ROOT
from tests.support.command_line import CommandLine

BLINKER = MAPS / "blinker.yaml"
BROKEN = MAPS / "broken" / "two-problems.yaml"
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


@pytest.fixture
def hal(tmp_path):
    return CommandLine(tmp_path, card="")


def small(folder, name="small", register="r"):
    path = folder / f"{name}.yaml"
    path.write_text(f"schema: 1\nname: {name}\nregisters: {{{register}: {{offset: 0x0}}}}\n")
    return path


def test_generate_writes_every_language(hal, tmp_path):
    languages = ["python", "c", "systemverilog", "markdown", "html", "json"]
    options = [item for language in languages for item in ("--lang", language)]
    done = hal("generate", small(tmp_path), "-o", "out", *options)
    names = ["small.py", "small.h", "small_pkg.sv", "small.md", "small_pictures/R.svg", "small.html", "small.json"]
    assert (done.code, done.lines) == (0, [f"out/{name}" for name in names])
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")) == sorted(names)


def test_generate_takes_shipped_maps_by_name(hal, tmp_path):
    assert hal("generate", "aws_clk_gen", "-o", ".", "--lang", "c").lines == ["aws_clk_gen.h"]
    assert (tmp_path / "aws_clk_gen.h").read_text().startswith("/*\n * Registers of aws_clk_gen")


def test_check_shows_what_is_stale_and_writes_nothing(hal, tmp_path):
    path = small(tmp_path)
    missing = hal("generate", path, "-o", "out", "--check")
    assert missing.code == 1
    assert missing.lines[:2] == ["--- /dev/null", "+++ out/small.py"]
    assert not (tmp_path / "out").exists()
    hal("generate", path, "-o", "out")
    fresh = hal("generate", path, "-o", "out", "--check")
    assert (fresh.code, fresh.out, fresh.err) == (0, "", "")
    small(tmp_path, register="other")
    stale = hal("generate", path, "-o", "out", "--check")
    assert stale.code == 1
    assert stale.lines[:2] == ["--- out/small.py", "+++ out/small.py"]
    assert "-    r = hal.register(R, 0x0)" in stale.lines
    assert "+    other = hal.register(Other, 0x0)" in stale.lines
    assert stale.err == "files are not up to date: run the command without --check\n"
    assert "other" not in (tmp_path / "out" / "small.py").read_text()


def test_a_wrong_map_writes_nothing_at_all(hal, tmp_path):
    done = hal("generate", small(tmp_path), BROKEN, "-o", "out", "--depfile", "out.d")
    assert done.code == 3
    assert "unknown key 'acces' of a field" in done.err
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.d").exists()


def test_depfiles_name_all_that_was_read(hal, tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "types.yaml").write_text("schema: 1\nenums: {Mode: {off: 0}}\n")
    (tmp_path / "a b" / "top.yaml").write_text(
        "schema: 1\nname: top\ninclude: types.yaml\nregisters: {r: {offset: 0}}\n"
    )
    small(tmp_path)
    arguments = ["generate", "a b/top.yaml", "small.yaml", "-o", "out", "--depfile", "dep/x.d"]
    hal(*arguments)
    assert (tmp_path / "dep" / "x.d").read_text() == (
        "out/top.py: a\\ b/top.yaml \\\n  a\\ b/types.yaml\n"
        "out/small.py: small.yaml\n"
        "a\\ b/top.yaml:\na\\ b/types.yaml:\nsmall.yaml:\n"
    )
    hal(*arguments, "--depfile-target", "stamp")
    assert (tmp_path / "dep" / "x.d").read_text().startswith("stamp: a\\ b/top.yaml \\\n  a\\ b/types.yaml \\\n  small")


def test_list_names_the_files_and_writes_nothing(hal, tmp_path):
    assert hal("generate", small(tmp_path), "-o", "out", "--lang", "c", "--list").lines == ["out/small.h"]
    assert not (tmp_path / "out").exists()


def test_an_unknown_language_is_an_error_with_the_known_ones(hal, tmp_path):
    done = hal("generate", small(tmp_path), "-o", ".", "--lang", "rust")
    assert done.code == 1
    assert done.err == "Error: unknown language 'rust', known: python, c, systemverilog, markdown, html, json\n"


def test_a_missing_folder_of_templates(hal, tmp_path):
    done = hal("generate", small(tmp_path), "-o", ".", "--templates", "none")
    assert (done.code, done.err) == (1, "hal: none: no folder of templates\n")


def test_generate_with_own_templates(hal, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "list.txt.j2").write_text("{% for place in model.places %}{{ place.path }}{% endfor %}")
    done = hal("generate", small(tmp_path), "-o", ".", "--templates", "own", "--lang", "list", "--depfile", "x.d")
    assert done.lines == ["small.txt"]
    assert (tmp_path / "small.txt").read_text() == "r"
    assert "own/list.txt.j2" in (tmp_path / "x.d").read_text()


def test_validate_as_text(hal, tmp_path):
    good = hal("validate", small(tmp_path), "cl_sde")
    assert (good.code, good.out) == (0, "2 maps checked, no error\n")
    bad = hal("validate", BROKEN, MAPS / "broken" / "bad-key.yaml", small(tmp_path))
    assert (bad.code, bad.out) == (3, "")
    assert "bits-out-of-range" not in bad.err
    assert "two-problems.yaml:7:20: " in bad.err
    assert "bad-key.yaml:" in bad.err


def test_validate_as_json(hal, tmp_path):
    done = hal("validate", BROKEN, "--format", "json")
    report = json.loads(done.out)
    assert (done.code, report["format"], len(report["problems"])) == (3, 1, 3)
    assert report["problems"][0] == {
        "file": str(BROKEN),
        "line": 7,
        "column": 20,
        "path": "registers.ctrl.fields.mode.bits",
        "rule": "bits-out-of-range",
        "message": "bit 40 is outside of the register's 32 bits",
        "hint": "The highest bit is 31; or give the register a larger width.",
    }
    assert hal("validate", small(tmp_path), "--format", "json").json == {"format": 1, "problems": []}


def test_validate_as_github_annotations(hal, tmp_path):
    path = tmp_path / "100%, a:b.yaml"
    path.write_text(BROKEN.read_text())
    done = hal("validate", path.name, "--format", "github")
    assert done.code == 3
    assert done.lines[1] == (
        "::error file=100%25%2C a%3Ab.yaml,line=8,col=25,title=unknown-key::"
        "registers.ctrl.fields.enable.acces: unknown key 'acces' of a field. Did you mean 'access'?"
    )


def test_validate_as_sarif(hal, tmp_path):
    done = hal("validate", BROKEN, "--format", "sarif")
    report = json.loads(done.out)
    assert (done.code, report["version"], report["$schema"]) == (3, "2.1.0", SARIF)
    (run,) = report["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    first = run["results"][0]
    assert rules[first["ruleIndex"]] == first["ruleId"] == "bits-out-of-range"
    place = first["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 7, "startColumn": 20}
    assert place["artifactLocation"]["uri"].endswith("/two-problems.yaml")
    assert json.loads(hal("validate", small(tmp_path), "--format", "sarif").out)["runs"][0]["results"] == []


def test_validate_takes_what_maps_include(hal, tmp_path):
    (tmp_path / "types.yaml").write_text("schema: 1\nenums: {Mode: {off: 0}}\n")
    assert hal("validate", "types.yaml").out == "1 map checked, no error\n"
    (tmp_path / "types.yaml").write_text("schema: 1\nenums: {Mode: {}}\ntypes: {t: {registers: {r: {offset: 2}}}}\n")
    done = hal("validate", "types.yaml", "--format", "json")
    assert [problem["rule"] for problem in json.loads(done.out)["problems"]] == ["empty-enum", "misaligned-offset"]


def test_schema_is_printed_and_written(hal, tmp_path):
    printed = hal("schema").json
    jsonschema.Draft202012Validator.check_schema(printed)
    assert hal("schema", "-o", "map.schema.json").out == ""
    assert json.loads((tmp_path / "map.schema.json").read_text()) == printed


def test_fmt_changes_files_and_check_does_not(hal, tmp_path):
    path = tmp_path / "a.yaml"
    untidy = "name: a\nschema: 1\nregisters: {r: {offset: 4}}\n"
    path.write_text(untidy)
    checked = hal("fmt", "--check", path.name, small(tmp_path).name)
    assert (checked.code, checked.err) == (1, "maps are written otherwise: run hal fmt\n")
    assert checked.lines[:2] == ["--- a.yaml", "+++ a.yaml"]
    assert path.read_text() == untidy
    done = hal("fmt", path.name, "small.yaml")
    assert (done.code, done.lines) == (0, ["a.yaml"])
    assert path.read_text() == "schema: 1\nname: a\nregisters: {r: {offset: 0x4}}\n"
    again = hal("fmt", "--check", path.name)
    assert (again.code, again.out) == (0, "")


def test_fmt_of_what_is_no_yaml(hal, tmp_path):
    (tmp_path / "a.yaml").write_text("a: [\n")
    done = hal("fmt", "a.yaml")
    assert done.code == 3
    assert done.err.startswith("a.yaml:")


def test_diff_exit_codes(hal, tmp_path):
    old, new = small(tmp_path), tmp_path / "new.yaml"
    assert (hal("diff", old, old).code, hal("diff", old, old).out) == (0, "no change that drivers see\n")
    new.write_text("schema: 1\nname: small\nregisters: {r: {offset: 0x8}}\n")
    moved = hal("diff", old, new)
    assert (moved.code, moved.lines) == (
        1,
        [
            "regenerate  r moved: app BAR 0 0x0 -> app BAR 0 0x8",
            "1 change: generate drivers again; programs stay as they are",
        ],
    )
    assert hal("diff", old, new, "--fail-on", "breaking").code == 0
    assert hal("diff", old, BROKEN).code == 3
    assert json.loads(hal("diff", old, new, "--json").out) == {
        "format": 1,
        "level": "regenerate",
        "changes": [
            {
                "path": "r",
                "what": "moved",
                "old": "app BAR 0 0x0",
                "new": "app BAR 0 0x8",
                "level": "regenerate",
            }
        ],
    }


def test_paths_are_there(hal):
    shown = {name: Path(place) for name, place in (line.split() for line in hal("paths").lines)}
    assert list(shown) == ["cmake", "make", "maps", "card"]
    assert (shown["cmake"] / "FpgaHal.cmake").is_file()
    assert (shown["make"] / "fpga-hal.mk").is_file()
    assert (shown["maps"] / "cl_sde.yaml").is_file()
    assert hal("paths", "card").out == f"{shown['card']}\n"


@pytest.mark.parametrize("command", ["new", "generate", "validate", "fmt", "diff", "schema", "paths"])
def test_help_has_an_example(hal, command):
    done = hal(command, "--help")
    assert done.code == 0
    assert f"hal {command}" in done.out.partition("Example:")[2]


def test_output_is_the_same_from_any_folder(hal, tmp_path):
    (tmp_path / "deep").mkdir()
    for name, folder in (("a", tmp_path), ("b", tmp_path / "deep")):
        path = folder / "blinker.yaml"
        path.write_text(BLINKER.read_text())
        hal("generate", path, "-o", name, "--lang", "html", "--lang", "c")
    for file in ("blinker.html", "blinker.h"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
        assert codegen.load(BLINKER).digest in (tmp_path / "a" / file).read_text()


def test_shipped_maps_validate(hal):
    names = [path.stem for path in (ROOT / "regmaps").glob("*.yaml") if not path.stem.endswith("_types")]
    assert hal("validate", *names).out == f"{len(names)} maps checked, no error\n"
