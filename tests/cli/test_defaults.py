"""What a project says of its slot, map and library."""

from __future__ import annotations

import os
import stat

import pytest

from hal.cli.commands import cli
from hal.cli.defaults import Defaults, find_defaults, with_defaults
from tests.support import MAPS

BLINKER = str(MAPS / "blinker.yaml")


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project" / "sub"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HAL_LIBRARY", raising=False)

    def say(text, name=".hal.toml", place=folder.parent):
        (place / name).write_text(text)
        return place / name

    return say


def words(command, *arguments):
    return with_defaults(cli.get_command(None, command), [*arguments])


def test_slot_and_map_come_where_they_are_not_given(project):
    project(f"slot = 2\nmap = {BLINKER!r}\n")
    assert words("read", "ctrl") == ["2", BLINKER, "ctrl"]
    assert words("read", "3", "ctrl") == ["3", BLINKER, "ctrl"]
    assert words("read", "3", "other.yaml", "ctrl") == ["3", "other.yaml", "ctrl"]
    assert words("read", "cl_sde", "ctrl") == ["2", "cl_sde", "ctrl"]
    assert words("read", "--library", "0", "--json", "ctrl") == ["--library", "0", "--json", "2", BLINKER, "ctrl"]
    assert words("read", "--library=0", "ctrl", "--json") == ["--library=0", "2", BLINKER, "ctrl", "--json"]
    assert words("dump") == ["2", BLINKER]
    assert words("dump", "--json") == ["--json", "2", BLINKER]
    assert words("write", "--", "ctrl.mode=-1") == ["2", BLINKER, "--", "ctrl.mode=-1"]
    assert words("info", "ctrl") == [BLINKER, "ctrl"]
    assert words("find", "0x4") == [BLINKER, "0x4"]
    assert words("describe") == ["2"]
    assert words("describe", "1") == ["1"]
    assert words("validate", "a.yaml") == ["a.yaml"]  # maps that are looked at are named
    assert words("slots") == []
    assert words("leds") == ["2"]


def test_the_nearest_file_counts_and_own_ones_first(project, tmp_path):
    project("slot = 1\n", place=tmp_path)
    assert find_defaults().slot == 1
    project("[tool.fpga-hal]\nmaps = ['x.yaml']\n", "pyproject.toml")  # the build hook's alone
    assert find_defaults().slot == 1
    project("[tool.fpga-hal]\nmaps = ['x.yaml']\nslot = 3\n", "pyproject.toml")
    assert find_defaults().slot == 3
    own = project("map = 'cl_sde'\n")
    assert find_defaults() == Defaults(own, None, "cl_sde", None)
    assert words("dump") == []  # a slot is missing, and is asked for
    assert words("dump", "0") == ["0", "cl_sde"]


def test_a_map_lies_beside_its_file(project, tmp_path):
    project("map = 'regs/a.yaml'\n")
    assert find_defaults().map_name == str(tmp_path / "project" / "regs" / "a.yaml")
    project("map = 'regs/a.yaml'\n", place=tmp_path / "project" / "sub")
    assert find_defaults().map_name == os.path.join("regs", "a.yaml")  # noqa: PTH118


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slot = 9\n", "slot is 0 to 7, not 9"),
        ("slot = '0'\n", "slot is a number, not '0'"),
        ("slot = true\n", "slot is a number, not True"),
        ("map = 3\n", "map is text, not 3"),
        ("solt = 0\n", "unknown key 'solt', known: slot, map, library"),
        ("slot = \n", "is no TOML"),
        ("library = './libcl.so'\n", "name a library that is a file with --library or HAL_LIBRARY"),
        ("library = '/tmp/x.so'\n", "name a library that is a file"),
    ],
)
def test_a_wrong_file_is_told_with_its_name(project, here, text, message):
    file = project(text)
    done = here("dump")
    assert (done.code, done.out) == (2, "")
    assert str(file) in done.err
    assert message in done.err
    assert "Did you mean" not in done.err  # the command's name is right


def test_what_is_wrong_is_told_once_and_is_no_wrong_name(project, here):
    """A command looks for a slot, and for a library; its own name was right."""
    own = project("slot = \n")
    done = here("leds")
    assert (done.code, f"{own} is no TOML" in done.err, "Did you mean" in done.err) == (2, True, False)
    project("slot = 0\n")
    other = project("slot = 1\n", place=own.parent / "sub")
    other.chmod(0o666)
    done = here("leds")
    assert (done.code, done.err) == (0, f"hal: {other} is not used: another user has it, or can write it\n")


def test_a_file_that_others_can_write_is_not_believed(project, capsys):
    """A folder above may be anybody's, as /tmp is."""
    file = project("slot = 1\n")
    file.chmod(0o666)
    assert find_defaults() == Defaults()
    assert capsys.readouterr().err == f"hal: {file} is not used: another user has it, or can write it\n"
    file.chmod(0o644)
    assert find_defaults().slot == 1
    target = file.rename(file.with_name("elsewhere"))
    file.symlink_to(target)
    assert find_defaults() == Defaults()


def test_the_library_of_the_environment_goes_first(project, hal, tmp_path):
    (tmp_path / ".hal.toml").write_text(f"slot = 0\nmap = {BLINKER!r}\nlibrary = 'emulator:other'\n")
    assert stat.S_IMODE((tmp_path / ".hal.toml").stat().st_mode) & 0o022 == 0
    assert hal("read", "ctrl.mode").lines == ["ctrl.mode = OFF"]
    told = hal("read", "ctrl.mode", HAL_LIBRARY="")
    assert (told.code, "no shared card 'other'" in told.err) == (4, True)
    assert hal("read", "ctrl.mode", "--library", "emulator:bench", HAL_LIBRARY="").code == 0
