"""The library for PCI functions on a machine made of files: what it reaches, what it refuses, and what goes away."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hal
from tests.support.pci_slots import SLOTS, WINDOW
from tests.support.pci_tree import PAGE
from tests.support.processes import Child, run_python

BOARD = Path(__file__).with_name("board.yaml")
AFI_ID_STR_MAX = 64
WIDTHS = {8: "<B", 32: "<I", 64: "<Q"}


@pytest.fixture(scope="module")
def board_class():
    return hal.load_map(BOARD)


def at(file, offset, form="<I"):
    return struct.unpack(form, os.pread(file, struct.calcsize(form), offset))[0]


@pytest.fixture
def bytes_of(pci_tree):
    """Opens the file behind a slot's BAR."""
    opened = []

    def bytes_of(name, bar):
        opened.append(os.open(pci_tree.folder(SLOTS[name]) / f"resource{bar}", os.O_RDWR))
        return opened[-1]

    yield bytes_of
    for file in opened:
        os.close(file)


@pytest.fixture
def open_by(pci_functions):
    """Opens the slot of a name in SLOTS; closed at the end."""
    opened = []

    def open_by(name):
        number = [*SLOTS, "window"].index(name)
        opened.append(hal.open_slot(number, pci_functions))
        return opened[-1]

    yield open_by
    for slot in opened:
        slot.close()


# -- what it reaches --------------------------------------------------------------------------------------------------


def test_a_driver_on_three_bars(open_by, board_class, bytes_of):
    board = open_by("plain").attach(board_class)
    board.ctrl.write(enable=1, level=0x55)
    board.wide.write(0x1122334455667788)
    board.buffer[3:6] = [7, 8, 9]
    board.ring.words[0:4096] = range(4096)  # combines writes: BAR 2 is prefetchable
    board.last.end.write(0xFEEDF00D)
    first, second, last = bytes_of("plain", 0), bytes_of("plain", 2), bytes_of("plain", 5)
    assert (at(first, 0), at(first, 8, "<Q"), at(first, 0x1010)) == (0x5501, 0x1122334455667788, 8)
    assert (at(second, 0), at(second, 16380), at(last, 0xFFC)) == (0, 4095, 0xFEEDF00D)
    os.pwrite(first, struct.pack("<I", 42), 4)
    assert board.status.read() == 42
    assert board.ring.words[4090:4096].tolist() == list(range(4090, 4096))


