"""The lock of a slot between processes."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

import hal
from hal.slots.locking import SlotLock, lock_directory
from tests.support.processes import LIMIT, run_python, start_python

HOLD = """
import sys, time
from hal.slots.locking import SlotLock
with SlotLock(int(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of slot 0."""
    with start_python(HOLD, 0, tmp_path) as process:
        assert process.line() == "held\n"
        yield process


def test_a_lock_that_another_process_holds(holder, tmp_path):
    lock = SlotLock(0, tmp_path)
    start = time.monotonic()
    with pytest.raises(hal.SlotError) as raised:
        lock.acquire(timeout=0.05)
    assert 0.05 <= time.monotonic() - start < 5
    assert str(raised.value) == (
        f"slot 0 is locked by process {holder.pid} ({tmp_path}/slot-0.lock); wait for it, or end it"
    )
    assert lock.holder() == holder.pid
    assert not lock.held
    with SlotLock(1, tmp_path) as other:
        assert other.held


def test_a_lock_ends_with_its_process(holder, tmp_path):
    holder.kill()
    holder.wait(timeout=LIMIT)
    with SlotLock(0, tmp_path) as lock:
        assert lock.holder() == os.getpid()
    assert lock.holder() is None


def test_a_lock_is_waited_for(tmp_path):
    first, second = SlotLock(0, tmp_path), SlotLock(0, tmp_path)
    first.acquire()
    timer = threading.Timer(0.05, first.release)
    timer.start()
    second.acquire(timeout=10)
    assert (first.held, second.held) == (False, True)
    second.release()
    second.release()
    timer.join(timeout=LIMIT)


def test_a_lock_is_taken_once(tmp_path):
    with SlotLock(0, tmp_path) as lock, pytest.raises(hal.SlotError, match="by this object already"):
        lock.acquire()


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    code = """
    import os, sys, time
    from hal.slots.locking import SlotLock
    lock = SlotLock(0, sys.argv[1])
    lock.acquire()
    child = os.fork()
    if child == 0:
        assert not lock.held
        time.sleep(60)
    lock.release()
    SlotLock(0, sys.argv[1]).acquire(timeout=10)
    os.kill(child, 9)
    os.waitpid(child, 0)
    print("done")
    """
    result = run_python(code, tmp_path)
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_lock_files_that_can_not_be(tmp_path):
    (tmp_path / "slot-0.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(hal.SlotError, match=r"slot-0\.lock can't be opened: .*; set HAL_LOCK_DIR"):
        SlotLock(0, tmp_path).acquire()
    (tmp_path / "slot-1.lock").mkdir()
    with pytest.raises(hal.SlotError, match="is no plain file"):
        SlotLock(1, tmp_path).acquire()
    os.mkfifo(tmp_path / "slot-2.lock")
    with pytest.raises(hal.SlotError, match="is no plain file"):
        SlotLock(2, tmp_path).acquire()


def test_where_locks_are(monkeypatch, tmp_path):
    monkeypatch.setenv("HAL_LOCK_DIR", str(tmp_path / "locks"))
    assert lock_directory() == tmp_path / "locks"
    with SlotLock(3) as lock:
        assert lock.path == tmp_path / "locks" / "slot-3.lock"
    monkeypatch.delenv("HAL_LOCK_DIR")
    assert lock_directory() == Path("/tmp/hal-locks")
