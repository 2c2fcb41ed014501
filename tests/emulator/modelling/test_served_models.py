"""A model that one process runs for all that use a shared card: who hears it, and what happens when it is not there."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

import codegen
from tests.support.command_line import HAL, CommandLine
from tests.support.processes import LIMIT, Child, run_python, start_python

MAP = """schema: 1
name: player
registers:
  ctrl: {offset: 0x0, fields: {start: {bits: 7:0}}}
  status: {offset: 0x4, access: ro, volatile: true}
  loads: {offset: 0x8, access: ro, volatile: true}
  echo: {offset: 0xC}
memories:
  ram: {offset: 0x1000, size: 64}
  plain: {offset: 0x2000, size: 4KiB}
"""
MODEL = """
import sys, time
import hal
from player import Player


class Plays(hal.Model, driver=Player):
    starts = asked = 0

    def on_load(self):
        self.loads.value = 7

    @hal.on_write("ctrl.start")
    def started(self, start):
        if start == 1:
            self.starts += 1
        elif start == 2:
            raise ValueError("bad\x1b[31m luck")
        elif start == 3:
            print("sleeping", flush=True)
            time.sleep(60)
        elif start == 4:
            with hal.open_slot(0) as slot, slot.attach(Player) as dev:
                dev.echo.value = 9
                dev.ctrl.start = 1
        elif start == 5:
            self.card.power_cycle()
        elif start in (7, 8):  # of two that ask: how much of the one came before the other
            self.asked += start == 7
            if start == 8:
                self.echo.value = self.asked
        self.status.value = self.starts

    @hal.on_read("echo")
    def echoes(self):
        time.sleep(0.001)

    @hal.on_write("ram")
    def stored(self, offset, value, width):
        self.ram[offset // 4] = value + 1


class Hasty(Plays):
    patience = 0.5


class Lasting(Plays):
    def on_load(self):
        time.sleep(1)


class Unheard(hal.Model, driver=Player):
    @hal.on_read("status")
    def looked(self):
        self.status.value = 0x55


class Slow(hal.Model, driver=Player):
    patience = 50.0

    @hal.on_write("ctrl.start")
    def started(self, start):
        print("sleeping", flush=True)
        time.sleep(60)


class Breaks(hal.Model, driver=Player):
    def on_load(self):
        raise ValueError("not today")


class Needs(hal.Model):
    pass
"""


@pytest.fixture(scope="module")
def hal(tmp_path_factory):
    made = CommandLine(tmp_path_factory.mktemp("served"), slots=2)
    (made.folder / "player.yaml").write_text(MAP)
    (made.folder / "player_model.py").write_text(MODEL)
    codegen.generate([made.folder / "player.yaml"], made.folder)
    return made


class Server(Child):
    """`hal emulator run` of a class, once it says so."""

    def __init__(self, hal, name="Plays", *arguments):
        command = ("emulator", "run", "bench", f"player_model.py:{name}", *arguments)
        super().__init__(HAL, *command, cwd=hal.folder, env=hal.environment)
        self.said = self.line()
        assert self.said.endswith("runs; Ctrl-C ends it\n"), self.stderr.read()

    def end(self, number=signal.SIGINT):
        self.send_signal(number)
        self.wait(LIMIT)
        return self.returncode


@pytest.fixture
def server(hal):
    with Server(hal, "Plays", "--load") as made:
        yield made


def client(hal, code, **environment):
    """What a program prints that has `dev`, on a process of its own."""
    lines = ["import hal, os, threading, time", "from player import Player", "with Player.open(0) as dev:"]
    text = "\n".join(lines + ["    " + line for line in code.strip().splitlines()])
    result = run_python(
        f"import sys\nsys.path.insert(0, {str(hal.folder)!r})\n{text}",
        env=hal.environment | environment,
        cwd=hal.folder,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


START = "dev.ctrl.start = 1\nprint(dev.status.value)"


def test_accesses_of_other_processes_reach_it(hal, server):
    assert client(hal, "print(dev.loads.value)\n" + START) == ["7", "1"]
    assert client(hal, START, HAL_PURE_CFFI="1") == ["2"]
    assert client(hal, "dev.ram[0:2] = [4, 5]\nprint(list(dev.ram[0:2]))") == ["[5, 6]"]
    assert client(hal, "dev.plain[0:1024] = range(1024)\nprint(sum(dev.plain))") == [str(sum(range(1024)))]
    assert client(hal, "dev.ctrl.start = 4\nprint(dev.echo.value, dev.status.value)") == ["9 2"]  # hears not itself
    shown = hal("emulator", "show", "bench", "--json").json
    assert [slot["model_process"] for slot in shown["contents"]] == [server.pid, None]
    assert f"its model runs in process {server.pid}" in hal("emulator", "show", "bench").out


def test_programs_that_know_nothing_of_hal_reach_it_too(hal, server):
    code = """
        import ctypes, sys
        card = ctypes.CDLL(sys.argv[1])
        handle, value = ctypes.c_int(), ctypes.c_uint32()
        assert card.fpga_pci_attach(0, 0, 0, 0, ctypes.byref(handle)) == 0
        assert card.fpga_pci_poke(handle, ctypes.c_uint64(0), 1) == 0
        assert card.fpga_pci_peek(handle, ctypes.c_uint64(4), ctypes.byref(value)) == 0
        print(value.value, card.fpga_pci_poke(handle, ctypes.c_uint64(0), 2))
    """
    from hal._binding.sdk.discovery import emulator_path

    result = run_python(code, emulator_path(), env=hal.environment)
    assert (result.returncode, result.stdout) == (0, "1 -121\n"), result.stderr


def test_what_it_raises_is_the_accesss(hal, server):
    code = """
try:
    dev.ctrl.start = 2
except hal.ModelError as error:
    print(str(error).partition(" failed ")[2], "\x1b" in str(error))
"""
    told = r"in the card's model: ValueError: bad\x1b[31m luck (player_model.py:"
    for mode in ("0", "1"):
        (line,) = client(hal, code + START.replace("print", "assert "), HAL_PURE_CFFI=mode)
        assert line.startswith(told)
        assert line.endswith("False")
    assert server.end() == 0
    errors = server.stderr.read().decode()
    assert errors.count("ValueError: bad") == 2
    assert "\x1b" not in errors


def test_threads_and_forks_get_their_own_answers(hal, server):
    code = """
def write(): [setattr(dev.ctrl, "start", 1) for _ in range(25)]
threads = [threading.Thread(target=write) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(dev.status.value)
child = os.fork()
if not child:
    with Player.open(0) as own:
        for _ in range(50): own.echo.read()
        own.ctrl.start = 1
        os._exit(own.status.value - 100)
for _ in range(50): dev.echo.read()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), dev.status.value)
"""
    assert client(hal, code) == ["100", "1 101"]


def test_there_is_one_at_a_time(hal, server):
    other = hal("emulator", "run", "bench", "player_model.py:Unheard")
    assert (other.code, other.out) == (1, "")
    assert other.err == f"hal: bench: slot 0 has a model already: process {server.pid} runs it; end that first\n"
    with Server(hal, "Unheard", "--slot", "1") as second:  # of another slot
        assert second.end(signal.SIGTERM) == 0
    assert server.end() == 0
    assert server.line() == "bench: slot 0: Plays has ended\n"
    assert client(hal, START) == ["0"]  # nobody hears
    with Server(hal, "Unheard") as third:
        assert client(hal, "print(dev.status.value)") == ["85"]
        assert third.end() == 0


def test_a_process_that_is_killed_leaves_the_card_to_others(hal, server):
    code = """
