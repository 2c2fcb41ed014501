"""The unchanged driver on simulated logic, and what a program can do to the simulation."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time

import pytest

import hal
from tests.support.cosim import GADGET_MAP
from tests.support.processes import LIMIT, run_python
from tests.support.until import until

COUNTING = {"enable": 1, "limit": 0x40}


def test_a_driver_works_as_on_any_card(gadget):
    assert gadget.id.value == 0x48414C01
    assert str(gadget.ctrl).endswith("= 0x00004000: enable=0, mode=0, limit=0x40>")
    gadget.ctrl.mode = 5
    assert (gadget.ctrl.mode, gadget.ctrl.limit) == (5, 0x40)
    gadget.wide.value = 0x0123456789ABCDEF
    assert gadget.wide.value == 0x0123456789ABCDEF
    gadget.table[3] = 7
    gadget.table[4:6] = [8, 9]
    assert list(gadget.table[3:6]) == [7, 8, 9]
    batch = gadget.batch()
    with batch as collected:
        collected.bank[1].value = 3
        read = batch.read(collected.bank[1])
    assert read.value == 3
    gadget.secret.key = 0x5A
    assert gadget.slot.simulation.ports["key"] == 0x5A


def test_bytes_have_strobes(gadget):
    bar = gadget.slot.bar("app", 0)
    bar.poke(0x15, 0x11, 8)
    assert gadget.scratch.value == 0xDEAD11EF
    assert [bar.peek(0x14 + place, 8) for place in range(4)] == [0xEF, 0x11, 0xAD, 0xDE]
    bar.poke(0x20, 0xAABBCCDD11223344, 64)
    assert (bar.peek(0x20, 64), bar.peek(0x24)) == (0xAABBCCDD11223344, 0xAABBCCDD)


def test_time_passes_in_accesses_and_when_it_is_let(gadget):
    simulation = gadget.slot.simulation
    gadget.ctrl.modify(**COUNTING)
    before, clocks = gadget.count.value, simulation.clocks
    simulation.advance(20)
    assert simulation.clocks == clocks + 20
    assert gadget.count.value - before == simulation.clocks - clocks  # its read is as long as the one before
    clocks, start = simulation.clocks, simulation.time
    simulation.idle = 100
    _ = gadget.id.value
    assert simulation.idle == 100
    assert 100 < simulation.clocks - clocks < 110
    assert simulation.time - start == pytest.approx((simulation.clocks - clocks) / simulation.hz)
    for wrong in (-1, 1 << 60):
        with pytest.raises(hal.FieldValueError, match="clocks"):
            simulation.advance(wrong)
        with pytest.raises(hal.FieldValueError, match="idle clocks"):
            simulation.idle = wrong


def test_time_passes_by_itself(gadget):
    simulation = gadget.slot.simulation
    gadget.ctrl.modify(enable=1, limit=0xFF)
    with simulation.running() as running:
        before = simulation.clocks
        until(lambda: simulation.clocks > before + 5000)
        assert simulation.interrupts.requests[0] == 1  # nobody accessed it
        for number in range(300):
            gadget.scratch.value = number
            assert gadget.scratch.value == number
        assert gadget.id.value == 0x48414C01
    running.close()
    clocks = simulation.clocks
    time.sleep(0.01)
    assert simulation.clocks == clocks
    with simulation.running():
        simulation.ports["fault"] = 10
        gadget.ctrl.write(0)
    assert "$finish" in simulation.ended


def test_a_wait_lets_time_pass(gadget):
    gadget.ctrl.modify(enable=1, limit=0xFF)
    gadget.status.wait_for(done=1, timeout=1e-5)
    simulation, start = gadget.slot.simulation, time.monotonic()
    before = simulation.time
    gadget.ctrl.enable = 0
    gadget.status.done = 1
    with pytest.raises(hal.WaitTimeoutError, match=r"done=1 did not come within 0\.001 s"):
        gadget.status.wait_for(done=1, timeout=0.001, interval=1e-4)
    assert 0.001 <= simulation.time - before < 0.0015
    assert time.monotonic() - start < LIMIT / 2
    gadget.ctrl.enable = 1
    gadget.wide.wait_for(value=0x1122334455667788, timeout=0)


def test_waits_of_an_event_loop_let_time_pass(gadget):
    async def main():
        waits = (gadget.status.wait_for_async(done=1), gadget.status.wait_until_async(lambda read: read.done))
        await asyncio.gather(*waits)
        with pytest.raises(hal.WaitTimeoutError, match=r"done=0 did not come within 0\.0001 s"):
            await gadget.status.wait_for_async(done=0, timeout=0.0001)

    gadget.ctrl.modify(enable=1, limit=0xFF)
    before = gadget.slot.simulation.time
    asyncio.run(main())
    assert 0.0001 <= gadget.slot.simulation.time - before < 0.0015
    hal.wait_for_all(hal.when(gadget.status, done=1), hal.when(gadget.ctrl, enable=1), timeout=1e-5)


def test_interrupts_are_counted(gadget):
    simulation = gadget.slot.simulation
    assert simulation.interrupts.asserted[0] is False
    gadget.ctrl.modify(**COUNTING)
    gadget.status.wait_for(done=1)
    assert (simulation.interrupts.requests[0], simulation.interrupts.asserted[0]) == (1, True)
    gadget.status.done = 1
    assert simulation.interrupts.asserted[0] is False


def test_lines_are_waited_for_while_time_passes(gadget):
    async def main(line):
        gadget.status.done = 1
        gadget.ctrl.modify(enable=0)
        gadget.ctrl.modify(**COUNTING)
        return (await line.wait_async(1e-4)).count

    with gadget.slot.interrupt(0) as line:
        with pytest.raises(hal.InterruptTimeoutError):
            line.wait(1e-6)
        gadget.ctrl.modify(**COUNTING)
        assert line.wait(1e-4).count == 1
        assert line.wait(1e-4).count == 1  # it is high still
        assert asyncio.run(main(line)) >= 1
    with pytest.raises(hal.InterruptError, match="simulated logic has lines 0 to"):
        gadget.slot.interrupt(1000)
    with pytest.raises(hal.InterruptError, match="simulated logic, whose lines are its outputs"):
        gadget.slot.emulator.raise_interrupt(0)


def test_ports(gadget):
    ports = gadget.slot.simulation.ports
    ports["pins"] = 0x123456789ABCDEF0
    gadget.slot.simulation.advance(1)
    assert ports["seen"] == ~0x123456789ABCDEF0 & (1 << 64) - 1
    assert (ports.info("pins").kind, ports.info("clk").kind, ports.info("seen").kind) == ("in", "driven", "out")
    gadget.slot.load(gadget.afi_id())
    assert ports["pins"] == 0x123456789ABCDEF0  # a pin's level lasts
    for name in ("seen", "clk", "s_axil_awvalid"):
        with pytest.raises(hal.HalError, match=f"port {name} is an output, or a bus or the shell drives it"):
            ports[name] = 1
    with pytest.raises(hal.FieldValueError, match="16 is out of range 0 to 15"):
        ports["fault"] = 16
    with pytest.raises(hal.FieldNameError, match=r"the top has no port 'nothing': it has clk, "):
        _ = ports["nothing"]
    assert len(ports) == len(list(ports))


def test_what_nobody_answers(gadget):
    bar, simulation = gadget.slot.bar("app", 0), gadget.slot.simulation
    assert (bar.peek(0x80), simulation.response) == (0, "SLVERR")
    assert (bar.peek(0x0), simulation.response) == (0x48414C01, "OKAY")
    assert (bar.peek(0x400), simulation.response) == (0xFFFFFFFF, "")  # the block's address has ten bits
    assert gadget.slot.bar("mgmt", 4).peek(0) == 0xFFFFFFFF
    with pytest.raises(hal.BusTimeoutError, match="OCL"):
        gadget.slot.check_bus()
    simulation.ports["fault"] = 8
    assert bar.peek(0) == 0xFFFFFFFF
    simulation.ports["fault"] = 0
    assert bar.peek(0) == 0x48414C01


def test_a_simulation_that_ends_says_so(gadget, capfd):
    simulation = gadget.slot.simulation
    simulation.ports["fault"] = 9
    gadget.ctrl.mode = 1
    assert simulation.reports == 1
    assert simulation.ended == ""
    simulation.ports["fault"] = 10
    gadget.ctrl.write(0)
    assert "gadget.sv" in simulation.ended
    assert "$finish" in simulation.ended
    with pytest.raises(hal.HalError, match=r"the simulation has ended \(.*\$finish\); load the slot again"):
        simulation.advance(1)
    assert gadget.slot.bar("app", 0).peek(0) == 0xFFFFFFFF
    assert "gadget.sv" in capfd.readouterr().err


def test_waves(gadget, tmp_path):
    simulation, path = gadget.slot.simulation, tmp_path / "run.vcd"
    with simulation.waves(path):
        gadget.ctrl.mode = 1
        gadget.slot.load(gadget.afi_id())
    first, second = path.read_text(), (tmp_path / "run.2.vcd").read_text()
    assert "s_axil_wdata" in first
    assert second.startswith("$version")
    size = path.stat().st_size
    simulation.advance(10)
    assert path.stat().st_size == size
    with pytest.raises(hal.HalError, match=r"waves can't be written to /nowhere/run\.vcd"):
        simulation.waves("/nowhere/run.vcd")
    for wrong in ("", "a\0b"):
        with pytest.raises(hal.FieldValueError, match="waves go to a file's path"):
            simulation.waves(wrong)
    with pytest.raises(hal.FieldTypeError, match="waves go to a file's path"):
        simulation.waves(3)


def test_what_only_the_emulated_card_has_is_refused(gadget):
    emulator = gadget.slot.emulator
    for act in (lambda: emulator.peek(0, 0, 0), lambda: emulator.poke(0, 0, 0, 1), lambda: emulator.set_leds(1)):
        with pytest.raises(hal.HalError, match="behind this slot is simulated logic"):
            act()
    with pytest.raises(hal.HalError, match="start of a model failed: behind this slot is simulated logic"):
        emulator.set_model(hal.Model(type(gadget)))
    with emulator.trace() as trace:
        gadget.ctrl.mode = 2
    assert [access.action for access in trace] == ["read", "write"]
    for act in (gadget.slot.simulation.host_memory, gadget.slot.simulation.function_reset):
        with pytest.raises(hal.HalError, match="this top has no"):
            act()


def test_only_simulated_logic_has_a_simulation(slot):
    with pytest.raises(hal.LibraryError, match="is no simulated logic: build a library with hal cosim build"):
        _ = slot.simulation


def test_it_is_one_slot_of_one_process(gadget_library):
    for variable, value in (("HAL_EMULATOR", "bench"), ("HAL_EMULATOR_SLOTS", "2")):
        program = "import hal; hal.open_slot(0)"
        done = run_python(program, environment={"HAL_LIBRARY": str(gadget_library), variable: value})
        assert f"simulated logic is one slot of one process: unset {variable}" in done.stderr


def test_both_cards_in_one_process(slot, gadget, gadget_class):
    with gadget_class.open(0, "emulator") as emulated:
        emulated.ctrl.mode = 3
        assert (emulated.ctrl.mode, gadget.ctrl.mode) == (3, 0)
        gadget.ctrl.mode = 1
        assert (emulated.ctrl.mode, gadget.ctrl.mode) == (3, 1)


def test_threads_take_turns(gadget):
    def count():
        for _ in range(2000):
            gadget.bank[0].modify(value=0)
            gadget.scratch.modify(value=gadget.id.value)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    gadget.slot.simulation.advance(100_000)
    for thread in threads:
        thread.join(LIMIT)
    assert gadget.scratch.value == 0x48414C01


PROGRAM = """
import os, hal
from pathlib import Path
driver = hal.load_map(os.environ["GADGET"])
with driver.open(0) as gadget:
    gadget.scratch.value = 1
    child = os.fork()
    if child == 0:
        with driver.open(0) as own:
            own.scratch.value = 2
            print("child", own.scratch.value, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("parent", gadget.scratch.value, gadget.slot.library.simulation is not None)
"""


def test_a_program_by_the_environment_alone(gadget_library, tmp_path):
    """Waves and idle clocks too; and a forked child goes on with a copy of the logic."""
    waves = tmp_path / "own.vcd"
    settings = {
        "HAL_LIBRARY": str(gadget_library),
        "HAL_COSIM_WAVES": str(waves),
        "HAL_COSIM_IDLE": "50",
        "HAL_COSIM_MHZ": "125",
        "GADGET": str(GADGET_MAP),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert (done.stdout.splitlines(), done.returncode, done.stderr) == (["child 2", "parent 1 True"], 0, "")
    text = waves.read_text()
    assert "$enddefinitions" in text
    assert "#8000" in text  # a clock of 125 MHz, in picoseconds


def test_wrong_settings_are_told_and_not_taken(gadget_library):
    program = "import hal; print(hal.open_slot(0).simulation.idle)"
    done = run_python(program, environment={"HAL_LIBRARY": str(gadget_library), "HAL_COSIM_IDLE": "many"})
    assert done.stdout == "0\n"
    assert "HAL_COSIM_IDLE is 'many': give a number from 0 to 1000000" in done.stderr


def test_ctrl_c_ends_an_advance(gadget_library):
    program = """
    import hal, signal, time
    slot = hal.open_slot(0)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    start = time.monotonic()
    try:
        slot.simulation.advance(1 << 40)
    except KeyboardInterrupt:
        print(time.monotonic() - start < 30)
    """
    done = run_python(program, environment={"HAL_LIBRARY": str(gadget_library)})
    assert done.stdout == "True\n", done.stderr
