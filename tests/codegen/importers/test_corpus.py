"""Real files, where HAL_TEST_CORPUS names a folder of them: they are imported, generated, and agree with second readers.

What a map has no word for may be missing, where the report says so with the register's name. Small files of the
project's own, with the same constructs, are in the tests of each format.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import Counter

import pytest

import codegen
from codegen.importers.described.naming import snake_name
from codegen.importers.described.request import Options
from codegen.importers.formats_known import format_of
from codegen.importers.importing import import_file
from codegen.importers.writing.map_text import map_text
from codegen.model.loader import load_imported
from codegen.output.files import render_devices, write_outputs
from codegen.output.languages.registry import LANGUAGES
from codegen.schema.policies import POLICIES
from tests.codegen.importers import list_readers
from tests.codegen.importers import second_readers as second
from tests.support.corpus import VARIABLE, corpus_files

FILES = corpus_files()
# Files that nobody could read alone, and what they are refused with.
UNREADABLE = {"preprocessor_CRLF.rdl": "Could not find 'preprocessor_incl.rdl' in include search paths"}
every_file = pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name not in UNREADABLE]
    or [pytest.param(None, marks=pytest.mark.skip(reason=f"{VARIABLE} names no folder of real files"))],
    ids=lambda path: path.name if path else "none",
)
# What languages have no word for, and say so.
NO_WORD_FOR = {
    "systemrdl": ("nothing that is left of it can be said in SystemRDL",),
}
OPTIONS = Options(read_modify="value")


@pytest.fixture(scope="module")
def imported():
    """What each file became, read once."""
    made = {}

    def of(path):
        if path not in made:
            result = import_file(path, OPTIONS)
            made[path] = result, load_imported(result, path)
        return made[path]

    return of


@every_file
def test_it_is_generated_in_every_language_and_imported(path, imported, tmp_path, monkeypatch):
    _, devices = imported(path)
    files = [
        file
        for device, inputs in devices
        for language in LANGUAGES
        for file in written(device, inputs, language, tmp_path / language)
    ]
    monkeypatch.syspath_prepend(str(tmp_path))
    drivers = [file for file in files if file.suffix == ".py"]
    assert len(drivers) == len(devices)
    for file in drivers:
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, file.stem, module)
        spec.loader.exec_module(module)
        assert module.__all__


def written(device, inputs, language, folder):
    """The files of a device in a language; none where that has no word for it."""
    try:
        return write_outputs(render_devices([(device.name, device, inputs)], folder, language))
    except codegen.MapError as error:  # logic needs more than an outside view says: all of it is told with its place
        assert language == "rtl", error
        assert all(problem.line and problem.path and problem.hint for problem in error.problems), error
    except ValueError as error:
        assert any(words in str(error) for words in NO_WORD_FOR.get(language, ())), f"{language}: {error}"
    return []


@every_file
def test_its_maps_are_the_same_bytes_again_and_load(path, imported, tmp_path):
    first, devices = imported(path)
    texts = {tree.name: map_text(tree) for tree in first.maps}
    assert texts == {tree.name: map_text(tree) for tree in import_file(path, OPTIONS).maps}
    for (name, text), (device, _) in zip(texts.items(), devices, strict=True):
        assert codegen.loads(text).digest == device.digest, name


def test_the_drivers_are_typed(imported, tmp_path):
    readable = [path for path in FILES if path.name not in UNREADABLE]
    if not readable:
        pytest.skip(f"{VARIABLE} names no folder of real files")
    for number, path in enumerate(readable):
        _, devices = imported(path)
        write_outputs(render_devices([(str(path), *found) for found in devices], tmp_path / f"m{number}"))
    files = sorted(str(file) for file in tmp_path.rglob("*.py"))
    # Modules of one name would be in the way of each other.
    by_name: dict[str, list[str]] = {}
    for file in files:
        by_name.setdefault(file.rpartition("/")[2], []).append(file)
    while by_name:
        batch = [found.pop() for found in by_name.values()]
        by_name = {name: found for name, found in by_name.items() if found}
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", *batch], capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, done.stdout[-2000:]


READERS = {
    "hdl-registers": list_readers.hdl_registers_facts,
    "ipxact": second.ipxact_facts,
    "rdl": second.systemrdl_facts,
    "rggen": list_readers.rggen_facts,
    "svd": second.svd_facts,
}


@every_file
def test_addresses_accesses_and_resets_are_those_of_a_second_reader(path, imported):
    form = format_of(path).name
    if form not in READERS or (form == "rdl" and not has_map(path)):
        pytest.skip("compared by names, or with no map of its own")
    result, devices = imported(path)
    said = told(result)
    found = {device.name: device for device, _ in devices}
    compared = 0
    read = READERS[form](path)
    for name, facts in read.items():
        device = found.get(snake_name(name, "d")) or (devices[0][0] if len(devices) == 1 else None)
        if device is None:  # it repeats another one, or has no registers
            continue
        there = Counter(fact._replace(reset=None) for fact in second.facts_of(device))
        resets = {fact._replace(reset=None): fact.reset for fact in second.facts_of(device)}
        for register, fact in facts:
            key = fact._replace(reset=None)
            compared += 1
            if key not in there:
                assert any(register in words for words in said), f"{name}.{register}: {fact} is not in the map"
            elif fact.reset is not None and there[key] == 1 and resets[key] is not None:
                assert resets[key] == fact.reset or any(register in words for words in said), (
                    f"{name}.{register}: {fact}"
                )
    assert compared or not any(read.values())


def has_map(path):
    text = path.read_text(errors="replace")
    return "addrmap" in text


def told(result):
    """What the report says that is not as it was."""
    return [remark.path + " " + remark.message for remark in result.remarks.all if remark.kind != "carried"]


@every_file
def test_registers_are_those_of_a_second_reader_by_name(path, imported):
    form = format_of(path).name
    if form not in {"opentitan", "cheby", "litex"}:
        pytest.skip("compared by addresses, or by its own tests")
    _, devices = imported(path)
    for device, _ in devices:
        by_path = {place.path: place for place in device.walk()}
        if form == "litex":
            for name, offset in second.litex_names(path).items():
                assert any(
                    place.offset == offset and path.replace(".", "_").startswith(name)
                    for path, place in by_path.items()
                ), name
            continue
        names = second.opentitan_names(path) if form == "opentitan" else second.cheby_names(path)
        for name, rows in names.items():
            register = by_path[snake_name(name)].register
            here = {
                (low, field.width, *(POLICIES[field.access].read, POLICIES[field.access].write))
                for field in register.fields
                for low in second.lows_of(field)
            }
            for row in rows:
                assert any(found[: len(row)] == row for found in here), f"{name}: {row}"


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_nobody_can_read_alone_is_told_with_its_line(name):
    path = next((path for path in FILES if path.name == name), None)
    if path is None:
        pytest.skip(f"{VARIABLE} names no folder with {name}")
    with pytest.raises(codegen.MapError) as caught:
        import_file(path, Options())
    (problem,) = caught.value.problems
    assert UNREADABLE[name] in problem.message
    assert problem.line > 1
