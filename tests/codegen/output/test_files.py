"""Generated files: whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import codegen
from codegen.output.files import write_file
from tests.support import MAPS

if TYPE_CHECKING:
    from pathlib import Path

BLINKER = MAPS / "blinker.yaml"


def small_map(folder: Path, file: str, name: str) -> Path:
    path = folder / file
    path.write_text(f"schema: 1\nname: {name}\nregisters: {{r: {{offset: 0}}}}\n")
    return path


def test_files_are_named_after_the_devices(tmp_path: Path) -> None:
    first = small_map(tmp_path, "one.yaml", "alpha")
    written = codegen.generate([first, BLINKER], tmp_path / "new" / "folder")
    assert [path.name for path in written] == ["alpha.py", "blinker.py"]
    assert written[1].read_text() == codegen.render_python(codegen.load(BLINKER))
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == ["alpha.py", "blinker.py"]


def test_unchanged_files_are_left_alone(tmp_path: Path) -> None:
    (written,) = codegen.generate([BLINKER], tmp_path)
    os.utime(written, (1, 1))
    codegen.generate([BLINKER], tmp_path)
    assert written.stat().st_mtime == 1
    written.write_text("changed")
    codegen.generate([BLINKER], tmp_path)
    assert written.read_text().startswith('"""Driver of blinker')


def test_one_broken_map_stops_all_and_names_every_problem(tmp_path: Path) -> None:
    broken = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for path in broken:
        path.write_text("schema: 1\nname: x\nregisters: {r: {offset: 1}}\n")
    with pytest.raises(codegen.MapError) as caught:
        codegen.generate([BLINKER, *broken], tmp_path / "out")
    assert [problem.file for problem in caught.value.problems] == [str(path) for path in broken]
    assert not (tmp_path / "out").exists()


def test_two_maps_of_one_name_are_refused(tmp_path: Path) -> None:
    maps = [small_map(tmp_path, "a.yaml", "alpha"), small_map(tmp_path, "b.yaml", "alpha")]
    with pytest.raises(ValueError, match=r"a\.yaml and .*b\.yaml would both become alpha\.py"):
        codegen.generate(maps, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_unknown_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown language 'cobol', known: python"):
        codegen.generate([BLINKER], tmp_path, lang="cobol")


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (written,) = codegen.generate([BLINKER], tmp_path)
    written.write_text("old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        codegen.generate([BLINKER], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["blinker.py"]
    assert written.read_text() == "old"


def test_generated_files_are_as_readable_as_others(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    (written,) = codegen.generate([BLINKER], tmp_path)
    assert written.stat().st_mode == other.stat().st_mode


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """Nor read: a FIFO would wait, and a device that is replaced is gone."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    for name in ("fifo", "folder"):
        with pytest.raises(OSError, match="it is no plain file, and is not replaced"):
            write_file(tmp_path / name, b"x")
    assert (tmp_path / "fifo").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "folder"]
