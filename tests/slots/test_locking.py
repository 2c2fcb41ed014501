"""The lock of a slot between processes."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import pytest

import hal
from hal.emulator.shared_cards import remove_card
from hal.slots.locking import AGREED_FOLDER, SlotLock, lock_directory
from tests.support.cards import make_shared_card
from tests.support.forks import in_child
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
    assert 0.05 <= time.monotonic() - start < LIMIT
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
    assert [repr(lock) for lock in (first, second)] == ["<lock of slot 0, free here>", "<lock of slot 0, held here>"]
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


def holder_of(lock):
    """The process that a lock is refused for; None where it is had."""
    try:
        lock.acquire(timeout=0)
    except hal.SlotError:
        return lock.holder()
    return None


def numbers_of(path):
    """The descriptors of a file that this process has open."""
    return [link.name for link in Path("/proc/self/fd").iterdir() if link.is_symlink() and link.readlink() == path]


def test_a_child_that_releases_its_parents_lock_keeps_its_own(tmp_path):
    """Also where both have the same number of a descriptor."""

    def child():
        os.close(spare)  # for the folder of the lock's file, whose own number is the next that is free
        own = SlotLock(1, tmp_path)
        own.acquire()
        numbers = numbers_of(tmp_path / "slot-1.lock")
        lock.release()
        holders = holder_of(SlotLock(1, tmp_path)), holder_of(SlotLock(0, tmp_path))
        return numbers, own.held, lock.held, [holder - os.getpid() for holder in holders if holder]

    spare = os.open(os.devnull, os.O_RDONLY)
    with SlotLock(0, tmp_path) as lock:
        numbers, own, parents, holders = in_child(child)
        assert numbers == numbers_of(tmp_path / "slot-0.lock")
        assert (own, parents, lock.held) == (True, False, True)
        assert len(holders) == 2
        assert holders[0] == 0  # itself, and the parent
        assert holders[1] != 0
    os.close(spare)


def test_a_lock_that_nobody_has_any_more_is_free(tmp_path):
    SlotLock(0, tmp_path).acquire()
    gc.collect()
    with SlotLock(0, tmp_path) as lock:
        assert lock.held
    with pytest.raises(ValueError, match="invalid literal"):
        SlotLock("none", tmp_path)
    gc.collect()  # what was never made ends without a word


def descriptors(folder):
    """Of files in it that this process has open."""
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # of the listing itself, and of other threads
            found.append(one.readlink())
    return sum(place.is_relative_to(folder) for place in found)


def test_a_lock_takes_one_descriptor_and_gives_it_back(holder, tmp_path):
    before = descriptors(tmp_path)
    lock = SlotLock(1, tmp_path)
    lock.acquire()
    assert descriptors(tmp_path) == before + 1
    lock.release()
    assert descriptors(tmp_path) == before
    with pytest.raises(hal.SlotError):
        SlotLock(0, tmp_path).acquire(timeout=0)
    assert descriptors(tmp_path) == before


def test_lock_files_that_can_not_be(tmp_path):
    (tmp_path / "slot-0.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(hal.SlotError, match=r"slot-0\.lock can't be opened: .*; set HAL_LOCK_DIR"):
        SlotLock(0, tmp_path).acquire()
    (tmp_path / "slot-1.lock").mkdir()
    with pytest.raises(hal.SlotError, match=r"it is a \w+ and no plain file"):
        SlotLock(1, tmp_path).acquire()
    os.mkfifo(tmp_path / "slot-2.lock")
    with pytest.raises(hal.SlotError, match=r"it is a \w+ and no plain file"):
        SlotLock(2, tmp_path).acquire()
    with SlotLock(0, tmp_path / "folders" / "that are" / "missing") as lock:
        assert lock.path.is_file()
    before = descriptors(tmp_path)
    with pytest.raises(hal.SlotError, match="can't be opened: Not a directory"):
        SlotLock(0, tmp_path / "slot-2.lock").acquire()  # a FIFO, which to open would be a wait
    assert descriptors(tmp_path) == before


def test_another_kind_of_lock_has_no_holder(tmp_path):
    lock = SlotLock(0, tmp_path)
    lock.make()
    with lock.path.open("r+") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        assert lock.holder() is None
        with lock:
            assert lock.holder() == os.getpid()


def test_where_locks_are(monkeypatch, tmp_path):
    monkeypatch.setenv("HAL_LOCK_DIR", str(tmp_path / "locks"))
    assert lock_directory() == tmp_path / "locks"
    with SlotLock(3) as lock:
        assert lock.path == tmp_path / "locks" / "slot-3.lock"
    monkeypatch.delenv("HAL_LOCK_DIR")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert lock_directory() in {Path("/run/user/7/hal-locks"), AGREED_FOLDER}
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert lock_directory() in {Path(f"/tmp/hal-locks-{os.geteuid()}"), AGREED_FOLDER}


def test_the_folder_that_users_agreed_on_comes_before_ones_own(monkeypatch, tmp_path):
    monkeypatch.delenv("HAL_LOCK_DIR")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("hal.slots.locking.AGREED_FOLDER", tmp_path / "agreed")
    assert lock_directory() == tmp_path / "hal-locks"
    (tmp_path / "agreed").mkdir()
    assert lock_directory() == tmp_path / "agreed"


@pytest.mark.parametrize("how", ["exclusive", "interprocess"])
def test_a_private_card_needs_no_lock(blinker, how):
    blinker.close()
    with hal.open_slot(0, **{how: True}) as opened, opened.attach(type(blinker)) as device, device.cached():
        device.ctrl.enable = 1
        assert device.ctrl.enable == 1
    assert not lock_directory().exists()


def test_locks_between_processes_are_opened_once_for_a_slot(tmp_path):
    environment = {"HAL_EMULATOR": "bench", "HAL_EMULATOR_DIR": str(tmp_path)}
    make_shared_card("bench", environment)
    result = run_python(
        """
        import os
        import hal
        counts = []
        for interprocess in (False, True, True, True):
            slot = hal.open_slot(0, interprocess=interprocess)
            slot.close()
            counts.append(len(os.listdir("/proc/self/fd")))
        locks = 1 + len(slot.library.spaces)
        print([count - counts[0] == locks for count in counts[1:]])
        """,
        environment=environment,
    )
    assert (result.stdout, result.stderr) == ("[True, True, True]\n", "")


def test_a_lock_file_that_is_removed_is_noticed(holder, tmp_path):
    """Who waits for the removed file takes the new one when it gets it, and holds that against others."""
    waiting = SlotLock(0, tmp_path)
    (tmp_path / "slot-0.lock").rename(tmp_path / "old")
    new = SlotLock(0, tmp_path)
    new.acquire(timeout=1)  # another file: the holder's is gone
    assert new.held
    new.release()
    (tmp_path / "slot-0.lock").unlink()
    (tmp_path / "old").rename(tmp_path / "slot-0.lock")
    thread = threading.Thread(target=waiting.acquire, args=(LIMIT,))
    thread.start()
    time.sleep(0.1)
    (tmp_path / "slot-0.lock").unlink()
    holder.kill()
    thread.join(LIMIT)
    assert waiting.held
    with pytest.raises(hal.SlotError, match=f"is locked by process {os.getpid()}"):
        SlotLock(0, tmp_path).acquire(timeout=0)
    waiting.release()


# -- other users ------------------------------------------------------------------------------------------------------

OTHER, GROUP = 65534, 4321
TAKE = """
import encodings.ascii, os, sys  # what other users may not read here
groups, user, umask = [int(number) for number in sys.argv[3].split(",")], int(sys.argv[2]), int(sys.argv[4], 8)
from hal.slots.locking import SlotLock
import hal
os.setgroups(groups)
os.setgid(groups[0])
os.setuid(user)
os.umask(umask)
lock = SlotLock(0, sys.argv[1] or None)
try:
    lock.acquire(timeout=0)
