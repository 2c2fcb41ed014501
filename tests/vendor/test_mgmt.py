"""FpgaMgmt: every method, each error that the card can be made to give, and each bad input."""

from __future__ import annotations

import json
import time

import pytest

import hal
from hal.vendor import FpgaMgmt, FpgaPCI
from tests.vendor.refusals import refused

AFI, OTHER = "agfi-080817d089f3cd2ed", "agfi-0925b211f5a81b071"  # cl_mem_perf, cl_sde
UNKNOWN = "agfi-0123456789abcdeff"
CACHED = "agfi-80817d089f3cd2ed"  # as the vendor's class shows AFI, without the zeros in front
METRICS, CLEAR_METRICS = 1 << 1, 1 << 2
METRIC_NAMES = [
    *("int_status", "pcim_axi_protocol_error_status", "pcim_range_error_addr", "pcim_range_error_count"),
    *("pcim_axi_protocol_error_addr", "pcim_axi_protocol_error_count", "pcim_write_count", "pcim_read_count"),
    *("dma_pcis_timeout_addr", "dma_pcis_timeout_count", "ocl_slave_timeout_addr", "ocl_slave_timeout_count"),
    *("sda_slave_timeout_addr", "sda_slave_timeout_count"),
    *("virtual_jtag_slave_timeout_addr", "virtual_jtag_slave_timeout_count"),
    *("virtual_jtag_write_count", "virtual_jtag_read_count", "ddr_ifs", "clocks"),
    *("power_mean", "power_max", "power", "cached_agfis", "flags"),
]
ERRORS = {
    3: "busy",
    5: "invalid-afi-id",
    6: "afi-load-timeout",
    11: "invalid-afi-cmd-api-version",
    12: "cl-id-mismatch",
    13: "cl-ddr-calib-failed",
    14: "unspecified-error",
    16: "shell-version-not-supported",
    17: "afi-power-violation",
    18: "dram-data-retention-not-possible",
    19: "hardware-busy",
    20: "pci-device-missing",
    21: "afi-command-malformed",
    22: "dram-data-retention-failed",
    23: "dram-data-retention-setup-failed",
    24: "software-problem",
    25: "unresponsive",
    26: "err-rl-reload-needed-drop-pci-link",
    27: "err-incompatible-afi-cmd-flags",
    28: "invalid-clkgen-input",
    29: "clkgen-ip-not-found",
}
STATUSES = {
    0: "loaded",
    1: "cleared",
    2: "busy",
    3: "not-programmed",
    4: "afi-cache-in-progress",
    5: "rl-reload-needed-drop-pci-link",
    7: "load-failed",
}


@pytest.fixture
def mgmt(slot):
    """The class on a cleared slot; what a test provokes ends with it."""
    yield FpgaMgmt()
    slot.emulator.fault("")


def wait(mgmt):
    """The slot once it is not busy."""
    end = time.monotonic() + 10
    while mgmt.get_status(0)["status"] == 2:
        assert time.monotonic() < end
        time.sleep(0.001)
    return mgmt.describe_local_image(0, METRICS)


# -- describe ---------------------------------------------------------------------------------------------------------


def test_a_cleared_slot(mgmt):
    info = mgmt.describe_local_image(slot_id=0, flags=METRICS)
    assert list(info) == ["status", "status_q", "slot_id", "afi_id", "spec", "sh_version", "metrics"]
    assert (info["status"], info["status_q"], info["slot_id"]) == ("cleared", 0, 0)
    assert info["afi_id"] == {"afi_id": b"none"}
    assert info["sh_version"] == 0x10212415
    assert info["spec"] == FpgaPCI().pci_get_slot_spec(0)
    assert list(info["metrics"]) == METRIC_NAMES
    assert info["metrics"]["cached_agfis"] == ["0"] * 16
    assert info["metrics"]["ddr_ifs"] == [{"write_count": 0, "read_count": 0}]


