"""What a fork takes, and how long that may take: what forks leave behind is in tests/slots/test_forks.py."""

from __future__ import annotations

import pytest

from hal._binding import forks


class Lock:
    """`waits`: what happens until it is had."""

    def __init__(self, waits=lambda: None):
        self._waits, self.is_held = waits, False

    def acquire(self):
        self._waits()
        self.is_held = True

    def release(self):
        self.is_held = False


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(forks, "time", made)
    return made


def test_a_lock_that_comes_while_another_is_waited_for_long_is_taken(clock, monkeypatch):
    def wait():
        clock.now += 10
        if new not in locks:
            locks.append(new)

    new = Lock()
    locks = [Lock(wait)]
    monkeypatch.setattr(forks, "_locks", locks)
    forks._before_fork()
    try:
        assert new.is_held
    finally:
        forks._after_fork()
    assert not any(lock.is_held for lock in locks)


def test_imports_are_waited_for_a_while_from_when_the_locks_were_had(clock, monkeypatch):
    def wait():
        clock.now += 10

    asked = []
    monkeypatch.setattr(forks, "_locks", [Lock()])
    monkeypatch.setattr(forks, "_imported_elsewhere", lambda: asked.append(clock.now) or ["slowly"])
    forks._locks[0]._waits = lambda: None if asked else wait()
    forks._before_fork()
    forks._after_fork()
    assert len(asked) > 100
    assert 1 <= clock.now - 10 < 1.1
