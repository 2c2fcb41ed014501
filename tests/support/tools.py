"""Programs that some tests need and not every machine has: they are left out where one is missing, and fail in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def required() -> list[str]:
    """What HAL_TEST_TOOLS says must be there."""
    return os.environ.get("HAL_TEST_TOOLS", "").split()


def needs(*names: str, there: bool | None = None) -> pytest.MarkDecorator:
    """Leave a test out where a program, or what `there` says, is missing and not required."""
    missing = [name for name in names if (shutil.which(name) is None if there is None else not there)]
    left_out = [name for name in missing if name not in required()]
    return pytest.mark.skipif(bool(left_out), reason=f"needs {', '.join(left_out)}")
