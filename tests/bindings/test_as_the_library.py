"""The emulated card as C programs see it: what the vendor's library was seen to do, and what follows from its sources."""

from __future__ import annotations

import ctypes
import re
import time

import pytest

import hal
from hal._binding.sdk.discovery import emulator_path
from tests.bindings.gcc import GCC, compile_c
from tests.support import ROOT
from tests.support.processes import LIMIT, run, run_python

AFI, OTHER = b"agfi-080817d089f3cd2ed", b"agfi-0925b211f5a81b071"  # cl_mem_perf, cl_sde
UNKNOWN = b"agfi-0123456789abcdeff"
TIMED_OUT, INVALID, MISSING, UNRESPONSIVE = -110, -22, 20, 25
SYS_RST, LOCK, ALL_RESETS = 0x58014, 0x58020, 0x3FF
GROUPS = {"b": 0x50000, "c": 0x51000, "a": 0x52000, "hbm": 0x54000}  # of mgmt BAR 4
LOAD_CFG, MAIN_CFG = 0x25C, 0x200
SCALE = 0.01  # of the card's times, which conftest sets


@pytest.fixture
def card(slot):
    """The card's functions as a C program calls them, on a cleared slot; settings of commands end with the test."""
    library = ctypes.CDLL(emulator_path())
    library.fpga_mgmt_strerror_long.restype = ctypes.c_char_p
    yield library
    library.fpga_mgmt_set_cmd_timeout(2500)
    library.fpga_mgmt_set_cmd_delay_msec(2)
    slot.emulator.fault("")


def status_of(card):
    status, qualifier = ctypes.c_int(-1), ctypes.c_int(-1)
    assert card.fpga_mgmt_get_status(0, ctypes.byref(status), ctypes.byref(qualifier)) == 0
    return status.value


def wait(card):
    end = time.monotonic() + 30
    while status_of(card) == hal.Status.BUSY:
        assert time.monotonic() < end


def device_on_the_bus(slot):
    return slot.describe().app.device_id


def attach(card, pf, bar, flags=0, slot=0):
    handle = ctypes.c_int(77)
    return card.fpga_pci_attach(slot, pf, bar, flags, ctypes.byref(handle)), handle.value


# -- loads, ids, rescans ----------------------------------------------------------------------------------------------


def test_ids_are_those_of_before_until_a_rescan(slot, card):
    assert card.fpga_mgmt_load_local_image(0, AFI) == 0
    wait(card)
    assert (slot.describe().device_id, device_on_the_bus(slot)) == (0xF004, 0x9048)
    assert card.fpga_mgmt_load_local_image(0, OTHER) == 0
    wait(card)
    assert device_on_the_bus(slot) == 0x9048
    assert card.fpga_pci_rescan_slot_app_pfs(0) == 0
    assert device_on_the_bus(slot) == 0xF002
    assert card.fpga_mgmt_clear_local_image(0) == 0
    wait(card)
    assert (slot.describe().device_id, device_on_the_bus(slot)) == (0x9048, 0xF002)
    assert card.fpga_pci_rescan_slot_app_pfs(0) == 0
    assert device_on_the_bus(slot) == 0x9048


def test_waiting_functions_rescan_where_ids_have_changed(slot, card):
    for afi, device in ((AFI, 0xF004), (OTHER, 0xF002)):
        assert card.fpga_mgmt_load_local_image_sync(0, afi, 0, 0, None) == 0
        assert device_on_the_bus(slot) == device
    value = ctypes.c_uint32()
    _, handle = attach(card, 0, 4)
    assert card.fpga_mgmt_load_local_image_sync_flags(0, OTHER, 0, 0, 0, None) == 0
    assert card.fpga_pci_peek(handle, ctypes.c_uint64(0x3004), ctypes.byref(value)) == 0  # the same ids: no rescan
    assert value.value == 0x10001
    assert card.fpga_mgmt_clear_local_image_sync(0, 0, 0, None) == 0
    assert device_on_the_bus(slot) == 0x9048
    assert card.fpga_pci_peek(handle, ctypes.c_uint64(0x3004), ctypes.byref(value)) != 0
    card.fpga_pci_detach(handle)


def test_an_unknown_afi_is_refused_by_its_command(slot, card):
    assert card.fpga_mgmt_load_local_image_sync(0, AFI, 0, 0, None) == 0
    begin = time.monotonic()
    assert card.fpga_mgmt_load_local_image(0, UNKNOWN) == 5
    assert time.monotonic() - begin >= SCALE  # about a second
    assert (status_of(card), slot.describe().afi_id) == (hal.Status.LOADED, AFI.decode())
    assert card.fpga_mgmt_load_local_image_flags(0, UNKNOWN, int(hal.Command.PREFETCH)) == 5
    assert card.fpga_mgmt_load_local_image_sync(0, UNKNOWN, 0, 0, None) == 5


