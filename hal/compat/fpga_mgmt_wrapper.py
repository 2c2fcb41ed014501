"""The vendor's module of this name, over hal's binding."""

from __future__ import annotations

from hal.vendor.mgmt import FpgaMgmt

__all__ = ["FpgaMgmt"]
