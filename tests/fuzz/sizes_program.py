"""Renders a map file in every language: prints for each its name, its characters, and the peak in MiB so far."""

from __future__ import annotations

import sys
from pathlib import Path

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render

if __name__ == "__main__":
    device = codegen.load(sys.argv[1])
    for name, language in LANGUAGES.items():
        try:
            characters = sum(map(len, render(device, language).values()))
        except codegen.MapError:  # what of a map is no logic is told, and no part of it is made
            characters = 0
        # Not getrusage: its peak starts from the memory of the process that started this one.
        peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
        print(f"{name} {characters} {int(peak.split()[1]) // 1024}", flush=True)
