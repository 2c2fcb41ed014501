"""What all formats have in common: how a file is known, found, bounded, and what comes after the reader."""

from __future__ import annotations

import os
import time

import pytest

import codegen
import hal
from codegen.importers import importing
from codegen.importers.described.request import Options
from codegen.importers.formats_known import FORMATS, format_of, split_top
from codegen.importers.importing import import_file
from codegen.model.loader import check
from tests.codegen.importers.formats.svd.test_svd import CHIP, register, svd
from tests.support import MAPS
from tests.support.processes import run_python
from tests.support.refusals import require_refused


def test_formats_are_known_by_suffix_and_start(tmp_path):
    for name, text, form in (
        ("a.svd", "", "svd"),
        ("a.SVD", "", "svd"),
        ("a.xml", "<?xml version='1.0'?>\n<device schemaVersion='1.3'>", "svd"),
        ("a.xml", "<other/>", None),
        ("a.yaml", "schema: 1\nname: a\n", None),
        ("missing.xml", None, None),
    ):
        path = tmp_path / name
        if text is not None:
            path.write_text(text)
        found = format_of(path)
        assert (found.name if found else None) == form
    assert set(FORMATS) >= {"svd"}


def test_a_top_stands_behind_the_name_unless_the_file_has_it(tmp_path):
    path = tmp_path / "chip.svd"
    assert split_top(f"{path}#UART0") == (path, "UART0")
    odd = tmp_path / "a#b.svd"
    odd.write_text("")
    assert split_top(odd) == (odd, None)
    assert split_top("#x") == (type(path)("#x"), None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't read the file: No such file or directory"),
        (b"\x00" * ((64 << 20) + 1), "the file is larger than 64 MiB"),
    ],
)
def test_files_that_are_not_read(content, said, tmp_path):
    path = tmp_path / "a.svd"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(codegen.MapError) as caught:
        codegen.load(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.message) == (str(path), 1, said)


def test_a_folder_is_no_file_and_a_text_of_no_format_is_none(tmp_path):
    with pytest.raises(codegen.MapError, match="it is no file"):
        import_file(tmp_path, Options(), FORMATS["svd"])
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(codegen.MapError, match="the file is of no format that is known"):
        import_file(tmp_path / "a.txt", Options())


def test_what_is_wrong_in_the_map_is_told_with_the_line_of_the_source(tmp_path):
    """A fault that only the model finds: two names are one in Python."""
    path = tmp_path / "a.svd"
    long = "<description>" + "x" * 5000 + "</description>"
    path.write_text(svd(f"{register()}\n" + register(long, name="S", offset="4")))
    assert len(codegen.load(path).root.children[1].type.description) == 4096
    notes = check(path)
    assert [(note.level, note.line, note.rule) for note in notes] == [
        ("note", 2, "approximated"),
        ("note", 3, "approximated"),
    ]


def test_notes_of_validate_are_at_the_source_and_python_names_too(tmp_path):
    path = tmp_path / "a.svd"
    path.write_text(
        svd(register(name="find") + "\n" + register("<dim>2</dim><dimIncrement>2</dimIncrement>", name="W"))
    )
    notes = {(note.rule, note.line) for note in check(path)}
    assert {("python-name", 2), ("dropped", 3)} <= notes


def test_a_driver_without_a_map_in_between(slot, tmp_path):
    path = tmp_path / "chip.svd"
    path.write_text(CHIP)
    driver = hal.load_map(f"{path}#UART0")
    with driver.open(0, library="emulator") as dev:
        dev.ctrl2.modify(en=1, mode=2)
        assert dev.ctrl2.fields()["en"] == 1
        dev.lane[1].level.value = 0x77
        assert dev.lane[1].level.value == 0x77
    outputs = codegen.generate([path], tmp_path, ["python", "c"])
    assert [file.name for file in outputs] == ["uart0.py", "uart0.h", "usart.py", "usart.h"]


