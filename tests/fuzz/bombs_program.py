"""Loads a map file in a process of its own: prints the outcome, seconds, and peak MiB."""

from __future__ import annotations

import resource
import sys
import time

import codegen

if __name__ == "__main__":
    start = time.process_time()
    try:
        codegen.load(sys.argv[1])
        outcome = "accepted"
    except codegen.MapError as error:
        outcome = f"refused {error.problems[0].rule}"
    seconds = time.process_time() - start
    print(f"{outcome} {seconds:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}")
