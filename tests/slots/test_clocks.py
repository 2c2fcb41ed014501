"""Clocks of a slot: what a setting says, and resets that a design begins with."""

from __future__ import annotations

import csv
import time

import pytest

import hal
from hal._binding import sdk_functions
from hal._binding.sdk.discovery import emulator_path
from hal.slots.clock_tables import CLOCKS_AVAILABLE, LOCKS, MMCM_LOCK, SYSTEM_RESETS
from tests.bindings.gcc import GCC, compile_c
from tests.support import FACTS
from tests.support.processes import run_python

AFI, WITHOUT = "agfi-080817d089f3cd2ed", "agfi-0925b211f5a81b071"  # cl_mem_perf, cl_sde
HBM_STATUS = 0x300  # of cl_mem_perf on app BAR 0: 6 when both stacks are ready
# A library of an older release: the emulated card's functions without that which releases resets. Its setter of recipes
# leaves the resets asserted, as it is told in the environment.
OLDER = """
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
static void *card;
__attribute__((constructor)) static void open_card(void) { card = dlopen("%(card)s", RTLD_NOW | RTLD_LOCAL); }
#define FORWARD(name) \
    __attribute__((naked)) void name(void) { __asm__ volatile("jmp *target_" #name "(%%rip)"); } \
    __attribute__((visibility("hidden"))) void *target_##name; \
    __attribute__((constructor)) static void find_##name(void) { target_##name = dlsym(card, #name); }
%(forwards)s
int aws_clkgen_set_recipe(int slot, uint32_t a, uint32_t b, uint32_t c, uint32_t hbm, uint32_t reset) {
    int (*set)(int, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t) = dlsym(card, "aws_clkgen_set_recipe");
    int (*attach)(int, int, int, uint32_t, int *) = dlsym(card, "fpga_pci_attach");
    int (*poke)(int, uint64_t, uint32_t) = dlsym(card, "fpga_pci_poke");
    int (*detach)(int) = dlsym(card, "fpga_pci_detach");
    int handle, code = set(slot, a, b, c, hbm, reset);
    if (code == 0 && attach(slot, 1, 4, 0, &handle) == 0) {
        poke(handle, 0x58014, 0x3FE);
        detach(handle);
    }
    return code;
}
"""


@pytest.fixture
def resets(slot):
    """A slot whose design begins in reset."""
    slot.emulator.fault("clkgen-reset")
    slot.load(AFI)
    yield slot
    slot.emulator.fault("")


@pytest.fixture
def older_slot(tmp_path, slot):
    """The same card behind a library of an older release."""
    if GCC is None:
        pytest.skip("gcc is not installed")
    slot.load(AFI)
    names = [name for name in sdk_functions() if name not in {"aws_clkgen_deassert_resets", "aws_clkgen_set_recipe"}]
    text = OLDER % {"card": emulator_path(), "forwards": "\n".join(f"FORWARD({name})" for name in names)}
    (tmp_path / "older.c").write_text(text)
    compile_c("-shared", "-fPIC", tmp_path / "older.c", "-ldl", "-o", tmp_path / "libolder.so")
    with hal.open_slot(0, tmp_path / "libolder.so") as opened:
        yield opened


def test_the_registers_are_those_of_the_generator():
    with (FACTS / "aws_clk_gen.csv").open() as file:
        rows = list(csv.DictReader(file))
    offsets = {row["register"]: int(row["mgmt_bar4_offset"], 0) for row in rows}
    ours = {"CLKS_AVAIL": CLOCKS_AVAILABLE, "SYS_RST": SYSTEM_RESETS, "MMCM_LOCK": MMCM_LOCK}
    assert offsets | ours == offsets
    bits = {(row["register"], row["field"]): int(row["bits"]) for row in rows if row["bits"].isdigit()}
    for group, (clocks, lock) in LOCKS.items():
        assert lock == 1 << bits["MMCM_LOCK", f"MMCM_{group.upper()}"]
        prefix = "clk_hbm_axi" if group == "hbm" else f"clk_extra_{group}"
        assert clocks == sum(1 << bit for (_, field), bit in bits.items() if field.startswith(prefix))


