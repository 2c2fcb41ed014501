"""Batches of which too much is asked, called as any C program may call them."""

from __future__ import annotations

from hal._native import ffi, lib
from tests.support.processes import run_python


def new_batch():
    holder = ffi.new("hal_batch **")
    assert lib.hal_batch_new(holder) == 0
    return ffi.gc(holder[0], lib.hal_batch_free)


def stand_in(batch, bar):
    """Of a BAR that is attached; it collects."""
    place = ffi.new("hal_bar **")
    assert lib.hal_batch_bar(batch, bar._bar, bar._generation, place) == 0
    assert lib.hal_batch_collect(batch, 1) == 0
    return place[0]


def placed(bar, offset):
    """The port of a word's lowest bit."""
    plan, port = ffi.new("hal_port *", {"width": 32, "mask": 1}), ffi.new("hal_port *")
    assert lib.hal_ports_place(port, plan, 1, bar, 0, offset) == 0
    return port


def asked_of(*ports):
    return ffi.new("hal_asked[]", [{"port": port[0], "bits": 1} for port in ports])


def test_words_of_another_batch_are_not_read(attached):
    mine, other = new_batch(), new_batch()
    ports = [placed(stand_in(mine, attached), 0), placed(stand_in(other, attached), 4)]
    asked, steps = asked_of(*ports), ffi.new("size_t[2]")
    assert lib.hal_batch_read(mine, 1, asked, 2, steps) == lib.HAL_E_ARGUMENT
    assert lib.hal_batch_collect(other, 0) == 0
    assert lib.hal_batch_read(mine, 1, asked, 2, steps) == lib.HAL_E_ENDED
    assert (lib.hal_batch_count(mine), lib.hal_batch_read(mine, 1, asked, 1, steps)) == (0, 0)
    assert (lib.hal_batch_count(mine), lib.hal_batch_count(other)) == (1, 0)


NO_MEMORY = """
import contextlib, resource
from array import array
import hal
from hal._native import ffi, lib
from tests._binding.bus.test_core_batches import asked_of, new_batch, placed, stand_in

FULL, BLOCK = 1 << 18, 1 << 12  # steps: a list that is full takes twice the room for one more
OP_BYTES, NAMED_BYTES = ffi.sizeof("hal_op"), 8  # of each, in two lists that grow one after the other
words, step = ffi.from_buffer(array("I", range(BLOCK))), ffi.new("hal_step *")

@contextlib.contextmanager
def bytes_left(count):
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + count, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)

def collected():
    assert lib.hal_batch_step(batch, lib.hal_batch_count(batch) - 1, step) == 0
    return lib.hal_batch_count(batch), step.offset, step.value

def block(offset, count=1):
    return lib.hal_batch_block(batch, bar, offset, 32, words, count)

with hal.open_slot(0, "emulator") as slot:
    batch, attached = new_batch(), slot.bar("mgmt", 4)
    bar = stand_in(batch, attached)
    asked, port = asked_of(placed(bar, 0), placed(bar, 4)), placed(bar, 0)
    held = ffi.new("hal_op[]", [{"offset": offset, "width": 32, "kind": lib.HAL_OP_WRITE} for offset in (0, 4)])
    steps, failed = ffi.new("size_t[2]"), ffi.new("size_t *")
    for _ in range(FULL // BLOCK - 1):
        assert block(0, BLOCK) == 0
    assert block(0, BLOCK - 1) == 0
    before = collected()
    assert before == (FULL - 1, 4 * (BLOCK - 2), BLOCK - 2)
    with bytes_left(FULL * OP_BYTES // 2):  # one step has room, and two have not
        codes = [lib.hal_batch_read(batch, 1, asked, 2, steps), lib.hal_run_held(port, held, 2, failed)]
    assert codes == [lib.HAL_E_MEMORY] * 2, codes
    assert collected() == before
    assert block(0) == 0
    for count in (FULL * OP_BYTES // 2, FULL * (OP_BYTES + NAMED_BYTES // 2)):
        with bytes_left(count):
            codes = {block(4) for _ in range(3000)}
        assert codes == {lib.HAL_E_MEMORY}, codes
        assert collected() == (FULL, 0, 0)
    assert block(4) == 0
    assert collected() == (FULL + 1, 4, 0)
"""


def test_where_there_is_no_memory_left_a_batch_keeps_what_it_has():
    """In a process of its own, which has no memory that it could use again. All of several steps are kept, or none."""
    result = run_python(NO_MEMORY)
    assert (result.returncode, result.stderr) == (0, "")