def test_a_prefetch_changes_nothing_that_is_loaded(slot, card):
    assert card.fpga_mgmt_load_local_image_sync(0, AFI, 0, 0, None) == 0
    bar = slot.bar("app", 0)
    bar.poke(0x414, 0x1234)
    assert slot.metrics().cached_agfis == (0x80817D089F3CD2ED,)
    assert card.fpga_mgmt_load_local_image_flags(0, OTHER, int(hal.Command.PREFETCH)) == 0
    wait(card)
    assert slot.metrics().cached_agfis == (0x80817D089F3CD2ED, 0x925B211F5A81B071)
    assert (slot.describe().afi_id, bar.peek(0x414)) == (AFI.decode(), 0x1234)


def test_a_spurious_timeout_comes_from_the_command(slot, card):
    slot.emulator.fault("load-timeouts=2")
    begin = time.monotonic()
    assert card.fpga_mgmt_load_local_image(0, AFI) == TIMED_OUT
    assert time.monotonic() - begin >= 2500 * 0.002 * SCALE
    wait(card)
    assert slot.describe().afi_id == AFI.decode()
    assert card.fpga_mgmt_load_local_image_sync(0, OTHER, 0, 0, None) == TIMED_OUT
    wait(card)
    assert slot.describe().afi_id == OTHER.decode()
    assert card.fpga_mgmt_load_local_image_sync(0, AFI, 0, 0, None) == 0


def test_our_own_load_survives_it(slot):
    slot.emulator.fault("load-timeouts=1")
    assert slot.load(AFI.decode()).afi_id == AFI.decode()


def test_waits_are_never_shorter_than_the_librarys_own(slot, card):
    """90000 looks, 2 ms apart: a timeout of one look without a delay ends no load."""
    assert card.fpga_mgmt_load_local_image_sync_flags(0, AFI, 0, 0, 0, None) == 0
    assert card.fpga_mgmt_clear_local_image_sync(0, 1, 0, None) == 0
    slot.emulator.fault("never-ready")
    begin = time.monotonic()
    assert card.fpga_mgmt_load_local_image_sync_flags(0, AFI, 0, 1, 1, None) == TIMED_OUT
    assert time.monotonic() - begin >= 90000 * 0.002 * SCALE


def test_a_command_that_is_not_answered_at_once_waits_for_its_delay(slot, card):
    card.fpga_mgmt_set_cmd_delay_msec(150_000)
    assert card.fpga_mgmt_load_local_image(0, AFI) == 0
    begin = time.monotonic()
    assert status_of(card) == hal.Status.LOADED
    assert 1.5 <= time.monotonic() - begin < LIMIT
    begin = time.monotonic()
    assert status_of(card) == hal.Status.LOADED  # answered at once
    assert time.monotonic() - begin < 1.5
    slot.emulator.fault("never-ready")
    assert card.fpga_mgmt_load_local_image(0, AFI) == 0
    assert status_of(card) == hal.Status.BUSY
    card.fpga_mgmt_set_cmd_delay_msec(2)
    card.fpga_mgmt_set_cmd_timeout(1)
    assert card.fpga_mgmt_load_local_image(0, AFI) == TIMED_OUT
    card.fpga_mgmt_set_cmd_timeout(2500)
    assert card.fpga_mgmt_load_local_image(0, AFI) == 3


# -- clock generator --------------------------------------------------------------------------------------------------


def registers(slot, *offsets):
    return [slot.emulator.peek(1, 4, offset) for offset in offsets]


@pytest.fixture
def clocked(slot, card):
    assert card.fpga_mgmt_load_local_image_sync(0, AFI, 0, 0, None) == 0
    return slot.bar("mgmt", 4)


@pytest.mark.parametrize("function", ["set_recipe", "set_dynamic"])
def test_clock_functions_release_the_resets_and_load(slot, card, clocked, function):
    assert clocked.peek(SYS_RST) == 0x3FE
    arguments = (2, 1, 1, 0, 0) if function == "set_recipe" else (100, 250, 200, 300, 0)
    assert getattr(card, f"aws_clkgen_{function}")(0, *arguments) == 0
    assert clocked.peek(SYS_RST) == 0
    assert [clocked.peek(base + LOAD_CFG) for base in GROUPS.values()] == [3, 3, 3, 3]
    assert getattr(card, f"aws_clkgen_{function}")(0, 0, 0, 0, 0, 1) == 0
    assert [clocked.peek(base + LOAD_CFG) for base in GROUPS.values()] == [1, 1, 1, 1]
    assert slot.clocks.get().a == (125.0, 375.0, 500.0)