@settings(max_examples=30)
@given(
    accesses=st.lists(
        st.tuples(st.sampled_from([8, 32, 64]), st.integers(0, 63), st.integers(0, (1 << 64) - 1)), max_size=20
    )
)
def test_accesses_are_as_wide_as_they_are_asked_for(pci_tree, pci_functions, accesses):
    """Against a model: the bytes of a BAR that begins within a page."""
    model = bytearray(256)
    with hal.open_slot(2, pci_functions) as slot, (pci_tree.folder(SLOTS["small"]) / "resource0").open("r+b") as file:
        bar = slot.bar("app", 0)
        bar.fill(0, 0, 64)
        for width, place, value in accesses:
            offset, kept = place % (256 * 8 // width) * (width // 8), value & ((1 << width) - 1)
            bar.poke(offset, kept, width)
            struct.pack_into(WIDTHS[width], model, offset, kept)
            assert bar.peek(offset, width) == kept
        os.lseek(file.fileno(), 0x300, os.SEEK_SET)
        assert os.read(file.fileno(), 256) == model
        assert bar.size == 256
        with pytest.raises(hal.AddressError):
            bar.peek(256)


def test_a_bar_begins_within_a_page(pci_tree, open_by):
    open_by("small").bar("app", 0).poke(0, 0x51A11)
    with (pci_tree.folder(SLOTS["small"]) / "resource0").open("rb") as file:
        assert at(file.fileno(), 0x300) == 0x51A11


def test_a_uio_device_gives_its_maps(open_by, pci_tree):
    slot = open_by("uio")
    function = slot.library.pci.function(slot.number)
    assert (function.way, function.driver, function.uio) == (
        "uio",
        "uio_pci_generic",
        str(pci_tree.root / "dev" / "uio3"),
    )
    slot.bar("app", 2).poke(0x10, 0xABCD)
    assert struct.unpack_from("<I", (pci_tree.root / "dev" / "uio3").read_bytes(), PAGE + 0x10) == (0xABCD,)


def test_a_window_of_physical_memory(open_by, pci_tree):
    slot = open_by("window")
    slot.bar("app", 0).poke(0x20, 77)
    with (pci_tree.root / "dev" / "mem").open("rb") as memory:
        memory.seek(WINDOW + 0x20)
        assert struct.unpack("<I", memory.read(4)) == (77,)
    assert "memory-0x40000000" in slot.describe().afi_id
    assert slot.library.pci.function(slot.number).way == "memory"


def test_a_test_tree_is_no_secret(pci_tree):
    program = "import logging, hal; logging.basicConfig(); hal.open_slot(0, 'pci:1234:11e8')"
    done = run_python(program, environment={"HAL_PCI_ROOT": str(pci_tree.root)})
    assert f"HAL_PCI_ROOT is set: slots are a test's files in {pci_tree.root}" in done.stderr


def test_what_a_slot_says(open_by):
    slot = open_by("plain")
    info = slot.describe()
    assert (info.vendor_id, info.device_id, info.loaded, info.afi_id) == (0x1234, 0x11E8, True, "pci-1234:11e8")
    assert str(info.app.address) == "0000:17:00.0"
    assert info.app.resource_size == (1 << 20, 64, 1 << 14, 0, 0)
    assert info.app.resource_burstable == (False, False, True, False, False)
    assert [(bar.number, bar.size, bar.io_ports) for bar in slot.library.pci.function(0).bars if bar.size] == [
        (0, 1 << 20, False),
        (1, 64, True),
        (2, 1 << 14, False),
        (5, 1 << 12, False),
    ]
    assert "PCI functions of the tests in" in repr(slot.library)


def test_a_description_holds_nothing_else(pci_functions):
    library, info = ctypes.CDLL(hal.open_slot(0, pci_functions).library.path), ctypes.create_string_buffer(1 << 14)
    for slot in (0, 4):
        assert library.fpga_mgmt_describe_local_image(slot, info, 0) == 0
        start = max(info.raw.find(b"pci-1234:11e8"), info.raw.find(b"memory-0x40000000"))
        name, _, rest = info.raw[start : start + AFI_ID_STR_MAX].partition(b"\0")
        assert start >= 0
        assert not any(rest), name


# -- what it refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "text"),
    [
        (("app", 1), "BAR 1 of 0000:17:00.0 is of I/O ports, not of memory: it can't be mapped"),
        (("app", 3), "0000:17:00.0 has no BAR 3"),
        (("app", 6), "app BAR 6 does not exist: there are app BAR 0, app BAR 1"),
        (("mgmt", 0), "mgmt BAR 0 does not exist"),
    ],
)
def test_bars_that_can_not_be_had(open_by, bar, text):
    with pytest.raises(hal.CardMissingError, match=text):
        open_by("plain").bar(*bar)


def test_writes_that_can_not_be_combined(open_by):
    with pytest.raises(hal.HalError, match=r"BAR 0 of 0000:17:00\.0 can't combine writes: it is not prefetchable"):
        open_by("plain").bar("app", 0, burst=True)


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda slot: slot.leds, "virtual LEDs and DIP switches"),
        (lambda slot: setattr(slot, "dip", 1), "virtual LEDs and DIP switches"),
        (lambda slot: slot.load("agfi-0123456789abcdef0"), "loads of AFIs"),
        (lambda slot: slot.clear(), "loads and clears of AFIs"),
        (lambda slot: slot.clocks.get(), "clock generator"),
        (lambda slot: slot.clocks.set_recipe(a=1), "clock generator"),
        (lambda slot: slot.metrics(), "counters"),
    ],
)
def test_what_is_not_on_this_card(open_by, ask, what):
    with pytest.raises(
        hal.NotOnCardError, match=f"not on this card: .*{what}.* slot 0 is the PCI function 0000:17:00.0"
    ):
        ask(open_by("plain"))


def test_another_cards_driver(open_by, board_class):
    with pytest.raises(hal.IdentityError, match=r"10ee:7024.*: choose another PCI function; verify=False"):
        open_by("frail").attach(board_class)


def test_slots_end_where_the_functions_do(pci_functions):
    with pytest.raises(hal.CardMissingError, match="slot 5 holds nothing: 5 PCI functions were chosen"):
        hal.open_slot(5, pci_functions)


def test_a_process_chooses_once(pci_functions, open_by):
    open_by("plain")
    with pytest.raises(hal.HalError, match=r"this process uses the PCI functions 0000:17:00\.0 .* already"):
        hal.open_slot(0, "pci:0000:19:00.0")