except hal.SlotError as error:
    print(error, flush=True)
else:
    print("held", lock.path, flush=True)
sys.stdin.readline()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be other users")


def take(folder, user, group, umask="022"):
    environment = {"HAL_LOCK_DIR": "", "XDG_RUNTIME_DIR": ""}
    return start_python(TAKE, folder, user, f"{user},{group}", umask, environment=environment)


@pytest.fixture
def agreed():
    """A folder that the users of a group agreed on, where other users can reach it."""
    with tempfile.TemporaryDirectory(prefix="hal-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        locks = folder / "locks"
        locks.mkdir()
        os.chown(locks, 0, GROUP)
        locks.chmod(0o2770)
        yield locks


@as_root
@pytest.mark.parametrize("umask", ["077", "022", "000"])
def test_users_of_an_agreed_folder_exclude_each_other(agreed, umask):
    """Whatever their umask says, and whoever of them made the file."""
    with take(agreed, OTHER, GROUP, umask) as first:
        assert first.line() == f"held {agreed}/slot-0.lock\n"
        assert (agreed / "slot-0.lock").stat().st_mode & 0o777 == 0o660
        with take(agreed, OTHER - 1, GROUP) as second:
            assert f"slot 0 is locked by process {first.pid}" in second.line()
        with take(agreed, OTHER - 2, OTHER - 2) as stranger:
            assert "Permission denied; set HAL_LOCK_DIR" in stranger.line()


@as_root
def test_users_have_folders_of_their_own(monkeypatch):
    """Without an agreed folder nobody is excluded by another user."""
    if AGREED_FOLDER.exists():
        pytest.skip(f"{AGREED_FOLDER} is there")
    user = 61184 + 2 * (os.getpid() % 2000)  # of this run: the folders are the machine's
    folders = {number: Path(f"/tmp/hal-locks-{number}") for number in (user, user + 1)}
    try:
        with take("", user, GROUP) as first, take("", user + 1, GROUP) as second:
            assert first.line() == f"held {folders[user]}/slot-0.lock\n"
            assert second.line() == f"held {folders[user + 1]}/slot-0.lock\n"
        for number, folder in folders.items():
            assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (number, 0o700)
            assert (folder / "slot-0.lock").stat().st_mode & 0o777 == 0o600
    finally:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)


