"""A Python that has `hal` imported already and forks a process for each program that it is asked to run.

Its argument is the path of its socket. A connection is one program: a JSON object and the three standard streams come
in, the process's number and, later, its exit code go out as a line each. It ends with its standard input.

The generator is imported too, and hidden: a program that imports it gets it in no time, and one that does not has it
not in `sys.modules`, as everywhere.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import pkgutil
import selectors
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


def import_most():
    """All of `hal` that programs may need, pytest, and the generator."""
    for found in pkgutil.walk_packages(hal.__path__, "hal."):
        if not found.name.startswith(LEFT_OUT):
            import_module(found.name)
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


def serve(path):
    """Answers requests until its end; returns a request only in the process that is to run it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(64)
    print("ready", flush=True)
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is sys.stdin:
                os._exit(0)
            if key.fileobj is not listener:
                told, pid = key.data
                _tell(told, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                told.close()
                waiting.unregister(key.fileobj)
                os.close(key.fileobj)
                continue
            connection, _ = listener.accept()
            message, streams, _, _ = socket.recv_fds(connection, REQUEST, 3)
            pid = os.fork()
            if not pid:
                for standard, stream in enumerate(streams):
                    os.dup2(stream, standard)
                for other in [listener, connection, *(key.data[0] for key in waiting.get_map().values() if key.data)]:
                    other.detach()  # closed below: later it would close what has its number by then
                waiting.close()
                os.closerange(3, 1024)
                return json.loads(message)
            for stream in streams:
                os.close(stream)
            _tell(connection, pid)
            waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (connection, pid))


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
    request = serve(sys.argv[1])
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


main()