CHOICES = """
import os, sys, hal
for line in sys.stdin:
    variable, _, value = line.rstrip("\\n").partition("=")
    for name in ("HAL_PCI", "HAL_MEM", "HAL_MEM_ALLOWED", "HAL_PCI_ROOT"):
        os.environ.pop(name, None)
    os.environ["HAL_PCI_ROOT"] = os.environ["TREE"]
    os.environ[variable] = value
    try:
        print(hal.open_slot(0, "pci"), flush=True)
    except hal.HalError as error:
        print(type(error).__name__, error, flush=True)
"""


def test_choices_that_are_refused(pci_tree):
    """Each says what is wrong with it, and none of them is one: the last is taken."""
    cases = {
        "NOTHING=1": "nothing says which PCI functions are the slots: set HAL_PCI",
        "HAL_PCI=": "nothing says which PCI functions are the slots: set HAL_PCI",
        "HAL_PCI=17:00": '"17:00" names no PCI functions',
        "HAL_PCI=0000:17:00.9": '"0000:17:00.9" names no PCI functions',
        "HAL_PCI=1234:11e8,x": "names no PCI functions",
        "HAL_PCI=1234:11e8,2": "CardMissingError",
        "HAL_PCI=dead:beef": "there is no such PCI function",
        "HAL_PCI=0000:ff:00.0": "there is no such PCI function",
        f"HAL_PCI={'1234:11e8 ' * 200}": "longer than",
        "HAL_MEM=0x40000000,0x1000": "set HAL_MEM_ALLOWED=yes",
        "HAL_PCI_ROOT=/": "is none; unset it",
        "HAL_PCI_ROOT=relative": "is none; unset it",
        "HAL_PCI=17:00.1": "PCI functions",
    }
    with Child(sys.executable, "-c", CHOICES, environment={"TREE": str(pci_tree.root)}) as child:
        for case, text in cases.items():
            child.tell(f"{case}\n")
            assert text in child.line(), case


# -- what goes away ---------------------------------------------------------------------------------------------------


@pytest.fixture
def frail(pci_tree, open_by):
    """A BAR whose file a test may hurt; it is whole again afterwards."""
    file = pci_tree.folder(SLOTS["frail"]) / "resource0"
    yield open_by("frail").bar("app", 0), file
    os.truncate(file, 1 << 20)
    pci_tree.configure(SLOTS["frail"])
    (file.parent / "power_state").write_text("D0\n")


@pytest.mark.parametrize("access", ["read", "write", "bulk read", "bulk write", "fill"])
def test_a_mapping_that_goes_away_is_an_error(frail, access, open_by):
    """Where the kernel would send SIGBUS. What is attached anew after that is good."""
    bar, file = frail
    bar.poke(0x8000, 5)
    os.truncate(file, PAGE)
    words = bytearray(PAGE * 8)
    calls = {
        "read": lambda: bar.peek(0x8000),
        "write": lambda: bar.poke(0x8000, 1),
        "bulk read": lambda: bar.read_into(0x4000, words),
        "bulk write": lambda: bar.write_from(0x4000, words),
        "fill": lambda: bar.fill(0x4000, 7, 64),
    }
    with pytest.raises(
        hal.StaleHandleError, match="removed or unplugged, or another driver took it; open the device again"
    ):
        calls[access]()
    with pytest.raises(hal.StaleHandleError):
        bar.peek(0)
    os.truncate(file, 1 << 20)
    again = open_by("frail").bar("app", 0)
    again.poke(0x8000, 6)
    assert again.peek(0x8000) == 6


def test_all_ones_is_looked_at(frail, pci_tree):
    bar, file = frail
    address, folder = SLOTS["frail"], file.parent
    bar.poke(0x40, 0xFFFFFFFF)
    bar.poke(0x80, 0xFFFFFFFFFFFFFFFF, 64)
    assert (bar.peek(0x40), bar.peek(0x80, 64), bar.peek(0x40, 8)) == (0xFFFFFFFF, (1 << 64) - 1, 0xFF)
    usual = (folder / "config").read_bytes()
    for head, text in ((b"\xff" * 64, "does not answer at all"), (usual[:4] + bytes(60), "memory is disabled")):
        pci_tree.configure(address, head)
        for width in (8, 32, 64):
            with pytest.raises(hal.BusTimeoutError, match=text) as caught:
                bar.peek(0x80, width)
            assert (caught.value.interface, caught.value.address) == ("PCI", 0x80)
        assert bar.peek(0x100) == 0  # any other value is one
    pci_tree.configure(address)
    (folder / "power_state").write_text("D3hot\n")
    with pytest.raises(hal.BusTimeoutError, match="powered down"):
        bar.peek(0x40)
    (folder / "power_state").write_text("D0\n")
    assert bar.peek(0x40) == 0xFFFFFFFF
    os.truncate(folder / "config", 0)  # as the file of a function that was removed
    with pytest.raises(hal.StaleHandleError, match="was removed, or unplugged"):
        bar.peek(0x40)


