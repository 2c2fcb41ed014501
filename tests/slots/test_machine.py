"""The machine's checks, on machines made of files."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from hal._binding import sdk_functions
from hal._binding.sdk import abi
from hal.slots.machine import Machine, check_machine
from hal.slots.pci.pci_bus import udev_rule
from tests.support import ROOT
from tests.support.processes import LIMIT

APP, MGMT = "0000:34:00.0", "0000:34:00.1"


def add_function(root, address, device, vendor="0x1d0f", bars=(0, 2, 4)):
    folder = root / "bus" / "pci" / "devices" / address
    folder.mkdir(parents=True)
    (folder / "vendor").write_text(vendor + "\n")
    (folder / "device").write_text(device + "\n")
    (folder / "enable").write_text("1\n")
    (folder / "remove").touch()
    (root / "bus" / "pci" / "rescan").touch()
    for bar in bars:
        (folder / f"resource{bar}").write_bytes(b"")
    return folder


@pytest.fixture
def card(tmp_path):
    """A machine with one card, and a network function of the same vendor."""
    add_function(tmp_path, "0000:00:05.0", "0xec20", bars=())
    add_function(tmp_path, APP, "0xf010")
    add_function(tmp_path, MGMT, "0x9248")
    return tmp_path


def checks(root, **more):
    return {check.name: check for check in check_machine(Machine(root, "emulator", **more))}


def test_a_machine_that_is_ready(card):
    found = checks(card)
    assert {check.state for check in found.values()} == {"ok"}
    assert {check.what_to_do for check in found.values()} == {""}
    assert found["pci-bus"].text == "3 functions on the PCI bus"
    assert found["slot 0"].text == f"{APP}: app 1d0f:f010, mgmt 1d0f:9248"
    assert found[f"driver of mgmt function {MGMT}"].text == "none bound"
    for address, kind in ((APP, "app"), (MGMT, "mgmt")):
        for bar in (0, 2, 4):
            assert found[f"BAR {bar} of {kind} function {address}"].text.endswith(
                f"{address}/resource{bar} can be opened"
            )


def test_a_machine_without_a_card(tmp_path):
    add_function(tmp_path, "0000:00:05.0", "0xec20")
    add_function(tmp_path, "0000:00:06.0", "0x9248", vendor="0x8086")
    found = checks(tmp_path)
    assert found["cards"].state == "warn"
    assert found["cards"].text == "no F2 card on the PCI bus: the emulated card is used"
    assert not [name for name in found if name.startswith(("slot", "BAR", "driver"))]


def test_a_machine_without_a_bus(tmp_path):
    check = checks(tmp_path / "nothing")["pci-bus"]
    assert (check.state, check.what_to_do) == ("warn", "In a container, mount /sys into it.")


def test_permissions_that_are_missing(card):
    found = checks(card, may_open=lambda path: path.name != "resource4")
    for address, kind in ((APP, "app"), (MGMT, "mgmt")):
        check = found[f"BAR 4 of {kind} function {address}"]
        assert check.state == "fail"
        assert check.text.endswith("resource4: permission denied")
        assert check.what_to_do.endswith("\n" + udev_rule(address))
        assert found[f"BAR 0 of {kind} function {address}"].state == "ok"


def test_the_rule_goes_by_the_address_of_both_functions():
    assert udev_rule(APP) == udev_rule(MGMT)
    assert udev_rule(APP).startswith('SUBSYSTEM=="pci", KERNEL=="0000:34:00.[01]", RUN+="')
    for file in ("/sys%p/resource*", "/sys%p/remove", "/sys/bus/pci/rescan"):
        assert udev_rule(APP).count(f" {file}") == 2 + (file == "/sys%p/resource*")


@pytest.mark.parametrize("denied", ["remove", "rescan"])
def test_a_rescan_that_this_user_may_not_ask_for(card, denied):
    found = checks(card, may_write=lambda path: path.name != denied)
    check = found[f"rescan of app function {APP}"]
    assert check.state == "fail"
    assert check.text.startswith(str(card / "bus" / "pci"))
    assert check.text.endswith(f"/{denied}: permission denied; loads that change the PCI ids fail at their end")
    assert check.what_to_do.endswith("\n" + udev_rule(APP))
    assert f"rescan of mgmt function {MGMT}" not in found


def test_a_write_combining_bar_that_may_not_be_opened(card):
    (card / "bus/pci/devices" / APP / "resource4_wc").touch()
    check = checks(card, may_open=lambda path: not path.name.endswith("_wc"))[f"BAR 4 of app function {APP}"]
    assert (check.state, check.text.endswith("resource4_wc: permission denied")) == ("fail", True)


# -- links ------------------------------------------------------------------------------------------------------------


def set_link(folder, *, speed="32.0 GT/s PCIe", width="16", payload=None):
    """The link of a function whose payload is 128 << payload, of at most 512 bytes; None: others than root ask."""
    most = {"max_link_speed": "32.0 GT/s PCIe", "max_link_width": "16"}
    for name, value in {"current_link_speed": speed, "current_link_width": width, **most}.items():
        (folder / name).write_text(value + "\n")
    config = bytearray(64 if payload is None else 256)
    config[0x34] = 0x40
    if payload is not None:
        config[0x40:0x42] = 0x01, 0x50  # power management, and where the next capability stands
        config[0x50:0x5C] = bytes([0x10, 0, 2, 0, 2, 0, 0, 0, payload << 5, 0, 0, 0])
    (folder / "config").write_bytes(config)


@pytest.fixture
def plugged(card):
    """The card behind a port, as the system shows it: its folder on the bus is a link into the port's."""
    port = card / "devices" / "0000:33:00.0"
    port.mkdir(parents=True)
    for address in (APP, MGMT):
        place = card / "bus/pci/devices" / address
        place.rename(port / address)
        place.symlink_to(port / address)
    return port


