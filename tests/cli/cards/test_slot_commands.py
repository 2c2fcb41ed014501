"""Commands on slots."""

from __future__ import annotations

import pytest

from tests.support.command_line import WIDGET, CommandLine

MEM_PERF, SDE = "agfi-080817d089f3cd2ed", "agfi-0925b211f5a81b071"
UNKNOWN = "agfi-00000000000000000"


@pytest.fixture
def hal(tmp_path):
    return CommandLine(tmp_path, slots=2)


def test_slots(hal):
    assert hal("slots").lines == [
        "slot  status   afi   app           mgmt",
        "0     cleared  none  0000:34:00.0  0000:34:00.1",
        "1     cleared  none  0000:35:00.0  0000:35:00.1",
    ]
    rows = hal("slots", "--json").json
    assert rows[1] == {
        "slot": 1,
        "status": "cleared",
        "status_q": 0,
        "afi": "none",
        "app": "0000:35:00.0",
        "mgmt": "0000:35:00.1",
    }


def test_a_load_is_seen_by_the_next_command_and_a_clear_ends_it(hal):
    assert hal("load", 1, MEM_PERF, "--timeout", 30).lines == [f"slot 1: loaded, AFI {MEM_PERF}"]
    assert [row["status"] for row in hal("slots", "--json").json] == ["cleared", "loaded"]
    assert hal("clear", 1).lines == ["slot 1: cleared"]
    assert hal("load", 0, MEM_PERF, "--json").json["afi"] == MEM_PERF
    assert hal("clear", 0, "--json").json["status"] == "cleared"


def test_describe(hal):
    hal("load", 0, MEM_PERF)
    data = hal("describe", 0, "--json").json
    assert data["afi"] == MEM_PERF
    assert (data["vendor_id"], data["device_id"]) == (0x1D0F, 0xF004)
    assert data["app"]["address"] == "0000:34:00.0"
    assert data["app"]["resource_size"][0] == 64 << 20
    assert "metrics" not in data
    lines = hal("describe", 0).lines
    assert "vendor_id                 0x1d0f" in lines
    assert "status_q                  0" in lines


def test_describe_with_metrics(hal):
    metrics = hal("describe", 0, "--metrics", "--json").json["metrics"]
    assert metrics["ocl_slave_timeout_count"] == 0
    assert [len(group) for group in metrics["clocks"]] == [7, 7, 7]
    assert "metrics.int_status                        0x0" in hal("describe", 0, "--metrics").lines


def test_a_prefetch_loads_nothing(hal):
    hal("load", 0, MEM_PERF)
    assert hal("load", 0, SDE, "--prefetch").lines == [f"slot 0: loaded, AFI {MEM_PERF}"]
    assert hal("describe", 0, "--metrics", "--json").json["metrics"]["cached_agfis"] == [
        int(afi.removeprefix("agfi-"), 16) for afi in (MEM_PERF, SDE)
    ]


def test_clocks(hal):
    hal("load", 0, MEM_PERF)
    assert hal("clocks", 0, "--json").json == {
        "slot": 0,
        "mhz": {
            "clk_extra_a1": 125.0,
            "clk_extra_a2": 375.0,
            "clk_extra_a3": 500.0,
            "clk_extra_b0": 450.0,
            "clk_extra_b1": 225.0,
            "clk_extra_c0": 300.0,
            "clk_extra_c1": 400.0,
            "clk_hbm_axi": 450.0,
        },
        "resets_asserted": True,
    }
    last = "resets of these clocks are asserted; to release them: hal clocks 0 --release-resets"
    assert hal("clocks", 0).lines[-1] == last
    assert hal("clocks", 0, "--release-resets").lines[-1] == "clk_hbm_axi   450"
    assert not hal("clocks", 0, "--json").json["resets_asserted"]
    assert hal("clocks", 0, "--recipe", "a=2,hbm=0").lines[:2] == ["clock         MHz", "clk_extra_a1  15.625"]
    assert "clk_hbm_axi   250" in hal("clocks", 0).lines
    assert hal("clocks", 0, "--reset").lines[1] == "clk_extra_a1  125"


