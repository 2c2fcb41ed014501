"""What was made of maps before: found again, never trusted where anything differs or others may write."""

from __future__ import annotations

import importlib.util
import marshal
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

import codegen
import hal
from hal.generator import cache
from tests.support import MAPS, ROOT
from tests.support.cards import on_card
from tests.support.processes import importing, run_python

TELLS = """
import sys
import hal
driver = hal.load_map(sys.argv[1])
print(driver.__name__, *[f"{info.path}={info.address:#x}" for info in hal.walk(driver)], driver._design.digest)
print("anew" if "codegen" in sys.modules else "found")
"""
MAP = "schema: 1\nname: lamp\ninclude: [types.yaml]\nblocks:\n  left: {offset: 0x40, type: lamp_ctrl}\n"
TYPES = "schema: 1\ntypes:\n  lamp_ctrl: {registers: {ctrl: {offset: 0, fields: {on: {bits: 0}}}}}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HAL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def aged(path):
    """As one that was written a while ago: what has just changed is not kept."""
    os.utime(path, (time.time() - 5, time.time() - 5))
    time.sleep(0.1)  # the kernel's time of the change itself can't be set
    return path


@pytest.fixture
def lamp(tmp_path, folder):
    (tmp_path / "types.yaml").write_text(TYPES)
    (tmp_path / "lamp.yaml").write_text(MAP)
    aged(tmp_path / "types.yaml")
    return aged(tmp_path / "lamp.yaml")