def test_links_and_payloads(card, plugged):
    set_link(plugged, payload=1)
    set_link(plugged / APP, payload=1)
    check = checks(card)[f"link of app function {APP}"]
    half = "32.0 GT/s PCIe x16 (at most 32.0 GT/s PCIe x16), payload 256 of at most 512 bytes"
    assert (check.state, check.text) == ("ok", f"card {half}; slot 0000:33:00.0 {half}")


def test_payloads_that_disagree(card, plugged):
    set_link(plugged, payload=0)
    set_link(plugged / APP, payload=2)
    check = checks(card)[f"link of app function {APP}"]
    assert check.state == "warn"
    assert "payload 512 of at most 512 bytes; slot 0000:33:00.0" in check.text
    assert "payload 128 of at most 512 bytes: card and slot disagree about the payload" in check.text


@pytest.mark.parametrize(("speed", "width"), [("16.0 GT/s PCIe", "16"), ("32.0 GT/s PCIe", "8")])
def test_a_link_below_its_best(card, speed, width):
    set_link(card / "bus/pci/devices" / APP, speed=speed, width=width)
    check = checks(card)[f"link of app function {APP}"]
    assert (check.state, check.text.endswith("it runs below what the card can do")) == ("warn", True)
    assert "payload told to root alone" in check.text


def test_a_configuration_that_goes_in_circles(card):
    folder = card / "bus/pci/devices" / APP
    set_link(folder)
    (folder / "config").write_bytes(bytes([0x40, 0x40]) * 128)
    assert "payload told to root alone" in checks(card)[f"link of app function {APP}"].text


def test_a_bar_that_is_missing(card):
    (card / "bus/pci/devices" / APP / "resource2").unlink()
    check = checks(card)[f"BAR 2 of app function {APP}"]
    assert (check.state, check.what_to_do) == ("fail", "Rescan the bus as root: echo 1 > /sys/bus/pci/rescan")


