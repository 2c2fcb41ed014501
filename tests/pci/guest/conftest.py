"""Outside of the guest each test here is what the guest found for it; the guest runs once for all."""

from __future__ import annotations

import inspect
import os

import pytest

LIMIT = 60 * float(os.environ.get("HAL_TEST_PATIENCE", "1"))  # as in tests/support, which the guest has not
IN_GUEST = os.environ.get("HAL_GUEST") == "1"


def pytest_pycollect_makeitem(collector, name, obj):
    if IN_GUEST or not name.startswith("test_") or not inspect.isfunction(obj):
        return None
    item = GuestItem.from_parent(collector, name=name)
    item.add_marker(pytest.mark.timeout(8 * LIMIT))  # whichever is first waits for the guest
    return item


def judge(test, results, printed):
    """Fails or skips a test as the guest's results say; it fails too where the process of its file did not end well."""
    own = [one for one in results if one["test"] == test or one["test"].startswith(f"{test}[")]
    failed = [f"{one['test']}\n{one['text']}" for one in own if one["outcome"] == "failed"]
    file = test.partition("::")[0]
    failed += [one["text"] for one in results if one["test"] == file and one["outcome"] == "failed"]
    if failed or not own:
        raise GuestError("\n".join(failed or [f"the guest told nothing of it:\n{printed[-4000:]}"]))
    if all(one["outcome"] == "skipped" for one in own):
        pytest.skip(own[0]["text"])


class GuestItem(pytest.Item):
    """A test function that runs in the guest, with all its parameters."""

    def runtest(self):
        from tests.pci.machine.qemu import missing, results_of_run
        from tests.support.tools import required

        if problem := missing():
            (pytest.fail if "qemu" in required() else pytest.skip)(problem)
        judge(self.nodeid, *results_of_run())

    def repr_failure(self, excinfo, style=None):
        return str(excinfo.value) if isinstance(excinfo.value, GuestError) else super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, f"{self.name} (in the guest)"


class GuestError(Exception):
    """What a test in the guest failed by."""