def told(path, **options):
    result = run_python(TELLS, path, **options)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_a_second_load_needs_no_generator(lamp, folder):
    first, second = told(lamp), told(lamp)
    assert first[0].startswith("Lamp left.ctrl=0x40 ")
    assert (first[1], second) == ("anew", [first[0], "found"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o600]


def test_what_is_found_works_like_what_was_made(folder):
    def use(driver):
        with hal.open_slot(0) as slot, on_card(slot, driver) as device:
            device.ctrl.mode = 2
            return str(device.ctrl.fields()), repr(device), driver.afi_id()

    blinker = MAPS / "blinker.yaml"
    made, found = hal.load_map(blinker), hal.load_map(blinker)
    assert len(list(folder.iterdir())) == 1
    assert use(made) == use(found)


@pytest.mark.parametrize("which", ["lamp.yaml", "types.yaml"])
def test_an_edit_is_seen(lamp, which):
    told(lamp)
    path = lamp.parent / which
    before = path.stat()
    path.write_text(path.read_text().replace("offset: 0x40", "offset: 0x80").replace("bits: 0", "bits: 1"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # the bytes count, not the time
    after = told(lamp)
    assert after[1] == "anew"
    assert ("left.ctrl=0x80" in after[0]) == (which == "lamp.yaml")


def test_a_file_that_is_gone_is_missed(lamp):
    told(lamp)
    (lamp.parent / "types.yaml").unlink()
    with pytest.raises(hal.MapError, match=r"types\.yaml"):
        hal.load_map(lamp)


def test_another_generator_makes_it_anew(lamp, tmp_path):
    told(lamp)
    shutil.copytree(ROOT / "codegen", tmp_path / "other" / "codegen", ignore=shutil.ignore_patterns("__pycache__"))
    other = {"environment": importing(tmp_path / "other"), "cwd": tmp_path}
    assert [told(lamp, **other)[1] for _ in range(2)] == ["anew", "found"]
    template = next((tmp_path / "other").rglob("*.j2"))
    template.write_text(template.read_text() + "{# later #}")
    assert told(lamp, **other)[1] == "anew"


def test_what_changes_while_it_is_read_is_not_kept(lamp, folder):
    os.utime(lamp, (time.time() + 60, time.time() + 60))
    hal.load_map(lamp)
    assert not folder.exists()
    hal.load_map(aged(lamp))
    assert len(list(folder.iterdir())) == 1


def poisoned(lamp, folder):
    """An entry whose code would be noticed if it ran."""
    hal.load_map(lamp)
    (file,) = folder.iterdir()
    code = compile("raise SystemExit('it ran')", "poison", "exec")
    key = f"{lamp.absolute()}\0{lamp}"
    facts = cache.find("driver", key).facts
    cache.keep("driver", key, [lamp, lamp.parent / "types.yaml"], time.time_ns(), facts, marshal.dumps(code))
    with pytest.raises(SystemExit, match="it ran"):
        hal.load_map(lamp)
    return file


def open_to_others(file):
    file.chmod(0o666)


def in_an_open_folder(file):
    file.parent.chmod(0o777)


def link(file):
    elsewhere = file.parent.parent / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def fifo(file):
    file.unlink()
    os.mkfifo(file, 0o600)


def cut(file):
    file.write_bytes(file.read_bytes()[:-7])


def one_bit(file):
    content = bytearray(file.read_bytes())
    content[-9] ^= 4
    file.write_bytes(content)


def empty(file):
    file.write_bytes(b"")


@pytest.mark.parametrize("harm", [open_to_others, in_an_open_folder, link, fifo, cut, one_bit, empty])
def test_what_others_may_write_or_is_not_whole_never_runs(lamp, folder, harm):
    harm(poisoned(lamp, folder))
    assert hal.load_map(lamp).__name__ == "Lamp"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_belongs_to_another_user_never_runs(lamp, folder):
    os.chown(poisoned(lamp, folder), 12345, -1)
    assert hal.load_map(lamp).__name__ == "Lamp"


def test_it_can_be_switched_off(lamp, folder, monkeypatch):
    monkeypatch.setenv("HAL_CACHE", "off")
    assert [told(lamp)[1] for _ in range(2)] == ["anew", "anew"]
    assert not folder.exists()


def test_a_folder_that_can_not_be_written_is_no_error(lamp, folder):
    folder.write_text("a file stands here")
    assert hal.load_map(lamp).__name__ == "Lamp"
    assert folder.read_text() == "a file stands here"


def test_where_it_lies(monkeypatch, tmp_path):
    monkeypatch.delenv("HAL_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "fpga-hal"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert cache.cache_folder() == tmp_path / "own" / "fpga-hal"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.cache_folder() == tmp_path / ".cache" / "fpga-hal"


def test_it_stays_small(lamp, folder, monkeypatch):
    monkeypatch.setattr(cache, "_ENTRIES_MAX", 3)
    for number in range(6):
        path = lamp.parent / f"lamp{number}.yaml"
        path.write_text(MAP)
        hal.load_map(aged(path))
    assert len(list(folder.iterdir())) == 3
    assert [told(lamp.parent / f"lamp{number}.yaml")[1] for number in (5, 0)] == ["found", "anew"]


def test_processes_that_write_it_at_once_leave_it_whole(lamp, folder):
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{TELLS}"
    children = [os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", code, str(lamp)]) for _ in range(4)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert [Path(file).suffix for file in folder.iterdir()] == [".driver"]
    assert told(lamp)[1] == "found"


FIR = "schema: 1\nname: fir\nconstants: {TAPS: 8}\nregisters:\n  tap: {offset: 0, count: TAPS}\n  gain: {offset: 4 * TAPS}\n"
SIZES = """
import sys
import hal
for taps in (None, 16, 4, 16):
    driver = hal.load_map(sys.argv[1], constants=None if taps is None else {"TAPS": taps})
    print(*[f"{info.path}={info.address:#x}" for info in hal.walk(driver)][-1:], driver._design.digest[:8])
print("anew" if "codegen" in sys.modules else "found")
"""


def test_each_size_of_a_map_is_kept_by_itself(tmp_path, folder):
    """Constants go before the map's, as `--set` of the generator."""
    (tmp_path / "fir.yaml").write_text(FIR)
    runs = [run_python(SIZES, aged(tmp_path / "fir.yaml")) for _ in range(2)]
    assert [run.stderr for run in runs] == ["", ""]
    (*first, anew), (*second, found) = (run.stdout.splitlines() for run in runs)
    assert (anew, found) == ("anew", "found")
    assert first == second
    assert [line.split()[0] for line in first] == ["gain=0x20", "gain=0x40", "gain=0x10", "gain=0x40"]
    assert len({line.split()[1] for line in first}) == 3
    assert len(list(folder.glob("*.driver"))) == 3


@pytest.mark.parametrize(
    ("constants", "error", "told"),
    [
        ({"TAP": 4}, hal.FieldValueError, "no map defines the constant 'TAP'; defined: TAPS"),
        ({"TAPS": "4"}, hal.FieldTypeError, "the constant 'TAPS' is an integer, not str ('4')"),
        ({1: 4}, hal.FieldTypeError, "a constant's name is text, not int (1)"),
        ([("TAPS", 4)], hal.FieldTypeError, "constants are integers by name, not "),
        ({"TAPS": 0}, hal.MapError, "got 0, allowed: 1 to"),
        ({"TAPS": 1 << 70}, hal.MapError, "fir.yaml"),
    ],
)
def test_constants_that_are_none(tmp_path, constants, error, told):
    (tmp_path / "fir.yaml").write_text(FIR)
    with pytest.raises(error) as caught:
        hal.load_map(tmp_path / "fir.yaml", constants=constants)
    assert told in str(caught.value)


def test_what_the_generator_did_not_make_stays_when_it_changes(folder, tmp_path, monkeypatch):
    assert cache.keep("text", "key", (), 0, {}, b"generated")
    assert cache.keep("object", "key", (), 0, {}, b"compiled", is_generated=False)
    other = tmp_path / "codegen"
    other.mkdir()
    (other / "__init__.py").write_text("")
    monkeypatch.setattr(codegen, "__spec__", importlib.util.spec_from_file_location("codegen", other / "__init__.py"))
    assert cache.find("text", "key") is None
    assert bytes(cache.find("object", "key", is_generated=False).content) == b"compiled"
    assert cache.find("text", "key", is_generated=False) is None


def test_what_another_package_made_goes_with_its_files(folder, tmp_path):
    source = tmp_path / "package" / "part.py"
    source.parent.mkdir()
    source.write_text("one = 1")
    aged(source)
    package = cache.Package(source.parent, time.time_ns())
    assert cache.keep("text", "key", (), 0, {}, b"made", package=package)
    assert bytes(cache.find("text", "key", package=package).content) == b"made"
    assert cache.find("text", "key") is None
    os.utime(source, (1, 1))  # as one that was put there since
    later = cache.Package(source.parent, time.time_ns() + 1_000_000_000)
    assert cache.find("text", "key", package=later) is None
    assert (cache.find("text", "key", package=package), cache.keep("text", "key", (), 0, {}, package=package)) == (
        None,
        "",
    )
    (tmp_path / "package").rename(tmp_path / "gone")
    assert (cache.find("text", "key", package=later), cache.keep("text", "key", (), 0, {}, package=later)) == (None, "")


def test_an_entry_under_another_ones_name_is_none(folder):
    digests = {key: cache.keep("text", key, (), 0, {}, key.encode()) for key in ("mine", "yours")}
    assert {key: cache.find("text", key).digest for key in digests} == digests
    first, second = folder.iterdir()
    shutil.copy(first, second)
    assert [cache.find("text", key) for key in digests].count(None) == 1
