"""Runs `hal` as its users do: in a process of its own, on shared emulated cards of one test."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from hal.cli import main
from tests.support import MAPS
from tests.support.processes import LIMIT, Child, WarmChild
from tests.support.warm import run_warm

HAL = Path(sys.executable).with_name("hal")
WIDGET = str(MAPS / "widget.yaml")


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


def run_here(capsys, monkeypatch, *arguments):
    """The command in this process, on its private card: for tables of many failures, where a process each is slow."""
    monkeypatch.setattr(sys, "argv", ["hal", *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    return Result(ended.value.code or 0, shown.out, shown.err)


class CommandLine:
    """Commands that share one emulated card named bench, whose files lie in `folder`; "" makes each card private."""

    def __init__(self, folder, card="bench", slots=1):
        plain = {key: value for key, value in os.environ.items() if not key.startswith(("HAL_", "_HAL_"))}
        plain["HAL_CACHE"] = os.environ["HAL_CACHE"]
        self.environment = plain | {
            "HAL_LIBRARY": "emulator",
            "HAL_CARD_TIME_SCALE": "0.01",
            "HAL_EMULATOR_DIR": str(folder / "cards"),
            "IPYTHONDIR": str(folder / "ipython"),
            "NO_COLOR": "1",
        }
        self.folder = folder
        if card:
            created = self("emulator", "create", card, "--slots", str(slots))
            assert created.code == 0, created.err
            self.environment["HAL_EMULATOR"] = card

    def __call__(self, *arguments, stdin="", **environment):
        done = run_warm(
            [str(HAL), *map(str, arguments)],
            environment=self.environment | environment,
            folder=self.folder,
            stdin=stdin,
            timeout=LIMIT,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments, fresh=False, **environment):
        command, whole = [str(HAL), *map(str, arguments)], self.environment | environment
        if fresh:
            return Child(*command, cwd=self.folder, env=whole)
        return WarmChild(command, environment=whole, folder=self.folder)
