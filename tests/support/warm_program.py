"""A Python that has `hal` imported already and forks a process for each program that it is asked to run.

Its argument is the path of its socket. A connection is one program: a marshalled dictionary and the three standard
streams come in, the process's number and, later, its exit code go out as a line each. A program whose connection is
closed is killed, as all are where this process's standard input ends, with which it ends itself.

The generator is imported too, and hidden: a program that imports it gets it in no time, and one that does not has it
not in `sys.modules`, as everywhere.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import marshal
import os
import pkgutil
import selectors
import signal
import socket
import sys
import tempfile
import threading
import types
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from _pytest.config import default_plugins

import hal

REQUEST = 1 << 20  # bytes
# Packages of faces that need more than most programs, and modules that are programs or for another's process.
LEFT_OUT = (
    *("hal.fleet", "hal.page", "hal.cosim.cocotb", "hal.cli.ipython", "hal.compat", "hal.pytest_plugin"),
    *("hal.__main__", "hal.lib"),
)
# What most of them do with the generator: its lazy modules and its templates are there then, and what words a mistake.
MAP = "schema: 1\nname: x\nregisters: {r: {offset: 0, fields: {f: {bits: 0}}}}"
WRONG_MAP = "schema: 1\nname: x\nregisters: {r: {ofset: 0}}"


class Hidden:
    """Finds modules of a package that were imported and taken out of `sys.modules` again, all at its first import."""

    def __init__(self, package):
        self._package = package
        names = [name for name in sys.modules if name.partition(".")[0] == package]
        self._modules = {name: sys.modules.pop(name) for name in names}
        self._own = self._modules[package].__spec__

    def find_spec(self, name, _path=None, _target=None):
        found = PathFinder.find_spec(name) if name == self._package else None
        if found is None or found.origin != self._own.origin:  # another one stands first on the path
            return None
        spec = ModuleSpec(name, self, origin=found.origin, is_package=True)
        spec.submodule_search_locations = found.submodule_search_locations
        return spec

    def create_module(self, spec):
        sys.meta_path.remove(self)
        sys.modules.update({name: module for name, module in self._modules.items() if name != spec.name})
        return self._modules[spec.name]

    def exec_module(self, module):
        module.__spec__ = self._own


def import_runtime():
    """All of `hal` that programs may need."""
    for found in pkgutil.walk_packages(hal.__path__, "hal."):
        if not found.name.startswith(LEFT_OUT):
            import_module(found.name)


def import_most():
    """The same, pytest, and the generator."""
    import_runtime()
    for name in default_plugins:
        import_module(f"_pytest.{name}")
    generator = import_module("codegen")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.yaml"
        path.write_text(MAP)
        generator.generate([path], folder, ["python", "c"])
        with contextlib.suppress(generator.MapError):
            generator.loads(WRONG_MAP)
    sys.meta_path.insert(0, Hidden("codegen"))


def request_of(message):
    """The dictionary of a message."""
    return _decoded(marshal.loads(message))


def _decoded(sent):
    """What a command in C has sent is bytes, as the system gives them."""
    if isinstance(sent, dict):
        return {_decoded(name): _decoded(value) for name, value in sent.items()}
    if isinstance(sent, list):
        return [_decoded(one) for one in sent]
    return os.fsdecode(sent) if isinstance(sent, bytes) else sent


class Listener:
    """Requests of those who connect to a socket, until standard input ends."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(path)
        self.socket.listen(64)
        self.sources = [self.socket, sys.stdin]
        print("ready", flush=True)

    def next(self, source):
        """Of a source that has something: the connection, what it said, and its streams; None at the end."""
        if source is sys.stdin:
            return None
        connection, _ = self.socket.accept()
        message, streams, _, _ = socket.recv_fds(connection, REQUEST, 3)
        return connection, message, streams


def serve(requests):
    """Forks for each until their end, which is the end of all; returns one only in the process that is to run it."""
    waiting = selectors.DefaultSelector()
    for source in requests.sources:
        waiting.register(source, selectors.EVENT_READ)
    running = {}  # its connection and what tells its end, by process
    while True:
        for key, _ in waiting.select():
            if key.data in running:  # it has ended, or who asked is gone
                _ended(waiting, key, *running.pop(key.data))
            elif key.data is None:
                request = requests.next(key.fileobj)
                if request is None:
                    _end_all(running)
                connection, message, streams = request
                pid = os.fork()
                if not pid:
                    waiting.close()
                    leave([requests.socket, connection, *(told for told, _ in running.values())], streams)
                    return request_of(message)
                for stream in streams:
                    os.close(stream)
                _tell(connection, pid)
                running[pid] = connection, os.pidfd_open(pid)
                for source in running[pid]:
                    waiting.register(source, selectors.EVENT_READ, pid)


def _ended(waiting, key, told, end):
    if key.fileobj is told:
        os.kill(key.data, signal.SIGKILL)
    _tell(told, os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1]))
    for source in told, end:
        waiting.unregister(source)
    told.close()
    os.close(end)


def _end_all(running):
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def leave(sockets, streams):
    """In a child: it has these streams open, by their places, and nothing else."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
    for other in sockets:
        other.detach()  # closed below: later it would close what has its number by then
    os.closerange(len(streams), 1024)


def _tell(connection, number):
    """Somebody who asked and went away is not told."""
    with contextlib.suppress(OSError):
        connection.send(b"%d\n" % number)


def take_place(request):
    """Makes this process what the request's would be: folder, environment, arguments, an empty `__main__`."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[:] = request["arguments"]
    sys.path[0] = request["path"]
    sys.path[1:1] = filter(None, request["environment"].get("PYTHONPATH", "").split(os.pathsep))
    sys.dont_write_bytecode = bool(request["environment"].get("PYTHONDONTWRITEBYTECODE"))
    tempfile.tempdir = None  # found before, with the environment of then
    sys.modules["__main__"] = types.ModuleType("__main__")


def end(code):
    """As the interpreter ends, but for the modules that it would take to pieces, which are many here.

    Where output is lost or was closed, it ends by itself: it tells that, and changes the code.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.modules["__main__"].__dict__.clear()
    gc.collect()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def main():
    import_most()
    gc.disable()
    gc.freeze()
    request = serve(Listener(sys.argv[1]))
    gc.enable()
    take_place(request)
    try:
        if request["code"] is None:
            hal.cli.main()
        else:
            exec(compile(request["code"], "<string>", "exec"), sys.modules["__main__"].__dict__)
    except SystemExit as ended:
        if ended.code is not None and not isinstance(ended.code, int):
            raise
        end((ended.code or 0) & 0xFF)
    end(0)


if __name__ == "__main__":
    main()
