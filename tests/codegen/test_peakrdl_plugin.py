"""`peakrdl hal` makes drivers, and PeakRDL reads what hal reads."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from codegen.importers.formats_known import FORMATS
from codegen.peakrdl_plugin import HalImporter
from tests.codegen.importers.formats.svd.test_svd import CHIP
from tests.support import MAPS, ROOT
from tests.support.processes import importing, run, run_python

PEAKRDL = Path(sys.executable).with_name("peakrdl")
MAIN = "import sys; from peakrdl.main import main; sys.exit(main())"
RDL = """\
property hal_unit { type = string; component = field; };
property hal_afi { type = string; component = addrmap; };
property hal_pci { type = string; component = addrmap; };
property hal_bar { type = longint unsigned; component = addrmap; };
addrmap dac #(longint unsigned CHANNELS = 1) {
    hal_afi = "agfi-0123456789abcdef0"; hal_pci = "1d0f:f010"; hal_bar = 4;
    reg { field { sw = rw; hw = r; hal_unit = "mV"; } volts[15:0] = 5; } ch[CHANNELS] @ 0x0;
    reg { field { sw = r; hw = w; encode_odd; } x[1]; } bad @ 0x100;
};
""".replace(" encode_odd;", " intr;")


def peakrdl(*arguments):
    """The command, of an interpreter that has the generator imported."""
    return run_python(MAIN, *arguments)


@pytest.fixture
def dac(tmp_path):
    path = tmp_path / "dac.rdl"
    path.write_text(RDL)
    return path


def test_it_is_known_to_peakrdl():
    done = run(PEAKRDL, "--plugins")
    assert done.stdout.count("hal --> fpga-hal ") == 2


def test_a_driver_of_a_file(dac, tmp_path):
    done = peakrdl("hal", dac, "-o", tmp_path / "out", "-P", "CHANNELS=4", "--lang", "python", "--lang", "c")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{tmp_path}/out/dac.py", f"{tmp_path}/out/dac.h"]
    code = """
        import dac
        with dac.Dac.open(0, "emulator", verify=False) as dev:
            dev.ch[3].volts = 7
            print(dev.ch[3].volts, dev.ch[0].volts, dac.Dac.afi_id(), dev.ch[0])
    """
    told = run_python(code, environment=importing(tmp_path / "out")).stdout
    assert told == ("7 5 agfi-0123456789abcdef0 <Ch dac.ch[0] (app BAR 4, 0x0) = 0x00000005: volts=5 mV>\n")


def test_what_is_wrong_ends_it_and_nothing_is_written(dac, tmp_path):
    dac.write_text(RDL.replace("1d0f:f010", "odd"))
    done = peakrdl("hal", dac, "-o", tmp_path / "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert "hal_pci is 'odd', wanted ids in hex" in done.stderr
    assert not (tmp_path / "out").exists()
    assert peakrdl("hal", dac, "-o", tmp_path / "out", "--lang", "cobol").returncode == 2


def test_other_tools_of_peakrdl_take_maps_and_what_hal_reads(tmp_path):
    (tmp_path / "chip.svd").write_text(CHIP)
    done = peakrdl("dump", tmp_path / "chip.svd", "-t", "uart0")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "0x00-0x03: uart0.ctrl"), done.stderr
    done = peakrdl("dump", ROOT / "regmaps" / "axi_gpio.yaml", MAPS / "blinker.yaml", "-t", "axi_gpio")
    assert "0x004-0x007: axi_gpio.gpio.gpio_tri" in done.stdout, done.stderr


def test_a_map_goes_through_peakrdl_to_a_driver(tmp_path):
    done = peakrdl("hal", MAPS / "blinker.yaml", "-o", tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/blinker.py\n"), done.stderr


def test_a_wrong_map_is_told_as_hal_does(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("schema: 1\nname: a\nregisters: {r: {offset: 2}}\n")
    done = peakrdl("dump", path)
    assert done.returncode == 1
    assert f"hal: {path}:3:" in done.stderr


def test_files_are_looked_into_where_others_have_their_suffix(tmp_path):
    importer = HalImporter()
    assert {suffix[1:] for form in FORMATS.values() for suffix in form.suffixes} - {"rdl"} <= set(
        importer.file_extensions
    )
    for name, text, is_ours in (
        ("a.yaml", "schema: 1\nname: a\n", True),
        ("b.yaml", "other: 1\n", False),
        ("c.xml", "<device schemaVersion='1.3'>", True),
        ("d.xml", "<other/>", False),
        ("e.csv", "a,b\n", False),
    ):
        (tmp_path / name).write_text(text)
        assert importer.is_compatible(str(tmp_path / name)) is is_ours