@pytest.mark.parametrize("group", GROUPS)
def test_a_poke_of_a_groups_reset_restores_its_defaults(slot, card, clocked, group):
    before = {name: clocked.peek(base + MAIN_CFG) for name, base in GROUPS.items()}
    assert card.aws_clkgen_set_recipe(0, 2, 5, 3, 4, 0) == 0
    set_up = {name: clocked.peek(base + MAIN_CFG) for name, base in GROUPS.items()}
    clocked.poke(GROUPS[group] + LOAD_CFG, 1)
    after = {name: clocked.peek(base + MAIN_CFG) for name, base in GROUPS.items()}
    assert after == {**set_up, group: before[group]}
    assert clocked.peek(GROUPS[group] + LOAD_CFG) == 1
    found = getattr(slot.clocks.get(), group)
    assert (found[0] if isinstance(found, tuple) else found) == {"a": 125.0, "b": 450.0, "c": 300.0, "hbm": 450.0}[
        group
    ]


def test_a_setting_that_is_refused_on_its_way_has_changed_group_a(slot, card, clocked):
    assert card.aws_clkgen_set_recipe(0, 0, 2, 0, 2, 0) == 0
    assert card.aws_clkgen_set_dynamic(0, 125, 86, 150, 125, 0) == 28
    clocks = slot.clocks.get()
    assert (clocks.a[0], clocks.b, clocks.c, clocks.hbm) == (125.0, (450.0, 225.0), (300.0, 400.0), 450.0)
    assert clocks.a[1] == pytest.approx(79.1666667)  # of the dynamic table, no longer of recipe 0
    assert clocked.peek(SYS_RST) == ALL_RESETS
    assert card.aws_clkgen_set_dynamic(0, 125, 450, 301, 450, 0) == 28  # above a limit: found before anything is done
    assert card.aws_clkgen_set_recipe(0, 0, 6, 0, 0, 0) == 28
    assert slot.clocks.get() == clocks
    assert card.aws_clkgen_set_recipe(0, 1, 2, 0, 2, 0) == 0
    assert clocked.peek(SYS_RST) == 0


def test_a_design_that_begins_in_reset(slot, card):
    slot.emulator.fault("clkgen-reset")
    assert card.fpga_mgmt_load_local_image_sync(0, AFI, 0, 0, None) == 0
    assert card.aws_clkgen_deassert_resets(0) == 0  # waits for the MMCMs
    assert registers(slot, LOCK, SYS_RST) == [0x151, 0]
    assert card.fpga_mgmt_load_local_image_sync(0, OTHER, 0, 0, None) == 0
    assert card.aws_clkgen_deassert_resets(0) == 29


# -- what a program can notice ----------------------------------------------------------------------------------------


def test_absent_slots_and_bars(card):
    spec, value = ctypes.create_string_buffer(200), ctypes.c_uint16()
    assert [attach(card, pf, bar)[0] for pf in (0, 1) for bar in (1, 3)] == [UNRESPONSIVE] * 4
    assert attach(card, 0, 0, slot=3) == (MISSING, -1)
    assert [
        card.fpga_pci_get_slot_spec(3, spec),
        card.fpga_pci_get_resource_map(3, 0, spec),
        card.fpga_pci_rescan_slot_app_pfs(3),
        card.fpga_mgmt_load_local_image(3, AFI),
        card.fpga_mgmt_clear_local_image(3),
        card.fpga_mgmt_get_vLED_status(3, ctypes.byref(value)),
        card.fpga_mgmt_set_vDIP(3, 1),
        card.aws_clkgen_set_recipe(3, 0, 0, 0, 0, 1),
    ] == [MISSING] * 8
    assert card.fpga_pci_get_slot_spec(8, spec) == INVALID
    assert card.fpga_pci_get_all_slot_specs(spec, 0) == 0


def test_reserved_bits_of_flags_are_passed_over(card):
    code, handle = attach(card, 0, 0, 0xFFFF_FFFE)
    assert (code, handle >= 0, card.fpga_pci_detach(handle)) == (0, True, 0)
    assert attach(card, 0, 0, 1)[0] == INVALID  # no burst-capable BAR
    info = ctypes.create_string_buffer(708)
    assert card.fpga_mgmt_describe_local_image(0, info, 0xFFFF_FE00) == 0
    assert card.fpga_mgmt_load_local_image_flags(0, AFI, 0xFFFF_FE00) == 0
    wait(card)
    assert status_of(card) == hal.Status.LOADED


