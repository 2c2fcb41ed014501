"""How often tests do what is the same each time: a part in an ordinary run, the whole where HAL_TEST_OPERATIONS is 10000.

CI sets that; tests/pci/guest, which runs where this module is not, reads the variable itself.
"""

from __future__ import annotations

import os

WHOLE = 10_000
IS_WHOLE = int(os.environ.get("HAL_TEST_OPERATIONS", "0")) >= WHOLE


def depth(whole: int, part: int) -> int:
    """The whole in CI, and a part of it elsewhere."""
    return whole if IS_WHOLE else part
