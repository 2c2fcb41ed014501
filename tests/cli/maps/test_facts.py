"""`hal info` and `hal find`: what a map says, without a card."""

from __future__ import annotations

from pathlib import Path

import pytest

from hal.cli.options import MAP
from tests.support import ROOT
from tests.support.command_line import WIDGET


def test_info_of_a_register(here):
    assert here("info", WIDGET, "ctrl").lines == [
        "ctrl: register, app BAR 0, 0x4, 32 bits, rw, reset 0x80",
        "Register ctrl.",
        "bits   name   access  reset  values                 description",
        "31:24  ratio  rw      0x0    fixed",
        "15:8   gain   rw      0x0    signed",
        "7      armed  rw      0x1    bool",
        "6:4    mode   rw      0x0    OFF=0, SLOW=1, FAST=5",
        "0      go     rw      0x0    unsigned",
    ]
    assert here("info", WIDGET, "ctrl.mode").lines == here("info", WIDGET, "ctrl").lines


def test_info_of_an_array_and_of_all(here):
    bank = here("info", WIDGET, "bank").lines
    assert here("info", WIDGET, "bank.2").lines == here("info", WIDGET, "bank[2]").lines
    assert bank[0].split() == ["address", "space", "name", "kind", "access", "reset"]
    assert [line.split()[4] for line in bank[1:]] == [f"bank[{index}]" for index in range(len(bank) - 1)]
    everything = here("info", WIDGET).lines
    assert set(bank) < set(everything)


def test_info_in_json(here):
    (row,) = here("info", WIDGET, "ctrl", "--json").json
    assert (row["path"], row["address"], row["space"], row["reset"]) == ("ctrl", 4, "app BAR 0", 0x80)
    mode = next(field for field in row["fields"] if field["name"] == "mode")
    assert (mode["msb"], mode["lsb"], mode["members"]) == (6, 4, {"OFF": 0, "SLOW": 1, "FAST": 5})


def test_a_path_that_is_none_says_what_it_may_mean(here):
    result = here("info", WIDGET, "ctr")
    assert (result.code, result.out) == (2, "")
    assert result.err == "hal: the map has no register, memory or block 'ctr': did you mean ctrl?\n"


@pytest.mark.parametrize("address", ["0x4", "5", "0x7"])
def test_find_takes_any_byte_of_a_register(here, address):
    assert here("find", WIDGET, address, "--bar", "app:0").lines == here("info", WIDGET, "ctrl").lines


def test_find_in_every_space_and_in_one(here):
    everywhere = here("find", "cl_mem_perf", "0x404").lines
    assert [line.split()[4] for line in everywhere[1:]] == ["kernel.channel_avail", "pcis.ddr"]
    (row,) = here("find", "cl_mem_perf", "0x404", "--bar", "app:4", "--json").json
    assert (row["path"], row["kind"]) == ("pcis.ddr", "memory")


def test_find_of_nothing(here):
    result = here("find", WIDGET, "0xfffff0")
    assert (result.code, result.out) == (1, "")
    assert "has nothing at 0xfffff0" in result.err


def test_the_maps_that_ship_are_listed(here):
    lines = here("maps").lines
    assert lines[0].split() == ["name", "kind", "description"]
    assert "axi_gpio                 device  AMD's AXI GPIO, alone in a BAR." in lines
    assert [line.split()[1] for line in lines[1:]] == sorted(line.split()[1] for line in lines[1:])
    rows = here("maps", "--json").json
    assert {"name", "kind", "description", "file"} == set(rows[0])
    assert len(rows) == len(lines) - 1 == len(list((ROOT / "regmaps").glob("*.yaml")))
    assert all(row["description"] and Path(row["file"]).is_file() for row in rows)


def test_each_of_them_is_shown_by_its_name(here):
    for row in here("maps", "--json").json:
        if row["kind"] == "device":
            assert here("info", row["name"]).code == 0
    offered = {item.value for item in MAP.shell_complete(None, None, "axi_")}
    assert {"axi_dma", "axi_intc"} <= offered
    assert not any(name.endswith("_types") for name in offered)
