"""`hal peek` and `hal poke`: words by address, without a map."""

from __future__ import annotations

import pytest

MEM_PERF = "agfi-080817d089f3cd2ed"


def test_peek_and_poke(hal):
    hal("load", 0, MEM_PERF)
    assert hal("poke", 0, "mgmt:4", "0x10", "0x1122334455667788", "--width", 64).code == 0
    assert hal("peek", 0, "mgmt:4", "0x10", "--count", 2).lines == ["0x00000010: 0x55667788", "0x00000014: 0x11223344"]
    assert hal("peek", 0, "mgmt:4", "0x10", "--width", 64, "--json").json == {
        "slot": 0,
        "bar": "mgmt:4",
        "offset": 16,
        "width": 64,
        "values": [0x1122334455667788],
    }
    assert hal("poke", 0, "mgmt:4", 16, 0, "--json").json == {
        "slot": 0,
        "bar": "mgmt:4",
        "offset": 16,
        "width": 32,
        "value": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["app:6", "0"],
            "'app:6' is no BAR: there are app:0, app:2, app:4, mgmt:0, mgmt:2, mgmt:4; of other cards app:0 to",
        ),
        (["app:0", "ten"], "'ten' is no integer: give e.g. 16, 0x10 or 0b1_0000"),
        (["app:0", "2"], "is not a multiple of the access width"),
        (["app:0", "0x4000000"], "lies past the end of the BAR"),
        (["app:0", "0", "--width", "16"], "'16' is not one of '8', '32', '64'"),
    ],
)
def test_peek_of_what_is_not_there(here, arguments, text):
    result = here("peek", 0, *arguments)
    assert (result.code, result.out) == (2, "")
    assert text in result.err
