"""`hal generate`, and the maps that commands take."""

from __future__ import annotations

import pytest

import codegen
import hal
from codegen.output.languages.registry import LANGUAGES
from tests.support import MAPS

BLINKER = MAPS / "blinker.yaml"
BROKEN = MAPS / "broken" / "two-problems.yaml"


def test_generate_writes_every_language(command, tmp_path, small):
    languages = ["python", "c", "systemverilog", "markdown", "html", "json"]
    options = [item for language in languages for item in ("--lang", language)]
    done = command("generate", small(), "-o", "out", *options)
    names = ["small.py", "small.h", "small_pkg.sv", "small.md", "small_pictures/R.svg", "small.html", "small.json"]
    assert (done.code, done.lines) == (0, [f"out/{name}" for name in names])
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")) == sorted(names)


def test_generate_takes_shipped_maps_by_name(command, tmp_path):
    assert command("generate", "aws_clk_gen", "-o", ".", "--lang", "c").lines == ["aws_clk_gen.h"]
    assert (tmp_path / "aws_clk_gen.h").read_text().startswith("/*\n * Registers of aws_clk_gen")


def test_check_shows_what_is_stale_and_writes_nothing(command, tmp_path, small):
    path = small()
    missing = command("generate", path, "-o", "out", "--check")
    assert missing.code == 1
    assert missing.lines[:2] == ["--- /dev/null", "+++ out/small.py"]
    assert not (tmp_path / "out").exists()
    command("generate", path, "-o", "out")
    fresh = command("generate", path, "-o", "out", "--check")
    assert (fresh.code, fresh.out, fresh.err) == (0, "", "")
    small(register="other")
    stale = command("generate", path, "-o", "out", "--check")
    assert stale.code == 1
    assert stale.lines[:2] == ["--- out/small.py", "+++ out/small.py"]
    assert "-    r = hal.register(R, 0x0)" in stale.lines
    assert "+    other = hal.register(Other, 0x0)" in stale.lines
    assert stale.err == "files are not up to date: run the command without --check\n"
    assert "other" not in (tmp_path / "out" / "small.py").read_text()


def test_a_wrong_map_writes_nothing_at_all(command, tmp_path, small):
    done = command("generate", small(), BROKEN, "-o", "out", "--depfile", "out.d")
    assert done.code == 3
    assert "unknown key 'acces' of a field" in done.err
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.d").exists()


def test_depfiles_name_all_that_was_read(command, tmp_path, small):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "types.yaml").write_text("schema: 1\nenums: {Mode: {off: 0}}\n")
    (tmp_path / "a b" / "top.yaml").write_text(
        "schema: 1\nname: top\ninclude: types.yaml\nregisters: {r: {offset: 0}}\n"
    )
    small()
    arguments = ["generate", "a b/top.yaml", "small.yaml", "-o", "out", "--depfile", "dep/x.d"]
    command(*arguments)
    assert (tmp_path / "dep" / "x.d").read_text() == (
        "out/top.py: a\\ b/top.yaml \\\n  a\\ b/types.yaml\n"
        "out/small.py: small.yaml\n"
        "a\\ b/top.yaml:\na\\ b/types.yaml:\nsmall.yaml:\n"
    )
    command(*arguments, "--depfile-target", "stamp")
    assert (tmp_path / "dep" / "x.d").read_text().startswith("stamp: a\\ b/top.yaml \\\n  a\\ b/types.yaml \\\n  small")


def test_list_names_the_files_and_writes_nothing(command, tmp_path, small):
    assert command("generate", small(), "-o", "out", "--lang", "c", "--list").lines == ["out/small.h"]
    assert not (tmp_path / "out").exists()


def test_an_unknown_language_is_an_error_with_the_known_ones(command, small):
    done = command("generate", small(), "-o", ".", "--lang", "cobol")
    told = f"hal generate: unknown language 'cobol', known: {', '.join(LANGUAGES)} (hal generate -h tells more)\n"
    assert (done.code, done.out, done.err) == (2, "", told)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("generate small.yaml -o x --lang rtl --option rtl.bus=pci", "rtl.bus is 'pci', allowed: axi4-lite, "),
        ("generate small.yaml -o x --lang rtl --option rtl.bos=apb", "rtl has no option 'bos'; its options are bus, "),
        ("generate small.yaml -o x --lang c --option rtl.bus=apb", "the option rtl.bus is for 'rtl', which is not "),
        ("generate small.yaml -o x --lang rtl --option rtl.address=1", "rtl.address is '1', allowed: "),
        ("generate small.yaml -o x --set DEPTH=3", "no map defines the constant 'DEPTH'; defined: none"),
        ("validate small.yaml --set DEPTH=3", "no map defines the constant 'DEPTH'; defined: none"),
        ("cosim build small.yaml --option rtl.bus=pci", "rtl.bus is 'pci', allowed: axi4-lite, "),
        ("new 9foo", "'9foo' is not a valid name, allowed: lower case letters"),
    ],
)
def test_words_that_are_none_of_those_known_are_a_wrong_command_line(command, tmp_path, small, typed, told):
    small()
    done = command(*typed.split())
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    name = "cosim build" if typed.startswith("cosim") else typed.split()[0]
    assert done.err.startswith(f"hal {name}: {told}")
    assert not (tmp_path / "x").exists()