try:
    dev.ctrl.start = 3
except hal.ModelError as error:
    print(str(error).partition("model: ")[2])
dev.ctrl.start = 1
print(dev.status.value, dev.slot.emulator.server)
"""
    killing = threading.Thread(target=lambda: (server.line(), server.kill()))  # as soon as it has begun
    killing.start()
    assert client(hal, code) == [f"process {server.pid}, which ran it, ended meanwhile", "0 None"]
    killing.join(LIMIT)
    with Server(hal) as again:
        assert client(hal, START) == ["1"]
        again.kill()
        again.wait(LIMIT)
        assert client(hal, "print(dev.status.value)") == ["1"]  # found dead, and nothing had begun


def test_ctrl_c_in_the_middle_of_a_handler(hal):
    code = """
try:
    dev.ctrl.start = 1
except hal.ModelError as error:
    print(str(error).partition("model: ")[2])
"""
    with Server(hal, "Slow") as server:
        ending = threading.Thread(target=lambda: (server.line(), server.send_signal(signal.SIGINT)))
        ending.start()
        assert client(hal, code) == ["it was ended in the middle of this access"]
        ending.join(LIMIT)
        assert server.wait(LIMIT) == 0


def test_one_that_is_stopped_is_waited_for_so_long(hal):
    code = """
