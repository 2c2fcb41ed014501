"""python -m tests.pci.machine [arguments of pytest]: boots the guest with these tests, or all, and prints all it prints."""

import sys
import tempfile
from pathlib import Path

from tests.pci.machine.qemu import GUEST_TESTS, missing, run_guest
from tests.support import ROOT

if problem := missing():
    sys.exit(problem)
chosen = sys.argv[1:] or [str(GUEST_TESTS.relative_to(ROOT))]
with tempfile.TemporaryDirectory() as folder:
    results, printed = run_guest(Path(folder), chosen)
print(printed)
for result in results:
    print(f"{result['outcome']:8} {result['test']}", *result["text"].splitlines(), sep="\n    ")
sys.exit(any(result["outcome"] == "failed" for result in results) or not results)
