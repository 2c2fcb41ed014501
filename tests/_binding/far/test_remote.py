"""Messages between hosts: whatever comes in on either side, nothing crashes, and nothing is said that is not known."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import socket
import struct
import threading
import time
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from hal._binding.far.remote import AgentPipe
from tests.support.cards import fresh_slot, on_card
from tests.support.far import answer, answer_changed, card_to, far_slot, frames, slot_behind
from tests.support.processes import LIMIT

TEXT, WORKING, ATTACH, DETACH, PEEK, POKE, RUN, SWEEP, WORDS, WAIT, READ, WIDE, WRITE, FILL = range(1, 15)
KINDS = range(36)
ANSWER = 0x8000
quietly = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def message(kind, payload, number=1, code=0):
    return struct.pack("<IIHHi", len(payload), number, kind, 0, code) + payload


def parts(data):
    """Number, kind, code and payload of an answer."""
    size, number, kind, _, code = struct.unpack("<IIHHi", data[:16])
    assert len(data) == 16 + size
    return number, kind & ~ANSWER, code, data[16:]


@pytest.fixture
def pipe(slot, driver):
    """An agent of the emulated card's slot, and the number of its app BAR 0."""
    on_card(slot, driver).close()
    made = AgentPipe(-1, -1)
    made.take(slot.library, 0)
    number, kind, code, payload = parts(made.answer(message(ATTACH, struct.pack("<iiII", 0, 0, 0, 0), 7)))
    assert (number, kind, code) == (7, ATTACH, 0)
    return made, struct.unpack("<I", payload)[0]


def place(bar, offset, width):
    return struct.pack("<QIB3x", offset, bar, width)


def test_an_agent_answers_as_the_bus_does(pipe):
    made, bar = pipe
    assert parts(made.answer(message(POKE, place(bar, 0x4, 32) + struct.pack("<Q", 0x1234))))[2:] == (0, b"")
    _, _, code, payload = parts(made.answer(message(PEEK, place(bar, 0x4, 32))))
    assert (code, int.from_bytes(payload, "little")) == (0, 0x1234)
    assert parts(made.answer(message(PEEK, place(bar + 256, 0x4, 32))))[2] == -2001
    assert parts(made.answer(message(PEEK, place(bar, 1 << 40, 32))))[2] == -2003
    assert parts(made.answer(message(PEEK, place(bar, 0x4, 33))))[2] == -2007
    assert parts(made.answer(message(DETACH, struct.pack("<I", bar))))[2] == 0
    assert parts(made.answer(message(PEEK, place(bar, 0x4, 32))))[2] == -2001


def test_one_that_has_no_slot_touches_none():
    made = AgentPipe(-1, -1)
    assert parts(made.answer(message(ATTACH, struct.pack("<iiII", 0, 0, 0, 0))))[2] == -2001
    assert made.answer(b"") is None
    assert made.answer(message(PEEK, b"")[:-1]) is None
    assert made.answer(message(PEEK, b"") + b"more") is None


NUMBERS = st.one_of(
    st.sampled_from([0, 1, 4, 8, 32, 64, 255, 4096, 1 << 20, 1 << 26, 2**63, 2**64 - 1]), st.integers(0, 2**64 - 1)
)


@st.composite
def payloads(draw):
    """Numbers of the sizes that messages have, one after the other, where they lie."""
    made = b""
    for _ in range(draw(st.integers(0, 24))):
        size = draw(st.sampled_from([1, 1, 2, 4, 8, 8]))
        made += (draw(NUMBERS) & (1 << 8 * size) - 1).to_bytes(size, "little")
    return made