def test_a_missing_folder_of_templates(command, small):
    done = command("generate", small(), "-o", ".", "--templates", "none")
    told = (
        "hal generate: Invalid value for '--templates': Directory 'none' does not exist. (hal generate -h tells more)\n"
    )
    assert (done.code, done.err) == (2, told)


def test_generate_with_own_templates(command, tmp_path, small):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "list.txt.j2").write_text("{% for place in model.places %}{{ place.path }}{% endfor %}")
    done = command("generate", small(), "-o", ".", "--templates", "own", "--lang", "list", "--depfile", "x.d")
    assert done.lines == ["small.txt"]
    assert (tmp_path / "small.txt").read_text() == "r"
    assert "own/list.txt.j2" in (tmp_path / "x.d").read_text()


def test_output_is_the_same_from_any_folder(command, tmp_path):
    (tmp_path / "deep").mkdir()
    for name, folder in (("a", tmp_path), ("b", tmp_path / "deep")):
        path = folder / "blinker.yaml"
        path.write_text(BLINKER.read_text())
        command("generate", path, "-o", name, "--lang", "html", "--lang", "c")
    for file in ("blinker.html", "blinker.h"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
        assert codegen.load(BLINKER).digest in (tmp_path / "a" / file).read_text()


def test_check_does_not_fail_for_a_comment_or_a_corrected_description(command, tmp_path):
    path = tmp_path / "blinker.yaml"
    text = (MAPS / "blinker.yaml").read_text()
    path.write_text(text)
    languages = [item for language in ("python", "c", "systemverilog", "json") for item in ("--lang", language)]
    command("generate", path, "-o", "out", *languages)
    path.write_text("# A comment.\n\n" + text.replace("\n", "\r\n"), newline="")
    checked = command("generate", path, "-o", "out", *languages, "--lang", "html", "--check")
    assert (checked.code, checked.lines[:2]) == (1, ["--- /dev/null", "+++ out/blinker.html"])
    command("generate", path, "-o", "out", *languages, "--lang", "html")
    assert command("generate", path, "-o", "out", *languages, "--lang", "html", "--check").out == ""
    path.write_text(text.replace("description: ", "description: Now "))
    checked = command("generate", path, "-o", "out", *languages, "--check")
    assert (checked.code, checked.out) == (0, "")
    assert checked.err.splitlines() == [
        f"out/{name} differs in comments and descriptions only; generate it again when it suits"
        for name in ("blinker.py", "blinker.h", "blinker_pkg.sv", "blinker.json")
    ]
    document = command("generate", path, "-o", "out", "--lang", "html", "--check")
    assert (document.code, document.lines[0]) == (1, "--- out/blinker.html")


@pytest.mark.parametrize(
    "typed",
    [
        "read 0 {} ctrl.x",
        "dump 0 {}",
        "wait 0 {} ctrl=1",
        "mem show 0 {} table",
        "shell 0 {}",
        "serve 0 {}",
        "info {}",
        "find {} 0x4",
        "validate {}",
        "generate {} -o out",
        "schema {}",
        "diff {} cl_mem_perf",
        "diff cl_mem_perf {}",
        "fmt {}",
        "replay x.tape --map {}",
        "emulator run bench m.py:M --map {}",
        "cosim build {}",
        "cosim check {} emulator",
        "fleet load {}",
        "fleet snapshot {}",
        "fleet run {} job.py:f",
        "fleet serve {}",
    ],
)
def test_a_misspelt_map_is_told_before_anything_else_with_what_was_meant(command, tmp_path, typed):
    (tmp_path / "x.tape").touch()
    (tmp_path / "job.py").write_text("raise SystemExit('this was run')\n")
    done = command(*typed.format("cl_mem_pref").split())
    words = typed.split()
    name = " ".join(words[:2] if words[0] in {"mem", "emulator", "cosim", "fleet"} else words[:1])
    told = f"hal {name}: no shipped register map 'cl_mem_pref'. Did you mean cl_mem_perf? There are aws_clk_gen, axi"
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(told)


def test_a_map_whose_suffix_is_missing_is_told_as_the_file_that_is_there(command, tmp_path, small):
    small(name="ab")
    (tmp_path / "maps").mkdir()
    (tmp_path / "ab.yaml").rename(tmp_path / "maps" / "ab.yml")
    done = command("info", "maps/ab")
    assert (done.code, "Did you mean maps/ab.yml? There are" in done.err) == (2, True)
    done = command("info", "nothing\x1b[2J")
    assert done.err.startswith("hal info: no shipped register map 'nothing\\x1b[2J'; there are aws_clk_gen, ")
    with pytest.raises(hal.MapError, match=r"no shipped register map 'ab'. Did you mean |'ab'; there are aws_clk_gen"):
        hal.load_map("ab")
