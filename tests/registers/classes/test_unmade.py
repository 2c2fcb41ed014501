"""Classes of a large driver, which are made when they are first used: everything else is as with a small one."""

from __future__ import annotations

import builtins
import gc
import importlib
import inspect
import pickle
import sys
import threading

import pytest

import codegen
import hal
from tests.support.cards import fresh_slot
from tests.support.processes import run_python

COUNT = 260
MAP = "schema: 1\nname: large\nregisters:\n" + "".join(
    f"  r{at}: {{offset: {4 * at}, reset: {at}, description: Number {at}., fields: {{low: {{bits: 7:0}}, high: {{bits: 15:8}}}}}}\n"
    for at in range(COUNT)
)
MORE = """types:
  entry: {registers: {word: {offset: 0}}}
blocks:
  deep: {offset: 0x1000, count: 2, stride: 16, registers: {own: {offset: 0, count: 2, stride: 4}}}
memories: {ring: {offset: 0x2000, entry: entry, count: 4}}
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "large.py").write_text(codegen.render_python(codegen.loads(MAP + MORE)))
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("large", None)
    yield importlib.import_module("large")
    sys.modules.pop("large", None)


def made(module):
    """The register classes that the module has by now."""
    return {name for name, item in vars(module).items() if inspect.isclass(item) and issubclass(item, hal.Register)}


def blocks_made(module):
    """Its classes of blocks, the device apart."""
    items = vars(module).items()
    return {name for name, item in items if inspect.isclass(item) and issubclass(item, hal.Block)} - {"Large"}


def test_a_class_is_made_when_it_is_asked_for(module):
    assert made(module) == set()
    assert module.R7.__name__ == module.R7.__qualname__ == "R7"
    assert (module.R7.__module__, module.R7.__doc__.partition("\n")[0]) == ("large", "Number 7.")
    assert made(module) == {"R7"}
    assert module.R7 is vars(module)["R7"]
    assert "low" in vars(module.R7)
    assert (module.R7.low.msb, module.R7.low.lsb) == (7, 0)
    with pytest.raises(AttributeError, match="module 'large' has no attribute 'R9999'"):
        module.R9999  # noqa: B018


def test_a_block_is_made_with_the_first_of_its_places_and_its_registers_wait(module):
    assert blocks_made(module) == set()
    assert {"Deep", "Entry"} <= set(dir(module))
    with fresh_slot() as slot:
        device = slot.attach(module.Large, verify=False)
        assert (blocks_made(module), "Own" in made(module)) == (set(), False)
        assert device.deep[1].own[1].path == "deep[1].own[1]"
        assert (type(device.deep[1]), blocks_made(module)) == (module.Deep, {"Deep"})
        assert type(device.deep[0].own[0]) is module.Own
        assert device.ring[3].word.path == "ring[3].word"
        assert blocks_made(module) == {"Deep", "Entry"}


def test_a_block_says_what_its_registers_say_of_themselves(tmp_path, monkeypatch):
    many = MAP.replace(
        "registers:", "blocks: {bank: {offset: 0x1000, registers: {one: {offset: 0, description: Word.}}}}\nregisters:"
    )
    (tmp_path / "told.py").write_text(codegen.render_python(codegen.loads(many)))
    monkeypatch.syspath_prepend(str(tmp_path))
    told = importlib.import_module("told")
    assert blocks_made(told) == set()
    assert inspect.getdoc(told.Bank.one).startswith("Word.")
    assert set(told.Bank.__slots__) == {"one"}
    sys.modules.pop("told")


MEANWHILE = """
import threading
import hal

def ask():
    found = []

    def work():
        class Mine(hal.Register):
            low = hal.rw(3, 0)

        class Other(dict, metaclass=type):
            pass

        found.extend([Mine, Other])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found
