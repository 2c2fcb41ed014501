"""What the emulated card makes of interrupts: of the map's, by itself, and of a test bench's lines."""

from __future__ import annotations

import pytest

import hal
from tests.support.cards import on_card

REQUESTS = {"done": 3, "error": 3, "full": 3, "flag": 5, "hit": 6, "far": 8}


def requests(slot, line):
    return slot.emulator.interrupts.requests[line]


def asserted(slot):
    return [line for line, high in enumerate(slot.emulator.interrupts.asserted) if high]


def test_what_is_pending_and_let_through_asks_once(ticker, slot):
    base = requests(slot, 3)
    slot.emulator.poke(0, 0, 0, 1)
    assert (requests(slot, 3) - base, asserted(slot)) == (0, [])
    ticker.enable.done = 1
    assert (requests(slot, 3) - base, asserted(slot)) == (1, [3])
    ticker.enable.error = 1
    slot.emulator.poke(0, 0, 0, 3)  # an edge of its own, on a line that is high
    assert (requests(slot, 3) - base, asserted(slot)) == (2, [3])
    ticker.status.done = 1
    assert asserted(slot) == [3]
    ticker.status.error = 1
    assert (requests(slot, 3) - base, asserted(slot)) == (2, [])
    ticker.enable.done = 0
    slot.emulator.raise_interrupt("done")
    assert (requests(slot, 3) - base, ticker.status.done) == (2, 1)


def test_what_comes_again_before_it_was_cleared_asks_again(ticker, slot):
    base = requests(slot, 3)
    ticker.interrupts.done.enable()
    for count in range(1, 4):
        slot.emulator.raise_interrupt("done")
        assert requests(slot, 3) - base == count


def test_a_line_of_levels_asks_once_for_all(ticker, slot):
    slot.emulator.interrupt_trigger(3, "level")
    base = requests(slot, 3)
    ticker.interrupts.done.enable()
    ticker.interrupts.error.enable()
    for name in ("done", "error", "done"):
        slot.emulator.raise_interrupt(name)
    assert requests(slot, 3) - base == 1
    ticker.status.write(done=1)
    assert asserted(slot) == [3]
    ticker.status.write(error=1)
    slot.emulator.raise_interrupt("error")
    assert requests(slot, 3) - base == 2
    slot.emulator.power_cycle()
    assert asserted(slot) == []


def test_commands_that_set_and_clear(ticker, slot):
    """Writes that nothing stores: they let through, hold back and clear."""
    base, flag = requests(slot, 5), ticker.interrupts.flag
    slot.emulator.raise_interrupt("flag")
    assert requests(slot, 5) - base == 0
    flag.enable()
    assert (requests(slot, 5) - base, asserted(slot)) == (1, [5])
    flag.disable()
    assert asserted(slot) == []
    flag.enable()
    flag.clear()
    assert (flag.pending, asserted(slot), requests(slot, 5) - base) == (False, [], 2)


def test_registers_that_act_on_others_let_through(ticker, slot):
    base, aliased = requests(slot, 7), ticker.interrupts.aliased
    slot.emulator.raise_interrupt("done")
    aliased.enable()
    assert (ticker.mask.aliased, requests(slot, 7) - base) == (1, 1)
    aliased.disable()
    assert asserted(slot) == []
    ticker.mask.aliased = 1
    assert asserted(slot) == [7]


def test_words_of_any_width(ticker, slot):
    for name, line in (("hit", 6), ("far", 8)):
        base, one = requests(slot, line), getattr(ticker.interrupts, name)
        slot.emulator.raise_interrupt(name)
        assert (one.pending, requests(slot, line) - base) == (True, 1)
        one.clear()
        assert (one.pending, asserted(slot)) == (False, [])


