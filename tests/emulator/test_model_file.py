"""Models in Python that a design names."""

from __future__ import annotations

import pytest

import hal
from hal.emulator.model_file import model_of
from tests.support import MAPS


def test_a_design_without_a_model():
    assert model_of("haldesign 1\nname blank\n") is None


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("# python-model one two", "does not name a file, a class and a map"),
        (f"# python-model /nonexistent.py Model {MAPS / 'blinker.yaml'}", "can't be loaded"),
    ],
)
def test_models_that_can_not_be_used(line, match):
    with pytest.raises(hal.ModelError, match=match):
        model_of(f"haldesign 1\nname x\n{line}\n")


def test_a_class_that_is_no_model(tmp_path):
    (tmp_path / "models.py").write_text("class Other: pass\n")
    line = f"# python-model {tmp_path / 'models.py'} Other {MAPS / 'blinker.yaml'}"
    with pytest.raises(hal.ModelError, match=r"has no class Other derived from hal\.Model"):
        model_of(line)
