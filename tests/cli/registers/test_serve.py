"""hal serve as its users run it: its words, who gets in, how it ends, and what it leaves behind."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.support.command_line import WIDGET, run_here
from tests.support.live_page import Asker
from tests.support.processes import LIMIT


def started(hal, *arguments, **environment):
    """The child, and who asks it."""
    child = hal.start("serve", *arguments, "--port", "0", **environment)
    line = child.line()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{43})$", line.rstrip())
    assert found, (line, child.rest()[1] if child.poll() is not None else "")
    return child, line, Asker(int(found[1]), found[2])


def test_it_serves_a_shared_card_and_ends_with_ctrl_c_also_where_a_viewer_hangs(hal):
    child, line, asker = started(hal, 0, WIDGET, "--interval", "0.02", "--write")
    with child:
        assert line.startswith("widget on slot 0, with writes: http://")
        assert child.line() == "Whoever has this address may use the page. Ctrl-C ends it.\n"
        assert [one["name"] for one in asker.ask("GET", "/maps/0").json["maps"]] == ["widget"]
        with asker.events() as stream:
            stream.look("wide")
            stream.until("wide", 0)
            hal("write", 0, WIDGET, "wide=0x1234")  # another process
            stream.until("wide", 0x1234)
            with asker.hung_events():  # while there is more and more to tell
                for value in range(60):
                    asker.post("/write", map=0, writes=[["ram[0]", str(value)]])
                began = time.monotonic()
                child.send_signal(signal.SIGINT)
                out, errors = child.rest()
        assert (child.returncode, out, errors) == (0, "", "")
        assert time.monotonic() - began < LIMIT / 2


def test_with_writes_and_two_maps_under_a_load_and_killed(hal, tmp_path):
    """What is killed in the middle of writes leaves a card that works."""
    other = tmp_path / "other.yaml"
    other.write_text("schema: 1\nname: other\nregisters: {word: {offset: 0x40}}\n")
    child, line, asker = started(hal, 0, WIDGET, other, "--write", "--no-verify")
    with child:
        assert line.startswith("widget, other on slot 0, with writes: ")
        assert asker.post("/write", map=1, writes=[["word", "7"]]).status == 200
        assert hal("read", 0, WIDGET, "bank[0]").lines == ["bank[0] = 0x00000007 (value=0x7)"]
        with asker.events() as stream:
            stream.look("*")
            stream.until("bank[0]", 7)
            child.send_signal(signal.SIGKILL)
            child.wait(LIMIT)
    assert hal("write", 0, WIDGET, "bank[0]=8").code == 0
    assert hal("read", 0, WIDGET, "bank[0]").lines == ["bank[0] = 0x00000008 (value=0x8)"]


def test_a_large_map_needs_little_memory_for_the_generator_stays_outside(hal, tmp_path):
    registers = "\n".join(
        f"  r{number}: {{offset: {4 * number}, fields: {{a: {{bits: 7:0}}, b: {{bits: 31:16}}}}}}"
        for number in range(1500)
    )
    (tmp_path / "large.yaml").write_text(f"schema: 1\nname: large\nregisters:\n{registers}\n")
    child, _, asker = started(hal, 0, tmp_path / "large.yaml", fresh=True, HAL_CACHE="off")
    with child:
        with asker.events() as stream:
            assert len(stream.look("*")["registers"]) == 1500
            stream.until("r1499", 0)
        process = Path(f"/proc/{child.pid}")
        status = (process / "status").read_text()
        assert "pydantic" not in (process / "maps").read_text()
        assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 90_000


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "give a slot and at least one map"),
        ((0,), 2, "give a slot and at least one map"),
        ((0, WIDGET, "--demo"), 2, "--demo has a card and a map of its own: leave the maps out"),
        ((0, "nothing.yaml"), 3, "nothing.yaml"),
        ((0, WIDGET, "--host", "203.0.113.1"), 1, "203.0.113.1"),
        ((7, WIDGET), 4, "slot 7"),
    ],
)
def test_what_can_not_be_served_is_told(hal, arguments, code, said):
    result = hal("serve", *arguments)
    assert (result.code, said in result.err) == (code, True)
    assert result.err.count("\n") <= 4
    assert "Traceback" not in result.err


def test_a_wrong_map_is_told_with_its_places(hal, tmp_path):
    (tmp_path / "wrong.yaml").write_text("schema: 1\nname: wrong\nregisters: {a: {offset: 1}}\n")
    result = hal("serve", 0, tmp_path / "wrong.yaml")
    assert (result.code, "wrong.yaml:3:" in result.err) == (3, True)


def test_a_project_says_slot_and_map_and_json_is_one_line(hal):
    (hal.folder / ".hal.toml").write_text(f'slot = 0\nmap = "{WIDGET}"\n')
    with hal.start("serve", "--port", "0", "--json", "--host", "::1", "--name", "lab") as child:
        found = json.loads(child.line())
        assert {key: found[key] for key in ("maps", "slot", "write")} == {"maps": ["widget"], "slot": 0, "write": False}
        assert re.fullmatch(r"http://lab:\d+/\?token=[\w-]{43}", found["address"])
        child.send_signal(signal.SIGTERM)
        assert child.rest() == ("", "")


def test_a_port_in_use_is_told_where_it_was_asked_for(hal):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = hal("serve", 0, WIDGET, "--port", port)
    assert (result.code, f"port {port} can't be served" in result.err) == (1, True)


def test_the_demonstration_is_alive_on_a_card_of_its_own(hal):
    child, line, asker = started(hal, "--demo", "--write")
    with child:
        assert line.startswith("demo on slot 0, with writes: ")
        with asker.events() as stream:
            stream.look("ch[1].sample", "uptime")
            seen = set()
            while len(seen) < 3:
                stream.next("values")
                seen.add(stream.values["ch[1].sample"])
            asker.post("/write", map=0, writes=[["ctrl.mode", "off"]])
            assert asker.ask("POST", "/read", {"map": 0, "path": "event"}).json == {"value": "1"}
            assert asker.ask("POST", "/read", {"map": 0, "path": "event"}).json == {"value": "102"}
        assert "cleared" in hal("describe", 0).out  # the shared card has nothing of it
        child.send_signal(signal.SIGTERM)
        child.rest()


@pytest.mark.parametrize("name", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch, name):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda wanted, *rest: None if wanted == name else find(wanted, *rest)
    )
    result = run_here(capsys, monkeypatch, "serve", 0, WIDGET)
    assert (result.code, f"hal serve needs {name}: pip install 'fpga-hal[serve]'" in result.err) == (1, True)
