"""Programs in processes of a Python that has `hal` imported already: run to their end, or started.

The tests run a thousand short programs, and most of their time would be imports. What such a program finds differs in
nothing but `sys.modules`; a test about imports or about an interpreter's own start runs a fresh one.
"""

from __future__ import annotations

import contextlib
import functools
import io
import marshal
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support import ROOT

SCRIPTS = Path(sys.executable).parent
# What is read when the interpreter or `hal` starts: a warm one for each of its values.
READ_AT_START = {"HAL_PURE_CFFI", "LD_LIBRARY_PATH", "LC_ALL", "LANG"}
# What each program gets as it asks for it.
SET_LATER = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


def _starting(environment):
    read = {
        name: value
        for name, value in environment.items()
        if name in READ_AT_START or (name.startswith("PYTHON") and name not in SET_LATER)
    }
    if read.get("HAL_PURE_CFFI") in {"", "0"}:  # which is as if it were not there
        del read["HAL_PURE_CFFI"]
    return read


@contextlib.contextmanager
def heard_ctrl_c():
    """What is started here hears Ctrl-C, though a shell may have had it ignored by what it runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@functools.cache
def _interpreter(start):
    """The process and the socket's path of a warm interpreter with these variables beside those that decide nothing."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HAL_", "_HAL_"))}
    folder = tempfile.TemporaryDirectory(prefix="hal-warm-")
    path = os.path.join(folder.name, "socket")  # noqa: PTH118
    with heard_ctrl_c():
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm_program", path],
            cwd=ROOT,
            env={name: value for name, value in others.items() if name not in READ_AT_START} | dict(start),
            stdin=subprocess.PIPE,  # ends it with this process
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    if process.stdout.readline() != b"ready\n":
        raise AssertionError("no warm interpreter: python -m tests.support.warm_program says why")
    return process, folder, path


def _socket_of(environment):
    """The path of the socket of the warm interpreter for programs with that environment."""
    return _interpreter(tuple(sorted(_starting(environment).items())))[2]


def _asked(command, code, environment, folder, streams):
    """The connection of a program that was asked for, and its number."""
    request = {
        "code": code,
        "arguments": command if code is None else ["-c", *command[3:]],
        "path": "" if code is not None else str(SCRIPTS),
        "environment": dict(environment),
        "folder": str(folder or Path.cwd()),
    }
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(_socket_of(environment))
        socket.send_fds(connection, [marshal.dumps(request)], streams)
        return connection, int(connection.recv(64))
    except BaseException:
        connection.close()
        raise


def run_warm(command, *, code=None, environment, folder=None, stdin="", timeout, text=True):
    """As `subprocess.run` of the command, which is `hal` with its arguments or, with code, a Python's `-c`."""
    with contextlib.ExitStack() as opened:
        streams = [opened.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        streams[0].write(stdin.encode() if isinstance(stdin, str) else stdin)
        streams[0].seek(0)
        connection, _ = _asked(command, code, environment, folder, [stream.fileno() for stream in streams])
        with connection:  # whose end is that of the program
            if not select.select([connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(command, timeout)
            status = int(connection.recv(64))
        for stream in streams:
            stream.seek(0)
        shown = [stream.read().decode() if text else stream.read() for stream in streams[1:]]
    return subprocess.CompletedProcess(command, status, *shown)


class WarmProcess:
    """What `subprocess.Popen` with pipes is, of such a program."""

    def __init__(self, command, *, code=None, environment, folder=None):
        self.args, self.returncode = command, None
        (theirs, stdin), (stdout, out), (stderr, errors) = (os.pipe() for _ in range(3))
        self.stdin, self.stdout, self.stderr = io.FileIO(stdin, "w"), io.FileIO(stdout), io.FileIO(stderr)
        try:
            self._connection, self.pid = _asked(command, code, environment, folder, [theirs, out, errors])
        finally:
            for end in (theirs, out, errors):
                os.close(end)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()
        self.wait()
        self._connection.close()

    def poll(self):
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.returncode = int(self._connection.recv(64))
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None and not select.select([self._connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.poll()

    def send_signal(self, number):
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and its end was not told yet
                os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def communicate(self, data, timeout):
        """Gives it the last input, which is short, and waits for its end; what it says until then."""
        end = time.monotonic() + timeout
        with contextlib.suppress(BrokenPipeError):
            self.stdin.write(data)
        self.stdin.close()
        said = {self.stdout: b"", self.stderr: b""}
        left = {*said}
        while left:
            ready = select.select([*left], [], [], max(end - time.monotonic(), 0))[0]
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout)
            for stream in ready:
                part = stream.read(1 << 16)
                said[stream] += part
                if not part:
                    left.remove(stream)
        self.wait(max(end - time.monotonic(), 0))
        return said[self.stdout], said[self.stderr]


PYTEST = "import sys, pytest; sys.exit(pytest.console_main())"


def run_pytest(*arguments, environment, folder, timeout):
    """As `subprocess.run` of pytest in a folder."""
    command = [sys.executable, "-c", PYTEST, *map(str, arguments)]
    return run_warm(command, code=PYTEST, environment=environment, folder=folder, timeout=timeout)


@functools.cache
def _folder_of_the_program():
    """With the program that is the interpreter of a command's script."""
    folder = tempfile.TemporaryDirectory(prefix="hal-warm-")
    source, program = ROOT / "tests" / "c" / "warm_command.c", Path(folder.name) / "warm_command"
    subprocess.run(["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", source, "-o", program], check=True)
    return folder


def warm_script(path, socket="", code=None):
    """Makes a file a command, whose program gets the code. `socket`: the path of the warm interpreter's; where there is
    none, the environment has it, as `warm_command` says.
    """
    program = Path(_folder_of_the_program().name) / "warm_command"
    lines = [f"#!{program}", socket, SCRIPTS, *([] if code is None else [code])]
    path.write_text("\n".join(map(str, lines)), encoding="utf-8")
    path.chmod(0o755)


@functools.cache
def _commands():
    """The folder of `hal` and `pytest`."""
    folder = Path(_folder_of_the_program().name) / "commands"
    folder.mkdir()
    for name, code in {"hal": None, "pytest": PYTEST}.items():
        warm_script(folder / name, code=code)
    return folder


def warm_command(environment):
    """What an environment needs beside its own so that `hal` and pytest are found, by shells and build tools, and are warm."""
    path = os.pathsep.join([str(_commands()), str(SCRIPTS), environment["PATH"]])
    return {"PATH": path, "HAL_TEST_WARM": _socket_of(environment)}