def test_the_65th_handle_is_none(slot, card):
    handles = [attach(card, 1, 0) for _ in range(64)]
    assert sorted(handles) == [(0, number) for number in range(64)]
    assert attach(card, 1, 0) == (0, -1)
    value = ctypes.c_uint16()
    assert card.fpga_mgmt_get_vDIP_status(0, ctypes.byref(value)) == INVALID
    with pytest.raises(hal.HandleError, match="too many BARs"):
        slot.bar("mgmt", 0)
    for _, handle in handles:
        assert card.fpga_pci_detach(handle) == 0
    assert card.fpga_mgmt_get_vDIP_status(0, ctypes.byref(value)) == 0


def test_explanations_of_codes(card):
    texts = {code: card.fpga_mgmt_strerror_long(code) for code in range(-130, 40)}
    told = {code for code, text in texts.items() if text is not None}
    assert told == {-110, -22, 3, 5, 11, 12, 13, 16, 17, 20, 21, 24, 25}
    assert all(re.fullmatch(rb"([ -~]{10,100}\n)+", texts[code]) for code in told)


def test_power_and_clocks_of_the_metrics(slot, card):
    idle = slot.metrics()
    assert idle.power > 0
    assert card.fpga_mgmt_load_local_image_sync(0, AFI, 0, 0, None) == 0
    seen, end = set(), time.monotonic() + 30
    while len(seen) < 2 and time.monotonic() < end:
        found = slot.metrics()
        seen.add(found.power)
        assert idle.power_mean < found.power_mean <= 60
        assert found.power <= found.power_max <= found.power_mean + 2
        time.sleep(0.02)
    assert len(seen) == 2
    before = slot.metrics()
    assert before.clocks[0][:4] == (250_000_000, 125_000_000, 375_000_000, 500_000_000)
    assert card.aws_clkgen_set_recipe(0, 0, 1, 2, 0, 0) == 0
    slower = slot.metrics()
    assert slower.clocks[0][:4] == (250_000_000, 62_500_000, 187_500_000, 250_000_000)
    assert slower.power_mean < before.power_mean
    assert slower.power_max >= before.power_mean


# -- the library's other functions ------------------------------------------------------------------------------------


def test_mmcms_one_by_one(slot, card, clocked):
    del clocked
    _, handle = attach(card, 1, 4)
    a, b, c, hbm = range(4)
    numbers = [ctypes.c_uint32() for _ in range(3)]
    mult, frac, div = (ctypes.byref(number) for number in numbers)
    flag = ctypes.c_bool()
    assert [card.mmcm_init(group, handle) for group in (a, b, c, hbm)] == [0] * 4
    assert card.mmcm_init(4, handle) == 24
    assert card.mmcm_init(a, -1) != 0
    assert (card.mmcm_clk_avail(hbm, 0, ctypes.byref(flag)), flag.value) == (0, True)
    assert card.mmcm_clk_avail(hbm, 1, ctypes.byref(flag)) == 24
    assert (card.mmcm_is_locked(c, ctypes.byref(flag)), flag.value) == (0, True)
    assert card.mmcm_wait_for_locked(c) == 0
    assert card.mmcm_get_shared_clock(b, mult, frac, div) == 0
    assert [number.value for number in numbers] == [11, 250, 1]
    assert card.mmcm_set_shared_clock(b, 12, 500, 1) == 0
    assert (card.mmcm_set_clk_div(b, 0, 5, 0), card.mmcm_set_clk_div(b, 1, 10, 0)) == (0, 0)
    assert card.mmcm_set_clk_div(b, 2, 1, 0) == 24
    assert slot.emulator.clock_hz()["clk_extra_b0"] == 450_000_000  # not yet
    assert card.mmcm_load_cfg(b, 0) == 0
    assert slot.emulator.clock_hz()["clk_extra_b0"] == 250_000_000
    assert (card.mmcm_get_clk_div(b, 1, mult, frac), numbers[0].value) == (0, 10)
    assert card.mmcm_load_cfg(b, 1) == 0
    assert slot.emulator.clock_hz()["clk_extra_b0"] == 450_000_000
    card.fpga_pci_detach(handle)
    assert card.mmcm_load_cfg(b, 1) == INVALID


