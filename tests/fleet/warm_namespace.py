"""A network namespace with loopback alone, and in it a Python that has imported what Ray's processes need.

Ray starts a process of Python for each card, and several for each host; half a second of each is its imports. Here each
is forked from a process that has made them: programs are run by a command `python`, which is their `sys.executable`,
and so the one of all that they start. What a program finds differs in nothing but `sys.modules`, and in its parent.

Ray reads its variables when it is imported, among them which job and host a worker is for. So there is one process
without Ray, and of it, as they are asked for, one with Ray for each of those variables' values.

`unshare -rn python -m tests.fleet.warm_namespace FOLDER`: the command in the folder asks the socket there, until
standard input ends.
"""

from __future__ import annotations

import contextlib
import gc
import os
import runpy
import select
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path

from hal.fleet.engine import ray
from tests.fleet.namespace import raise_loopback
from tests.support.warm_program import REQUEST, Listener, end, import_runtime, leave, request_of, serve, take_place

# What is imported before Ray: what it imports itself, and what programs of fleets do.
FIRST = (
    *("aiohttp.web", "asyncio", "click", "colorama", "filelock", "html", "jsonschema", "msgpack", "psutil", "requests"),
    *("google.protobuf.internal.builder", "google.protobuf.json_format", "google.protobuf.timestamp_pb2", "packaging"),
    *("logging.handlers", "multiprocessing", "pdb", "tarfile", "wcwidth", "yaml", "hypothesis", "pytest"),
    *("pydantic.v1", "pydantic", "starlette.datastructures"),  # whose objects each of its processes can serialize
    *("hal.fleet.holder", "hal.page.fleet.cluster_process", "hal.page.fleet.host_watcher", "hal.cli.cards.fleet_jobs"),
)
# And after it: what its workers import, and what those of its processes do that are no workers.
OF_ALL = ("ray._common.pydantic_compat", "ray._common.usage.usage_lib", "ray._private.arrow_serialization")
OF_OTHERS = (
    "ray._private.event.event_logger",
    "ray.autoscaler._private.monitor",
    "ray.cluster_utils",
    "ray.dashboard.modules.job.job_manager",
    "ray.dashboard.modules.log.log_utils",
    "ray.dashboard.modules.metrics.grafana_dashboard_factory",
)
HOST, JOB = {"RAY_NODE_ID", "RAY_RAYLET_PID"}, "RAY_JOB_ID"


class Passed:
    """Requests that another process has taken and passes on, until it ends."""

    def __init__(self, passing):
        self.socket = passing
        self.sources = [passing]

    def next(self, _source):
        """As Listener has it."""
        message, passed, _, _ = socket.recv_fds(self.socket, REQUEST, 4)
        if not passed:
            return None
        return socket.socket(fileno=passed[0]), message, passed[1:]


def import_those_of(names):
    """What is there: what Ray needs differs by its version."""
    for name in names:
        with contextlib.suppress(ImportError):
            import_module(name)


def is_of_ray(variable):
    return variable.startswith("RAY_")


def kind_of(request):
    """The variables that Ray reads when it is imported; which host a process is on matters to workers alone."""
    environment = request_of(request)["environment"]
    read = filter(is_of_ray, environment)
    return tuple(sorted((name, environment[name]) for name in read if JOB in environment or name not in HOST))


def divide(listener):
    """Passes requests on to a process of each kind; returns what passes them only there."""
    kinds = {}
    while True:
        ready, _, _ = select.select(listener.sources, [], [])
        request = listener.next(ready[0])
        if request is None:
            os._exit(0)
        connection, message, streams = request
        kind = kind_of(message)
        if kind not in kinds:
            kinds[kind], its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            if not os.fork():
                leave([listener.socket, connection, its, *kinds.values()], [0, 1, 2, its.fileno()])
                return kind, Passed(socket.socket(fileno=3))
            its.close()
        socket.send_fds(kinds[kind], [message], [connection.fileno(), *streams])
        connection.close()
        for stream in streams:
            os.close(stream)


def run_as_python(options):
    """What `python` does with the options, whose last is a module, code or a script with its arguments."""
    while options[0] in {"-u", "-S", "-s"}:
        if options.pop(0) == "-u":
            sys.stdout.reconfigure(write_through=True)
    kind, rest = options[0], options[1:]
    if kind == "-m":
        sys.path[0] = str(Path.cwd())
        sys.argv[:] = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.path[0] = ""
        sys.argv[:] = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), sys.modules["__main__"].__dict__)
    else:
        sys.path[0] = str(Path(kind).resolve().parent)
        sys.argv[:] = options
        runpy.run_path(kind, run_name="__main__")


def main(folder):
    raise_loopback()
    import_runtime()
    import_those_of(FIRST)
    sys.executable = str(folder / "python")
    gc.disable()
    gc.freeze()
    kind, passed = divide(Listener(str(folder / "socket")))
    for name in filter(is_of_ray, [*os.environ]):
        del os.environ[name]
    os.environ.update(kind)
    ray()
    import_those_of(OF_ALL if JOB in os.environ else OF_ALL + OF_OTHERS)
    gc.freeze()
    request = serve(passed)
    gc.enable()
    os.setsid()  # Ray ends the group of a process that has ended
    signal.signal(signal.SIGINT, signal.default_int_handler)
    take_place(request)
    try:
        run_as_python(request["arguments"][1:])
    except SystemExit as ended:
        if ended.code is not None and not isinstance(ended.code, int):
            raise
        end((ended.code or 0) & 0xFF)
    end(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
