"""The room of a card: designs that fill it go for newer ones, and its file takes no more than what was written."""

from __future__ import annotations

import ctypes
import errno
import os

import pytest

from tests.support.cards import make_shared_card
from tests.support.processes import run_python


def afi(number):
    return f"agfi-{number:017x}"


def small_design(number, comment=""):
    return f"haldesign 1\nname d{number}\nafi {afi(number)}\n{comment}space app 0\nword 0x0 32\nf 0 32 rw {number:#x}\n"


def test_a_full_card_forgets_what_was_not_used_for_longest(slot):
    """And no design that ships with the card, or that a slot holds."""
    emulator = slot.emulator
    shipped = [known for known, name in emulator.designs() if name in {"cl_mem_perf", "cl_sde"}]
    for number in range(1, 6):
        emulator.install_text(small_design(number))
    for number in (1, 2, 3):
        slot.load(afi(number))
    for number in range(6, 300):
        emulator.install_text(small_design(number))
        if number == 100:
            slot.load(afi(4))
    known = [known for known, _ in emulator.designs()]
    assert len(known) == 256
    assert set(shipped) < set(known)
    assert afi(299) in known
    assert afi(4) in known
    assert not {afi(number) for number in (1, 2, 3, 5, 6)} & set(known)
    slot.load(afi(299))
    assert slot.bar("app", 0).peek(0) == 299


def test_a_design_that_is_installed_again_is_used(slot):
    emulator = slot.emulator
    for number in range(1, 300):
        emulator.install_text(small_design(number))
    known = [int(known[5:], 16) for known, _ in emulator.designs()]
    oldest = next(number for number in range(1, 300) if number in known)
    emulator.install_text(small_design(oldest))
    for number in range(300, 350):
        emulator.install_text(small_design(number))
    assert {afi(oldest), afi(349)} < {known for known, _ in emulator.designs()}


def test_what_a_slot_holds_stays_however_old_it_is(slot):
    emulator = slot.emulator
    emulator.install_text(small_design(1))
    slot.load(afi(1))
    for number in range(2, 600):
        emulator.install_text(small_design(number))
    assert afi(1) in {known for known, _ in emulator.designs()}
    assert emulator.design_text(afi(1)) == small_design(1)


def test_texts_that_fill_the_card_make_room_too(slot):
    """Three of 25 MiB are more than the 64 MiB that a card keeps."""
    comment = ("#" + "x" * 1022 + "\n") * (25 << 10)
    for number in (1, 2, 3):
        slot.emulator.install_text(small_design(number, comment))
    known = {known for known, _ in slot.emulator.designs()}
    assert {afi(2), afi(3)} < known
    assert afi(1) not in known


CACHESTAT = 451  # the system call, from Linux 6.5 on
LOAD = """
import hal
with hal.open_slot(0, "emulator") as slot:
    slot.load("agfi-080817d089f3cd2ed")
    slot.bar("app", 0).poke(0x414, 1)
"""


def kept_pages(path):
    """How many pages of a file the kernel has in memory."""
    everything, found = (ctypes.c_uint64 * 2)(0, 0), (ctypes.c_uint64 * 5)()
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("rb") as file:
        if libc.syscall(CACHESTAT, file.fileno(), everything, found, 0):
            code = ctypes.get_errno()
            if code in {errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP}:
                pytest.skip(f"this kernel tells no pages of files: {os.strerror(code)}")
            raise OSError(code, os.strerror(code))
    return found[0]


def used_pages(path):
    """How many of its pages have room on the disk. A card has that for each page before it is written."""
    return path.stat().st_blocks * 512 // os.sysconf("SC_PAGESIZE")


def test_nothing_is_read_ahead_of_a_card_s_empty_places(tmp_path):
    """As far as the disk says it would be for files: each of a card's dozen tables is alone in gigabytes."""
    environment = {"HAL_EMULATOR": "bench", "HAL_EMULATOR_DIR": str(tmp_path)}
    make_shared_card("bench", environment)
    path = tmp_path / "bench.card"
    assert 0 < kept_pages(path) <= used_pages(path)
    used = run_python(LOAD, environment=environment)
    assert used.returncode == 0, used.stderr
    assert kept_pages(path) <= used_pages(path)
