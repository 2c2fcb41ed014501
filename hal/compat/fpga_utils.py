"""The vendor's module of this name, over hal's binding."""

from __future__ import annotations

from hal.vendor.return_codes import check_return_code

__all__ = ["check_return_code"]
