"""Prints the folder, for PYTHONPATH=$(python -m hal.compat)."""

from __future__ import annotations

import sys

from hal.compat import path

sys.stdout.write(path() + "\n")
