"""The command, as a process on a shared card of the test's own, and in this process on its private card."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.command_line import CommandLine, run_here


@pytest.fixture
def hal(tmp_path):
    return CommandLine(tmp_path)


@pytest.fixture
def here(slot, capsys, monkeypatch):
    return partial(run_here, capsys, monkeypatch)


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    """The commands that need no card, in this process and in the test's folder."""
    monkeypatch.chdir(tmp_path)
    return partial(run_here, capsys, monkeypatch)


@pytest.fixture
def small(tmp_path):
    """Makes a small map."""

    def make(name="small", register="r"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"schema: 1\nname: {name}\nregisters: {{{register}: {{offset: 0x0}}}}\n")
        return path

    return make