def test_only_the_id_keeps_it_from_being_json(mgmt):
    info = mgmt.load_local_image_sync_flags(0, AFI, 0, 2500, 2)
    with pytest.raises(TypeError, match="bytes"):
        json.dumps(info)
    info["afi_id"] = info["afi_id"]["afi_id"].decode()
    assert json.loads(json.dumps(info)) == info


def test_metrics_count_and_are_cleared(slot, mgmt):
    bar = slot.bar("app", 0)
    assert bar.peek(0x404) == 0xFFFF_FFFF
    found = mgmt.describe_local_image(0, METRICS | CLEAR_METRICS)["metrics"]
    assert (found["ocl_slave_timeout_addr"], found["ocl_slave_timeout_count"]) == (0x404, 1)
    assert found["int_status"] == 1 << 28
    assert mgmt.describe_local_image(0, METRICS)["metrics"]["ocl_slave_timeout_count"] == 0


@pytest.mark.parametrize("flags", [-1, 1 << 32])
def test_flags_that_do_not_fit(mgmt, flags):
    refused(lambda: mgmt.describe_local_image(0, flags), OverflowError, "flags")
    refused(lambda: mgmt.load_local_image_flags(0, AFI, flags), OverflowError, "flags")
    refused(lambda: mgmt.load_local_image_sync_flags(0, AFI, flags, 1, 1), OverflowError, "flags")


def test_flags_that_mean_nothing_are_passed_over(mgmt):
    assert mgmt.describe_local_image(0, 1 << 30)["status"] == "cleared"
    assert mgmt.load_local_image_sync_flags(0, AFI, 1 << 30)["status"] == "loaded"


@pytest.mark.parametrize("code", sorted(set(ERRORS) - {20}))
def test_every_error_of_describe(slot, mgmt, code):
    slot.emulator.fault(f"describe-error={code}")
    error = refused(
        lambda: mgmt.describe_local_image(0, 0),
        hal.ManagementError,
        rf"^Failed to describe local image on slot: 0, error code: {code}: {ERRORS[code]}(; [^\n]+)?$",
    )
    assert (error.code, error.name, error.slot) == (code, ERRORS[code], 0)
    slot.emulator.fault("")
    assert mgmt.describe_local_image(0, 0)["status"] == "cleared"


def test_a_card_that_is_gone(slot, mgmt):
    slot.emulator.fault("describe-error=20")
    error = refused(
        lambda: mgmt.describe_local_image(0, 0), hal.CardMissingError, "slot: 0, error code: 20: pci-device-missing; "
    )
    assert error.code == 20


ACTIONS = {
    "load_local_image": lambda mgmt, slot: mgmt.load_local_image(slot, AFI),
    "load_local_image_flags": lambda mgmt, slot: mgmt.load_local_image_flags(slot, AFI, 0),
    "load_local_image_sync_flags": lambda mgmt, slot: mgmt.load_local_image_sync_flags(slot, AFI, 0, 2500, 2),
    "clear_local_image": lambda mgmt, slot: mgmt.clear_local_image(slot),
    "clear_local_image_sync": lambda mgmt, slot: mgmt.clear_local_image_sync(slot, 2500, 2),
    "describe_local_image": lambda mgmt, slot: mgmt.describe_local_image(slot, 0),
    "get_status": lambda mgmt, slot: mgmt.get_status(slot),
    "get_vLED_status": lambda mgmt, slot: mgmt.get_vLED_status(slot),
    "get_vDIP_status": lambda mgmt, slot: mgmt.get_vDIP_status(slot),
    "set_vDIP": lambda mgmt, slot: mgmt.set_vDIP(slot, 1),
}


SAID = {
    "load_local_image": "load AFI",
    "load_local_image_flags": "load AFI flags",
    "load_local_image_sync_flags": "load AFI sync flags",
    "clear_local_image": "clear image on FPGA",
    "clear_local_image_sync": "clear local image sync",
    "describe_local_image": "describe local image",
    "get_status": "get FPGA status",
    "get_vLED_status": "get vLED status",
    "get_vDIP_status": "get vDIP status",
    "set_vDIP": "set vDIP status",
}


