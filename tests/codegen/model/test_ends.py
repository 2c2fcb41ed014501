"""The ends of BARs, windows and alignments: the last byte that fits, and the first that does not."""

from __future__ import annotations

import pytest

import codegen

BARS = {"app, bar: 0": 1 << 26, "app, bar: 2": 1 << 16, "app, bar: 4": 1 << 37, "mgmt, bar: 4": 1 << 22}


def rules(body: str) -> list[str]:
    """Of the problems of a map; none for one that is good."""
    try:
        codegen.loads(f"schema: 1\nname: dut\n{body}\n")
    except codegen.MapError as error:
        return [problem.rule for problem in error.problems]
    return []


@pytest.mark.parametrize(("space", "size"), BARS.items())
@pytest.mark.parametrize("width", [8, 32, 64])
def test_the_last_word_of_a_bar(space: str, size: int, width: int) -> None:
    step = width // 8
    for distance, expected in ((step, []), (0, ["past-bar-end"])):
        register = f"registers: {{r: {{offset: {size - distance:#x}, width: {width}}}}}"
        memory = f"memories: {{m: {{offset: {size - distance:#x}, size: {step}, width: {width}}}}}"
        inner = f"blocks: {{b: {{offset: 0, space: {{pf: {space}}}, {register}}}}}"
        assert rules(f"space: {{pf: {space}}}\n{register}") == expected
        assert rules(f"space: {{pf: {space}}}\n{memory}") == expected
        assert rules(f"registers: {{x: {{offset: 0}}}}\n{inner}" if space != "app, bar: 0" else inner) == expected


@pytest.mark.parametrize(("space", "size"), BARS.items())
def test_one_byte_past_the_bar(space: str, size: int) -> None:
    for count, expected in ((4, []), (5, ["past-bar-end"])):
        body = f"registers: {{r: {{offset: {size - 4:#x}, width: 8, count: {count}}}}}"
        assert rules(f"space: {{pf: {space}}}\n{body}") == expected
        body = f"memories: {{m: {{offset: {size - 4:#x}, width: 8, size: {count}}}}}"
        assert rules(f"space: {{pf: {space}}}\n{body}") == expected


@pytest.mark.parametrize("size", [4, 8, 12, 0x100])
def test_a_window_that_fits_exactly(size: int) -> None:
    for last, expected in ((size - 4, []), (size, ["past-window"])):
        body = f"size: {size:#x}, registers: {{r: {{offset: {last:#x}}}}}"
        assert rules(f"blocks: {{b: {{offset: 0, {body}}}}}") == expected
        body = f"size: {size:#x}, memories: {{m: {{offset: {last:#x}, size: 4}}}}"
        assert rules(f"blocks: {{b: {{offset: 0, {body}}}}}") == expected
    body = f"size: {size:#x}, registers: {{r: {{offset: {size - 1:#x}, width: 8, count: 2}}}}"
    assert rules(f"blocks: {{b: {{offset: 0, {body}}}}}") == ["past-window"]


@pytest.mark.parametrize(("size", "expected"), [(0, ["bad-size"]), (1, ["past-window"]), (2, [])])
def test_the_smallest_windows(size: int, expected: list[str]) -> None:
    assert rules(f"blocks: {{b: {{offset: 0, size: {size}, registers: {{r: {{offset: 1, width: 8}}}}}}}}") == expected


@pytest.mark.parametrize("width", [32, 64])
def test_entries_lie_at_multiples_of_their_widest_word(width: int) -> None:
    """Of the bus word, and where an entry has a wider one, of that; what is wrong is told once."""
    entry = f"types: {{t: {{registers: {{r: {{offset: 0, width: {width}}}}}}}}}\n"
    for offset in range(0, 12, 2):
        expected = ["misaligned-offset"] if offset % (width // 8) else []
        assert rules(f"{entry}memories: {{m: {{offset: {offset}, entry: t, count: 4}}}}") == expected


def test_neighbours_that_touch_do_not_overlap() -> None:
    assert (
        rules(
            "registers: {a: {offset: 0}, b: {offset: 4}}\nmemories: {m: {offset: 8, size: 8}, n: {offset: 16, size: 4}}"
        )
        == []
    )
    assert rules("registers: {a: {offset: 0, width: 64}, b: {offset: 4}}") == ["register-overlap"]
    assert rules("registers: {a: {offset: 0}}\nmemories: {m: {offset: 0, size: 8}}") == ["memory-overlap"]


@pytest.mark.parametrize("width", [32, 64])
def test_memories_lie_at_multiples_of_their_words(width: int) -> None:
    step = width // 8
    for offset in range(2 * step + 1):
        expected = ["misaligned-offset"] if offset % step else []
        assert rules(f"memories: {{m: {{offset: {offset}, size: 64, width: {width}}}}}") == expected
        assert (
            rules(f"blocks: {{b: {{offset: {offset}, memories: {{m: {{offset: 0, size: 64, width: {width}}}}}}}}}")
            == expected
        )
    for size in range(1, 2 * step + 1):
        expected = ["size-multiple"] if size % step else []
        assert rules(f"memories: {{m: {{offset: 0, size: {size}, width: {width}}}}}") == expected


def test_memories_of_bytes_lie_anywhere() -> None:
    assert [
        rules(f"memories: {{m: {{offset: {offset}, size: {size}, width: 8}}}}") for offset, size in ((1, 1), (3, 5))
    ] == [[], []]