def test_an_application_function_that_is_missing(card):
    shutil.rmtree(card / "bus/pci/devices" / APP)
    check = checks(card)["slot 0"]
    assert check.state == "fail"
    assert check.text == f"mgmt function {MGMT} is there, its application function is not"
    assert "rescan" in check.what_to_do


def test_a_driver_that_is_bound(card):
    driver = card / "bus/pci/drivers/xdma"
    driver.mkdir(parents=True)
    (card / "bus/pci/devices" / APP / "driver").symlink_to(driver)
    check = checks(card)[f"driver of app function {APP}"]
    assert check.state == "warn"
    assert check.text == "xdma is bound to it, and may use its BARs too"
    assert f"echo {APP} > /sys/bus/pci/drivers/xdma/unbind" in check.what_to_do


def test_a_function_that_is_disabled(card):
    (card / "bus/pci/devices" / APP / "enable").write_text("0\n")
    check = checks(card)[f"memory of app function {APP}"]
    assert (check.state, check.text) == ("warn", "the function is disabled: its BARs do not answer")


def test_two_cards_are_two_slots(card):
    add_function(card, "0000:36:00.0", "0x9048")
    add_function(card, "0000:36:00.1", "0x9248")
    found = checks(card)
    assert found["slot 1"].text == "0000:36:00.0: app 1d0f:9048, mgmt 1d0f:9248"


# -- libraries and emulated cards -------------------------------------------------------------------------------------


def test_the_library_and_its_functions(tmp_path):
    found = checks(tmp_path)
    assert found["library"].text.startswith("emulated card: /")
    assert found["library"].text.endswith("/libhal_card.so")
    assert found["functions"].text == "all 36 functions of the SDK's interface found"
    assert found["layouts"].text.startswith("sizes of 7 structs agree")


def test_a_library_that_is_missing(tmp_path):
    found = {check.name: check for check in check_machine(Machine(tmp_path, "/nonexistent.so"))}
    assert found["library"].state == "fail"
    assert "no such file" in found["library"].text
    assert "functions" not in found


def test_functions_that_an_older_library_lacks(tmp_path):
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    lacking = {"fpga_pci_memset", "aws_clkgen_set_recipe"}
    source = "".join(f"int {name}(void) {{ return 0; }}\n" for name in sdk_functions() if name not in lacking)
    (tmp_path / "old.c").write_text(source)
    library = tmp_path / "libold.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", str(tmp_path / "old.c"), "-o", str(library)], check=True, timeout=LIMIT
    )
    found = {check.name: check for check in check_machine(Machine(tmp_path, str(library)))}
    assert found["library"].text == f"SDK: {library}"
    assert found["functions"].state == "warn"
    assert found["functions"].text.startswith("the library lacks fpga_pci_memset, aws_clkgen_set_recipe: ")


def test_a_layout_of_another_machine(tmp_path, monkeypatch):
    monkeypatch.setitem(abi._EXPECTED, "struct fpga_slot_spec", 120)
    check = checks(tmp_path)["layouts"]
    assert (check.state, check.text) == ("fail", "struct fpga_slot_spec: 116 bytes, not 120")


def test_shared_cards(tmp_path, monkeypatch):
    monkeypatch.setenv("HAL_EMULATOR_DIR", str(tmp_path))
    monkeypatch.setenv("HAL_EMULATOR", "bench")
    (tmp_path / "broken.card").write_bytes(b"nothing of use")
    found = checks(tmp_path)
    assert found["emulator"].state == "fail"
    assert found["emulator"].text == "HAL_EMULATOR names 'bench', and there is no such shared card"
    assert found["shared cards"].text == f"none in {tmp_path}"
    assert found["shared card broken"].what_to_do == "Remove it: hal emulator remove broken"


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_list_of_functions_is_the_interface():
    header = (ROOT / "bindings" / "include" / "fpga_sdk.h").read_text()
    assert all(f" {name}(" in header or f"*{name}(" in header for name in sdk_functions())
    assert len(set(sdk_functions())) == 36