def told(method, slot, code):
    """What the vendor's class says, which programs take apart."""
    name = {-22: "Invalid argument"}.get(code) or ERRORS[code]
    return f"Failed to {SAID[method]} on slot: {slot}, error code: {code}: {name}"


@pytest.mark.parametrize("name", ACTIONS)
def test_slots_that_are_none(mgmt, name):
    for slot in (-1, 8, 1 << 40):
        refused(lambda slot=slot: ACTIONS[name](mgmt, slot), hal.CardMissingError, f"^{told(name, slot, -22)}; slot ")
    error = refused(lambda: ACTIONS[name](mgmt, 1), hal.CardMissingError, f"^{told(name, 1, 20)}; [^\n]*no such card")
    assert error.code == 20
    for slot in ("0", None, 0.0):
        refused(lambda slot=slot: ACTIONS[name](mgmt, slot), TypeError, "slot_id is a whole number")


# -- loading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [None, 0, hal.Command.FORCE_SHELL_RELOAD])
def test_a_load_is_busy_and_then_loaded(mgmt, flags):
    if flags is None:
        begun = mgmt.load_local_image(slot_id=0, afi_id=AFI)
    else:
        begun = mgmt.load_local_image_flags(slot_id=0, afi_id=AFI, flags=flags)
    assert begun["status"] in {"busy", "loaded"}
    done = wait(mgmt)
    assert (done["status"], done["afi_id"]["afi_id"]) == ("loaded", AFI.encode())
    assert done["spec"]["map"][0]["device_id"] == 0x9048  # as before, until the function is rescanned
    FpgaPCI().pci_rescan_slot_app_pfs(0)
    assert mgmt.describe_local_image(0, 0)["spec"]["map"][0]["device_id"] == 0xF004
    assert done["metrics"]["cached_agfis"] == [CACHED, *["0"] * 15]
    assert done["metrics"]["clocks"][0]["frequency"][:2] == [250_000_000, 125_000_000]


def test_loads_and_clears_that_wait(mgmt):
    info = mgmt.load_local_image_sync_flags(slot_id=0, afi_id=AFI, flags=0, timeout=2500, delay_msec=2)
    assert (info["status"], info["afi_id"]["afi_id"]) == ("loaded", AFI.encode())
    info = mgmt.clear_local_image_sync(slot_id=0, timeout=2500, delay_msec=2)
    assert (info["status"], info["afi_id"]["afi_id"]) == ("cleared", b"none")
    assert info["metrics"]["cached_agfis"][0] == CACHED


def test_a_clear_is_busy_and_then_cleared(mgmt):
    mgmt.load_local_image_sync_flags(0, AFI)
    assert mgmt.clear_local_image(slot_id=0)["status"] in {"busy", "cleared"}
    assert wait(mgmt)["status"] == "cleared"


def test_an_unknown_afi(mgmt):
    error = refused(
        lambda: mgmt.load_local_image_sync_flags(0, UNKNOWN, 0, 2500, 2),
        hal.ManagementError,
        f"^{told('load_local_image_sync_flags', 0, 5)}; load of {UNKNOWN} on slot 0. There is no such AFI",
    )
    assert error.code == 5
    error = refused(lambda: mgmt.load_local_image(0, UNKNOWN), hal.ManagementError, told("load_local_image", 0, 5))
    assert mgmt.get_status(0) == {"status": 1, "status_q": 0, "return_code": 0}


@pytest.mark.parametrize("afi", ["", "agfi-" + "0" * 59, "a\0b", "é" * 32])
def test_ids_that_the_library_would_cut(mgmt, afi):
    for load in (
        lambda: mgmt.load_local_image(0, afi),
        lambda: mgmt.load_local_image_flags(0, afi, 0),
        lambda: mgmt.load_local_image_sync_flags(0, afi, 0, 1, 1),
    ):
        error = refused(load, hal.LoadError, r"^Failed to load AFI[a-z ]* on slot: 0, error code: 5: invalid-afi-id; ")
        assert (error.code, error.afi) == (5, afi)
    assert mgmt.get_status(0)["status"] == 1


