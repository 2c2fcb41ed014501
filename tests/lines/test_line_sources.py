"""Sources of interrupts: files and descriptors as the kernel's drivers have them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

import hal
from hal.lines.line_sources import UioSource, source_of
from tests.support.processes import LIMIT


def test_an_eventfd_counts():
    descriptor = os.eventfd(2)
    source = source_of(descriptor)
    assert (source.take(), source.take()) == (2, 0)
    os.eventfd_write(descriptor, 40)
    assert source.take() == 40
    source.arm()
    source.close()
    os.eventfd_write(descriptor, 1)
    os.close(descriptor)


def test_any_descriptor_is_a_request_each_time_that_it_can_be_read_from():
    left, right = socket.socketpair()
    source = source_of(left)
    assert source.take() == 0
    right.send(b"xx")
    assert (source.take(), source.take()) == (1, 0)
    right.close()
    with pytest.raises(hal.InterruptError, match="has ended: nothing will come from it any more"):
        source.take()
    left.close()


def test_uio_counts_from_what_was_and_masks_until_it_is_told():
    """A socket that keeps messages apart does what the kernel does: a count comes, and a word goes to it."""
    kernel, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    source = UioSource(ours.fileno(), "/dev/uio7", owns=False, counted=(1 << 32) - 1)
    source.arm()
    source.arm()
    kernel.setblocking(False)
    assert kernel.recv(4) == b"\x01\0\0\0"
    with pytest.raises(BlockingIOError):
        kernel.recv(4)  # once is enough
    kernel.send((2).to_bytes(4, "little"))
    assert (source.take(), source.take()) == (3, 0)
    source.arm()
    assert kernel.recv(4) == b"\x01\0\0\0"
    kernel.close()
    with pytest.raises(hal.InterruptError):
        source.take()
    ours.close()
    unknown = UioSource(os.eventfd(0), "/dev/uio7", owns=True)
    unknown.arm()
    unknown.arm()  # what refuses it is not asked again
    unknown.close()


def test_what_can_be_no_source(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("x")
    for wrong, told in (
        (tmp_path / "missing", "No such file or directory; interrupts can't come from there"),
        (999999, "descriptor 999999 is not open"),
        (plain, "is a plain file or a folder, which tells nothing"),
        (tmp_path, "is a plain file or a folder, which tells nothing"),
    ):
        with pytest.raises(hal.InterruptError, match=told):
            source_of(wrong)
    for wrong in (None, 1.5, True, object()):
        with pytest.raises(hal.FieldTypeError, match="a descriptor, a path or a source"):
            source_of(wrong)


def test_vfio_says_what_the_kernel_says():
    before = len([*Path("/proc/self/fd").iterdir()])
    with (
        Path(os.devnull).open("rb") as device,
        pytest.raises(hal.InterruptError, match=r"VFIO vector 2 of descriptor \d+: .*; it is no device of VFIO"),
    ):
        hal.VfioSource(device.fileno(), 2)
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_an_object_with_a_sources_methods_is_one(slot):
    class Counts:
        pace = source_of(os.eventfd(0)).pace

        def __init__(self):
            self.read, self.write = os.pipe()
            self.armed = self.closed = 0

        def fileno(self):
            return self.read

        def take(self):
            os.set_blocking(self.read, False)
            try:
                return len(os.read(self.read, 100))
            except BlockingIOError:
                return 0

        def arm(self):
            self.armed += 1

        def close(self):
            self.closed += 1

    mine = Counts()
    assert isinstance(mine, hal.InterruptSource)
    with slot.interrupt(1, source=mine) as line:
        os.write(mine.write, b"abc")
        assert line.wait(LIMIT / 2).count == 3
        with pytest.raises(hal.InterruptTimeoutError):
            line.wait(0.01)
        assert (mine.armed > 0, mine.closed) == (True, 0)
    assert mine.closed == 1
    os.close(mine.read)
    os.close(mine.write)