begin = time.monotonic()
try:
    dev.ctrl.start = 1
except hal.ModelError as error:
    print(str(error).partition("model: ")[2], 0.4 < time.monotonic() - begin < 20)
"""
    told = "did not answer within 0.5 s: it is stopped, or its handler takes longer True"
    with Server(hal, "Hasty", "--load") as server:
        os.kill(server.pid, signal.SIGSTOP)
        assert client(hal, code) == [f"process {server.pid}, which runs it, {told}"]
        os.kill(server.pid, signal.SIGCONT)
        with peer(address(hal)) as one:  # which waits longer
            one.send(request())
            one.recv(1024)
        assert client(hal, "print(dev.status.value)") == ["1"]  # what was given up has not happened later


def test_ctrl_c_ends_the_wait_of_a_program(hal, server):
    program = hal.folder / "waits.py"
    program.write_text(
        "from player import Player\nwith Player.open(0) as dev:\n    try:\n        dev.ctrl.start = 3\n"
        "    except KeyboardInterrupt:\n        print('ended', flush=True)\n"
    )
    with Child(sys.executable, program, cwd=hal.folder, env=hal.environment) as child:
        assert server.line() == "sleeping\n"
        child.send_signal(signal.SIGINT)
        begin = time.monotonic()
        assert child.line() == "ended\n"
        child.wait(LIMIT)
        assert time.monotonic() - begin < LIMIT / 2


# -- others than hal's own --------------------------------------------------------------------------------------------

WRITE, ANSWER = 1, struct.Struct("i512s")


def request(start=1, *, event=WRITE, slot=0, pf=0, bar=0, width=32, offset=0):
    return struct.pack("QQ6i", offset, start, event, slot, pf, bar, width, 0)


def address(hal):
    """Where the model of slot 0 is asked."""
    with (hal.folder / "cards" / "bench.card").open("rb") as file:
        file.seek(32)
        name = f"@hal-model-{file.read(16).hex()}-0-"
    with Path("/proc/net/unix").open() as names:
        ((path, *_),) = (line.split()[7:] for line in names if name in line and line.split()[5] == "01")
    return path.replace("@", "\0")


@contextlib.contextmanager
def peer(name):
    """A socket that is connected to it, as every process of this user may have one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as made:
        made.settimeout(LIMIT)
        made.connect(name)
        yield made


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_users_process_is_not_heard(hal, server):
    name = address(hal)
    os.seteuid(65534)
    try:
        with peer(name) as one, contextlib.suppress(ConnectionError):
            one.send(request())
            assert one.recv(1024) == b""
    finally:
        os.seteuid(0)
    assert client(hal, START) == ["1"]


def test_what_is_no_request_calls_no_handler(hal, server):
    wrong = [b"", request()[:-4], request() + bytes(8), request(event=-1), request(event=4), request(slot=1)]
    wrong += [request(pf=2), request(bar=1), *(request(width=width) for width in (0, 12, 72, -32, 1 << 30))]
    wrong += [request(1 << 32), request(offset=1 << 63), request(offset=(1 << 26) - 2)]
    name = address(hal)
    for data in wrong:
        with peer(name) as one:
            one.send(data)
            assert one.recv(1024) == b"", data
    with peer(name) as one:
        one.send(request())
        assert ANSWER.unpack(one.recv(1024)) == (0, bytes(512))
    assert client(hal, "print(dev.status.value)") == ["1"]