"""


def test_what_else_runs_class_statements_is_there_again_after_each_import(tmp_path, monkeypatch):
    """One that stood there before, and one that was put over ours meanwhile, which calls what it found."""
    (tmp_path / "wrapping.py").write_text(
        "import builtins\n"
        "found = builtins.__build_class__\n"
        "def wrapper(*given, **more):\n"
        "    return found(*given, **more)\n"
        "builtins.__build_class__ = wrapper\n"
    )
    text = codegen.render_python(codegen.loads(MAP))
    (tmp_path / "wrapped.py").write_text(text.replace("class R200(", "import wrapping\n\n\nclass R200("))
    (tmp_path / "again.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(builtins, "__build_class__", builtins.__build_class__)
    try:
        for name in ("wrapped", "again"):
            module = importlib.import_module(name)
            assert builtins.__build_class__ is sys.modules["wrapping"].wrapper
            assert (module.R200.low.msb, module.R1.high.lsb) == (7, 8)
    finally:
        for name in ("wrapped", "again", "wrapping"):
            sys.modules.pop(name, None)


def test_what_stood_there_during_an_import_has_nothing_wait_any_more(tmp_path, monkeypatch):
    """Somebody keeps it, and calls it for a class of the same module."""
    text = codegen.render_python(codegen.loads(MAP)).replace(
        "class R200(", "kept = builtins.__build_class__\n\n\nclass R200("
    )
    later = "\n\ndef late():\n    class Late(hal.Register, width=32):\n        low = hal.rw(3, 0)\n\n    return Late\n"
    (tmp_path / "ended.py").write_text(text.replace("import hal\n", "import builtins\nimport hal\n", 1) + later)
    monkeypatch.syspath_prepend(str(tmp_path))
    ended = importlib.import_module("ended")
    try:
        assert ended.kept is not builtins.__build_class__
        with monkeypatch.context() as patched:
            patched.setattr(builtins, "__build_class__", ended.kept)
            exec("class Later(hal.Register, width=32):\n    low = hal.rw(3, 0)\n", vars(ended))
            late = ended.late()
        assert (ended.Later.low.msb, late.low.lsb) == (3, 0)
        assert made(ended) == {"Later"}
        importlib.reload(ended)
        assert made(ended) == {"Later"}
        assert ended.R200.low.msb == 7
    finally:
        sys.modules.pop("ended", None)


@pytest.mark.parametrize(
    ("statement", "waits"),
    [
        ("class R300(hal.Register, width=32):", True),
        ("class R300(hal.Register, width=32, reset=3, keep=0):", True),
        ("class R300(*[hal.Register], **{'width': 32}):", True),
        ("class R300(hal.Register):", True),
        ("class R7(hal.Register, width=32):", False),  # the name is there already
        ("class R300(hal.Register, Plain, width=32):", False),
        ("class R300(Plain):", False),
        ("class R300:", False),
        ("class R300(R7):", False),
        ("class R300(hal.Register, typing.Generic[T], width=32):", False),
    ],
)
def test_which_statements_of_a_driver_wait(tmp_path, monkeypatch, statement, waits):
    """Those of one base that is a register's or a block's. All others are run in their place."""
    name = statement[6:].partition("(")[0].rstrip(":")
    written = (
        f'{statement}\n    """Written."""\n    _mark = 5\n\n\nseen = {name}, sys.modules[__name__].R8\n\n\nclass R200('
    )
    text = codegen.render_python(codegen.loads(MAP)).replace("class R200(", written)
    head = "import sys\nimport typing\nimport hal\nT = typing.TypeVar('T')\nclass Plain:\n    __slots__ = ()\n"
    (tmp_path / "which.py").write_text(text.replace("import hal\n", head, 1))
    monkeypatch.syspath_prepend(str(tmp_path))
    which = importlib.import_module("which")
    try:
        assert (not inspect.isclass(which.seen[0]), name in vars(which)) == (waits, not waits)
        found = getattr(which, name)
        assert (found.__name__, found.__doc__, found.__module__) == (name, "Written.", "which")
        assert found._mark == 5
        assert getattr(which, name) is found
        assert not inspect.isclass(which.seen[1])
        assert hash(which.seen[1]) == object.__hash__(which.seen[1])
    finally:
        sys.modules.pop("which", None)


def test_class_statements_of_others_run_at_once_during_an_import(tmp_path, monkeypatch):
    """Before and after it they are run by what ran them."""
    own = builtins.__build_class__
    text = codegen.render_python(codegen.loads(MAP)).replace("import hal\n", "import hal\nimport meanwhile\n", 1)
    (tmp_path / "beside.py").write_text(text.replace("class R200(", "seen = meanwhile.ask()\n\n\nclass R200("))
    (tmp_path / "meanwhile.py").write_text(MEANWHILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        beside = importlib.import_module("beside")
        assert [kind.__name__ for kind in beside.seen] == ["Mine", "Other"]
        assert beside.seen[0].low.msb == 3
        assert (made(beside), builtins.__build_class__ is own) == (set(), True)
    finally:
        for name in ("beside", "meanwhile"):
            sys.modules.pop(name, None)


@pytest.mark.usefixtures("unsettled")
@pytest.mark.parametrize("is_frozen", [False, True])
def test_the_search_for_cycles_rests_during_an_import_and_goes_on(tmp_path, monkeypatch, is_frozen):
    """What a program froze itself, before a fork say, stays so."""
    text = codegen.render_python(codegen.loads(MAP)).replace(
        "class R200(", "old = gc.get_objects(generation=2)\nseen.append(any(R3 is one for one in old))\n\nclass R200("
    )
    (tmp_path / "searched.py").write_text(text.replace("import hal\n", "import gc\nimport hal\nseen = []\n", 1))
    monkeypatch.syspath_prepend(str(tmp_path))
    if is_frozen:
        gc.freeze()
    try:
        before = gc.get_freeze_count()
        found = importlib.import_module("searched")
        assert (found.seen[0] or is_frozen, gc.isenabled()) == (True, True)
        assert gc.get_freeze_count() <= before  # some of it may be gone
        assert (gc.get_freeze_count() > 0) == is_frozen
    finally:
        gc.unfreeze()
        sys.modules.pop("searched", None)


@pytest.mark.usefixtures("unsettled")
def test_an_import_that_fails_freezes_nothing(tmp_path, monkeypatch):
    text = codegen.render_python(codegen.loads(MAP)).replace("class R200(", "class R200(no_such_name, ")
    (tmp_path / "fails.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(NameError):
        importlib.import_module("fails")
    assert (gc.get_freeze_count(), gc.isenabled()) == (0, True)


def test_all_names_are_there(module):
    assert set(module.__all__) <= set(dir(module))
    assert not {"__getattr__", "__dir__"} & set(dir(module))
    names = {}
    exec("from large import *", names)
    assert set(module.__all__) <= names.keys()
    assert len(made(module)) == len([name for name in module.__all__ if name not in {"Large", "Deep", "Entry"}])
    assert pickle.loads(pickle.dumps(module.R3)) is module.R3
    assert "Number 3." in inspect.getsource(module.R3)


def test_registers_are_of_the_classes_that_the_module_has(module):
    with fresh_slot(), module.Large.open(0) as dev:
        assert type(dev.r5) is module.R5
        assert isinstance(dev.r6, module.R6)
        dev.r5.low = 9
        assert (dev.r5.low, dev.r5.high, dev.r6.read()) == (9, 0, 6)
        dev.deep[1].own[0].value = 4
        dev.ring[2].word.value = 8
        assert dev.snapshot()["deep[1].own[0]"] == 4
        assert [row.path for row in dev.walk()][:2] == ["r0", "r1"]
        assert inspect.getdoc(module.Large.r5).startswith("Number 5.")


def test_a_card_with_all_of_it_is_as_the_map_says(module):
    """What is not made yet is made by whoever needs it: the emulated card's design needs all."""
    with fresh_slot(), module.Large.open(0) as dev:
        assert [dev.find(f"r{at}").read() for at in range(0, COUNT, 50)] == list(range(0, COUNT, 50))
    assert len(made(module)) >= COUNT


