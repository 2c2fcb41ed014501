"""What the command line and errors print of files, maps and cards."""

from __future__ import annotations

import ast
import json
from functools import partial

import pytest

import hal
from hal.cli import output
from tests.codegen.source.test_printable import EVIL, HARMFUL
from tests.support import ROOT
from tests.support.command_line import WIDGET, run_here


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return partial(run_here, capsys, monkeypatch)


def harmless(result):
    assert not HARMFUL.search(result.out + "\n" + result.err)
    return result


def test_nothing_of_the_command_line_prints_past_one_module():
    for path in sorted((ROOT / "hal" / "cli").rglob("*.py")):
        calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        printing = {"click.echo", "click.secho", "print", "sys.stdout.write", "sys.stderr.write", "Console"}
        assert path.name == "output.py" or not printing & set(calls), path


@pytest.mark.parametrize("kind", [hal.HalError, hal.MapError, hal.SnapshotError, hal.FieldNameError, hal.AddressError])
def test_errors_can_be_printed(kind):
    error = kind(EVIL)
    assert not HARMFUL.search(str(error))
    assert not HARMFUL.search(repr(error))


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", EVIL],
        ["generate", EVIL, "-o", "."],
        ["generate", WIDGET, "-o", ".", "--lang", EVIL],
        ["generate", WIDGET, "-o", ".", "--templates", EVIL],
        ["fmt", EVIL],
        ["diff", EVIL, EVIL],
        ["new", EVIL],
        ["read", "0", EVIL, "ctrl"],
        ["read", "0", WIDGET, EVIL],
        ["write", "0", WIDGET, f"ctrl.mode={EVIL}"],
        ["dump", "0", WIDGET, "--diff", EVIL],
        ["load", "0", EVIL],
        ["peek", "0", EVIL, "0"],
        ["slots", "--library", EVIL],
        ["emulator", "create", EVIL],
        ["emulator", "show", EVIL],
        [EVIL],
        ["read", f"--{EVIL}"],
    ],
    ids=lambda arguments: arguments[0][:12].split()[0],
)
def test_wrong_arguments_are_told_without_harm(slot, command, arguments):
    assert harmless(command(*arguments)).code


def test_what_is_printed_of_maps(command, tmp_path):
    evil = "x ##[add-mask]y"
    text = (
        f"schema: 1\nname: x\ndescription: |\n  {evil}\n\n  ::add-mask::z\nregisters: {{r: {{offset: 0}}}}  # {evil}\n"
    )
    (tmp_path / "x.yaml").write_text(text)
    assert harmless(command("validate", "x.yaml")).code == 0
    assert harmless(command("generate", "x.yaml", "-o", ".")).code == 0
    (tmp_path / "x.yaml").write_text(text.replace("name: x", "name: x\nclkgen: true").replace("##", "###"))
    stale = harmless(command("generate", "x.yaml", "-o", ".", "--check"))
    assert (stale.code, "add-mask" in stale.out) == (1, True)
    untidy = harmless(command("fmt", "--check", "x.yaml"))
    assert (untidy.code, "add-mask" in untidy.out) == (1, True)


def test_file_names_are_printed_and_written(command, tmp_path):
    name = "\x1b[2J ##[x] ::y.yaml"
    (tmp_path / name).write_text("name: x\nschema: 1\nregisters: {r: {offset: 0}}\n")
    assert harmless(command("fmt", name)).lines == [r"\x1b[2J \x23#[x] ::y.yaml"]
    assert harmless(command("generate", name, "-o", "\x1b")).lines == [r"\x1b/x.py"]
    assert (tmp_path / "\x1b" / "x.py").is_file()


@pytest.mark.parametrize("on_terminal", [False, True])
def test_tables_lines_and_json(capsys, monkeypatch, on_terminal):
    monkeypatch.setattr(output, "on_terminal", lambda: on_terminal)
    output.print_table(("a", "b"), [(EVIL, "x"), ("::y", EVIL)])
    output.print_lines([EVIL, "::x"])
    output.print_error(EVIL)
    output.print_json({EVIL: EVIL})
    shown = capsys.readouterr()
    assert not HARMFUL.search(shown.err)
    assert not HARMFUL.search(shown.out)
    assert len(shown.out[: shown.out.index("{")].splitlines()) == 5  # every row and line is one
    assert json.loads(shown.out[shown.out.index("{") :]) == {EVIL: EVIL}
