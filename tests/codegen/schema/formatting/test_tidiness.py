"""What is said to be tidy stays as it is when it is written anew, and what was written anew is mostly said to be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codegen.schema.formatter import formatted
from codegen.schema.formatting.tidiness import is_tidy
from codegen.schema.formatting.tidy import tidied
from tests.support import MAPS, ROOT

TIDY = """\
# What it is.
schema: 1
name: blinker
description: 2 LEDs blink, and more? [It's "so" & so - 100 %].
include:
  - types.yaml
afi: {ids: [agfi-0123456789abcdef0], pci: {vendor: 0x1D0F, device: 0xF010}}

enums:
  Mode: {off: 0, fast: {value: 2, description: "Eye: damage."}}
registers:
  # The first one.
  ctrl:
    offset: 0x0
    reset: 0x10
    description: |
      Two
      lines.
    fields:
      enable: {bits: 0, description: Turns the user's on (5 µs; 90 % | more).} # at once
      mode: {bits: 3:1, enum: Mode, reset: off}
  count: {offset: 0x8, width: 64, access_width: 32, access: ro}
memories:
  ram: {offset: 0x1000, size: 4KiB}
"""
PIECES = [
    *("", " ", "  ", "\n", "\n\n", "#", " # c", "\n# c\n", "\n    # c\n", "0x1f", "0x10", "16", "4096", "null", "off"),
    *("'q'", '"q"', "- ", "{", "}", "[", "]", ", ", "k: v\n", "|", "a:", "0x0A", "010", "1_000", "1.50", "~", "yes"),
    *(">-\n", "description: x\n", "offset: 4\n", ":", "[{a: 1}]", "[0x0A]", "\r", "\t", "é", "'", "x's"),
    *("µ", "%", "&", "2 ", " | ", "!", "@", "`", "\\", "?", "~", "$", "\u202a", "\U0001f600", "\u00a0", "\ufeff"),
]


def is_left(text: str) -> bool:
    return tidied(text, ordered=True) == text


@given(st.data())
def test_what_is_tidy_stays_when_it_is_written_anew(data: st.DataObject) -> None:
    text = TIDY
    for _ in range(data.draw(st.integers(0, 2))):
        start = data.draw(st.integers(0, len(text)))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[start + data.draw(st.integers(0, 5)) :]
    lines = text.split("\n")
    if data.draw(st.booleans()):
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        lines[one], lines[other] = lines[other], lines[one]
    text = "\n".join(lines)
    assert not is_tidy(text) or is_left(text)


def test_the_usual_is_tidy() -> None:
    assert is_tidy(TIDY)
    assert is_left(TIDY)


def test_what_would_be_changed_is_not() -> None:
    changes = {
        "offset: 0x8": "offset: 8",
        "0x1D0F": "0x1d0f",
        "4KiB": "4096",
        "{bits: 3:1, enum: Mode, reset: off}": "{enum: Mode, bits: 3:1, reset: off}",
        "      enable": "       enable",
        "Mode: {off: 0,": "Mode: { off: 0,",
        "  - types.yaml": "- types.yaml",
        "    offset: 0x0\n    reset: 0x10\n": "    reset: 0x10\n    offset: 0x0\n",
        "name: blinker\n": "x-of: blinker\nname: blinker\n",
    }
    for old, new in changes.items():
        assert TIDY.count(old) == 1, old
        assert not is_tidy(TIDY.replace(old, new)), old


def test_most_of_what_was_written_anew_is_tidy() -> None:
    texts = [
        path.read_text(encoding="utf-8") for path in (*MAPS.glob("*.yaml"), *(ROOT / "regmaps").glob("axi_*.yaml"))
    ]
    best = [formatted(text) for text in texts]
    assert all(formatted(text) == text for text in best)
    assert sum(map(is_tidy, best)) >= 0.6 * len(best) > 5