def test_a_frequency_that_can_not_be_made_is_explained(hal):
    hal("load", 0, MEM_PERF)
    set_to = hal("clocks", 0, "--set", "a=111,c=250", "--json").json
    assert (set_to["requested"]["a"], set_to["requested"]["c"]) == (111, 250)
    assert set_to["mhz"]["clk_extra_a1"] < 111
    assert set_to["reasons"]["a"].startswith("111 MHz is between two rows of the generator's table; the lower makes ")
    assert hal("clocks", 0, "--set", "a=111").lines[-1].startswith("group a: 111 MHz is between two rows")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--recipe", "d=1"], "'d=1': give groups (a, b, c, hbm), each once, as in a=1,b=2"),
        (["--recipe", "a=1,a=2"], "'a=2': give groups"),
        (["--set", "a=fast"], "'a=fast': give groups"),
        (["--set", "a=125", "--reset"], "--recipe, --set and --reset exclude each other"),
        (["--recipe", "a=9"], "recipe of group a: 9 is out of range 0 to 2; nothing was set"),
    ],
)
def test_wrong_clock_settings(here, arguments, text):
    result = here("clocks", 0, *arguments)
    assert (result.code, result.out) == (2, "")
    assert text in result.err


def test_leds_and_switches(hal):
    assert hal("leds", 0).lines == ["0x0000  on: none"]
    assert hal("leds", 0, "--json").json == {"slot": 0, "leds": 0}
    assert hal("dip", 0, "0x00F0").lines == ["0x00f0  on: 4 5 6 7"]
    assert hal("dip", 0, "--json").json == {"slot": 0, "dip": 0xF0}
    assert hal("dip", 0, "0x10000").code == 2
    assert hal("dip", 0).lines == ["0x00f0  on: 4 5 6 7"]


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["load", 0, UNKNOWN], 1, f"load of {UNKNOWN} into slot 0 failed: invalid-afi-id (code 5); check the id"),
        (
            ["load", 0, "nothing"],
            2,
            "'nothing' is no AFI id (agfi- and 17 hex digits), no map and no AFI's name here (",
        ),
        (["load", 0, "cl_mem_pref"], 2, "no map and no AFI's name here. Did you mean cl_mem_perf?"),
        (["load", 0, "agfi-1"], 1, "'agfi-1' is no AFI id: agfi- and 17 hex digits; nothing was loaded"),
        (["load", 0, MEM_PERF, "--timeout", 0], 5, f"load of {MEM_PERF} into slot 0 did not end within"),
        (["clocks", 0], 1, "the slot holds no AFI with a clock generator; load one that has it"),
        (["describe", 5], 4, "no such card or BAR (pci-device-missing, code 20); check the slot's number"),
        (["describe", 9], 2, "9 is not in the range 0<=x<=7"),
        (["slots", "--library", "./none.so"], 4, "library ./none.so: no such file; give an existing path"),
        (["slots", "--library", "sdk"], 4, "A card needs the vendor's SDK: install it"),
    ],
)
def test_failures_are_one_message_and_a_code(here, monkeypatch, arguments, code, text):
    monkeypatch.setenv("HAL_CARD_TIME_SCALE", "1")  # no load has ended when it is first looked at
    result = here(*arguments)
    assert (result.code, result.out) == (code, "")
    assert text in result.err
    assert "Traceback" not in result.err


def test_a_private_card_is_gone_when_its_command_ends(tmp_path):
    hal = CommandLine(tmp_path, card="")
    assert hal("load", 0, MEM_PERF).code == 0
    assert hal("slots", "--json").json[0]["status"] == "cleared"


def test_an_afi_is_named_by_its_map_or_its_name_on_the_card(hal):
    assert hal("load", 0, WIDGET).code == 0
    loaded = hal("describe", 0, "--json").json["afi"]
    assert hal("load", 0, "cl_mem_perf").lines == ["slot 0: loaded, AFI agfi-080817d089f3cd2ed"]
    assert hal("load", 0, "widget").lines == [f"slot 0: loaded, AFI {loaded}"]
    assert "'nothing' is no AFI id" in hal("load", 0, "nothing").err