def test_dma_without_its_driver(card, tmp_path):
    edma, xdma = 0, 1
    number, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    assert card.fpga_pci_get_dma_device_num(edma, 0, ctypes.byref(number)) == INVALID
    assert card.fpga_pci_get_dma_device_num(xdma, 0, ctypes.byref(number)) == 24
    assert card.fpga_pci_get_dma_device_num(xdma, 5, ctypes.byref(number)) == MISSING
    assert [card.fpga_dma_device_id(xdma, 0, channel, True, name) for channel in (0, 4)] == [24, INVALID]
    assert card.fpga_dma_open_queue(xdma, 0, 0, True) == INVALID
    path = tmp_path / "queue"
    path.write_bytes(bytes(64))
    with path.open("r+b") as file:
        fd, address = file.fileno(), ctypes.c_uint64(16)
        data = ctypes.create_string_buffer(b"0123456789", 10)
        assert card.fpga_dma_burst_write(fd, data, ctypes.c_size_t(10), address) == 0
        back = ctypes.create_string_buffer(10)
        assert card.fpga_dma_burst_read(fd, back, ctypes.c_size_t(10), address) == 0
        assert back.raw == b"0123456789"
        assert card.fpga_dma_burst_read(fd, back, ctypes.c_size_t(10), ctypes.c_uint64(60)) == -5
    assert card.fpga_dma_burst_read(-1, back, ctypes.c_size_t(10), address) == INVALID
    assert card.fpga_dma_mem_map_anon(ctypes.c_size_t(4096), None, None) == 24


LOGGING = r"""
#include <errno.h>
#include <string.h>
#include "fpga_sdk_extra.h"
static char kept[600];
static int keep(enum log_level level, const char *message) {
    strcat(kept, message);
    return level == LOG_LEVEL_WARNING ? -5 : 0;
}
static const struct logger keeper = {.name = "keeper", .log = keep};
int main(void) {
    char longest[2000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    errno = 0; /* else it stands at the end of each message */
    _log_info("a.c", 1, "f", "before");
    if (log_init("%s", "prog") || log_init_prefix("p%d", 1) || log_attach(&keeper, NULL, 0))
        return 1;
    if (log_attach(&keeper, NULL, 0) != -95 || log_attach(NULL, NULL, 0) != -22)
        return 2;
    errno = 0;
    _log_error("a.c", 2, "f", "kept %d", 7);
    _log_warning("a.c", 3, "f", "refused");
    _log_debug("a.c", 4, "f", "%s", longest);
    if (!strstr(kept, ", prog, ERROR, a.c +2: f(): p1: kept 7\n"))
        return 3;
    return logger_default == &logger_stdout && kept[strlen(kept) - 1] == '\n' ? 0 : 4;
}
"""


@pytest.mark.skipif(GCC is None, reason="gcc is not installed")
def test_messages_of_the_log(tmp_path):
    source, program, library = tmp_path / "log.c", tmp_path / "log", emulator_path()
    source.write_text(LOGGING)
    folder = str(library).rpartition("/")[0]
    compile_c(source, library, f"-Wl,-rpath,{folder}", "-o", program)
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")
    date = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert re.fullmatch(
        rf"{date}, undefined, INFO, a.c \+1: f\(\): before\n{date}, prog, WARNING, a.c \+3: f\(\): p1: refused\n",
        done.stdout,
    )


def test_what_is_declared_is_what_the_sources_of_the_card_export():
    """No function without a declaration: programs in C and C++ find each in one of the two headers."""
    headers = "".join((ROOT / "bindings" / "include" / name).read_text() for name in ("fpga_sdk.h", "fpga_sdk_extra.h"))
    sources = "".join(path.read_text() for path in (ROOT / "bindings" / "card").rglob("*.c"))
    exported = set(re.findall(r"HAL_EXPORT (?:\w+ |const char \*|const struct logger \*?)+(\w+)(?:\(| =)", sources))
    assert len(exported) > 60
    assert [name for name in exported - {"function_name"} if not re.search(rf"\b{name}\b", headers)] == []


def test_a_process_that_never_starts_the_management_reads_its_switches():
    done = run_python(
        """
        import ctypes, sys
        card, value = ctypes.CDLL(sys.argv[1]), ctypes.c_uint16(1)
        print(card.fpga_mgmt_set_vDIP(0, 0xBEEF), card.fpga_mgmt_get_vDIP_status(0, ctypes.byref(value)), hex(value.value))
        print(card.fpga_mgmt_get_vLED_status(0, ctypes.byref(value)), value.value)
        """,
        emulator_path(),
    )
    assert (done.stdout, done.stderr) == ("0 0 0xbeef\n0 0\n", "")