def test_nobody_keeps_others_waiting(hal, server):
    """Who has asked for much has had one answer before the next one has, and so on."""
    name = address(hal)
    with peer(name) as many, peer(name) as few:
        for one in (many, few):
            one.send(request(0))
            one.recv(1024)
        os.kill(server.pid, signal.SIGSTOP)
        for _ in range(6):
            many.send(request(7))
        few.send(request(8))
        os.kill(server.pid, signal.SIGCONT)
        few.recv(1024)
    assert int(*client(hal, "print(dev.echo.value)")) <= 3


def test_it_ends_when_it_should_however_much_is_asked(hal):
    code = """
    import hal
    from player import Player
    from player_model import Plays
    with hal.open_slot(0) as slot:
        slot.emulator.provide(Player)
        slot.emulator.serve(Plays(), seconds=1, ready=lambda: print("ready", flush=True))
    """
    with start_python(code, cwd=hal.folder, env=hal.environment) as serving:
        assert serving.line() == "ready\n"
        end = time.monotonic() + LIMIT
        with contextlib.suppress(ConnectionError), peer(address(hal)) as asks:
            for _ in range(4):
                asks.send(request(event=0, offset=0xC))
            while asks.recv(1024):
                assert time.monotonic() < end
                asks.send(request(event=0, offset=0xC))
        assert serving.wait(LIMIT) == 0


def test_its_time_begins_when_accesses_reach_it(hal):
    code = """
    import time
    import hal
    from player import Player
    from player_model import Lasting
    begin = []
    with hal.open_slot(0) as slot:
        slot.emulator.provide(Player)
        slot.emulator.serve(Lasting(), seconds=0.5, loaded=True, ready=lambda: begin.append(time.monotonic()))
        print(time.monotonic() - begin[0] >= 0.5)
    """
    result = run_python(code, cwd=hal.folder, env=hal.environment)
    assert (result.returncode, result.stdout) == (0, "True\n"), result.stderr


def test_it_plays_its_own_design_alone(hal, server):
    code = """
other = hal.load_map("cl_sde")
dev.ctrl.start = 5  # the slot is gone in the middle of the access
with hal.open_slot(0) as slot:
    slot.load(other.afi_id())
    with slot.attach(other) as sde:
        sde.pcis.software_reset.read()
    slot.clear()
with Player.open(0) as again:
    print(again.loads.value)
    again.ctrl.start = 1
    print(again.status.value)
"""
    assert client(hal, code) == ["7", "1"]


WRONG = [
    (("nobody", "player_model.py:Plays"), 4, "no shared card 'nobody'"),
    (("bench", "player_model.py"), 2, "'player_model.py' is no MODEL.py:CLASS"),
    (("bench", "absent.py:Plays"), 2, "there is no file absent.py"),
    (("bench", "player_model.py:Palys"), 1, "has no class Palys derived from hal.Model"),
    (("bench", "player_model.py:Needs"), 1, "Needs needs a driver"),
    (
        ("bench", "player_model.py:Breaks", "--load"),
        1,
        "on_load of the model raised ValueError: not today (player_model.py:",
    ),
    (("bench", "player_model.py:Plays", "--slot", "5"), 2, "bench has slots 0 to 1, not 5"),
    (("bench", "player_model.py:Plays", "--map", "cl_sde"), 1, "whose registers are not those of the map"),
]


@pytest.mark.parametrize(("arguments", "code", "told"), WRONG, ids=[row[2] for row in WRONG])
def test_what_is_wrong_is_told(hal, arguments, code, told):
    result = hal("emulator", "run", *arguments)
    assert (result.code, result.out) == (code, "")
    assert told in result.err


def test_a_card_of_one_process_has_nobody_else(slot, blinker_class):
    import hal as runtime

    with pytest.raises(runtime.HalError, match="private to its process"):
        slot.emulator.serve(runtime.Model(blinker_class))
    for wrong, error in (("a minute", runtime.FieldTypeError), (-1, runtime.FieldValueError)):
        with pytest.raises(error, match="a model is run for seconds"):
            slot.emulator.serve(runtime.Model(blinker_class), seconds=wrong)
    assert slot.emulator.server is None
