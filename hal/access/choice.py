"""Which accessors there are: C descriptors where the accelerator is built, else properties over cffi.

HAL_PURE_CFFI=1 in the environment chooses the properties. Both have the same semantics and the same errors.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

__all__ = [
    "NodeBase",
    "RegisterBase",
    "accelerated",
    "hold_ports",
    "hold_window",
    "in_c",
    "install_accessors",
    "open_window",
]

accelerated: bool
"""Whether fields are accessed through the accelerator."""

if TYPE_CHECKING or os.environ.get("HAL_PURE_CFFI", "0") not in {"", "0"}:
    from hal.access.pure import NodeBase, RegisterBase, hold_ports, hold_window, in_c, install_accessors, open_window

    accelerated = False
else:
    try:
        from hal.access.native import (
            NodeBase,
            RegisterBase,
            hold_ports,
            hold_window,
            in_c,
            install_accessors,
            open_window,
        )

        accelerated = True
    except ModuleNotFoundError:  # it was not built; a build that does not fit is told
        from hal.access.pure import (
            NodeBase,
            RegisterBase,
            hold_ports,
            hold_window,
            in_c,
            install_accessors,
            open_window,
        )

        accelerated = False