@pytest.mark.parametrize("afi", [None, 5, b"agfi-080817d089f3cd2ed"])
def test_ids_that_are_no_text(mgmt, afi):
    refused(lambda: mgmt.load_local_image(0, afi), TypeError, "afi_id is text")


@pytest.mark.parametrize("code", sorted(set(ERRORS) - {20}))
def test_every_error_of_a_load(slot, mgmt, code):
    slot.emulator.fault(f"load-error={code}")
    refused(
        lambda: mgmt.load_local_image_sync_flags(0, AFI, 0, 2500, 2),
        hal.ManagementError,
        f"^{told('load_local_image_sync_flags', 0, code)}(; [^\n]+)?$",
    )
    status = mgmt.get_status(0)
    assert (status["status"], status["status_q"]) == (7, code)
    slot.emulator.fault("")
    assert mgmt.load_local_image_sync_flags(0, AFI, 0, 2500, 2)["status"] == "loaded"


def test_a_load_that_takes_too_long(slot, mgmt):
    slot.emulator.fault("never-ready")
    error = refused(lambda: mgmt.load_local_image_sync_flags(0, AFI, 0, 3, 1), hal.HalError, f"load of {AFI}")
    assert error.code == -110
    refused(lambda: mgmt.load_local_image_sync_flags(0, AFI, 0, 3, 1), hal.ManagementError, "busy")
    assert mgmt.get_status(0) == {"status": 2, "status_q": 0, "return_code": 0}
    error = refused(lambda: mgmt.clear_local_image(0), hal.ManagementError, told("clear_local_image", 0, 3))
    assert error.code == 3
    refused(lambda: mgmt.clear_local_image_sync(0, 1, 1), hal.ManagementError, told("clear_local_image_sync", 0, 3))


def test_a_timeout_without_cause(slot, mgmt):
    slot.emulator.fault("load-timeouts=1")
    error = refused(lambda: mgmt.load_local_image(0, AFI), hal.HalError, "ETIMEDOUT")
    assert error.code == -110
    assert wait(mgmt)["status"] == "loaded"


def test_flags_that_exclude_each_other(mgmt):
    both = hal.Command.FORCE_SHELL_RELOAD | hal.Command.DRAM_DATA_RETENTION
    assert refused(lambda: mgmt.load_local_image_flags(0, AFI, both), hal.ManagementError, "incompatible").code == 27
    keep = hal.Command.DRAM_DATA_RETENTION
    assert refused(lambda: mgmt.load_local_image_flags(0, AFI, keep), hal.ManagementError, "not-possible").code == 18


@pytest.mark.parametrize("value", [-1, 1 << 32])
def test_waits_that_do_not_fit(mgmt, value):
    for action in (
        lambda: mgmt.load_local_image_sync_flags(0, AFI, 0, value, 1),
        lambda: mgmt.load_local_image_sync_flags(0, AFI, 0, 1, value),
        lambda: mgmt.clear_local_image_sync(0, value, 1),
        lambda: mgmt.clear_local_image_sync(0, 1, value),
        lambda: mgmt.set_cmd_timeout(value),
        lambda: mgmt.set_cmd_delay_msec(value),
    ):
        refused(action, OverflowError, "timeout|delay_msec|value")
    assert mgmt.get_status(0)["status"] == 1


# -- what a load does to handles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ACTIONS if name.startswith(("load", "clear"))])
def test_handles_end_with_what_they_were_attached_to(mgmt, name):
    mgmt.load_local_image_sync_flags(0, OTHER)
    pci = FpgaPCI()
    app, mailbox = pci.pci_attach(0, 0, 4, 0), pci.pci_attach(0, 1, 0, 0)
    ACTIONS[name](mgmt, 0)
    wait(mgmt)
    refused(lambda: pci.pci_peek(app, 0), hal.StaleHandleError, "loaded, cleared or rescanned since")
    pci.pci_detach(app)
    assert pci.pci_peek(mailbox, 0) == 0x10212415
    pci.pci_detach(mailbox)


