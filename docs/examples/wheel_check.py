"""A first driver, to see that an installed wheel works: the runtime, the emulated card, and where they come from."""

from __future__ import annotations

import hal

from blinker import Blinker, Mode

with Blinker.open(0, library="emulator") as dev:
    dev.ctrl.enable = 1
    dev.ctrl.mode = Mode.SLOW
    dev.table[0:2] = [7, 8]
    print(dev.ctrl, dev.table[0:2].tolist(), "from", hal.__file__)
