"""Loads map files in a process of its own: prints for each the outcome, processor seconds, and the peak in MiB so far."""

from __future__ import annotations

import resource
import sys
import time

import codegen


def outcome_of(path: str) -> str:
    try:
        codegen.load(path)
    except codegen.MapError as error:
        return f"refused {error.problems[0].rule}"
    return "accepted"


if __name__ == "__main__":
    for path in sys.argv[1:]:
        start = time.process_time()
        outcome = outcome_of(path)
        seconds = time.process_time() - start
        print(f"{outcome} {seconds:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}", flush=True)
