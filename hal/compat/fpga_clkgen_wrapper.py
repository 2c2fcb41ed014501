"""The vendor's module of this name, over hal's binding."""

from __future__ import annotations

from hal.vendor.clkgen import FpgaClkgen

__all__ = ["FpgaClkgen"]
