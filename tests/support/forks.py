"""What a forked child finds: an action made in one, whose result or error comes back; a child that hangs is told."""

from __future__ import annotations

import os
import pickle
import signal
import warnings

from tests.support.processes import LIMIT


def fork():
    """As os.fork; a process with threads is what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def in_child(action, *, forked=lambda: None):
    """What the action returned in a forked child; an error that it raised there is raised here.

    `forked` is called here as soon as there is a child.
    """
    reading, writing = os.pipe()
    child = fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(LIMIT))
        try:
            result = (True, action())
        except BaseException as error:  # noqa: BLE001  (raised again in the parent)
            result = (False, error)
        try:
            os.write(writing, pickle.dumps(result))
        finally:
            os._exit(0)
    forked()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 0, "the child hangs" if code == -signal.SIGALRM else f"the child ended with {code}"
    done, value = pickle.loads(data)
    if not done:
        raise value
    return value
