"""Loads, clears, rescans and prefetches on a library that reaches its card through the system's files."""

from __future__ import annotations

import pytest

from tests.sdk.fake_bus import AFI, OTHER, UNKNOWN, write_driver
from tests.support.processes import importing


def test_a_load_and_a_clear_show_their_ids_after_a_rescan(machine):
    """Which the same design again does not need: the bus shows its ids already."""
    found = machine.run(
        """
        import sys, hal
        with hal.open_slot(0) as slot:
            for info in (*map(slot.load, sys.argv[1:]), slot.clear()):
                print(info.status_name, info.afi_id, hex(info.app.device_id), info.app.address)
        """,
        AFI,
        AFI,
        OTHER,
    )
    assert found == [
        f"loaded {AFI} 0xf004 0000:34:00.0",
        f"loaded {AFI} 0xf004 0000:34:00.0",
        f"loaded {OTHER} 0xf002 0000:34:00.0",
        "cleared none 0x9048 0000:34:00.0",
    ]
    assert (machine.firmware.loads, machine.firmware.clears, machine.firmware.rescans) == (3, 1, 3)


def test_accesses_after_a_load_reach_the_new_mapping(machine):
    found = machine.run(
        """
        import sys, hal
        slot = hal.open_slot(0)
        for afi in sys.argv[1:]:
            slot.load(afi)
            bar = slot.bar("app", 0)
            bar.poke(0x100, 7)
            print(hex(bar.peek(0)), bar.peek(0x100))
        """,
        AFI,
        OTHER,
    )
    assert found == ["0x600df004 7", "0x600df002 7"]


def test_a_load_command_that_is_not_answered_goes_on(machine):
    machine.firmware.unheard = 1
    found = machine.run("import sys, hal; print(hal.open_slot(0).load(sys.argv[1]).afi_id)", AFI)
    assert (found, machine.firmware.unheard, machine.firmware.loads) == ([AFI], 0, 1)


def test_an_unknown_afi(machine):
    found = machine.run(
        """
        import sys, hal
        try:
            hal.open_slot(0).load(sys.argv[1])
        except hal.LoadError as error:
            print(error.code, error.name)
        """,
        UNKNOWN,
    )
    assert found == ["5 invalid-afi-id"]


def test_a_prefetch_changes_nothing_that_is_loaded(machine):
    found = machine.run(
        """
        import sys, hal
        first, second = sys.argv[1:]
        with hal.open_slot(0) as slot:
            slot.load(first)
            bar = slot.bar("app", 0)
            info = slot.load(second, flags=hal.Command.PREFETCH, timeout=10)
            print(info.afi_id, bar.state, hex(bar.peek(0)))
            print([hex(number) for number in slot.metrics().cached_agfis])
        """,
        AFI,
        OTHER,
    )
    assert found == [f"{AFI} attached 0x600df004", "['0x80817d089f3cd2ed', '0x925b211f5a81b071']"]
    assert machine.firmware.rescans == 1


def test_a_load_returns_when_the_registers_answer(machine, tmp_path):
    """On early shells nothing answers on OCL for a while after the rescan."""
    write_driver(tmp_path)
    machine.firmware.settle_ms = 600
    found = machine.run(
        """
        import logging, sys, hal
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
        from probed import Probed
        with hal.open_slot(0) as slot:
            info = slot.load(Probed.afi_id(), driver=Probed)
            print(info.load_seconds + info.answer_seconds > 0.5)
            print(hex(slot.attach(Probed).status.read()))
        """,
        **importing(tmp_path),
    )
    assert found[0].startswith(f"slot 0: loaded {AFI} in ")
    assert (found[1], found[-1]) == ("True", "0x600df004")


def test_registers_that_never_answer_end_the_load_in_time(machine, tmp_path):
    write_driver(tmp_path)
    machine.firmware.settle_ms = 60000
    found = machine.run(
        """
        import sys, time, hal
        from probed import Probed
        with hal.open_slot(0) as slot:
            begin = time.monotonic()
            try:
                slot.load(Probed.afi_id(), driver=Probed, timeout=1)
            except hal.LoadTimeoutError as error:
                print(error, time.monotonic() - begin < 30)
        """,
        **importing(tmp_path),
    )
    assert len(found) == 1
    assert f"{AFI} is loaded, and its registers do not answer" in found[0]
    assert found[0].endswith("True")


@pytest.mark.parametrize("count", [64])
def test_no_handle_is_free(machine, count):
    """The library says that all is well then; LEDs and switches need one of their own."""
    found = machine.run(
        """
        import sys, hal
        from hal import _binding
        with hal.open_slot(0) as slot:
            taken = []
            while not (found := _binding.attach(slot.library, 0, 1, 0, 0))[0]:
                taken.append(found[1])
            try:
                slot.bar("mgmt", 0)
            except hal.HandleError as error:
                print("too many BARs are attached" in str(error))
            for action in (lambda: slot.leds, lambda: slot.dip, lambda: setattr(slot, "dip", 1)):
                try:
                    action()
                except hal.HalError as error:
                    print(error)
            _binding.detach(slot.library, taken.pop())
            slot.dip = 0x55
            print(len(taken) + 1 <= int(sys.argv[1]), slot.leds, hex(slot.dip))
        """,
        count,
    )
    assert found[0] == "True"
    assert all("found no free handle" in line for line in found[1:4])
    assert found[4:] == ["True 0 0x55"]