@as_root
def test_a_folder_of_strangers_is_refused(agreed, monkeypatch):
    os.chown(agreed, OTHER, OTHER)
    agreed.chmod(0o755)
    with pytest.raises(hal.SlotError, match=f"belongs to user {OTHER}; set HAL_LOCK_DIR"):
        SlotLock(0, agreed).acquire()
    agreed.chmod(0o770)
    with SlotLock(0, agreed) as lock:
        found = lock.path.stat()  # given to the group, which the folder does not do by itself
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, OTHER, 0o660)
    monkeypatch.delenv("HAL_LOCK_DIR")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(agreed.parent))
    agreed.rename(agreed.parent / "hal-locks")  # what this user did not name was agreed on by nobody
    with pytest.raises(hal.SlotError, match=f"belongs to user {OTHER}"):
        SlotLock(0).acquire()


@as_root
def test_a_file_whose_rights_its_maker_is_about_to_give_is_tried_for_a_moment(agreed):
    def other():
        os.setgid(GROUP)
        os.setuid(OTHER)
        start = time.monotonic()
        with pytest.raises(hal.SlotError, match="Permission denied"):
            SlotLock(0, agreed).acquire(timeout=0)
        return time.monotonic() - start

    (agreed / "slot-0.lock").touch(0o600)
    assert 0.2 <= in_child(other) < LIMIT


@as_root
def test_roots_folder_is_anybodys_that_may_read_its_files(agreed):
    def other():
        os.setuid(OTHER)
        with SlotLock(0, agreed) as lock:
            return lock.held

    agreed.chmod(0o755)
    SlotLock(0, agreed).make()
    (agreed / "slot-0.lock").chmod(0o644)
    assert in_child(other)


def test_a_folder_of_everybody_is_refused(tmp_path):
    before = descriptors(tmp_path)
    for mode in (0o777, 0o1777):
        tmp_path.chmod(mode)
        with pytest.raises(hal.SlotError, match="may be written by everybody, who could hold its locks"):
            SlotLock(0, tmp_path).acquire()
    assert descriptors(tmp_path) == before
    tmp_path.chmod(0o700)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(hal.SlotError, match="can't be opened"):
        SlotLock(0, tmp_path / "link").acquire()


def test_locks_of_a_shared_card_lie_beside_it(tmp_path, monkeypatch):
    """So two users' cards of one name don't exclude each other, and a card that is removed takes its locks along."""
    code = """
    import hal
    with hal.open_slot(0, "emulator", exclusive=True):
        print(input("held"))
    """
    environments = [{"HAL_EMULATOR": "bench", "HAL_EMULATOR_DIR": str(tmp_path / user)} for user in ("one", "other")]
    for environment in environments:
        made = run_python(
            "from hal.emulator.shared_cards import create_card; create_card('bench', 1)",
            environment=environment | {"HAL_EMULATOR": ""},
        )
        assert made.returncode == 0, made.stderr
        monkeypatch.setenv("HAL_LOCK_DIR", str(tmp_path / "locks"))
    with (
        start_python(code, environment=environments[0]) as first,
        start_python(code, environment=environments[1]) as second,
    ):
        assert first.rest("\n") == ("held\n", "")
        assert second.rest("\n") == ("held\n", "")
    assert (tmp_path / "one" / "bench.locks" / "slot-0.lock").exists()
    assert not (tmp_path / "locks").exists()
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path / "one"))
    remove_card("bench")
    assert list((tmp_path / "one").iterdir()) == []
