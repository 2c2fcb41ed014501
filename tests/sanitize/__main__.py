"""`python -m tests.sanitize [address] [hostile] [thread] [analyzer]`: what is named, or all of it.

address: the test suite on extensions and card built with ASan and UBSan. hostile: every exported function of the card
with bad arguments. thread: the core's and the card's concurrent test with TSan. analyzer: gcc -fanalyzer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.sanitize.build import ADDRESS, ROOT, THREAD, WORK, c_files, compile_c, instrumented_tree

REPORT = WORK / "report"  # not the standard error, which pytest holds when the process ends
SEEDS = (1, 2, 3, 4)
HOSTILE_ROUNDS = 50_000
# These measure time or memory, or run programs that were not built with the sanitizers.
_DESELECTED = "wheel leave_memory preloaded linked selftest nothing_grows prints_the_folder memory_is_in_proportion"
# And these look at what the sanitizers add to a library, or at a signal that they take.
_DESELECTED += " exports_the_interface bus_error_elsewhere no_memory_left"
UNSUITABLE = " and ".join(f"not {word}" for word in _DESELECTED.split())
# What reaches no C code of ours, or only in programs that it starts; and simulated logic, which is compiled without them.
PURE_PYTHON = (
    "cli",
    "codegen",
    "cosim",
    "project",
    "regmaps/test_shipped.py",
    "simulation",
    "slots/test_machine.py",
    "test_layers.py",
    "test_pytest_plugin.py",
    "test_rooms.py",
)


def runtime(name: str) -> str:
    """The path of a sanitizer's runtime library."""
    return subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()


def sanitizer_environment(**others: str) -> dict[str, str]:
    # The interpreter keeps memory until the process ends, so leaks can't be told from its own.
    options = {
        "ASAN_OPTIONS": f"detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:log_path={REPORT}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:halt_on_error=1:log_path={REPORT}",
        "TSAN_OPTIONS": "halt_on_error=0:exitcode=66",
        "HAL_CARD_TIME_SCALE": "0.01",
        "HAL_TEST_PATIENCE": "10",
    }
    return {**os.environ, **options, **others}


def address(*selection: str) -> int:
    tree = instrumented_tree()
    preload = f"{runtime('libasan.so')} {runtime('libubsan.so')}"
    environment = sanitizer_environment(LD_PRELOAD=preload, PYTHONPATH=str(tree), PYTHONMALLOC="malloc")
    tests = selection or ("tests",)
    ignored = [f"--ignore=tests/{name}" for name in PURE_PYTHON]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "1800"]
    command += ["-k", UNSUITABLE, *ignored, *tests]
    for old in WORK.glob("report.*"):
        old.unlink()
    code = subprocess.run(command, cwd=tree, env=environment, check=False).returncode
    reports = sorted(WORK.glob("report.*"))
    for report in reports:
        print(report.read_text(errors="replace"))
    return code or len(reports)


def hostile() -> int:
    program = compile_c(WORK / "hostile_calls", [ROOT / "tests" / "c" / "hostile_calls.c", *c_files("card")], *ADDRESS)
    parts = sorted((ROOT / "tests" / "c" / "selftest").glob("*.c"))
    selftest = compile_c(WORK / "card_selftest", [*parts, *c_files("card")], *ADDRESS)
    environment = sanitizer_environment(ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1")
    codes = [subprocess.run([str(selftest)], env=environment, check=False).returncode]
    for seed in SEEDS:
        command = [str(program), str(seed), str(HOSTILE_ROUNDS)]
        codes.append(subprocess.run(command, env=environment, check=False).returncode)
    return max(codes, key=abs)


def thread() -> int:
    shared = (*THREAD, "-fPIC", "-shared", "-fvisibility=hidden")
    card = compile_c(WORK / "thread" / "libhal_card.so", c_files("card"), *shared)
    sources = [ROOT / "tests" / "c" / "core_threads.c", *c_files("core")]
    codes = []
    for name, flags in {"locked": (), "free": ("-DHAL_FREE_THREADED",)}.items():
        program = compile_c(WORK / "thread" / f"core_threads_{name}", sources, *THREAD, *flags)
        # The thread sanitizer's memory layout needs addresses that are not randomised too far.
        command = ["setarch", "--addr-no-randomize", str(program), str(card)]
        codes.append(subprocess.run(command, env=sanitizer_environment(), check=False).returncode)
    return max(codes, key=abs)


def analyzer() -> int:
    python = f"-I{sysconfig.get_paths()['include']}"
    codes = []
    for folder in ("core", "card", "pci", "accel"):
        for source in c_files(folder):
            # gcc 12 loses what realloc returned when it is kept in a struct; the address sanitizer looks for leaks.
            flags = ("-O1", "-fanalyzer", "-Wno-analyzer-malloc-leak", "-fPIC", "-c", python)
            target = WORK / "analyzer" / f"{folder}_{source.stem}.o"
            try:
                compile_c(target, [source], *flags)
                codes.append(0)
            except subprocess.CalledProcessError as error:
                codes.append(error.returncode)
    return max(codes)


STEPS = {"analyzer": analyzer, "hostile": hostile, "thread": thread, "address": address}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(STEPS)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or list(STEPS):
        print(f"== {name}", flush=True)
        if STEPS[name]():
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all clean")
    return 1 if failed else 0


if __name__ == "__main__":
    Path(WORK).mkdir(parents=True, exist_ok=True)
    sys.exit(main(sys.argv[1:]))
