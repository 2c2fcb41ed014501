"""`hal shell`, and what its completion offers; completion must never reach the card."""

from __future__ import annotations

import os
import sys

import pytest

import hal
from hal.cli.ipython import complete
from tests.support import MAPS
from tests.support.command_line import WIDGET, CommandLine


@pytest.fixture
def widget(slot):
    with hal.load_map(MAPS / "widget.yaml").open(0) as device:
        yield device


@pytest.mark.parametrize(
    ("line", "typed", "offered"),
    [
        ("dev.ct", "ct", ["ctrl"]),
        ("print(dev.ctrl.mo", "mo", ["mode", "modify"]),
        ("dev.bank[-1].va", "va", ["value"]),
        ("dev.bank[2].va", "va", ["value"]),
        ("dev.fifo.valu", "valu", ["value"]),
        ("dev.ram.rea", "rea", ["read", "read_width", "readinto"]),
        ("dev.sl", "sl", ["slot"]),
        ("dev.slot.cl", "cl", ["claim", "clear", "clocks", "close"]),
        ("dev.slot.clocks.rel", "rel", ["release_resets"]),
        ("slot.emulator.fa", "fa", ["fault"]),
        ("slot.leds.", "", []),
        ("dev.slot.nothing.", "", []),
        ("dev.ctrl.mode = ", "", ["Mode.OFF", "Mode.SLOW", "Mode.FAST"]),
        ("dev.ctrl.mode == Mode.F", "Mode.F", ["Mode.FAST"]),
        ("dev.ctrl.modify(go=1, mode=Mode.S", "Mode.S", ["Mode.SLOW"]),
        ("dev.ctrl.write(gain=int(3), mode=Mode.S", "Mode.S", ["Mode.SLOW"]),
        ("dev.ctrl.wait_for_async(mode=Mode.S", "Mode.S", ["Mode.SLOW"]),
        ("dev.ctrl.modify(", "", ["go=", "mode=", "armed=", "gain=", "ratio="]),
        ("dev.ctrl.write(go=int(1), mode=Mode.SLOW, ", "", ["armed=", "gain=", "ratio="]),
        ("dev.ctrl.wait_for(go=1, ti", "ti", ["timeout="]),
        ("await dev.bank[1].wait_for_async(", "", ["value=", "timeout=", "interval=", "fail="]),
        ("dev.id.modify(", "", []),  # it is read-only
        ("dev.command.wait_for(", "", ["timeout=", "interval=", "fail="]),  # and this one write-only
        ("hal.wait_for_all(hal.when(dev.ctrl, go=1), hal.when(reg, mo", "mo", ["mode="]),
        ("when(dev.ctrl, ", "", ["go=", "mode=", "armed=", "gain=", "ratio=", "fail="]),
        ("dev.ctrl.fields(", "", []),
        ("dev.modify(", "", []),
        ("reg.ga", "ga", ["gain"]),
        ("dev.ctrl.mode.", "", []),
        ("dev.fifo.value.", "", []),
        ("dev.bank[7].", "", []),
        ("dev.ctrl[0].", "", []),
        ("dev.ctrl.go = ", "", []),
        ("other.ct", "", []),
        ("number.re", "", []),
        ("", "", []),
    ],
)
def test_completion_goes_by_declarations_alone(widget, line, typed, offered):
    names = {"dev": widget, "slot": widget.slot, "reg": widget.ctrl, "number": 5, "Mode": type(widget.ctrl.mode)}
    with widget.slot.emulator.trace() as trace:
        assert complete(names, line) == (typed, offered)
    assert trace == []


def test_members_are_offered_by_the_names_that_they_have_in_the_session(widget):
    mode = type(widget.ctrl.mode)
    module = sys.modules[mode.__module__]
    for scope, offered in (
        ({"Mode": mode}, "Mode.FAST"),
        ({"M": mode, "_": mode}, "M.FAST"),
        ({"drivers": module}, "drivers.Mode.FAST"),
        ({}, ""),
    ):
        _, texts = complete({"dev": widget, **scope}, "dev.ctrl.mode = ")
        assert texts[-1:] == [offered] * bool(offered)
        assert not offered or eval(offered, scope) is mode.FAST


def test_dir_reads_nothing(widget):
    with widget.slot.emulator.trace() as trace:
        assert {"ctrl", "bank", "ram", "snapshot"} <= set(dir(widget))
        assert {"go", "mode", "read", "modify"} <= set(dir(widget.ctrl))
        assert "value" in dir(widget.fifo)
    assert trace == []


def test_without_ipython_it_says_what_to_install(tmp_path):
    (tmp_path / "IPython.py").write_text("raise ImportError('No module named IPython')")
    result = CommandLine(tmp_path, card="")("shell", 0, WIDGET, PYTHONPATH=str(tmp_path))
    assert (result.code, result.out) == (1, "")
    assert result.err == "hal: an interactive session needs IPython (No module named IPython): pip install ipython\n"


def test_what_the_session_holds(tmp_path):
    """With a stand-in for IPython, which tells what it is given."""
    (tmp_path / "IPython.py").write_text(
        "def start_ipython(argv, user_ns):\n"
        "    print(argv[0], sorted(user_ns))\n"
        "    print(user_ns['dev'].ctrl.mode is user_ns['Mode'].OFF, user_ns['slot'].number, user_ns['hal'].__name__)\n"
    )
    result = CommandLine(tmp_path, card="")("shell", 0, WIDGET, PYTHONPATH=str(tmp_path))
    assert result.lines == [
        "--ext=hal ['Mode', 'dev', 'hal', 'slot']",
        "True 0 hal",
    ], result.err


def test_a_session_of_real_ipython(tmp_path):
    pytest.importorskip("IPython")
    program = (
        "dev.ctrl.mode = Mode.FAST\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "with provisionalcompleter(): print([c.text for c in get_ipython().Completer.completions('dev.ctrl.ga', 11)])\n"
        "\n"
        "print(dev.ctrl.mode.name, slot.number)\n"
    )
    result = CommandLine(tmp_path, card="")("shell", 0, WIDGET, stdin=program, HOME=os.fspath(tmp_path))
    assert result.code == 0, result.err
    assert "['gain']" in result.out
    assert "FAST 0" in result.out
