"""The guest's first process: mounts, loads modules, runs each file of tests in a process of its own, turns off.

Runs alone in the guest, so it imports nothing of the project before the paths are set. What tests find is written to
the second serial line, one JSON object a line; all that is printed goes to the first.
"""

import ctypes
import faulthandler
import gc
import importlib
import itertools
import json
import os
import sys
import time
import traceback
import tty
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
FINIT_MODULE = 313  # the system call, x86-64
POWER_OFF = 0x4321FEDC
MOUNTS = (
    *(("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp"), ("tmpfs", "/dev/shm")),
    ("hugetlbfs", "/dev/hugepages"),
)
# What most of the tests import. It takes seconds here, so that it is done once, and the processes of the tests are forks.
IMPORTED = ("hal.cli", "hal.cli.commands", "codegen", "numpy", "asyncio", "subprocess", "qemu_edu")
SECONDS_MAX = 180  # of one file of tests; a tenth of it where the machine has nothing else to do
# Codes of a file's process: all its tests were run, or pytest was told to stop. Another one is of none of its tests.
THROUGH, STOPPED = 64, 65
PRINTED = os.dup(2)  # which pytest does not take


def mount(kind, place):
    Path(place).mkdir(parents=True, exist_ok=True)
    if LIBC.mount(kind.encode(), place.encode(), kind.encode(), 0, None):
        print(f"{place} can't be mounted: {os.strerror(ctypes.get_errno())}")


def load(path):
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if LIBC.syscall(FINIT_MODULE, file, b"", 0):
        print(f"{path} can't be loaded: {os.strerror(ctypes.get_errno())}")
    os.close(file)


class Reporter:
    """Tells what became of each test, as it ends."""

    def __init__(self, line):
        self.line = line

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            text = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else report.longreprtext
            self.tell(report.nodeid, report.outcome, text[-6000:])

    def pytest_collectreport(self, report):
        if not report.passed:
            self.tell(report.nodeid, report.outcome, str(report.longrepr)[-6000:])

    def tell(self, test, outcome, text):
        told = json.dumps({"test": test, "outcome": outcome, "text": text}) + "\n"
        os.write(self.line, told.encode())


def import_most():
    """As `IMPORTED` says, and pytest with its own plugins."""
    gc.disable()
    from _pytest.config import default_plugins

    for name in (*IMPORTED, *(f"_pytest.{name}" for name in default_plugins)):
        importlib.import_module(name)
    for lazy in (sys.modules["hal"], sys.modules["codegen"]):
        for name in lazy.__all__:
            getattr(lazy, name)
    gc.freeze()
    gc.enable()


class Apart:
    """Runs the tests of each file in a child of its own, when all files are collected: that is slow here."""

    def __init__(self, reporter):
        self.reporter = reporter

    def pytest_runtestloop(self, session):
        faulthandler.cancel_dump_traceback_later()
        if session.config.option.collectonly:
            return True
        for path, items in itertools.groupby(session.items, lambda item: item.path):
            code = self.run([*items], session)
            print(f"guest: {path.name} ended with {code}, {time.monotonic():.1f} s")
            if code == STOPPED:
                break
            if code != THROUGH:
                self.reporter.tell(str(path.relative_to(session.path)), "failed", f"its process ended with {code}")
        return True

    def run(self, items, session):
        child = os.fork()
        if child == 0:
            watch()
            code = 1
            try:
                for item, following in itertools.zip_longest(items, items[1:]):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if session.shouldfail or session.shouldstop:
                        break
                code = STOPPED if session.shouldfail or session.shouldstop else THROUGH
            except BaseException:  # noqa: BLE001
                traceback.print_exc()
            finally:
                session.config.get_terminal_writer().flush()
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def watch():
    """Ends this process, and says where it was, if it takes too long."""
    patience = float(os.environ.get("HAL_TEST_PATIENCE", "1"))
    faulthandler.dump_traceback_later(SECONDS_MAX * patience, exit=True, file=PRINTED)


def main():
    for kind, place in MOUNTS:
        mount(kind, place)
    with Path("/guest.json").open() as file:
        told = json.load(file)
    for path in told["modules"]:
        load(path)
    sys.path[:0] = ["/repo", "/site"]
    os.environ |= {"PYTHONPATH": "/repo:/site", "HAL_GUEST": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HOME": "/tmp"}
    os.environ |= {"PATH": "/bin", "PYTHONUTF8": "1", "HAL_LIBRARY": "pci", "HAL_CACHE": "/tmp/hal"}
    os.environ |= told["environment"]
    os.chdir("/repo")
    import_most()
    print(f"guest: begins, {time.monotonic():.1f} s")
    line = os.open("/dev/ttyS1", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    options = ["-q", "-c", "/dev/null", "--rootdir", "/repo", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    reporter = Reporter(line)
    watch()
    sys.modules["pytest"].main(
        [*options, "--color", "no", "-W", "error", *told["arguments"]], plugins=[reporter, Apart(reporter)]
    )


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001
        traceback.print_exc()  # and turn off: a first process that ends is a panic
    sys.stdout.flush()
    os.sync()
    LIBC.reboot(POWER_OFF)