def test_what_is_derived_from_one_is_a_class(module):
    class Mine(module.R8):
        def both(self):
            return self.low + self.high

    assert Mine.__mro__[1] is module.R8
    assert issubclass(Mine, hal.Register)


def test_threads_make_it_once(module):
    found, together = [], threading.Barrier(8)

    def ask():
        together.wait(timeout=60)
        found.append([getattr(module, f"R{at}") for at in range(40)])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert all(classes == found[0] for classes in found)
    assert all(vars(module)[kind.__name__] is kind for kind in found[0])


def test_a_reload_makes_new_ones(module):
    before = module.R1
    again = importlib.reload(module)
    assert again is module
    assert made(module) == set()
    assert module.R1 is not before


def test_a_driver_that_fails_leaves_nothing_behind(module, tmp_path):
    text = (tmp_path / "large.py").read_text()
    (tmp_path / "partial.py").write_text(text.replace("class R100(", "1 / 0\n\n\nclass R100("))
    own = builtins.__build_class__
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("partial")

    class Any:
        """The next class statement anywhere finds that the import has ended."""

    assert builtins.__build_class__ is own
    (tmp_path / "partial.py").write_text(text)
    importlib.invalidate_caches()
    assert importlib.import_module("partial").R100.low.lsb == 0
    sys.modules.pop("partial")


