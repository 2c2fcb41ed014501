"""The vendor's module of this name, over hal's binding."""

from __future__ import annotations

from hal.vendor.pci import FpgaPCI

__all__ = ["FpgaPCI"]
