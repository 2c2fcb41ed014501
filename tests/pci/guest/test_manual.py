"""What the manual has people run on a real PCI function."""

from __future__ import annotations

import re
from pathlib import Path

from tests.pci.guest.programs import run_program


def test_the_manuals_program(tmp_path):
    """The block of the page that needs the device, in a process of its own, as a user's."""
    page = Path("docs/howto/pci-cards.md").read_text()
    block, told = re.search(
        r"not run: tests/pci/guest runs it[^>]*-->\n```python\n(.*?)```\n\nIt prints `(\d+)`", page, re.DOTALL
    ).groups()
    program = tmp_path / "program.py"
    program.write_text(block)
    assert run_program(program) == (0, f"{told}\n")
