"""A machine of files for each test of this folder."""

from __future__ import annotations

import pytest

from tests.bindings.gcc import GCC
from tests.sdk.fake_bus import FakeBus


@pytest.fixture
def machine(tmp_path):
    """A bus with one card, cleared, whose files only root may write."""
    if GCC is None:
        pytest.skip("gcc is not installed")
    return FakeBus(tmp_path)
