"""The classes of the vendor's own Python bindings, with their names, arguments and results, on hal's checked binding.

They run on the vendor's library and on the emulated card. What the vendor's classes leave to chance is checked here:
every failure is a RuntimeError that names the action, the slot, the code and its text, and nothing was done then.
"""

from __future__ import annotations

from hal.vendor.clkgen import FpgaClkgen
from hal.vendor.mgmt import FpgaMgmt
from hal.vendor.pci import FpgaPCI

__all__ = ["FpgaClkgen", "FpgaMgmt", "FpgaPCI"]
