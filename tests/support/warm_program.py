"""A Python that has `hal` imported already and forks a process for each program that it is asked to run.

Its argument is the path of its socket. A connection is one program: a JSON object and the three standard streams come
in, the process's number and, later, its exit code go out as a line each. It ends with its standard input.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import socket
import sys
import types

import hal.cli
import hal.cli.commands
import hal.generator

REQUEST = 1 << 20  # bytes


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
                os.closerange(3, 1024)
                connection.detach()
                listener.detach()
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
    sys.modules["__main__"] = types.ModuleType("__main__")


def main():
    gc.disable()
    gc.freeze()
    request = serve(sys.argv[1])
    gc.enable()
    take_place(request)
    if request["code"] is None:
        hal.cli.main()
    else:
        exec(compile(request["code"], "<string>", "exec"), sys.modules["__main__"].__dict__)


main()
