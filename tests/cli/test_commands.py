"""What all commands share: help, options, exit codes, errors, completion in shells."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

import pytest

from hal import errors
from hal.cli.commands import _COMMANDS, _TARGETS, cli, exit_code_of
from tests.support.command_line import HAL, WIDGET, CommandLine, run_here
from tests.support.processes import LIMIT


@pytest.fixture(scope="module")
def hal(tmp_path_factory):
    return CommandLine(tmp_path_factory.mktemp("main"))


@pytest.fixture
def here(slot, capsys, monkeypatch):
    return partial(run_here, capsys, monkeypatch)


def test_help_names_every_command_and_the_exit_codes(hal):
    result = hal("--help")
    assert result.code == 0
    codes = result.lines.index("  Exit codes:")
    assert [line.strip() for line in result.lines[codes + 1 : codes + 7]] == [
        "0  done",
        "1  failed",
        "2  wrong command line: also names that do not exist, and values that do not fit",
        "3  wrong register map",
        "4  no card, no library, or no permission",
        "5  not in time",
    ]
    listed = [line.split()[0] for line in result.lines if line.startswith("  ") and line[2].isalpha()]
    assert [name for name in listed if name in _TARGETS] == list(_TARGETS)


@pytest.mark.parametrize("name", sorted(set(_TARGETS)))
def test_every_command_has_help_with_an_example(name):
    command = cli.get_command(None, name)
    text = command.get_help(cli.make_context("hal", [name, "--help"], resilient_parsing=True))
    assert f"hal {name}" in text.partition("Example:")[2]
    assert "--debug" in text


def test_a_command_imports_only_its_own_module():
    program = "import sys; from hal.cli.commands import cli; cli.get_command(None, 'slots'); print(sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=LIMIT
    ).stdout
    assert "'hal.cli.cards.slot_commands'" in loaded
    for module in (
        "hal.cli.registers.access",
        "hal.cli.cards.doctor",
        "codegen",
        "yaml",
        "rich",
        "pydantic",
        "IPython",
    ):
        assert f"'{module}'" not in loaded


def test_help_imports_no_more_than_click():
    program = (
        "import sys; from hal.cli.commands import cli; cli.main(['--help'], standalone_mode=False);"
        "print(sorted(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=LIMIT
    ).stdout
    for module in (
        "codegen",
        "yaml",
        "rich",
        "pydantic",
        "jinja2",
        "IPython",
        "hal.design.rows",
    ):
        assert f"'{module}'" not in loaded


def test_the_version(hal):
    from hal import __version__

    assert hal("--version").lines == [f"hal, version {__version__}"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["read", "0"], "Missing argument 'MAP'"),
        (["slots", "--nonsense"], "No such option"),
        (["read", "zero", WIDGET, "ctrl"], "'zero' is not a valid slot"),
    ],
)
def test_wrong_command_lines(here, arguments, text):
    result = here(*arguments)
    assert (result.code, result.out) == (2, "")
    assert text in result.err


CODES = [
    (errors.HalError("x"), 1),
    (errors.IdentityError("x"), 1),
    (errors.LoadError("x", slot=0, afi=""), 1),
    (ImportError("x"), 1),
    (OSError("x"), 1),
    (errors.FieldNameError("x"), 2),
    (errors.FieldValueError("x"), 2),
    (errors.FieldTypeError("x"), 2),
    (errors.AccessError("x"), 2),
    (errors.AddressError("x"), 2),
    (errors.MapError("x"), 3),
    (errors.CardMissingError("x"), 4),
    (errors.CardPermissionError("x"), 4),
    (errors.LibraryError("x"), 4),
    (errors.LoadTimeoutError("x", slot=0, afi=""), 5),
    (errors.BusTimeoutError("x", interface="OCL", address=0), 5),
    (errors.WaitTimeoutError("x", last=0), 5),
]


@pytest.mark.parametrize(("error", "code"), CODES, ids=lambda value: getattr(type(value), "__name__", value))
def test_exit_codes_by_error(error, code):
    assert exit_code_of(error) == code


@pytest.mark.parametrize("arguments", [["--debug", "describe", 7], ["describe", 7, "--debug"]])
def test_debug_shows_the_traceback(hal, arguments):
    result = hal(*arguments)
    assert result.code == 1
    assert "Traceback" in result.err
    assert "CardMissingError" in result.err


def test_a_reader_that_goes_away_is_no_error(hal):
    command = f"{HAL} watch 0 {WIDGET} ctrl.mode --interval 0.01 | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], env=hal.environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.stdout.endswith("ctrl.mode=OFF\n")
    assert done.stderr == ""


# -- completion -------------------------------------------------------------------------------------------------------


def complete(hal, *words, shell="bash"):
    """What a shell offers for the last of these words."""
    line = ["hal", *words]
    environment = {"_HAL_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(words))}
    result = hal(**environment)
    assert (result.code, result.err) == (0, "")
    return [text.partition(",")[2] for text in result.lines if text]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["de"], ["describe"]),
        (["describe", ""], ["0"]),
        (["peek", "0", "mg"], ["mgmt:0", "mgmt:2", "mgmt:4"]),
        (["read", "0", "cl_"], ["cl_mem_perf", "cl_sde"]),
        (["read", "0", WIDGET, "ctrl.g"], ["ctrl.go", "ctrl.gain"]),
        (["read", "0", WIDGET, "bank[1"], ["bank[1]", "bank[1].value"]),
        (["write", "0", WIDGET, "ctrl.mo"], ["ctrl.mode"]),
        (["wait", "0", WIDGET, "ctrl.go=1", "--fail", "ctrl.g"], ["ctrl.go", "ctrl.gain"]),
        (["wait", "0", WIDGET, "--fail", "ctrl.go=1", "--fail", "ctrl.mode=F"], ["ctrl.mode=FAST"]),
        (["wait", "--fail", "ctrl.g"], []),
        (["generate", "--lang", "system"], ["systemverilog", "systemrdl"]),
        (["read", "0", "none.yaml", "ctrl"], []),
        (["describe", "--library", "./none.so", ""], []),
    ],
)
def test_words_that_complete(hal, words, offered):
    assert complete(hal, *words) == offered


def test_members_of_an_enum_complete(hal):
    """Zsh and fish hand over PATH=VALUE as one word."""
    words = f"hal write 0 {WIDGET} ctrl.mode=f"
    offered = hal(_HAL_COMPLETE="zsh_complete", COMP_WORDS=words, COMP_CWORD="4").lines
    assert offered == ["plain", "ctrl.mode=FAST", "_"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_scripts(hal, shell):
    script = hal("completion", shell)
    assert script.code == 0
    assert f"_HAL_COMPLETE={shell}_complete" in script.out


def test_bash_completes_with_the_script(hal):
    program = f"""
PATH={HAL.parent}:$PATH
eval "$(hal completion bash)"
COMP_WORDS=(hal read 0 {WIDGET} ctrl.mo)
COMP_CWORD=4
_hal_completion hal
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        env=hal.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert (done.stdout, done.stderr) == ("ctrl.mode\n", "")


def test_json_is_offered_where_there_is_something_to_print():
    for name in {**_COMMANDS["Cards"], **_COMMANDS["Registers"]}.keys() - {
        "agent",
        "cosim",
        "emulator",
        "fleet",
        "mem",
        "record",  # what it runs prints
        "shell",
    }:
        assert "as_json" in {parameter.name for parameter in cli.get_command(None, name).params}, name


def test_errors_leave_standard_output_empty_for_json(hal):
    result = hal("read", 0, WIDGET, "nothing", "--json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(result.out)
    assert result.err.startswith("hal: widget (app BAR 0, 0x0) has no register, block or memory 'nothing'")
