"""Writes the design texts of the shipped AFIs, which the emulated card knows by their public ids: `make designs`.

A test holds that they are what the shipped register maps say.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hal import load_map
from hal.emulator.design_text import design_text

ROOT = Path(__file__).resolve().parent.parent
# Behaviour that the card's library has built in, by shipped map.
MODELS = {"cl_mem_perf": ["model clk_freq app 0 0x600", "model hbm app 0 0x300"], "cl_sde": []}


def shipped_designs() -> dict[str, str]:
    """Text of each shipped design by its file name."""
    texts = {}
    for name, models in MODELS.items():
        head, *rest = design_text(load_map(ROOT / "regmaps" / f"{name}.yaml")._design).splitlines()
        spaces = _header_lines(rest)
        texts[f"{name}.card"] = "\n".join([head, *rest[:spaces], *models, *rest[spaces:], ""])
    return texts


def _header_lines(lines: list[str]) -> int:
    """How many lines stand before the first space."""
    return next(number for number, line in enumerate(lines) if line.startswith("space "))


def main() -> int:
    """Write what has changed."""
    folder = ROOT / "hal" / "designs"
    folder.mkdir(exist_ok=True)
    for name, text in shipped_designs().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