@quietly
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.booleans(), payloads()), max_size=20))
def test_no_request_harms_an_agent(requests):
    with fresh_slot() as slot:
        made = AgentPipe(-1, -1)
        made.take(slot.library, 0)
        attached = made.answer(message(ATTACH, struct.pack("<iiII", 0, 0, 0, 0)))
        bar = attached[16:20]
        for kind, is_place, payload in requests:
            # Much of what is random is refused at its first number: so some begin as they should.
            begin = {RUN: bar, SWEEP: bar, DETACH: bar}.get(kind, place(int.from_bytes(bar, "little"), 8, 32))
            reply = made.answer(message(kind, (begin if is_place else b"") + payload))
            if reply is not None:
                assert parts(reply)[1] == kind
        assert parts(made.answer(message(16, struct.pack("<I", 0)))) is not None


def use(device):
    """All kinds of accesses; errors of hal are what may come."""
    jobs = (
        lambda: device.ctrl.a,
        lambda: setattr(device.ctrl, "b", 3),
        device.snapshot,
        lambda: device.restore(device.snapshot(), force=True),
        lambda: device.bulk.ram[:512],
        lambda: device.bulk.ram.write(0, range(700)),
        device.plain.read,
        lambda: device.latched.modify(low=1),
        lambda: device.ctrl.wait_for(timeout=0.01, a=1),
        device.slot.describe,
        device.slot.metrics,
        device.slot.clocks.get,
        lambda: device.slot.leds,
        lambda: device.out.write(5),
    )
    for job in jobs:
        with contextlib.suppress(hal.HalError, ValueError):
            job()


@quietly
@given(st.integers(0, 2**32 - 1))
def test_no_answer_harms_this_side(driver, seed):
    rng = random.Random(seed)

    def change(_request, reply):
        if rng.random() < 0.9:
            return reply
        changed = bytearray(reply)
        for _ in range(rng.randint(1, 3)):
            way = rng.randrange(4)
            if way == 0:
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            elif way == 1:
                changed[12:16] = rng.choice([-2014, -2100, -2101, -2016, -2018, -2022, -2025, -2027, -116, 7]).to_bytes(
                    4, "little", signed=True
                )
            elif way == 2:
                changed += rng.randbytes(rng.randint(1, 40))
            else:
                del changed[rng.randrange(len(changed)) :]
                changed += b"\0" * max(0, 16 - len(changed))
        if rng.random() < 0.7:
            changed[:4] = (len(changed) - 16).to_bytes(4, "little")
        return bytes(changed)

    with fresh_slot() as slot:
        on_card(slot, driver).close()
        with (
            contextlib.suppress(hal.HalError),
            slot_behind(answer_changed(change), timeout=0.02) as far,
            far.attach(driver, verify=False) as device,
        ):
            use(device)
        with on_card(slot, driver) as device:
            device.ctrl.a = 5
            assert device.ctrl.a == 5


# -- what is known of a loss ------------------------------------------------------------------------------------------


def ends_after(kind, count, *, answered=False):
    """An agent that ends at the so many-th request of a kind, before or after it has made it."""
    left = [count]

    def serve(connection):
        with connection, hal.open_slot(0, "emulator") as slot:
            made = AgentPipe(-1, -1)
            made.take(slot.library, 0)
            for request in frames(connection):
                if parts(request)[1] == kind:
                    left[0] -= 1
                    if left[0] == 0:
                        if answered:
                            made.answer(request)
                        return
                connection.sendall(made.answer(request))

    return serve


def test_a_loss_says_that_it_is_not_known(slot, driver):
    on_card(slot, driver).close()
    for made in (False, True):
        with slot_behind(ends_after(POKE, 1, answered=made)) as far, far.attach(driver) as device:
            with pytest.raises(
                hal.ConnectionLostError, match="whether it was made, in whole or in part, is unknown"
            ) as told:
                device.kept.write(0x77)
            assert told.value.state == "unknown"
            assert told.value.path == "dut.kept"
            assert isinstance(told.value, ConnectionError)
            with pytest.raises(hal.ConnectionLostError, match="nothing of it was made") as told:
                device.ctrl.read()
            assert told.value.state == "not sent"
            assert far.connection.lost
        with slot.attach(driver) as device:
            assert device.kept.read() == (0x77 if made else 0x21)


