"""`hal import`: maps and a report, or an error and nothing written."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.codegen.importers.formats.svd.test_svd import CHIP, register, svd


@pytest.fixture
def chip(tmp_path):
    path = tmp_path / "chip.svd"
    path.write_text(CHIP)
    return path


def test_maps_and_a_report(command, chip, tmp_path):
    done = command("import", chip, "-o", tmp_path / "maps")
    assert done.lines == [f"{tmp_path}/maps/{name}.yaml" for name in ("uart0", "usart", "parts/chip")]
    assert done.err.startswith("carried: ")
    assert f"  {chip}: interrupt has no counterpart in a map: 2 times, in lines 9\n" in done.err
    assert command("validate", *done.lines).code == 0
    assert command("fmt", "--check", *done.lines).code == 0


def test_the_report_as_json(command, chip, tmp_path):
    report = json.loads(command("import", chip, "-o", tmp_path / "maps", "--json", "--top", "UART0").out)
    assert (report["format"], report["maps"]) == (1, [f"{tmp_path}/maps/uart0.yaml"])
    kinds = {kind: [item for item in report["remarks"] if item["kind"] == kind] for kind in ("carried", "dropped")}
    assert {"kind", "file", "line", "path", "message"} == set(kinds["carried"][0])
    assert kinds["dropped"][0] == {
        "kind": "dropped",
        "file": str(chip),
        "line": 9,
        "path": "UART0.UART0_IRQ",
        "message": "interrupt has no counterpart in a map",
    }


def test_the_same_bytes_again_and_a_small_difference_after_an_edit(command, chip, tmp_path):
    maps = tmp_path / "maps"
    command("import", chip, "-o", maps)
    before = {file.name: file.read_bytes() for file in maps.rglob("*.yaml")}
    command("import", chip, "-o", maps)
    assert {file.name: file.read_bytes() for file in maps.rglob("*.yaml")} == before
    assert command("import", chip, "-o", maps, "--check").code == 0
    chip.write_text(CHIP.replace("<name>KEY</name>", "<name>PASS</name>"))
    done = command("import", chip, "-o", maps, "--check")
    assert (done.code, done.lines) == (1, [f"{maps}/uart0.yaml", f"{maps}/usart.yaml"])
    command("import", chip, "-o", maps)
    after = (maps / "uart0.yaml").read_text().splitlines()
    assert len(set(after) ^ set(before["uart0.yaml"].decode().splitlines())) == 2


def test_a_failing_run_writes_nothing(command, chip, tmp_path):
    bad = tmp_path / "bad.svd"
    bad.write_text(CHIP.replace('derivedFrom="CTRL"', 'derivedFrom="NONE"'))
    done = command("import", chip, bad, "-o", tmp_path / "maps")
    assert (done.code, done.out) == (3, "")
    assert "derivedFrom names 'NONE', which is not there. Correct the name." in done.err
    assert not (tmp_path / "maps").exists()
    assert command("import", chip, chip, "-o", tmp_path / "maps").code == 1
    assert not (tmp_path / "maps").exists()
    assert command("import", chip, "-o", tmp_path, "--param", "x").code == 2


def test_options_decide_what_the_file_leaves_open(command, chip, tmp_path):
    command("import", chip, "-o", tmp_path, "--write-only", "1", "--top", "uart0")
    assert "key: {bits: 15:8, access: wo, idle: 1}" in (tmp_path / "uart0.yaml").read_text()


def test_commands_take_the_file_itself(command, chip, tmp_path):
    assert command("generate", chip, "-o", tmp_path).lines == [f"{tmp_path}/uart0.py", f"{tmp_path}/usart.py"]
    assert command("generate", f"{chip}#usart", "-o", tmp_path, "--list").lines == [f"{tmp_path}/usart.py"]
    assert command("diff", f"{chip}#UART0", f"{chip}#UART0").code == 0
    assert "ctrl" in command("dump", "0", f"{chip}#UART0").out
    done = command("validate", chip)
    assert done.code == 0
    assert f"{chip}:9:7: note: UART0.UART0_IRQ: dropped: interrupt has no counterpart in a map." in done.err


def test_what_a_driver_does_not_say_is_told_where_it_is_generated(command, chip, tmp_path, monkeypatch):
    """Each time, also where nothing is made again."""
    monkeypatch.setenv("HAL_CACHE", str(tmp_path / "cache"))
    os.utime(chip, (time.time() - 5, time.time() - 5))
    time.sleep(0.1)
    first = command("generate", chip, "-o", tmp_path)
    told = first.err.splitlines()
    assert told[0] == f"{chip}: 10 approximated, 4 dropped"
    assert f"  {chip}: dropped: interrupt has no counterpart in a map: 2 times, in lines 9" in told
    assert first.lines == [f"{tmp_path}/uart0.py", f"{tmp_path}/usart.py"]
    again = command("generate", chip, "-o", tmp_path)
    assert (again.lines, again.err) == (first.lines, first.err)
    assert command("info", f"{chip}#UART0", "--json").err == ""


def test_what_several_maps_have_in_common_is_a_file_of_its_own(command, tmp_path):
    values = "".join(
        f"<enumeratedValue><name>{n}</name><value>{v}</value></enumeratedValue>" for v, n in enumerate("abc")
    )
    fields = f"<fields><field><name>MODE</name><bitRange>[1:0]</bitRange><enumeratedValues>{values}</enumeratedValues></field></fields>"
    one = "<peripheral><name>{}</name><baseAddress>{}</baseAddress><registers>{}</registers></peripheral>"
    rest = register(name="PLAIN", offset="8")
    units = [("ADC", register(fields) + rest), ("DAC", register(fields, name="CTRL")), ("TIMER", rest)]
    text = svd("").partition("<peripherals>")[0] + "<peripherals>"
    text += "\n".join(one.format(name, place << 12, inner) for place, (name, inner) in enumerate(units))
    chip, maps = tmp_path / "my-chip.svd", tmp_path / "maps"
    chip.write_text(text + "</peripherals></device>")
    done = command("import", chip, "-o", maps)
    assert done.lines == [str(maps / file) for file in ("adc.yaml", "dac.yaml", "timer.yaml", "parts/my_chip.yaml")]
    before = {file: file.read_bytes() for file in maps.rglob("*.yaml")}
    assert b"include: parts/my_chip.yaml\n" in before[maps / "dac.yaml"]
    assert command("validate", *done.lines).code == command("fmt", "--check", *done.lines).code == 0
    report = json.loads(command("import", chip, "-o", maps, "--json").out)
    assert (report["maps"], report["parts"]) == (done.lines[:3], done.lines[3:])
    assert {file: file.read_bytes() for file in maps.rglob("*.yaml")} == before
    assert command("import", chip, "-o", maps, "--check").lines == []

    # The same drivers as without maps in between, and none has what it does not use.
    command("generate", *sorted(maps.glob("*.yaml")), "-o", tmp_path / "by_map")
    command("generate", chip, "-o", tmp_path / "direct")
    for name in ("adc", "dac", "timer"):
        texts = [(tmp_path / way / f"{name}.py").read_text() for way in ("by_map", "direct")]
        assert len({text.replace(f"{name}.yaml", chip.name) for text in texts}) == 1
        assert ("class Mode" in texts[0]) == (name != "timer")

    chip.write_text(chip.read_text().replace("<name>b</name>", "<name>other</name>"))
    command("import", chip, "-o", maps)
    after = {file: file.read_bytes() for file in maps.rglob("*.yaml")}
    assert [file.name for file in after if after[file] != before[file]] == ["my_chip.yaml"]
    assert command("import", chip, "-o", maps, "--check").code == 0
    (maps / "parts" / "my_chip.yaml").unlink()
    done = command("import", chip, "-o", maps, "--check")
    assert (done.code, done.lines) == (1, [str(maps / "parts" / "my_chip.yaml")])


def test_narrow_registers_are_parts_of_bus_words_where_that_is_wanted(command, tmp_path):
    path = tmp_path / "narrow.svd"
    path.write_text(svd(register("<size>8</size>", name="LOW") + register("<size>8</size>", name="HIGH", offset="1")))
    texts = {}
    for width in (None, "32", "64"):
        done = command("import", path, "-o", tmp_path, *(["--bus-width", width] if width else []))
        texts[width] = (tmp_path / "p.yaml").read_text().splitlines()[-2:]
        assert done.code == 0
    assert texts[None] == ["  low: {offset: 0x0, width: 8}", "  high: {offset: 0x1, width: 8}"]
    for width in ("32", "64"):
        assert texts[width] == [line.replace("width: 8", f"width: 8, access_width: {width}") for line in texts[None]]
    assert command("import", path, "-o", tmp_path, "--bus-width", "16").code == 2
