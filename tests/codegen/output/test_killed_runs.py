"""Generated files: the old one or the new one, whatever ends the run."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import codegen
from tests.support import ROOT
from tests.support.processes import LIMIT, WarmChild, start_python

KILLS = 6
ROUNDS = 5
LANGUAGES = ["python", "c", "markdown", "html", "json", "systemverilog"]

GENERATE = """
import sys
import codegen
print("ready", flush=True)
while True:
    for path in sys.argv[2:]:
        codegen.generate([path], sys.argv[1], {languages})
        print("written", flush=True)
"""


def large_map(path: Path, reset: int) -> Path:
    registers = "\n".join(f"  r{index}: {{offset: {4 * index}, reset: {reset}}}" for index in range(200))
    path.write_text(f"schema: 1\nname: large\nregisters:\n{registers}\n")
    return path


@pytest.fixture
def maps(tmp_path: Path) -> list[Path]:
    """Two versions of one map, so that each run replaces what the other one wrote."""
    return [large_map(tmp_path / "old.yaml", 1), large_map(tmp_path / "new.yaml", 2)]


def versions(maps: list[Path], folder: Path) -> dict[str, set[bytes]]:
    """What each file may hold."""
    allowed: dict[str, set[bytes]] = {}
    for number, path in enumerate(maps):
        for file in codegen.generate([path], folder / str(number), LANGUAGES):
            allowed.setdefault(str(file.relative_to(folder / str(number))), set()).add(file.read_bytes())
    return allowed


def assert_whole(folder: Path, allowed: dict[str, set[bytes]]) -> int:
    seen = 0
    for name, contents in allowed.items():
        if (folder / name).exists():
            seen += 1
            assert (folder / name).read_bytes() in contents, f"{name} is neither the old nor the new one"
    return seen


def start(out: Path, maps: list[Path], languages: list[str] = LANGUAGES) -> WarmChild:
    return start_python(GENERATE.format(languages=languages), out, *maps)


def test_a_run_that_is_killed_leaves_whole_files(tmp_path: Path, maps: list[Path]) -> None:
    allowed, out, chance = versions(maps, tmp_path / "known"), tmp_path / "out", random.Random(3)
    for _ in range(KILLS):
        with start(out, maps) as process:
            assert process.line() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.4))
        assert_whole(out, allowed)
    codegen.generate([maps[1]], out, LANGUAGES)
    assert assert_whole(out, allowed) == len(allowed)


def test_two_runs_on_one_folder_leave_whole_files(tmp_path: Path, maps: list[Path]) -> None:
    allowed, out = versions(maps, tmp_path / "known"), tmp_path / "out"
    with contextlib.ExitStack() as ended:
        sources = (maps[0], maps[1], maps[0])
        processes = [ended.enter_context(start(out, [path], ["python", "c"])) for path in sources]
        assert [process.line() for process in processes] == ["ready\n"] * 3
        rounds = dict.fromkeys(processes, 0)
        while min(rounds.values()) < ROUNDS:
            assert_whole(out, allowed)
            for process in processes:
                if not process.is_silent(0):
                    rounds[process] += process.line() == "written\n"
        for process in processes:
            assert process.poll() is None
            process.kill()
            assert process.rest()[1] == ""


def test_a_full_disk_leaves_the_old_file_and_no_rest(tmp_path: Path, maps: list[Path]) -> None:
    """A limit on the size of files fails the write in its middle, as a full disk does."""
    (written,) = codegen.generate([maps[0]], tmp_path / "out")
    before = written.read_bytes()

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2))

    program = "from hal.cli import main; main()"
    command = [sys.executable, "-c", program, "generate", str(maps[1]), "-o", str(tmp_path / "out")]
    result = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=limit, cwd=ROOT, check=False, timeout=LIMIT
    )
    assert result.returncode == 1
    assert os.strerror(errno.EFBIG) in result.stderr
    assert result.stderr.count("\n") <= 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["large.py"]
    assert written.read_bytes() == before


AS_NOBODY = """
import os, sys
from codegen.output.files import render_outputs, write_outputs
outputs = render_outputs([sys.argv[1]], sys.argv[2])
if os.geteuid() == 0:  # whom permissions do not stop
    os.setresuid(65534, 65534, 65534)
try:
    write_outputs(outputs)
except OSError as error:
    print(error.strerror)
"""


def test_a_folder_that_can_not_be_written_keeps_its_files(maps: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to other users
        folder = Path(name)
        (written,) = codegen.generate([maps[0]], folder)
        before = written.read_bytes()
        folder.chmod(0o555)
        command = [sys.executable, "-c", AS_NOBODY, str(maps[1]), name]
        result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=LIMIT)
        assert (result.stdout, result.stderr) == (os.strerror(errno.EACCES) + "\n", "")
        assert [path.name for path in folder.iterdir()] == ["large.py"]
        assert written.read_bytes() == before
        folder.chmod(0o755)
