"""Descriptors of lock files, and waiting for a lock."""

from __future__ import annotations

import os
import threading
import time

import pytest

from hal._binding import close_lock_file, hand_over_lock_file, open_lock_file, wait_for_lock
from tests.support.forks import in_child
from tests.support.processes import LIMIT


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "lock"
    file.touch()
    return file


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_a_lock_is_waited_for_within_its_time(path):
    first, second = open_lock_file(path, os.O_RDONLY), open_lock_file(path, os.O_RDONLY)
    assert wait_for_lock(first, 0)
    start = time.monotonic()
    assert not wait_for_lock(second, 0.05)
    assert 0.05 <= time.monotonic() - start < LIMIT
    timer = threading.Timer(0.05, close_lock_file, (first,))
    timer.start()
    assert wait_for_lock(second)
    timer.join(LIMIT)
    close_lock_file(second)
    assert not is_open(second)


def test_closing_again_closes_nobody_elses_file(path):
    descriptor = open_lock_file(path, os.O_RDONLY)
    close_lock_file(descriptor)
    with path.open() as other:
        assert other.fileno() == descriptor
        close_lock_file(descriptor)
        assert is_open(other.fileno())


def test_a_child_has_none_but_those_that_were_handed_over(path):
    mine, other = open_lock_file(path, os.O_RDONLY), open_lock_file(path, os.O_RDONLY)
    hand_over_lock_file(other)
    assert in_child(lambda: (is_open(mine), is_open(other))) == (False, True)
    assert in_child(lambda: close_lock_file(mine)) is None
    assert is_open(mine)
    close_lock_file(mine)
    os.close(other)


def test_a_file_that_can_not_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_lock_file(tmp_path / "none", os.O_RDONLY)