def test_resets_are_released_when_the_mmcms_have_locked(resets):
    app = resets.bar("app", 0)
    assert resets.clocks.resets_asserted()
    assert app.peek(HBM_STATUS) & 6 == 0
    resets.clocks.release_resets(timeout=10)
    assert not resets.clocks.resets_asserted()
    end = time.monotonic() + 20
    while app.peek(HBM_STATUS) & 6 != 6:
        assert time.monotonic() < end
    resets.clocks.release_resets()  # again does nothing


def test_mmcms_that_do_not_lock_in_time():
    """On a card slower than hardware: they lock five seconds after the load."""
    program = f"""
        import hal
        with hal.open_slot(0) as slot:
            slot.emulator.fault("clkgen-reset")
            slot.load("{AFI}")
            try:
                slot.clocks.release_resets(timeout=0)
            except hal.ClockError as error:
                print(error, slot.clocks.resets_asserted())
    """
    done = run_python(program, environment={"HAL_CARD_TIME_SCALE": "100"})
    told = (
        "releasing the resets of slot 0: the MMCMs of group a, b, c, hbm did not lock within 0 s (lock register 0x0, "
        "wanted 0x151); the resets stay asserted True\n"
    )
    assert (done.stdout, done.stderr) == (told, "")


def test_a_setting_says_that_nothing_is_in_reset(slot):
    slot.load(AFI)
    assert not slot.clocks.set_recipe(a=2).resets_asserted
    assert not slot.clocks.set_frequencies(b=250).resets_asserted
    assert not slot.clocks.reset().resets_asserted


def test_an_afi_without_a_clock_generator(slot):
    slot.load(WITHOUT)
    with slot.emulator.trace() as trace:
        for action in (slot.clocks.release_resets, slot.clocks.resets_asserted):
            with pytest.raises(hal.ClockGeneratorMissingError):
                action()
    assert trace == []


def test_a_library_without_the_function_writes_the_register(older_slot):
    assert not older_slot.library.has("aws_clkgen_deassert_resets")
    setting = older_slot.clocks.set_recipe(a=2)
    assert setting.resets_asserted
    assert older_slot.clocks.resets_asserted()
    older_slot.clocks.release_resets()
    assert not older_slot.clocks.resets_asserted()
    assert older_slot.clocks.get().a == setting.achieved.a


@pytest.mark.parametrize("timeout", [None, "1", -1])
def test_timeouts_that_are_none(slot, timeout):
    slot.load(AFI)
    with pytest.raises((hal.FieldTypeError, hal.FieldValueError)):
        slot.clocks.release_resets(timeout=timeout)


def test_each_group_gets_its_own_number(slot):
    """Numbers that differ, whose clocks differ: by the tables, and as they are read back."""
    slot.load(AFI)
    done = slot.clocks.set_recipe(a=2, b=4, c=3, hbm=1)
    expected = {"a": (15.625, 125.0, 62.5), "b": (300.0, 75.0), "c": (200.0, 800 / 3), "hbm": (125.0,)}
    assert done.expected == {group: pytest.approx(mhz) for group, mhz in expected.items()}
    assert done.requested == dict.fromkeys("abc") | {"hbm": None}
    assert done.reasons == {}
    found = slot.clocks.get()
    assert (found.a, found.b, found.c, (found.hbm,)) == tuple(pytest.approx(mhz) for mhz in expected.values())
    done = slot.clocks.set_frequencies(a=100, b=250, c=200, hbm=300)
    assert done.requested == {"a": 100, "b": 250, "c": 200, "hbm": 300}
    assert {group: mhz[0] for group, mhz in done.expected.items()} == done.requested
    found = slot.clocks.get()
    assert (found.a[0], found.b[0], found.c[0], found.hbm) == (100.0, 250.0, 200.0, 300.0)
    assert done.reasons == {}


