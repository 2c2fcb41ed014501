"""python -m tests.pci.machine [arguments of pytest]: boots the guest with these tests, or all, and prints all it prints."""

import sys
import tempfile
from pathlib import Path

from tests.pci.machine.qemu import GUEST_TESTS, missing, run_guest
from tests.support import ROOT

if problem := missing():
    sys.exit(problem)
chosen = (
    [sys.argv[1:]]
    if sys.argv[1:]
    else [[str(path.relative_to(ROOT))] for path in sorted(GUEST_TESTS.glob("test_*.py"))]
)
with tempfile.TemporaryDirectory() as folder:
    results, printed = run_guest(Path(folder), chosen)
print(printed)
for result in results:
    print(f"{result['outcome']:8} {result['test']}")
sys.exit(any(result["outcome"] == "failed" for result in results) or not results)
