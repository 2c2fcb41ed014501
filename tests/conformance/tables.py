"""The manual's table of what each library answers."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "conformance.md"
LIBRARIES = ("SDK", "emulated card", "simulated logic", "PCI functions")
NOT_CALLED = "not called"


def told():
    """For each library its answer by function and situation, as the page has it."""
    rows = [
        line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    found = {library: {} for library in LIBRARIES}
    for function, situation, *answers in ([cell.strip().strip("`") for cell in row] for row in rows):
        for library, answer in zip(LIBRARIES, answers, strict=True):
            found[library][function, situation] = answer
    return found


def differences(library, answers, *, partial=False):
    """What the page says otherwise than a library; with `partial` it need not have every function."""
    page = {place: answer for place, answer in told()[library].items() if answer != NOT_CALLED}
    given = {(function, situation): answer for function, situation, answer in answers}
    missing = set() if partial else page.keys() - given.keys()
    wrong = [(place, answer, page.get(place)) for place, answer in given.items() if page.get(place) != answer]
    return [*wrong, *sorted(missing)]
