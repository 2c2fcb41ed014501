"""Fleets of emulated cards on a Ray cluster of three hosts, in a network namespace of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from itertools import takewhile
from pathlib import Path
from textwrap import dedent

import pytest

from hal.fleet.engine import SYSTEM_CONFIG
from tests.support import MAPS, ROOT
from tests.support.command_line import run_here
from tests.support.processes import LIMIT, Child, run, run_python
from tests.support.tools import needs
from tests.support.warm import warm_script

HERE = Path(__file__).parent


RAY = needs("ray", there=importlib.util.find_spec("ray") is not None)
EXAMPLES = ROOT / "docs" / "examples"
PAGE = (ROOT / "docs" / "fleets.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def python():
    """The command of a Python in a network namespace with loopback alone."""
    with tempfile.TemporaryDirectory(prefix="hal-ray-") as folder:
        warm_script(Path(folder) / "python", Path(folder) / "socket")
        command = ("unshare", "-rn", sys.executable, "-m", "tests.fleet.warm_namespace", folder)
        with Child(*command, cwd=ROOT, stderr=None, start_new_session=True) as namespace:
            assert namespace.line() == "ready\n"
            yield Path(folder) / "python"
            namespace.stdin.close()
            namespace.wait(LIMIT)


@pytest.fixture
def alone(python, tmp_path):
    """Runs Python with a command there, in a folder of this test; what it printed."""

    def run_alone(*command):
        done = run(
            *(python, *command),
            environment={
                "HAL_LIBRARY": "emulator",
                "HAL_EMULATOR_DIR": str(tmp_path / "cards"),
                "HAL_CARD_TIME_SCALE": "0.01",
                "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
                # Agents of a host end with it: told by a pipe, not by their parent, which the host is not here.
                "RAY_enable_pipe_based_agent_to_parent_health_check": "1",
            },
            cwd=tmp_path,
            timeout=9 * LIMIT,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run_alone


STANDS = "import os, sys; print(sys.argv, __name__, sys.path[0], os.getcwd(), sys.stdin.read()); sys.exit(3)"


@RAY
@pytest.mark.parametrize("options", [("-c", STANDS), ("-m", "stands"), ("stands.py",), ("-u", "../stands.py")])
def test_the_python_there_is_as_another(python, tmp_path, options):
    (tmp_path / "sub").mkdir()
    for folder in tmp_path, tmp_path / "sub":
        (folder / "stands.py").write_text(STANDS, encoding="utf-8")
    told = [run(command, *options, "one", cwd=tmp_path / "sub", input="in") for command in (python, sys.executable)]
    assert [(done.returncode, done.stderr) for done in told] == [(3, "")] * 2
    assert told[0].stdout == told[1].stdout


@RAY
@pytest.mark.timeout(10 * LIMIT)
def test_fleets_of_three_hosts(alone):
    imported = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    options = ("-q", "-x", "-p", "no:cacheprovider", "-W", imported, "--timeout", 5 * LIMIT, "--rootdir", ROOT)
    assert " passed" in alone("-m", "pytest", *options, HERE / "scenarios.py")


def indented_after(text):
    """The lines of the manual's page that are indented after a text."""
    lines = PAGE[PAGE.index(text) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    "))
    return [line[4:] for line in takewhile(lambda line: line.startswith("    "), lines[first:])]


@RAY
@pytest.mark.timeout(10 * LIMIT)
def test_the_manuals_programs(alone, tmp_path):
    """The last with 4 cards, of which it has 16 otherwise."""
    shutil.copy(MAPS / "blinker.yaml", tmp_path)
    program = re.search(r"`fleet_try.py`:\n```python\n(.*?)```", PAGE, re.DOTALL)[1]
    (tmp_path / "fleet_try.py").write_text(program, encoding="utf-8")
    assert alone("fleet_try.py").splitlines() == indented_after("It prints:")
    assert "all cards are alike and good" in alone(EXAMPLES / "fleet_regression.py").splitlines()
    lines = alone(EXAMPLES / "fleet_sharding.py", 2).splitlines()
    accounted = [line for line in lines if "accounted" in line]
    assert accounted == [f"{how} retry: 10000 of 10000 items accounted for, on 4 cards" for how in ("without", "with")]


@RAY
@pytest.mark.timeout(10 * LIMIT)
def test_the_command(alone, tmp_path):
    shutil.copy(MAPS / "blinker.yaml", tmp_path)
    (tmp_path / "job.py").write_text(JOB, encoding="utf-8")
    (tmp_path / "jobs.jsonl").write_text("1\n2\n0\n", encoding="utf-8")
    program = tmp_path / "commands.py"
    program.write_text(COMMANDS, encoding="utf-8")
    ran, odd, status, compared, loaded, aside = json.loads(alone(program))
    assert [(row["index"], row["value"], row["slot"] >= 0) for row in ran["json"]] == [
        (0, 100, True),
        (1, 50, True),
        (2, None, True),
    ]
    assert "item 2 failed on" in ran["json"][2]["error"]
    assert "ZeroDivisionError" in ran["json"][2]["error"]
    assert odd == ['["FAST", "{7}"]\n', '["FAST", "seen"]\n', 0]  # repr of what JSON does not have
    assert re.search("items .*3/3", ran["err"])
    assert (aside["json"]["slot"], aside["json"]["why"]) == (1, "broken")
    assert (ran["code"], status["code"], compared["code"], loaded["code"]) == (1, 0, 0, 0)
    assert [(row["slot"], row["state"]) for row in status["json"]] == [(0, "free"), (1, "free")]
    assert compared["json"] == []
    assert [row["slot"] for row in loaded["json"]] == [0, 1] or [row["slot"] for row in loaded["json"]] == [1, 0]


def test_a_host_is_started_with_the_ray_beside_this_python(capsys, monkeypatch):
    result = run_here(capsys, monkeypatch, "fleet", "host", "--head", "--emulated", "2", "--dry-run")
    ray = str(Path(sys.executable).with_name("ray"))
    assert json.loads(result.out)[:4] == [ray, "start", "--disable-usage-stats", "--resources"]


JOB = """
import os, time

def measure(device, item):
    time.sleep(1.1 if item == 2 else 0)
    device.ch[0].level.value = 100 // item
    return int(device.ch[0].level.value)

def odd(device, item):
    device.ctrl.mode = 2
    if item is None:
        return device.ctrl.mode.name, {7}
    for _ in range(6000):  # until the result of the item before is printed
        if os.path.exists(item):
            return device.ctrl.mode.name, "seen"
        time.sleep(0.01)
    return "not seen"
"""

COMMANDS = """
import contextlib, json, os, socket, subprocess, sys, threading
import ray
from hal.fleet import connect
def hal(*arguments, stderr=subprocess.PIPE):
    command = [sys.executable, "-m", "hal", "fleet", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    return {"code": done.returncode, "json": json.loads(done.stdout or "null"), "err": done.stderr}
def seen_on_a_terminal(*arguments):
    mine, terminal = os.openpty()
    told = []
    def read():
        with contextlib.suppress(OSError):
            while said := os.read(mine, 4096):
                told.append(said)
    reader = threading.Thread(target=read)
    reader.start()
    found = hal(*arguments, stderr=terminal)
    os.close(terminal)
    reader.join()
    return found | {"err": b"".join(told).decode(errors="replace")}
def printed_as_they_come(*arguments):
    command = [sys.executable, "-m", "hal", "fleet", "run", "blinker.yaml", "job.py:odd", "--items", "odd.jsonl"]
    with open("odd.jsonl", "w") as items:
        items.write("null\\n" + json.dumps(os.path.abspath("seen.txt")))
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as running:
        first = running.stdout.readline()
        open("seen.txt", "w").close()
        return [first, running.stdout.read(), running.wait()]
os.environ["TERM"] = "xterm"
cards = "--emulated", "2", "--json"
found = [seen_on_a_terminal("run", "blinker.yaml", "job.py:measure", "--items", "jobs.jsonl", *cards)]  # starts a cluster, and ends it
with contextlib.redirect_stdout(sys.stderr), connect(emulated=2):
    cards = "--address", ray.get_runtime_context().gcs_address, *cards
    found += [
        printed_as_they_come(*cards[:-1]),
        hal("status", *cards),
        hal("snapshot", "blinker.yaml", "--diff", "--path", "ch.0", *cards),
        hal("load", "blinker.yaml", "-n", "2", *cards),
        hal("quarantine", socket.gethostname(), "1", "--why", "broken", *cards),
    ]
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (("ray",), "hal fleet serve needs ray: pip install 'fpga-hal[fleet]'"),
        (("uvicorn",), "hal fleet serve needs uvicorn: pip install 'fpga-hal[serve]'"),
        (("ray", "starlette"), "hal fleet serve needs ray and starlette: pip install 'fpga-hal[fleet,serve]'"),
    ],
)
def test_the_page_says_in_one_line_what_to_install(capsys, monkeypatch, missing, said):
    def found(name, *_rest):
        return None if name in missing else object()

    monkeypatch.setattr(importlib.util, "find_spec", found)
    result = run_here(capsys, monkeypatch, "fleet", "serve")
    assert (result.code, result.err) == (1, f"hal: {said}\n")


@RAY
def test_the_address_where_nobody_listens_is_told_at_once(alone):
    code = """
        import socket
        import hal.fleet
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            port = bound.getsockname()[1]
            for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}", "[::1]:99999"):
                try:
                    hal.fleet.connect(address)
                except hal.fleet.FleetError as error:
                    print(str(error).replace(str(port), "PORT"))
    """
    refused, client, wrong = alone("-c", dedent(code)).splitlines()
    assert refused.startswith("no cluster at 127.0.0.1:PORT: ")
    assert "Connection refused" in refused
    assert client.startswith("no cluster at ray://127.0.0.1:PORT: ")
    assert wrong.startswith("no cluster at [::1]:99999: ")


def test_the_manuals_cluster_is_configured_as_the_command_does_it():
    commands = re.findall(r"^  - (ray start .*)", PAGE, re.MULTILINE)
    [config] = [word for word in shlex.split(commands[0]) if word.startswith("--system-config=")]
    assert json.loads(config.partition("=")[2]) == SYSTEM_CONFIG


def test_the_simulation_is_what_the_manual_shows():
    done = run(sys.executable, EXAMPLES / "fleet_simulation.py", "cards=1000", "load_s=8")
    assert done.stdout.splitlines() == indented_after("from assumptions that it states")[1:]


def test_without_ray_one_line_says_what_to_install():
    code = """
        import sys
        sys.modules["ray"] = None
        import hal.fleet
        try:
            hal.fleet.connect()
        except hal.fleet.FleetError as error:
            print(error)
    """
    assert run_python(code).stdout == "a fleet needs Ray: pip install 'fpga-hal[fleet]'\n"