def test_what_a_class_does_not_say_is_a_warning_each_time(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("HAL_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "a.svd"
    path.write_text(
        svd(register("<resetValue>0</resetValue><displayName>a\u202eb</displayName><protection>s</protection>"))
    )
    os.utime(path, (time.time() - 5, time.time() - 5))
    time.sleep(0.1)
    for _ in range(2):
        caplog.clear()
        hal.load_map(path)
        (record,) = caplog.records
        assert (record.name, record.levelname) == ("hal", "WARNING")
        assert record.getMessage() == (
            f"{path}: 1 dropped\n  {path}:2: P.R: dropped: protection has no counterpart in a map"
        )
    caplog.clear()
    hal.load_map(MAPS / "blinker.yaml")
    codegen.generate([path], tmp_path)
    assert [(record.name, record.levelname) for record in caplog.records] == [("codegen", "WARNING")]


def test_ten_thousand_registers_in_time_and_space(tmp_path):
    """The target is 3 seconds on a quiet machine; this one may be busy."""
    import resource

    field = "<field><name>F{i}</name><description>A field.</description><bitOffset>{i}</bitOffset></field>"
    fields = "".join(field.format(i=i) for i in range(4))
    rows = [register(f"<fields>{fields}</fields>", name=f"R{i}", offset=str(i * 4)) for i in range(10_000)]
    path = tmp_path / "large.svd"
    path.write_text(svd("\n".join(rows)))
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.process_time()
    imported = import_file(path, Options())
    assert len(imported.maps[0].data["registers"]) == 10_000
    assert time.process_time() - start < 6
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before.ru_maxrss < 400 << 10


def test_what_a_reader_made_goes_with_its_last_use(tmp_path):
    """Nothing of it waits for a search: the tree of a file of 10,000 registers is a hundred megabytes.

    In a process of its own: drivers that other tests have dropped may go in two searches, of which the second finds what
    the first let go, and would be counted here.
    """
    path = tmp_path / "a.svd"
    path.write_text(svd("\n".join(register(name=f"R{i}", offset=str(i * 4)) for i in range(100))))
    code = """
        import gc, sys
        from pathlib import Path
        from codegen.importers.importing import import_file
        from codegen.importers.described.request import Options
        import_file(Path(sys.argv[1]), Options())  # modules that are imported when first needed leave cycles, too
        gc.collect()
        gc.disable()
        import_file(Path(sys.argv[1]), Options())
        print(gc.collect() < 300)
    """
    result = run_python(code, path, fresh=True)
    assert (result.returncode, result.stdout) == (0, "True\n"), result.stderr


def test_a_map_loads_no_reader_of_other_formats(tmp_path):
    """Each run of the generator would wait for them."""
    code = (
        "import sys, codegen; codegen.load(sys.argv[1]); print([m for m in sys.modules if 'importers.formats.' in m])"
    )
    result = run_python(code, MAPS / "blinker.yaml", fresh=True)
    assert (result.returncode, result.stdout) == (0, "[]\n")


def test_every_format_has_a_reader():
    assert set(FORMATS) == set(importing._READERS)


DEEP = 5000
BAD = {
    "empty": b"",
    "blank": b" \n\n",
    "binary": bytes(range(256)) * 8,
    "latin": "register: {name: \u00e9}".encode("latin-1"),
    "brackets": b"[" * DEEP,
    "braces": b"{a: " * DEEP,
    "elements": b"<device>" + b"<a>" * DEEP,
    "entities": b"<!DOCTYPE a [<!ENTITY b 'c'>]><device>&b;</device>",
    "half": b"<device><name>a</name><peripherals>",
    "numbers": b"9" * 100_000,
    "tables": b"[a.b]\n" * 3,
    "one cell": b'"' + b"a" * 200_000,
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_is_no_description_is_refused_with_a_place(form, content, tmp_path):
    path = tmp_path / f"bad{FORMATS[form].suffixes[0]}"
    path.write_bytes(content)
    with pytest.raises(codegen.MapError) as caught:
        import_file(path, Options(), FORMATS[form])
    problem = caught.value.problems[0]
    assert problem.file == str(path)
    assert problem.line >= 1
    assert problem.message


def test_a_file_that_grows_without_end_is_not_read_to_it(tmp_path):
    """A sparse file of a gigabyte: what is read of it is bounded."""
    path = tmp_path / "large.rdl"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    require_refused(path, 1, "the file is larger than 64 MiB")