def test_a_register_says_where_nobody_answered(pci_tree, pci_functions):
    driver = hal.load_map(BOARD)
    address = SLOTS["plain"]
    with driver.open(0, pci_functions) as board:
        board.wide.write((1 << 64) - 1)
        pci_tree.configure(address, b"\xff" * 64)
        try:
            with pytest.raises(hal.BusTimeoutError, match=r"board\.wide .*0x8.*does not answer at all") as caught:
                board.wide.read()
            assert caught.value.path == "board.wide"
            with pytest.raises(hal.BusTimeoutError):
                board.snapshot()
        finally:
            pci_tree.configure(address)
        assert board.wide.read() == (1 << 64) - 1
        board.slot.check_bus(board.wide)


def test_a_function_that_is_added_again_is_another(pci_tree, pci_functions):
    """Removed and rescanned: sysfs has a new folder for it, and what was attached stays with the old one."""
    folder, aside = pci_tree.folder(SLOTS["frail"]), pci_tree.root / "aside"
    with hal.open_slot(3, pci_functions) as slot:
        bar, before = slot.bar("app", 0), slot.library.design_number(3)
        folder.rename(aside)
        with pytest.raises(hal.CardMissingError, match=r"PCI function 0000:19:00\.0 is not there"):
            slot.describe()
        pci_tree.add(SLOTS["frail"], "10ee:7024")
        assert slot.describe().afi_id == "pci-10ee:7024 again 1"
        assert slot.library.design_number(3) != before
        again = slot.bar("app", 0)
        with pytest.raises(hal.StaleHandleError):
            bar.peek(0)
        assert again.peek(0) == 0


def test_a_rescan_ends_what_is_attached(pci_tree, open_by):
    slot = open_by("plain")
    bar = slot.bar("app", 0)
    slot.rescan()
    assert [
        (pci_tree.folder(SLOTS["plain"]) / "remove").read_text(),
        (pci_tree.root / "sys/bus/pci/rescan").read_text(),
    ] == ["1"] * 2
    with pytest.raises(hal.StaleHandleError):
        bar.peek(0)


def test_a_recording_plays_without_the_card(open_by, board_class, tmp_path):
    """Of BARs that no F2 card has, too."""
    file = tmp_path / "board.tape"
    board = open_by("plain").attach(board_class)
    with board.record(file):
        board.ctrl.write(enable=1, level=3)
        board.ring.words[7] = 9
        found = board.ring.words[7], board.ctrl.read()
    with hal.replay(file) as card, board_class.open(0, library=card) as played:
        played.ctrl.write(enable=1, level=3)
        played.ring.words[7] = 9
        assert (played.ring.words[7], played.ctrl.read()) == found == (9, 0x301)


def test_all_ones_in_a_memory_is_looked_at(pci_tree, pci_functions, board_class):
    """Also where it is read through the mapping: BAR 2 is prefetchable."""
    with board_class.open(0, pci_functions) as board:
        board.ring.words[:] = [0xFFFFFFFF] * 4096
        board.buffer[:16] = [0xFFFFFFFF] * 16
        assert board.ring.words.read()[:4].tolist() == [0xFFFFFFFF] * 4
        pci_tree.configure(SLOTS["plain"], b"\xff" * 64)
        try:
            for memory in (board.ring.words, board.buffer):
                with pytest.raises(hal.BusTimeoutError, match="does not answer at all"):
                    memory[:16]
        finally:
            pci_tree.configure(SLOTS["plain"])


def test_locks_go_by_the_function(pci_tree, pci_functions):
    """What slot 1 is here is slot 0 of a process that chose it alone."""
    program = """
        import hal
        try:
            hal.open_slot(0, exclusive=True)
        except hal.SlotError as error:
            print(error)
        """
    there = {"HAL_PCI_ROOT": str(pci_tree.root), "HAL_PCI": SLOTS["uio"], "HAL_LIBRARY": ""}
    with hal.open_slot(1, pci_functions, exclusive=True):
        done = run_python(program, environment=there)
    assert f"pci-{SLOTS['uio']}.lock" in done.stdout, done.stderr
    assert f"process {os.getpid()}" in done.stdout
    assert run_python(program, environment=there).stdout == ""
