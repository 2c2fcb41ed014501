"""`hal doctor`."""

from __future__ import annotations

import json

from click.testing import CliRunner

from hal.cli.cards.doctor import doctor


def test_the_command():
    result = CliRunner().invoke(doctor, ["--library", "emulator"])
    assert result.exit_code == 0
    assert result.output.splitlines()[0].startswith("ok    version: hal ")
    assert "\nok    functions: all 36 functions" in result.output


def test_the_command_in_json():
    result = CliRunner().invoke(doctor, ["--json", "--library", "emulator"])
    rows = json.loads(result.output)
    assert [row["name"] for row in rows][:2] == ["version", "pci-bus"]
    assert set(rows[0]) == {"name", "state", "text", "what_to_do"}


def test_the_command_fails_when_a_check_does():
    result = CliRunner().invoke(doctor, ["--library", "/nonexistent.so"])
    assert result.exit_code == 1
    assert "FAIL  library: library /nonexistent.so: no such file" in result.output
    assert "\n      Install the SDK, or set HAL_LIBRARY" in result.output
