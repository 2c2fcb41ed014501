"""Child processes with a time limit each: run to their end, or spoken with line by line."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import textwrap
import time

from tests.support.warm import WarmProcess, heard_ctrl_c, run_warm

PATIENCE = float(os.environ.get("HAL_TEST_PATIENCE", "1"))  # more on slow machines and under sanitizers
LIMIT = 60 * PATIENCE  # seconds
WARM_OPTIONS = {"env", "cwd", "input", "text"}


def run(*command, environment=None, timeout=LIMIT, **options):
    """A program's end: its exit code and what it printed. `environment` is what it has beside this process's."""
    options = {"capture_output": True, "text": True, "env": os.environ | (environment or {})} | options
    return subprocess.run([str(part) for part in command], check=False, timeout=timeout, **options)


def importing(folder):
    """The environment of a Python that finds the modules of a folder first."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}


def run_python(code, *arguments, fresh=False, environment=None, timeout=LIMIT, **options):
    """A Python's `-c`; in an interpreter of its own where `fresh` says so or an option asks for more than most do."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    whole = options.get("env", os.environ) | (environment or {})
    if fresh or not _is_warm(whole, options):
        return run(*command, environment=environment, timeout=timeout, **options)
    return run_warm(
        command,
        code=command[2],
        environment=whole,
        folder=options.get("cwd"),
        stdin=options.get("input", ""),
        timeout=timeout,
        text=options.get("text", True),
    )


class Spoken:
    """A process with pipes to speak with: `tell` it something, read its next `line`. It doesn't outlive its `with` block.

    Its output is read as bytes and without a buffer: nothing that it has said can hide from `is_silent`.
    """

    _unread = b""

    def __exit__(self, *error):
        self.kill()
        super().__exit__(*error)

    def _more(self, seconds):
        """Reads what comes next within the time; whether anything came. The end of the output counts as b""."""
        if not select.select([self.stdout], [], [], max(seconds, 0))[0]:
            return None
        part = os.read(self.stdout.fileno(), 65536)
        self._unread += part
        return part

    def line(self, seconds=LIMIT):
        """The next line with its end; what is left, perhaps nothing, where the output ends."""
        end = time.monotonic() + seconds
        while b"\n" not in self._unread:
            part = self._more(end - time.monotonic())
            if part is None:
                raise AssertionError(f"no line within {seconds:g} s, only {self._unread!r}")
            if not part:
                break
        head, newline, self._unread = self._unread.partition(b"\n")
        return (head + newline).decode()

    def is_silent(self, seconds):
        """Whether it says nothing for that long."""
        return not self._unread and self._more(seconds) is None

    def tell(self, text):
        self.stdin.write(text.encode())

    def rest(self, text="", seconds=LIMIT):
        """Gives it the last input and waits for its end; what it still said, and its errors."""
        out, errors = self.communicate(text.encode(), timeout=seconds)
        return (self._unread + (out or b"")).decode(), (errors or b"").decode()


class Child(Spoken, subprocess.Popen):
    """Any program. Ctrl-C reaches it also when the tests run in the background, where a shell has SIGINT ignored and
    children inherit that.
    """

    def __init__(self, *command, environment=None, **options):
        options = {"env": os.environ | (environment or {})} | options
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with heard_ctrl_c():
            super().__init__([str(part) for part in command], bufsize=0, **pipes | options)


class WarmChild(Spoken, WarmProcess):
    """A program of the interpreter that has `hal` imported."""


def _is_warm(environment, options):
    """Whether such a program is what was asked for: no option asks for more than most do."""
    return environment.get("LD_PRELOAD") == os.environ.get("LD_PRELOAD") and not options.keys() - WARM_OPTIONS


def start_python(code, *arguments, fresh=False, environment=None, **options):
    """A Python's `-c` to speak with; as for `run_python`, in an interpreter of its own where `fresh` says so."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    whole = options.get("env", os.environ) | (environment or {})
    if fresh or not _is_warm(whole, options):
        return Child(*command, environment=environment, **options)
    return WarmChild(command, code=command[2], environment=whole, folder=options.get("cwd"))
