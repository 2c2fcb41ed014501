"""Renders a map file in every language: prints for each its name, its characters, and the peak in MiB so far."""

from __future__ import annotations

import resource
import sys

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render

if __name__ == "__main__":
    device = codegen.load(sys.argv[1])
    for name, language in LANGUAGES.items():
        characters = sum(map(len, render(device, language).values()))
        print(f"{name} {characters} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}", flush=True)
