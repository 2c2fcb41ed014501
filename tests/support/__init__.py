"""What the tests of several rooms share: places, a device, random maps, an independent model, the command line."""

from __future__ import annotations

import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MAPS = ROOT / "tests" / "maps"
FACTS = ROOT / "tests" / "facts"
# What free-threaded Python frees, it frees later.
FREES_LATE = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
