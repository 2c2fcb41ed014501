"""Programs that some tests need and not every machine has: they are left out where one is missing, and fail in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(program: str) -> pytest.MarkDecorator:
    """Leave a test out where a program is missing; HAL_TEST_TOOLS names those that must be there."""
    required = os.environ.get("HAL_TEST_TOOLS", "").split()
    missing = shutil.which(program) is None and program not in required
    return pytest.mark.skipif(missing, reason=f"needs {program}")
