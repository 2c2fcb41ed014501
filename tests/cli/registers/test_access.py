"""Commands on the registers of a map."""

from __future__ import annotations

import pytest

from tests.support.command_line import WIDGET, CommandLine


def test_read_of_registers_fields_words_and_arrays(hal):
    result = hal("read", 0, WIDGET, "id", "ctrl", "ctrl.armed", "counter.value", "rom[0:2]", "ram[0x3ff]", "bank")
    assert result.lines == [
        "id = 0xcafe0001 (value=0xcafe0001)",
        "ctrl = 0x00000080 (go=0, mode=OFF, armed=True, gain=0, ratio=0.0)",
        "ctrl.armed = True",
        "counter.value = 0x0",
        "rom[0:2] = 0x00000000 0x00000000",
        "ram[0x3ff] = 0x00000000",
        "bank[0] = 0x00000000 (value=0x0)",
        "bank[1] = 0x00000000 (value=0x0)",
        "bank[2] = 0x00000000 (value=0x0)",
        "bank[3] = 0x00000000 (value=0x0)",
    ]


def test_read_as_json(hal):
    hal("write", 0, WIDGET, "ctrl.mode=fast", "ctrl.gain=-3", "ctrl.ratio=1.5")
    assert hal("read", 0, WIDGET, "ctrl", "ctrl.mode", "ram[0:2]", "--json").json == [
        {
            "path": "ctrl",
            "space": "app BAR 0",
            "address": 4,
            "value": 0x1800FDD0,
            "fields": {
                "go": {"value": 0, "text": "0"},
                "mode": {"value": 5, "text": "FAST"},
                "armed": {"value": True, "text": "True"},
                "gain": {"value": -3, "text": "-3"},
                "ratio": {"value": 1.5, "text": "1.5"},
            },
        },
        {"path": "ctrl.mode", "value": 5, "text": "FAST"},
        {"path": "ram[0:2]", "values": [0, 0]},
    ]


def test_a_value_that_the_enum_lacks_is_shown(hal):
    hal("write", 0, WIDGET, "ctrl=0x30")
    assert hal("read", 0, WIDGET, "ctrl.mode").lines == ["ctrl.mode = 0x3 (undefined)"]


def test_a_shipped_map_is_read_by_name(hal):
    assert hal("read", 0, "cl_mem_perf", "kernel.num_ot").lines == ["kernel.num_ot = 0x00000040 (value=0x40)"]


def test_a_private_card_holds_the_map_s_design(tmp_path):
    private = CommandLine(tmp_path, card="")
    assert private("read", 0, WIDGET, "id.value").lines == ["id.value = 0xcafe0001"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("ctrl.mod", "has no field 'mod'; did you mean mode?"),
        ("crtl", "has no register, block or memory 'crtl'; did you mean ctrl?"),
        ("bank[4]", "index 4 is outside of its 4 elements"),
        ("bank[x]", "'bank[x]' is no name with whole numbers as indices, as in ch[2]"),
        ("bank.value", "is an array: it holds elements, as in [0], so 'value' names nothing"),
        ("ctrl[0]", "is a register: it holds fields, so [0] names nothing"),
        ("fifo.value.low", "is a register: it holds fields, so 'value' names nothing"),
        ("ram.low", "is a memory: it holds words, so 'low' names nothing"),
        ("command", "widget.command (app BAR 0, 0x10) is write-only"),
        ("sink[0]", "widget.sink (app BAR 0, 0x3000) is write-only"),
        ("ram", "is a memory: name its words, as in ram[0:16]"),
        ("ram[4:2]", "has words 0 to 1023"),
        ("ram[1024]", "has words 0 to 1023"),
        ("ram[]", "'ram[]' is no name with whole numbers as indices"),
        ("", "has no register"),
    ],
)
def test_paths_that_can_not_be_read(here, path, text):
    result = here("read", 0, WIDGET, "id", path)
    assert (result.code, result.out) == (2, "")
    assert text in result.err
    assert "Traceback" not in result.err


def test_another_design_is_refused_and_read_all_the_same_when_asked_to(hal):
    hal("load", 0, "agfi-080817d089f3cd2ed")
    refused = hal("read", 0, WIDGET, "id")
    assert (refused.code, refused.out) == (1, "")
    assert "load its AFI; --no-verify opens it all the same" in refused.err
    assert hal("read", 0, WIDGET, "id", "--no-verify").code == 5  # nobody answers there
    (hal.folder / "other.yaml").write_text("schema: 1\nname: other\nregisters: {r: {offset: 0x404}}\n")
    refused = hal("read", 0, "other.yaml", "r")
    assert (refused.code, refused.out) == (1, "")
    assert "holds agfi-080817d089f3cd2ed, the design 'cl_mem_perf', and other is another" in refused.err
    assert hal("read", 0, "other.yaml", "r", "--no-verify").lines == ["r = 0x00000020 (value=0x20)"]


def test_a_wrong_map(hal, tmp_path):
    (tmp_path / "bad.yaml").write_text("schema: 1\nname: bad\nregisters: {ctrl: {ofset: 0}}\n")
    result = hal("read", 0, "bad.yaml", "ctrl")
    assert (result.code, result.out) == (3, "")
    assert "bad.yaml:3:20: registers.ctrl.ofset: " in result.err