def test_a_model_raises_by_name_and_by_fields(ticker, slot, ticker_class):
    class Works(hal.Model):
        def on_write(self, register, value):
            if register == "command":
                self.raise_interrupt("error")
                self.set("always.hit", 1)

    model = Works(ticker_class)
    slot.emulator.set_model(model)
    ticker.interrupts.error.enable()
    base = slot.emulator.interrupts.requests
    ticker.command.drop = 1
    after = slot.emulator.interrupts.requests
    assert [line for line in range(64) if after[line] > base[line]] == [3, 6]
    with pytest.raises(hal.FieldNameError, match="Dut has no interrupt 'dune'; it has done, error, "):
        model.raise_interrupt("dune")
    slot.emulator.set_model(None)


def test_lines_by_number(ticker, slot):
    base = requests(slot, 40)
    slot.emulator.drive_interrupt(40, True)
    slot.emulator.drive_interrupt(40, True)
    assert (requests(slot, 40) - base, asserted(slot)) == (1, [40])
    slot.emulator.raise_interrupt(40)
    slot.emulator.drive_interrupt(40, False)
    assert (requests(slot, 40) - base, asserted(slot)) == (2, [])
    slot.emulator.drive_interrupt(40, True)
    slot.clear()
    assert asserted(slot) == []
    for wrong in (64, -1, 1 << 20):
        with pytest.raises(hal.InterruptError, match="no such line"):
            slot.emulator.raise_interrupt(wrong)
    with pytest.raises(hal.FieldNameError, match="the design that slot 0 holds has no interrupt 'done'"):
        slot.emulator.raise_interrupt("done")
    with pytest.raises(hal.FieldValueError, match="edge or level, not 'both'"):
        slot.emulator.interrupt_trigger(1, "both")
    for wrong in (None, 1.5):
        with pytest.raises(hal.FieldTypeError):
            slot.emulator.raise_interrupt(wrong)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("interrupt done 1 app 0 0x0", "expected 'interrupt NAME"),
        ("interrupt done 1 app 0 0x0 8", "above the limit"),
        ("interrupt done 1 app 0 0x10000000 0", "is outside app BAR 0"),
        ("interrupt done 1 app 2 0x0 0", "belongs to the shell"),
        ("interrupt done 1 app 0 0x40 0", "is no word"),
        ("interrupt done 1 app 0 0x0 0 enable app 0 0x0 1", "expected 'interrupt NAME"),
        ("interrupt done 1 app 0 0x0 0 clear app 0 0x0 1 2", "above the limit"),
        (f"interrupt {'x' * 64} 1 app 0 0x0 0", "up to 63 characters"),
        ("\n".join(f"interrupt i{number} 1 app 0 0x0 0" for number in range(129)), "more than 128 interrupts"),
    ],
)
def test_texts_of_designs_that_are_refused(slot, line, told):
    text = f"haldesign 1\nname x\nafi agfi-0000000000000abcd\nspace app 0\nword 0x0 32\nf 0 32 rw 0x0\n{line}\n"
    with pytest.raises(hal.HalError, match=told):
        slot.emulator.install_text(text)


def test_a_read_that_clears_what_it_is_an_alias_of(tmp_path, slot):
    (tmp_path / "taking.yaml").write_text(
        "schema: 1\nname: taking\nregisters:\n"
        "  status: {offset: 0x0, fields: {a: {bits: 0, access: w1c, volatile: true}}}\n"
        "  taken: {offset: 0x4, alias: status, access: {read: clear, write: one_clears}}\n"
        "interrupts: {a: {line: 2, status: status.a}}\n"
    )
    with on_card(slot, hal.load_map(tmp_path / "taking.yaml")) as taking:
        slot.emulator.interrupt_trigger(2, "level")
        base = requests(slot, 2)
        for count in (1, 2):
            slot.emulator.raise_interrupt("a")
            assert (requests(slot, 2) - base, asserted(slot)) == (count, [2])
            assert int(taking.taken.read()) == 1
            assert asserted(slot) == []