def test_a_batch_says_how_far_it_came(slot, driver):
    """Two BARs are two messages."""
    on_card(slot, driver).close()
    with slot_behind(ends_after(RUN, 2)) as far, far.attach(driver) as device:
        with pytest.raises(hal.ConnectionLostError, match="is unknown") as told, device.batch() as view:
            view.ctrl.write(0)
            view.kept.write(0x12)
            view.side.r.write(7)
        assert told.value.path == "dut.side.r"
    with slot.attach(driver) as device:
        assert device.kept.read() == 0x12


def test_silence_has_a_limit_and_work_that_is_told_has_none(slot, driver):
    on_card(slot, driver).close()
    release = threading.Event()

    def slow(request, reply):
        if parts(request)[1] == POKE:
            release.wait(20)
        return reply

    with slot_behind(answer_changed(slow), timeout=1.0) as far, far.attach(driver) as device:
        start = time.monotonic()
        with pytest.raises(hal.ConnectionLostError, match="there was no word from it in time"):
            device.kept.write(1)
        assert 0.9 < time.monotonic() - start < 18
        release.set()

    def working(request, reply):
        if parts(request)[1] == POKE:
            return b"".join(message(WORKING | ANSWER, b"", 0) for _ in range(3)) + reply
        return reply

    with slot_behind(answer_changed(working)) as far, far.attach(driver) as device:
        device.kept.write(3)
        assert device.kept.read() == 3


def test_an_answer_that_nobody_waits_for_is_passed_over(slot, driver):
    """As after Ctrl-C: the older one comes first."""
    on_card(slot, driver).close()

    def late(request, reply):
        number, kind, _, _ = parts(request)
        return message(PEEK | ANSWER, b"\xff" * 8, number - 1) + reply if kind == PEEK else reply

    with slot_behind(answer_changed(late)) as far, far.attach(driver) as device:
        assert device.ctrl.a == 5


