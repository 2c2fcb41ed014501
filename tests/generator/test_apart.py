"""A map's driver and document from a process of their own: what is loaded, what is kept, and what is told."""

from __future__ import annotations

import json
import os
import time

import pytest

import codegen
import hal
from hal.generator import cache
from hal.generator.apart import load_shown_map
from tests.support import MAPS
from tests.support.processes import run_python

WIDGET = MAPS / "widget.yaml"


def test_it_is_the_driver_and_the_document_that_the_generator_makes():
    shown = load_shown_map(WIDGET)
    assert shown.driver._design.digest == hal.load_map(WIDGET)._design.digest
    assert shown.document == codegen.page_document([codegen.load(WIDGET)])
    assert [one["name"] for one in json.loads(shown.document)["maps"]] == ["widget"]


def test_the_generator_stays_out_of_the_process_and_is_asked_once(tmp_path):
    program = """
        import subprocess, sys
        asked = []
        run = subprocess.run
        subprocess.run = lambda *given, **more: asked.append(1) or run(*given, **more)
        from hal.generator.apart import load_shown_map
        print(load_shown_map(sys.argv[1]).driver.__name__, len(asked), "codegen" in sys.modules, "pydantic" in sys.modules)
    """
    folder = {"HAL_CACHE": str(tmp_path / "cache")}
    (tmp_path / "kept.yaml").write_text("schema: 1\nname: kept\nregisters: {a: {offset: 0}}\n")
    os.utime(tmp_path / "kept.yaml", ns=(time.time_ns() - 10**9,) * 2)
    first = run_python(program, tmp_path / "kept.yaml", environment=folder, fresh=True)
    assert first.stdout.split() == ["Kept", "1", "False", "False"], first.stderr
    time.sleep(0.1)
    run_python(program, tmp_path / "kept.yaml", environment=folder, fresh=True)
    again = run_python(program, tmp_path / "kept.yaml", environment=folder, fresh=True)
    assert again.stdout.split() == ["Kept", "0", "False", "False"], again.stderr


def test_what_is_wrong_with_a_map_is_told_with_its_place(tmp_path):
    (tmp_path / "wrong.yaml").write_text("schema: 1\nname: wrong\nregisters: {a: {offset: 1}, b: {offset: 2}}\n")
    with pytest.raises(hal.MapError, match=r"wrong\.yaml:3:\d+: registers\.a\.offset") as told:
        load_shown_map(tmp_path / "wrong.yaml")
    assert "registers.b.offset" in str(told.value)  # all of it


def test_a_missing_map_is_told(tmp_path):
    with pytest.raises(hal.MapError, match=r"nothing\.yaml"):
        load_shown_map(tmp_path / "nothing.yaml")


def test_a_generator_that_fails_is_told(monkeypatch):
    monkeypatch.setattr("hal.generator.apart._RUN", "raise SystemExit('out of memory')")
    monkeypatch.setattr(cache, "find", lambda *_: None)
    with pytest.raises(hal.LibraryError, match=r"exit code 1\): out of memory"):
        load_shown_map(WIDGET)
