"""The shipped maps hold every row of the vendor's lists."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

import codegen
from codegen.model.types import FieldType, MemoryChild
from codegen.schema.formatter import format_map
from codegen.schema.spaces import Space

if TYPE_CHECKING:
    from pathlib import Path

    from codegen.model.device import RegisterPlace
from tests.support import FACTS, ROOT

REGMAPS = ROOT / "regmaps"
ACCESS = {"RO": "ro", "RW": "rw", "RW1C": "w1c", "RW0C": "w0c", "RWC": "wc"}
DESCRIPTOR_DEPTH = 64
# What the running logic shows 200 clocks after its reset, where the vendor's list says 0, by field.
LOGIC_RESETS = {
    "c2h_present": 1,
    "h2c_present": 1,
    "desc_empty": 1,
    "desc_ram_depth": DESCRIPTOR_DEPTH,
    "buf_empty": 1,
    "aux_fifo_empty": 1,
    "num_free_entries": 0x1FF,
}


def rows(name: str) -> list[dict[str, str]]:
    with (FACTS / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def load(name: str) -> codegen.Device:
    return codegen.load(REGMAPS / f"{name}.yaml")


@pytest.mark.parametrize("path", sorted(REGMAPS.glob("*.yaml")), ids=lambda path: path.name)
def test_they_are_as_hal_fmt_writes_them(path: Path) -> None:
    assert format_map(path)[1] == path.read_text()


def by_address(device: codegen.Device, space: Space) -> dict[int, RegisterPlace]:
    return {place.offset: place for place in device.walk() if place.space == space}


def field_at(place: RegisterPlace, bits: str) -> FieldType:
    msb, _, lsb = bits.partition(":")
    (found,) = [field for field in place.register.fields if (field.msb, field.lsb) == (int(msb), int(lsb or msb))]
    return found


def check(place: RegisterPlace, row: dict[str, str], name: str, reset: int | None) -> None:
    field = field_at(place, row["bits"])
    assert (field.name, field.access) == (name, ACCESS[row["access"]])
    if reset is not None:
        assert field.reset == reset


def reset_of(row: dict[str, str]) -> int | None:
    return int(row["reset"], 16) if row["reset"] else None


CLOCK_ROWS = rows("aws_clk_gen.csv")


@pytest.mark.parametrize("name", ["aws_clk_gen", "cl_mem_perf"])
def test_clock_generator(name: str) -> None:
    places = by_address(load(name), Space("mgmt", 4))
    for row in CLOCK_ROWS:
        place = places[int(row["mgmt_bar4_offset"], 16)]
        assert place.path == f"clk_gen.{row['register'].lower()}"
        check(place, row, row["field"].lower(), reset_of(row))
    assert len(places) == len({row["mgmt_bar4_offset"] for row in CLOCK_ROWS})
    fields = sum(len(place.register.fields) for place in places.values())
    assert fields == len(CLOCK_ROWS)


def test_cl_mem_perf_registers() -> None:
    places = by_address(load("cl_mem_perf"), Space("app", 0))
    listed = rows("cl_mem_perf_ocl.csv")
    for row in listed:
        place = places[int(row["bar0_offset"], 16)]
        assert place.path == f"{row['block']}.{row['register'].lower()}"
        name = "rst" if row["field"] == "RESET" else row["field"].lower()
        check(place, row, name, reset_of(row))
    assert len(places) == len({row["bar0_offset"] for row in listed})
    assert sum(len(place.register.fields) for place in places.values()) == len(listed)


def test_cl_mem_perf_around_the_registers() -> None:
    device = load("cl_mem_perf")
    assert device.afi_ids == ("agfi-080817d089f3cd2ed",)
    assert device.pci == (0x1D0F, 0xF004, 0xFEDC, 0x1D51)
    assert device.clkgen
    places = list(device.places())
    assert [
        (place.path, place.space, place.offset, place.item.size)
        for place in places
        if isinstance(place.item, MemoryChild)
    ] == [
        ("pcis.ddr", ("app", 4), 0, 64 << 30),
        ("pcis.hbm", ("app", 4), 0x10_0000_0000, 16 << 30),
        ("sda.bram", ("mgmt", 4), 0, 1 << 10),
    ]
    windows = {place.path: (place.offset, place.item) for place in places if place.path in ("clk_freq", "clk_gen")}
    assert {path: (offset, item.size, item.unmapped) for path, (offset, item) in windows.items()} == {
        "clk_freq": (0x600, 0x100, 0xDEADDEAD),
        "clk_gen": (0x50000, 0x9000, 0xDEADDEC0),
    }


def test_clock_device() -> None:
    device = load("aws_clk_gen")
    assert (device.space, device.clkgen, device.identity) == (("mgmt", 4), True, ("clk_gen.id", 0x90481D0F))


def test_the_four_mmcms_are_one_type() -> None:
    places = {place.path: place.item for place in load("aws_clk_gen").places()}
    assert len({places[f"clk_gen.mmcm_{name}"] for name in ("a", "b", "c", "hbm")}) == 1


def snake(name: str) -> str:
    words = name.lower().replace("-", " ").split()
    return "_".join(word for word in words if word != "register")


def test_cl_sde_registers() -> None:
    places = by_address(load("cl_sde"), Space("app", 4))
    listed = rows("cl_sde_csrs.csv")
    assert len(places) == len({row["bar4_offset"] for row in listed}) == 56
    checked = 0
    for row in listed:
        place = places[int(row["bar4_offset"], 16)]
        assert place.path.rsplit(".", 1)[1] == snake(row["register"])
        if row["field"] == "RSVD" and row["access"] == "RO":
            continue
        # Two names for one field, and a register that is only reserved.
        name = {"PKT_COUNT": "pkt_cnt", "RSVD": "scratch"}.get(row["field"], row["field"].lower())
        stated = DESCRIPTOR_DEPTH if row["reset"].endswith("DESC_RAM_DEPTH") else reset_of(row)
        check(place, row, name, LOGIC_RESETS.get(name, stated))
        checked += row["field"] != "PKT_COUNT"
    assert sum(len(place.register.fields) for place in places.values()) == checked


def test_cl_sde_paths_follow_the_sections() -> None:
    sections = {
        "PCIS CSRs": "pcis",
        "Descriptor CSRs": "descriptor",
        "Data Mover CSRs": "data_mover",
        "Write-Back CSRs": "write_back",
        "Buffer CSRs": "buffer",
        "AXI-Stream CSRs": "axi_stream",
    }
    places = by_address(load("cl_sde"), Space("app", 4))
    for row in rows("cl_sde_csrs.csv"):
        direction, _, section = row["section"].partition(" ")
        expected = "pcis" if direction == "PCIS" else f"{direction.lower()}.{sections[section]}"
        assert places[int(row["bar4_offset"], 16)].path.rsplit(".", 1)[0] == expected


def test_cl_sde_around_the_registers() -> None:
    device = load("cl_sde")
    assert device.afi_ids == ("agfi-0925b211f5a81b071",)
    assert device.pci == (0x1D0F, 0xF002, 0xFEDC, 0x1D51)
    assert [
        (place.path, place.offset, place.item.size, place.item.width, place.item.access)
        for place in device.places()
        if isinstance(place.item, MemoryChild)
    ] == [("c2h_desc_ram", 0, 0x1000, 32, "wo"), ("h2c_desc_ram", 0x1000, 0x1000, 32, "wo")]


def test_cl_sde_directions_share_what_is_equal() -> None:
    items = {place.path: place.item for place in load("cl_sde").places()}
    for name in ("descriptor", "axi_stream", "buffer.buffer_status", "write_back.status_dw"):
        assert items[f"c2h.{name}"] is items[f"h2c.{name}"]
    assert items["c2h.write_back.write_back_config_0"] is not items["h2c.write_back.write_back_config_0"]


def test_a_neighbour_that_any_write_clears_stops_field_writes() -> None:
    places = by_address(load("cl_sde"), Space("app", 4))
    address, index = places[0x3510].register.fields
    assert (address.plan, index.plan) == ("refused", "modify")
    assert address.refusal == (
        "desc_ram_dw_idx (wc) would be changed by any write; write(...) of the whole register remains"
    )