def test_handles_outlive_what_was_refused(mgmt):
    mgmt.load_local_image_sync_flags(0, OTHER)
    pci = FpgaPCI()
    app = pci.pci_attach(0, 0, 0, 0)
    mgmt.load_local_image_flags(0, AFI, hal.Command.PREFETCH)
    refused(lambda: mgmt.load_local_image_flags(0, AFI, 0x18), hal.ManagementError, "incompatible")
    assert pci.pci_peek(app, 0) == 0xFFFF_FFFF
    pci.pci_detach(app)


# -- names, settings, LEDs and switches -------------------------------------------------------------------------------


def test_names_of_errors(mgmt):
    assert {code: mgmt.strerror(error=code) for code in ERRORS} == ERRORS
    assert FpgaMgmt.strerror(0) == "ok"
    assert FpgaMgmt.strerror(-22) == "Invalid argument"
    assert FpgaMgmt.strerror(12345) == "internal-error"
    assert FpgaMgmt.strerror_long(err=5).startswith("There is no such AFI")
    for code in (3, 5, 11, 12, 13, 16, 17, 20, 21, 24, 25, -22, -110):
        assert FpgaMgmt.strerror_long(code).endswith("\n")
    for code in (0, 6, 14, 18, 19, 22, 23, 26, 27, 28, 29, -1, 9999):
        assert FpgaMgmt.strerror_long(code) == ""


def test_names_of_statuses(mgmt):
    assert {number: mgmt.get_status_name(status=number) for number in STATUSES} == STATUSES
    assert [FpgaMgmt.get_status_name(number) for number in (-1, 6, 8, 1 << 30)] == ["internal-error"] * 4


@pytest.mark.parametrize("number", [1 << 31, -(1 << 31) - 1, 1 << 64])
def test_codes_that_are_no_c_integers(number):
    for function in (FpgaMgmt.strerror, FpgaMgmt.strerror_long, FpgaMgmt.get_status_name):
        refused(lambda function=function: function(number), OverflowError, "error|err|status")


def test_settings(mgmt):
    assert mgmt.set_cmd_timeout(value=2500) is None
    assert mgmt.set_cmd_delay_msec(value=2) is None
    refused(lambda: mgmt.set_cmd_timeout("2"), TypeError, "value is a whole number")


def test_switches_and_leds(slot, mgmt):
    assert mgmt.get_vDIP_status(slot_id=0) == 0
    assert mgmt.set_vDIP(slot_id=0, value=0xFFFF) is None
    assert mgmt.get_vDIP_status(0) == 0xFFFF
    for value in (-1, 1 << 16):
        refused(lambda value=value: mgmt.set_vDIP(0, value), OverflowError, "value is .* 16 bits")
    assert mgmt.get_vDIP_status(0) == 0xFFFF
    slot.emulator.set_leds(0x8001)
    assert mgmt.get_vLED_status(slot_id=0) == 0x8001


def test_cached_afis_as_text():
    numbers = [0x80817D089F3CD2ED, 0, (1 << 64) - 1, 5]
    result = {"metrics": {"cached_agfis": numbers}}
    assert FpgaMgmt.process_cached_agfis(result) == [CACHED, "0", "agfi-ffffffffffffffff", "agfi-5"]
    assert result["metrics"]["cached_agfis"] == numbers
    refused(lambda: FpgaMgmt.process_cached_agfis({"metrics": {"cached_agfis": [AFI]}}), TypeError, "cached_agfis")


def test_leds_without_a_free_handle(slot, mgmt):
    pci = FpgaPCI()  # whose handles are its own, as the vendor's are
    handles = [pci.pci_attach(slot.number, 1, 0, 0) for _ in range(64)]
    for action in (mgmt.get_vLED_status, mgmt.get_vDIP_status, lambda number: mgmt.set_vDIP(number, 1)):
        refused(lambda action=action: action(0), hal.HandleError, "on slot: 0, error code: -22: .*; .* no free handle")
    pci.pci_detach(handles.pop())
    assert mgmt.get_vLED_status(0) == 0
    for handle in handles:
        pci.pci_detach(handle)
