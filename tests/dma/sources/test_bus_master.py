"""The command register, in files that stand for a function's configuration space."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import hal
from hal.dma.sources.bus_master import let_function_master, let_master


@pytest.mark.parametrize(("before", "after"), [(0x0002, 0x0006), (0x0506, 0x0506), (0, 4)])
def test_the_bit_is_set_and_others_stay(tmp_path, before, after):
    config = tmp_path / "config"
    config.write_bytes(b"\x34\x12\xe8\x11" + before.to_bytes(2, "little") + b"\x10\0rest")
    let_function_master(tmp_path)
    assert config.read_bytes() == b"\x34\x12\xe8\x11" + after.to_bytes(2, "little") + b"\x10\0rest"


def test_a_function_that_does_not_follow_is_told():
    """/dev/zero takes all, and shows nothing of it."""
    with (
        Path("/dev/zero").open("r+b", buffering=0) as zero,
        pytest.raises(hal.DmaError, match="does not become a bus master"),
    ):
        let_master(zero.fileno(), 0, "0000:17:00.0")


def test_who_may_not_write_is_told_how(tmp_path):
    folder = tmp_path / "0000:17:00.0"
    with pytest.raises(hal.DmaError, match=r"setpci -s 0000:17:00\.0 COMMAND=4:4"):
        let_function_master(folder)
    assert os.listdir(tmp_path) == []  # noqa: PTH208
