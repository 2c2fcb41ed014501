"""Programs that some tests need and not every machine has: they are left out where one is missing, and fail in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(name: str, *, there: bool | None = None) -> pytest.MarkDecorator:
    """Leave a test out where a program, or what `there` says, is missing; HAL_TEST_TOOLS names what must be there."""
    found = shutil.which(name) is not None if there is None else there
    required = os.environ.get("HAL_TEST_TOOLS", "").split()
    return pytest.mark.skipif(not found and name not in required, reason=f"needs {name}")
