"""What all languages have in common."""

from __future__ import annotations

import codegen
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from tests.support import MAPS

BLINKER = MAPS / "blinker.yaml"


def test_every_file_names_version_and_inputs():
    device = codegen.loads(BLINKER.read_text().replace("volatile: true", "hw: set"))  # so that it can be logic
    for name, language in LANGUAGES.items():
        for file, text in render(device, language).items():
            assert device.digest in text, (name, file)
            assert codegen.__version__ in text, (name, file)
