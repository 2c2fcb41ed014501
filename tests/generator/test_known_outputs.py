"""`hal generate` of what is up to date asks no generator, and any doubt does."""

from __future__ import annotations

import os
import time

import pytest

from tests.support.processes import run_python

MAP = "schema: 1\nname: lamp\nregisters: {ctrl: {offset: 4, fields: {on: {bits: 0}}}}\n"
TEMPLATE = "{{ model.name }} {% include '_more.j2' %}\n"
COMMAND = """
import atexit, sys
atexit.register(lambda: print("anew" if "codegen" in sys.modules else "known", file=sys.stderr))
from hal.cli import main
sys.argv[0] = "hal"
main()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    for name, text in {"lamp.yaml": MAP, "own/list.txt.j2": TEMPLATE, "own/_more.j2": "one"}.items():
        (tmp_path / name).write_text(text)
    settle(tmp_path)
    return tmp_path


def settle(folder):
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 5, time.time() - 5))
    time.sleep(0.1)


def generate(*options):
    """The exit code, the output, and whether the generator was asked."""
    result = run_python(COMMAND, "generate", "lamp.yaml", "-o", "out", *options)
    return result.returncode, result.stdout, result.stderr.splitlines()[-1]


def test_a_second_run_asks_no_generator(folder):
    both = ("--lang", "c", "--lang", "python")
    assert generate(*both) == (0, "out/lamp.h\nout/lamp.py\n", "anew")
    assert generate(*both) == (0, "out/lamp.h\nout/lamp.py\n", "known")
    assert generate(*both, "--check") == (0, "", "known")
    assert generate(*both, "--list") == (0, "out/lamp.h\nout/lamp.py\n", "known")
    assert generate("--check") == (0, "", "anew")


def edit_the_output(folder):
    path = folder / "out" / "lamp.txt"
    path.write_text("lamp two\n")


def remove_the_output(folder):
    (folder / "out" / "lamp.txt").unlink()


def edit_the_map(folder):
    (folder / "lamp.yaml").write_text(MAP.replace("name: lamp", "name: lamp2"))


def edit_a_template(folder):
    (folder / "own" / "_more.j2").write_text("two")


@pytest.mark.parametrize("change", [edit_the_output, remove_the_output, edit_the_map, edit_a_template])
def test_every_change_is_told(folder, change):
    own = ("--lang", "list", "--templates", "own")
    assert [generate(*own)[2] for _ in range(2)] == ["anew", "known"]
    change(folder)
    settle(folder)
    code, text, asked = generate(*own, "--check")
    assert (code, asked) == (1, "anew")
    assert text.startswith(("--- out/lamp.txt\n", "--- /dev/null\n"))


def test_another_template_file_may_come_first(folder):
    own = ("--lang", "list", "--templates", "own")
    assert [generate(*own)[2] for _ in range(2)] == ["anew", "known"]
    (folder / "own" / "python.py.j2").write_text("")
    assert generate(*own, "--check") == (0, "", "anew")


def test_a_file_that_is_none_is_no_output(folder):
    generate()
    (folder / "out" / "lamp.py").unlink()
    os.mkfifo(folder / "out" / "lamp.py")
    code, _, asked = generate()
    assert (code != 0, asked) == (True, "anew")