def test_a_driver_that_is_mended_by_being_smaller_has_its_own_classes(module, tmp_path):
    """Nothing of an import that failed stands in the way of the next one's classes."""
    (tmp_path / "mended.py").write_text(
        (tmp_path / "large.py").read_text().replace("class R100(", "1 / 0\n\n\nclass R100(")
    )
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("mended")
    (tmp_path / "mended.py").write_text(codegen.render_python(codegen.loads("\n".join(MAP.splitlines()[: 3 + 5]))))
    importlib.invalidate_caches()
    mended = importlib.import_module("mended")
    assert made(mended) == {"R0", "R1", "R2", "R3", "R4"}
    sys.modules.pop("mended")


@pytest.mark.parametrize("names", [{}, {"__name__": "of_no_module"}, {"__name__": "sys"}])
def test_a_driver_that_runs_in_a_dictionary_leaves_its_classes_there(module, names):
    """Nothing asks a dictionary for what it has not."""
    exec(inspect.getsource(module), names)
    assert (names["R7"].__name__, names["R7"].low.msb, issubclass(names["R7"], hal.Register)) == ("R7", 7, True)


def test_a_small_driver_has_its_classes_at_once():
    small = codegen.render_python(codegen.loads("\n".join(MAP.splitlines()[: 3 + 249])))
    large = codegen.render_python(codegen.loads("\n".join(MAP.splitlines()[: 3 + 250])))
    assert "on_first_use" not in small
    assert large.count("hal.on_first_use(globals())  # its 250 register classes are made when they are asked for") == 1


def test_maps_without_a_file_and_other_accessors_have_them_too(tmp_path):
    (tmp_path / "large.yaml").write_text(MAP)
    program = """
    import sys, hal
    driver = hal.load_map(sys.argv[1])
    module = sys.modules[driver.__module__]
    before = sum(name.startswith("R") for name in vars(module))
    with driver.open(0, "emulator") as dev:
        dev.r3.modify(low=1, high=2)
        print(before, hex(dev.r3.read()), type(dev.r3) is module.R3, hal.accelerated)
    """
    for pure in ("0", "1"):
        done = run_python(program, tmp_path / "large.yaml", environment={"HAL_PURE_CFFI": pure, "HAL_CACHE": "off"})
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[:3] == ["0", "0x201", "True"]
