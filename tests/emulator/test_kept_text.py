"""Texts of designs that are kept beside their drivers: the same as those made anew, and never another one's."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hal
from hal.emulator import kept_text
from hal.emulator.design_text import design_text
from hal.emulator.kept_text import text_of
from tests.support import MAPS, ROOT
from tests.support.cards import on_card

HEAD = len(b"hal cache 1\n") + 32
REGISTERS = 260  # the classes of which wait until they are used
SOME = [MAPS / name for name in ("blinker.yaml", "trust.yaml", "wide.yaml", "widget.yaml")]
SOME += [ROOT / "regmaps" / name for name in ("axi_dma.yaml", "cl_mem_perf.yaml", "cl_sde.yaml", "qemu_edu.yaml")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of its own, where short texts are kept too."""
    monkeypatch.setenv("HAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_text, "_SHORT", 0)
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A map of many registers, a different reset each, and the cache with its driver."""
    place = tmp_path_factory.mktemp("large")
    fields = "fields: {enable: {bits: 0}, mode: {bits: 3:1}, done: {bits: 20, access: w1c}, level: {bits: 19:4, reset:"
    registers = (f"  r{n}: {{offset: {n * 4}, {fields} {n}}}}}}}" for n in range(REGISTERS))
    path = place / "large.yaml"
    path.write_text("\n".join(["schema: 1", "name: large", "registers:", *registers]) + "\n")
    os.utime(path, (time.time() - 5, time.time() - 5))
    time.sleep(0.1)  # the kernel's time of the change itself can't be set
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAL_CACHE", str(place / "cache"))
        hal.load_map(path)
    return path


@pytest.fixture
def kept(large, folder):
    """The same map with a driver in a cache of its own. Returns a function that loads it from there."""
    shutil.copytree(large.parent / "cache", folder)
    return lambda: hal.load_map(large)


def made_classes(module):
    return sum(isinstance(item, type) and issubclass(item, hal.Register) for item in vars(module).values())


def entry(folder):
    (file,) = folder.glob("*.design")
    return file


def changed(file):
    """An entry that is whole, with a text that would be noticed."""
    body = file.read_bytes()[HEAD:].replace(b"\nname large\n", b"\nname other\n")
    file.write_bytes(b"hal cache 1\n" + hashlib.sha256(body).digest() + body)
    return file


def test_a_kept_text_needs_no_class_of_a_register(kept, folder):
    first = kept()
    first_module, made = sys.modules[first.__module__], text_of(first._design)
    assert entry(folder).stat().st_mode & 0o777 == 0o600
    second = kept()
    module = sys.modules[second.__module__]
    assert text_of(second._design) == made == design_text(first._design)
    assert made_classes(module) < 10 < REGISTERS <= made_classes(first_module)
    with hal.open_slot(0) as slot, on_card(slot, second) as device:
        assert (device.r17.level, device.r259.level) == (17, 259)
        assert made_classes(module) < 10


def test_a_short_text_is_not_kept(kept, folder, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("HAL_CACHE", str(folder))
    assert len(text_of(kept()._design)) < kept_text._SHORT
    assert not list(folder.glob("*.design"))


def test_the_first_one_is_kept_too(large, folder):
    driver = hal.load_map(large)
    text = text_of(driver._design)
    assert str(entry(folder).read_bytes(), errors="replace").endswith(text)


@pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
def test_it_is_the_same_from_the_cache_and_without(path, folder, monkeypatch):
    made = hal.load_map(path)
    texts = [text_of(made._design), text_of(made._design), text_of(hal.load_map(path)._design)]
    assert len(list(folder.glob("*.design"))) == 1
    monkeypatch.setenv("HAL_CACHE", "off")
    texts += [text_of(hal.load_map(path)._design), text_of(made._design)]
    assert set(texts) == {design_text(made._design)}


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["large", "larger"]),
        "home": st.sampled_from([(0, 0), (0, 4), (1, 0)]),
        "afi": st.lists(st.sampled_from(["agfi-1", "agfi-2"]), max_size=2, unique=True).map(tuple),
        "pci": st.tuples(*[st.sampled_from([0, 0x1D0F])] * 4),
        "clkgen": st.booleans(),
        "digest": st.sampled_from(["", "12"]),
    },
)


@pytest.fixture(scope="module")
def blinker(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAL_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(kept_text, "_SHORT", 0)
        yield hal.load_map(MAPS / "blinker.yaml")


@settings(max_examples=20)
@given(options=OPTIONS)
def test_each_option_of_a_design_decides(blinker, options):
    design = blinker._design._replace(**options)
    assert [text_of(design), text_of(design)] == [design_text(design)] * 2


def open_to_others(file):
    file.chmod(0o666)


def in_an_open_folder(file):
    file.parent.chmod(0o777)


def link(file):
    elsewhere = file.parent.parent / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def fifo(file):
    file.unlink()
    os.mkfifo(file, 0o600)


def cut(file):
    file.write_bytes(file.read_bytes()[:-7])


def one_bit(file):
    content = bytearray(file.read_bytes())
    content[-9] ^= 4
    file.write_bytes(content)


def of_another_driver(file):
    """Whole and this user's own, under another one's name."""
    body = file.read_bytes()[HEAD:]
    body = body.replace(b'"key": "', b'"key": "0', 1)
    file.write_bytes(b"hal cache 1\n" + hashlib.sha256(body).digest() + body)


def of_another_runtime(file):
    body = file.read_bytes()[HEAD:]
    body = body.replace(b'"made by": "', b'"made by": "0', 1)
    file.write_bytes(b"hal cache 1\n" + hashlib.sha256(body).digest() + body)


@pytest.mark.parametrize(
    "harm", [open_to_others, in_an_open_folder, link, fifo, cut, one_bit, of_another_driver, of_another_runtime]
)
def test_what_is_not_surely_this_designs_counts_for_nothing(harm, kept, folder):
    right = text_of(kept()._design)
    harm(changed(entry(folder)))
    assert text_of(kept()._design) == right
    assert harm is in_an_open_folder or entry(folder).lstat().st_mode == 0o100600  # and it is kept again


def test_nothing_but_the_entry_decides(kept, folder):
    """What the tests of harmed entries would see if one of them were used."""
    right = text_of(kept()._design)
    changed(entry(folder))
    assert text_of(kept()._design) == right.replace("\nname large\n", "\nname other\n")


def test_without_a_cache_nothing_is_kept_or_found(kept, folder, monkeypatch):
    driver = kept()
    right = text_of(driver._design)
    changed(entry(folder))
    monkeypatch.setenv("HAL_CACHE", "off")
    assert text_of(driver._design) == text_of(kept()._design) == right


def test_a_folder_that_is_gone_is_no_error(kept, folder):
    driver = kept()
    shutil.rmtree(folder)
    folder.write_text("a file stands here")
    assert text_of(driver._design) == design_text(driver._design)
    assert folder.read_text() == "a file stands here"


def test_a_derived_class_has_its_own(kept, folder):
    driver = kept()
    text_of(driver._design)

    class More(driver):  # type: ignore[misc]
        extra = hal.register(driver._children["r0"].kind, 0x1000)

    assert text_of(More._design) == design_text(More._design) != text_of(driver._design)
    assert "word 0x1000 32" in text_of(More._design)


def test_a_map_that_was_edited_has_its_own(large, folder, tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text(large.read_text())
    os.utime(path, (time.time() - 5, time.time() - 5))
    time.sleep(0.1)
    before = hal.load_map(path)
    text = text_of(before._design)
    path.write_text(path.read_text().replace("offset: 1036,", "offset: 1040,"))
    after = hal.load_map(path)
    assert "word 0x410 32" in text_of(after._design)
    assert text_of(before._design) == text  # whose module has another one's place
