"""Models in Python files: their classes, their imports, and what is wrong with them."""

from __future__ import annotations

import sys

import pytest

import codegen
import hal
from hal.emulator.model_file import load_model
from tests.support import MAPS

MODEL = """
import hal
from blinker import Blinker
from counting import STEP

class Own(hal.Model):
    def __init__(self):
        super().__init__(Blinker)
        import late
        self.step = STEP + late.EXTRA
"""


@pytest.fixture
def beside(tmp_path):
    """A folder with a model, as the manual teaches it, and the modules that it imports."""
    codegen.generate([MAPS / "blinker.yaml"], tmp_path)
    (tmp_path / "counting.py").write_text("STEP = 2\n")
    (tmp_path / "late.py").write_text("EXTRA = 3\n")
    (tmp_path / "models.py").write_text(MODEL)
    return tmp_path


def test_a_model_that_chooses_its_driver_finds_the_modules_beside_it(beside, blinker_class):
    model = load_model(beside / "models.py", "Own", blinker_class)
    assert model.step == 5
    assert model.driver.__module__ == "blinker"


def test_its_imports_leave_no_trace(beside, blinker_class, tmp_path_factory):
    """Not in the path, not among the modules, and a module of the program with one of the names stays the program's."""
    other = tmp_path_factory.mktemp("other")
    (other / "counting.py").write_text("STEP = 40\n")
    sys.path.insert(0, str(other))
    try:
        import counting

        path, names = list(sys.path), set(sys.modules)
        assert load_model(beside / "models.py", "Own", blinker_class).step == 5
        assert sys.path == path
        assert set(sys.modules) - names <= {"hal_model_models"}
        assert sys.modules["counting"] is counting
        assert counting.STEP == 40
        (beside / "counting.py").write_text("STEP = 200\n")
        assert load_model(beside / "models.py", "Own", blinker_class).step == 203
    finally:
        sys.path.remove(str(other))
        del sys.modules["counting"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module\n", "can't be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("class Own(\n", "can't be loaded: SyntaxError"),
        ("raise SystemExit(3)\n", "can't be loaded: SystemExit: 3"),
        ("class Own: pass\n", r"has no class Own derived from hal\.Model"),
        ("Own = 5\n", r"has no class Own derived from hal\.Model"),
        ("import hal\nclass Own(hal.Model):\n    def __init__(self, a, b): pass\n", "can't be made: TypeError"),
        ("import hal\nclass Own(hal.Model):\n    def __init__(self): 1 / 0\n", "can't be made: ZeroDivisionError"),
        ("import hal\nclass Own(hal.Model):\n    def __init__(self): exit()\n", "can't be made: SystemExit"),
        ("import hal\nclass Own(hal.Model):\n    def __init__(self): pass\n", "does not call super"),
        (
            "import hal\nclass Own(hal.Model):\n    def __init__(self): super().__init__(hal.load_map('cl_sde'))\n",
            "plays ClSde, whose registers are not those of the map",
        ),
    ],
)
def test_models_that_can_not_be_used(tmp_path, blinker_class, text, said):
    (tmp_path / "models.py").write_text(text)
    names, path = set(sys.modules), list(sys.path)
    with pytest.raises(hal.ModelError, match=said):
        load_model(tmp_path / "models.py", "Own", blinker_class)
    assert sys.path == path
    assert not {name for name in set(sys.modules) - names if name.startswith("hal_model") and "load" in said}


def test_a_file_that_is_missing(tmp_path, blinker_class):
    with pytest.raises(hal.ModelError, match="can't be loaded: FileNotFoundError"):
        load_model(tmp_path / "none.py", "Own", blinker_class)


@pytest.mark.parametrize(
    "signature", ["self, driver", "self, driver=None", "self, *drivers", "self, /, driver, label='x'"]
)
def test_a_model_that_takes_a_driver_gets_it(tmp_path, blinker_class, signature):
    body = "drivers[0]" if "*" in signature else "driver"
    text = f"import hal\nclass Own(hal.Model):\n    def __init__({signature}): super().__init__({body})\n"
    (tmp_path / "models.py").write_text(text)
    assert load_model(tmp_path / "models.py", "Own", blinker_class).driver is blinker_class
