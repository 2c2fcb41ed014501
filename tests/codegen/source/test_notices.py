"""What a source says and a map does not, in few lines."""

from __future__ import annotations

from codegen.source.notices import Said, grouped, notice
from codegen.source.problem import Problem


def note(line, rule, path, message):
    return Problem("a.svd", line, 1, path, rule, f"{rule}: {message}", "", "note")


def test_nothing_is_said_of_nothing():
    assert notice([]) == ()


def test_what_holds_of_many_things_is_one_line():
    said = [Said("a.svd", 10 - n, f"U.R{n}", "no reset") for n in range(8)]
    assert list(grouped([*said, Said("b.svd", 3, "V", "no reset")])) == [
        "a.svd: no reset: 8 times, in lines 3, 4, 5, 6, 7, 8, ...",
        "b.svd:3: V: no reset",
    ]


def test_a_heading_counts_what_follows():
    notes = [
        note(4, "approximated", "U.A", "idle 0"),
        note(2, "dropped", "U.B", "no word"),
        note(9, "dropped", "C", "x"),
    ]
    assert notice(notes) == (
        "a.svd: 1 approximated, 2 dropped",
        "  a.svd:4: U.A: approximated: idle 0",
        "  a.svd:2: U.B: dropped: no word",
        "  a.svd:9: C: dropped: x",
    )


def test_a_long_notice_ends_and_says_what_lists_the_rest():
    lines = notice([note(n, "dropped", f"R{n}", f"it is odd in way {n}") for n in range(1, 40)])
    assert len(lines) == 18
    assert lines[-1] == "  ... and more, which hal validate a.svd lists"