@contextlib.contextmanager
def alarmed(handler):
    """The handler is called when somebody signals this thread."""
    before = signal.signal(signal.SIGALRM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def slowly(kinds, seen, handled, *, wakes=True):
    """An agent that has a request of these kinds answered when this thread has handled a signal in the middle of it.

    `kinds` are those of one time. `seen`: kind, code and BAR of each attach and detach, or that nothing was handled.
    `wakes`: the signal comes to
    this thread, and else to the agent's, where it ends no wait of this one.
    """
    asks = threading.get_ident()

    def late(request, reply):
        kind, code, payload = parts(reply)[1:]
        if kind in {ATTACH, DETACH}:
            given = payload if kind == ATTACH else parts(request)[3]
            seen.append((kind, code, int.from_bytes(given, "little")))
        if kind in kinds:
            kinds.clear()
            signal.pthread_kill(asks if wakes else threading.get_ident(), signal.SIGALRM)
            if not handled.wait(LIMIT / 6):
                seen.append(("not handled", 0, 0))
        return reply

    return answer_changed(late)


@pytest.mark.parametrize("wakes", [True, False], ids=["here", "in another thread"])
def test_what_an_interrupted_attach_has_attached_is_given_back(slot, driver, wakes):
    """Its answer comes when nobody waits for it any more, and its BAR would be taken for as long as the connection is."""

    def end(_number, _frame):
        handled.set()
        raise ZeroDivisionError

    on_card(slot, driver).close()
    seen, late, handled = [], set(), threading.Event()
    agent = slowly(late, seen, handled, wakes=wakes)
    with slot_behind(agent) as far, far.attach(driver) as device, alarmed(end):
        assert device.ctrl.a == 5
        del seen[:]
        late.add(ATTACH)
        with pytest.raises(ZeroDivisionError):
            far.bar("mgmt", 0)
        for _ in range(3):  # the answer to the first of these comes behind that to the attach
            assert device.ctrl.a == 5
        ((_, _, bar), *_) = seen
        assert seen == [(ATTACH, 0, bar), (DETACH, 0, bar)]
        assert far.bar("mgmt", 0).peek(0) == 0x10212415


def test_a_handler_in_the_middle_of_a_request_does_not_wait_for_it(slot, driver):
    """What it accesses is refused, and what it drops is given back by the next request."""
    on_card(slot, driver).close()
    seen, late, told, bars, handled = [], set(), [], [], threading.Event()

    def use(_number, _frame):
        with pytest.raises(hal.HalError, match="was given up: who holds a lock may wait for it") as refused:
            device.ctrl.read()
        told.append(refused.value.path)
        bars.clear()
        handled.set()

    with slot_behind(slowly(late, seen, handled)) as far, far.attach(driver) as device, alarmed(use):
        assert device.ctrl.b == 0
        bars.append(far.bar("mgmt", 0))
        bar = seen[-1][2]
        late.add(PEEK)
        assert device.ctrl.a == 5
        assert told == ["dut.ctrl"]
        assert "not handled" not in {kind for kind, *_ in seen}
        for _ in range(2):
            assert device.ctrl.a == 5
        assert seen[-1] == (DETACH, 0, bar)


def test_a_code_of_this_process_alone_is_no_answer(slot, driver):
    """As that of a recording, or of a batch that collects."""
    on_card(slot, driver).close()

    def change(request, reply):
        is_poke = parts(request)[1] == POKE
        return message(POKE | ANSWER, b"", parts(request)[0], code=-2016) if is_poke else reply

    with slot_behind(answer_changed(change)) as far, far.attach(driver) as device:
        with pytest.raises(hal.ConnectionLostError, match="what came from there was no answer") as told:
            device.kept.write(1)
        assert told.value.state == "unknown"


def test_the_message_after_a_part_that_failed_is_not_made(slot, driver):
    on_card(slot, driver).close()
    made = AgentPipe(-1, -1)
    made.take(slot.library, 0)
    _, _, _, attached = parts(made.answer(message(ATTACH, struct.pack("<iiII", 0, 4, 0, 0))))
    bar = int.from_bytes(attached, "little")

    def part(offset, words, transfer):
        block = place(bar, offset, 32) + struct.pack("<QII", len(words), transfer, 0)
        return message(WRITE, block + struct.pack(f"<{len(words)}I", *words))

    assert parts(made.answer(part(0x1000, [1, 2], 5)))[2] == 0
    assert parts(made.answer(part(1 << 50, [3], 5)))[2] == -2003
    assert parts(made.answer(part(0x1008, [4], 5)))[2] == -2001, "of the same transfer"
    assert parts(made.answer(part(0x100C, [5], 9)))[2] == 0
    with slot.attach(driver) as device:
        assert list(device.bulk.ram[:4]) == [1, 2, 0, 5]


# -- this process -----------------------------------------------------------------------------------------------------


def test_eight_connections_are_open_at_once_and_each_is_taken_again(slot, driver):
    on_card(slot, driver).close()
    with contextlib.ExitStack() as held:
        slots = [held.enter_context(far_slot()) for _ in range(8)]
        devices = [held.enter_context(far.attach(driver)) for far in slots]
        for number, device in enumerate(devices):
            device.dots[0].v = number
        assert {device.dots[0].v for device in devices} == {7}
        with pytest.raises(hal.HalError, match="8 connections to other hosts are open already"), far_slot():
            pass
        slots[3].close()
        with pytest.raises(hal.ClosedError):
            devices[3].ctrl.read()
        with far_slot() as far, far.attach(driver) as device:
            assert device.dots[0].v == 7
            with pytest.raises(hal.ClosedError):
                devices[3].ctrl.read()
            with pytest.raises(hal.ClosedError):
                slots[3].describe()


def test_threads_share_a_connection(slot, driver):
    on_card(slot, driver).close()
    with far_slot() as far, far.attach(driver) as device:

        def count(dot):
            for _ in range(50):
                dot.modify(v=dot.v + 1)
                device.wides[0].read()

        threads = [threading.Thread(target=count, args=(device.dots[number],)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [dot.v for dot in device.dots] == [50] * 4


def test_slow_single_accesses_are_counted_in_a_warning(slot, driver):
    on_card(slot, driver).close()

    def slow(request, reply):
        if parts(request)[1] == PEEK:
            time.sleep(0.11)
        return reply

    with slot_behind(answer_changed(slow)) as far, far.attach(driver) as device:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for _ in range(12):  # of which the tenth, or one before where the machine is slow, is at a second
                device.ctrl.read()
        assert [warning.category for warning in told] == [hal.RemoteLatencyWarning]
        assert told[0].filename == __file__
        found = re.match(r"(\d+) single accesses over ssh://thread/0 have taken [1-9]\d*\.\d s", str(told[0].message))
        assert 1 <= int(found[1]) <= 10
        assert far.connection.single_accesses == 12
        device.ctrl.a = 1
        device.plain.read()
        assert far.connection.single_accesses == 14
        assert 1.2 < far.connection.single_seconds < 60


@pytest.mark.parametrize("way", ["ctrl", "out"])
def test_of_the_access_that_a_warning_ends_nothing_was_made(slot, driver, way):
    """Where it is an error for the program. What is written only is kept as it was, too."""
    on_card(slot, driver).close()

    def slow(request, reply):
        if parts(request)[1] == PEEK:
            time.sleep(1.05)
        return reply

    def write(device, value):
        setattr(device.out, "x", value) if way == "out" else setattr(device.ctrl, "b", value)

    with slot_behind(answer_changed(slow)) as far, far.attach(driver) as device, warnings.catch_warnings():
        warnings.simplefilter("error")
        device.out.write(x=1, y=2)
        assert device.ctrl.a == 5
        with pytest.raises(hal.RemoteLatencyWarning, match=r"^\d single accesses"):
            write(device, 7)
        device.out.y = 3
        assert slot.emulator.peek(0, 0, 8) & 0xFF == 0x31
        assert slot.emulator.peek(0, 0, 0) & 0xFF == 5
        write(device, 7)
        assert slot.emulator.peek(0, 0, {"out": 8, "ctrl": 0}[way]) & 0xFF == {"out": 0x37, "ctrl": 0x75}[way]


def test_a_long_transfer_says_how_far_it_is_and_can_be_ended(slot, driver):
    on_card(slot, driver).close()
    told, room = [], bytearray(1 << 20)

    def slow(request, reply):
        if parts(request)[1] in {READ, WIDE}:
            time.sleep(0.3)
        return reply

    def end(done, total):
        raise ZeroDivisionError

    with slot_behind(answer_changed(slow)) as far, far.attach(driver) as device:
        far.library.progress = lambda done, total: told.append((done, total))
        ram = far.bar("app", 4)
        ram.read_into(0, room)
        assert told[-1] == (1 << 20, 1 << 20)
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        assert len(told) >= 3
        far.library.progress = end
        with pytest.raises(ZeroDivisionError):
            ram.read_into(0, room)
        far.library.progress = lambda _done, _total: None
        assert device.ctrl.a == 5, "the connection goes on"


def test_a_socket_that_is_none_is_told():
    card = card_to(answer)
    card.close()
    card.close()
    with pytest.raises(hal.ClosedError):
        card.ask(b"{}")
    with socket.socket(socket.AF_INET) as unconnected, pytest.raises(hal.HalError):
        type(card)(unconnected.detach(), "ssh://nobody/0", 0, 1.0, card._way).request("open")