@pytest.mark.parametrize("function", ["set_recipe", "reset", "set_frequencies"])
def test_a_group_that_is_not_given_has_its_clock_of_power_up(slot, function):
    slot.load(AFI)
    before = slot.clocks.get()
    slot.clocks.set_recipe(a=2, b=4, c=3, hbm=1)
    getattr(slot.clocks, function)()
    found = slot.clocks.get()
    assert (found.a[0], found.b[0], found.c[0], found.hbm) == (before.a[0], before.b[0], before.c[0], before.hbm)
    assert (before.a[0], before.b[0], before.c[0], before.hbm) == (125.0, 450.0, 300.0, 450.0)
    slot.clocks.set_recipe(a=2)
    found = slot.clocks.get()
    assert (found.a[0], found.b, found.c, found.hbm) == (15.625, before.b, before.c, before.hbm)


def test_a_request_between_two_rows_says_so(slot):
    slot.load(AFI)
    done = slot.clocks.set_frequencies(a=99, b=251)
    assert set(done.reasons) == {"a", "b"}
    assert done.reasons["a"] == "99 MHz is between two rows of the generator's table; the lower makes 97.5"
    assert (done.achieved.a[0], done.achieved.b[0]) == (97.5, 250.0)


@pytest.mark.parametrize("group", ["a", "b", "c", "hbm"])
def test_numbers_at_the_ends_of_their_ranges(slot, group):
    slot.load(AFI)
    recipes = {"a": 2, "b": 5, "c": 3, "hbm": 4}[group]
    lowest, highest = 87, {"a": 125, "b": 450, "c": 300, "hbm": 450}[group]
    for number in (0, recipes):
        assert slot.clocks.set_recipe(**{group: number}).reasons == {}
    for number in (lowest, highest):
        assert slot.clocks.set_frequencies(**{group: number}).requested[group] == number
    before = slot.clocks.get()
    for setting, number in ((slot.clocks.set_recipe, -1), (slot.clocks.set_recipe, recipes + 1)):
        with pytest.raises(hal.FieldValueError, match=f"recipe of group {group}: .* nothing was set"):
            setting(**{group: number})
    for number in (lowest - 1, highest + 1):
        with pytest.raises(hal.FieldValueError, match=f"frequency of group {group} in MHz"):
            slot.clocks.set_frequencies(**{group: number})
    assert slot.clocks.get() == before


def test_a_reset_of_the_generator_holds_and_releases_no_clock(resets):
    """G_RST brings registers back; what holds the design is what SYS_RST was last given."""
    generator, app = resets.bar("mgmt", 4), resets.bar("app", 0)
    g_rst = 0x58010
    time.sleep(0.05)  # longer than the MMCMs take here
    generator.poke(g_rst, 1)
    assert generator.peek(g_rst) == 1
    assert generator.peek(SYSTEM_RESETS) == 0x3FE
    time.sleep(0.05)
    assert app.peek(HBM_STATUS) & 6 == 0  # held as before
    resets.clocks.release_resets(timeout=10)
    end = time.monotonic() + 20
    while app.peek(HBM_STATUS) & 6 != 6:
        assert time.monotonic() < end
    resets.clocks.set_recipe(a=2)
    generator.poke(g_rst, 1)
    assert app.peek(HBM_STATUS) & 6 == 6
    assert resets.clocks.get().a[0] == 125.0


def test_what_the_generator_says_of_itself(slot):
    slot.load(AFI)
    generator = slot.bar("mgmt", 4)
    found = [generator.peek(offset) for offset in (0x58000, 0x58004, 0x58008, CLOCKS_AVAILABLE, MMCM_LOCK)]
    assert found == [0x9048_1D0F, 0x0201_0000, 0x0923_2223, 0x1FF, 0x151]
    generator.poke(0x58000, 0)
    assert generator.peek(0x58000) == 0x9048_1D0F
    assert generator.peek(0x58024) == generator.peek(0x53000) == 0xDEAD_DEC0
