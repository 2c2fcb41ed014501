"""Random maps and random operations: the driver on the emulated card does what an independent model of it does.

HAL_TEST_OPERATIONS sets how many operations are made in all (default 1500).
"""

from __future__ import annotations

import os
import random
from enum import IntEnum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hal
from tests.support.bench import Bench, value_of
from tests.support.policy_model import (
    POLICIES,
    changes_when_read,
    is_readable,
    is_writable,
    text_of,
)
from tests.support.strategies import AFI, maps

OPERATIONS = int(os.environ.get("HAL_TEST_OPERATIONS", "1500"))
PER_MAP = 50 if OPERATIONS < 10_000 else 100  # most of the time goes into maps
made = {"operations": 0, "refused": 0}


def writable_raw(rng, kind):
    if kind.kind == "enum":
        return rng.choice([member.value for member in kind.enum.members])
    if kind.kind == "fixed":
        width = min(kind.width, 50)  # what a float holds without rounding
        return rng.getrandbits(width)
    return rng.choice([0, (1 << kind.width) - 1, rng.getrandbits(kind.width)])


def assert_value(kind, raw, got):
    assert got == value_of(kind, raw)
    if kind.kind == "enum":
        known = raw in {member.value for member in kind.enum.members}
        assert isinstance(got, IntEnum) == known
    else:
        assert type(got) is {"bool": bool, "fixed": float}.get(kind.kind, int)


def set_field(bench, rng, path, register, model):
    item = rng.choice(model.fields)
    raw = writable_raw(rng, bench.kinds[path][item.name])
    value = value_of(bench.kinds[path][item.name], raw)
    plan = model.plan(item.mask) if is_writable(item.policy) else "none"
    declared = bench.kinds[path][item.name].plan
    assert declared == plan, f"{path}.{item.name}: {declared} is declared, {plan} is needed"
    if plan in ("refused", "none"):
        made["refused"] += 1
        with pytest.raises(hal.AccessError):
            setattr(register, item.name, value)
        return
    with bench.slot.emulator.trace(256) as trace:
        setattr(register, item.name, value)
    words = len(model.words_of(item.mask))
    writes = [access.action for access in trace].count("write")
    assert writes == words
    reads = {access.offset for access in trace if access.action == "read"}  # one of all ones is made again
    assert len(reads) == model.words_read(item.mask)
    assert bench.carried(trace, path) == model.modify(item.mask, raw << item.lsb)


def get_field(bench, rng, path, register, model):
    item = rng.choice(model.fields)
    if not is_readable(item.policy):
        with pytest.raises(hal.AccessError):
            getattr(register, item.name)
        return
    got = getattr(register, item.name)
    raw = (model.read(item.mask) & item.mask) >> item.lsb
    assert_value(bench.kinds[path][item.name], raw, got)


def read_register(bench, rng, path, register, model):
    if not any(is_readable(item.policy) for item in model.fields):
        with pytest.raises(hal.AccessError):
            register.read()
    elif rng.random() < 0.5:
        assert register.read() == model.read((1 << model.width) - 1)
    else:
        got, bits = register.fields(), model.read((1 << model.width) - 1)
        assert list(got) == [item.name for item in model.fields if is_readable(item.policy)]
        for item in model.fields:
            if item.name in got:
                assert_value(bench.kinds[path][item.name], (bits & item.mask) >> item.lsb, got[item.name])


def some_fields(bench, rng, path, model):
    """Some writable fields: mask, bits, values by name."""
    items = [item for item in model.fields if is_writable(item.policy)]
    chosen = rng.sample(items, rng.randint(1, len(items))) if items else []
    mask, bits, values = 0, 0, {}
    for item in chosen:
        raw = writable_raw(rng, bench.kinds[path][item.name])
        mask, bits = mask | item.mask, bits | raw << item.lsb
        values[item.name] = value_of(bench.kinds[path][item.name], raw)
    return mask, bits, values


def write_register(bench, rng, path, register, model):
    mask, bits, values = some_fields(bench, rng, path, model)
    number = rng.getrandbits(model.width)
    if not values:
        with pytest.raises(hal.AccessError):
            register.write(number)
    elif rng.random() < 0.5:
        register.write(number)
        model.write(number)
    else:
        with bench.slot.emulator.trace(256) as trace:
            register.write(**values)
        assert [access.action for access in trace] == ["write"] * (model.width // model.step)
        assert bench.carried(trace, path) == model.write_named(mask, bits)


def modify_register(bench, rng, path, register, model):
    mask, bits, values = some_fields(bench, rng, path, model)
    if not values:
        return
    if model.plan(mask) == "refused":
        made["refused"] += 1
        with pytest.raises(hal.AccessError):
            register.modify(**values)
        return
    with bench.slot.emulator.trace(256) as trace:
        register.modify(**values)
    assert bench.carried(trace, path) == model.modify(mask, bits)


def reset_register(bench, rng, path, register, model):
    if any(is_writable(item.policy) for item in model.fields):
        with bench.slot.emulator.trace(256) as trace:
            register.reset()
        assert bench.carried(trace, path) == model.write_reset()


def batch_writes(bench, rng, path, register, model):
    """Writes to some registers in one batch; its reads see the values of their place in it."""
    expected, written = [], []
    last = None
    batch = bench.device.batch()
    with batch as view:
        for _ in range(rng.randint(1, 6)):
            path = rng.choice(bench.paths)
            model, here = bench.models[path], view.find(path)
            item = rng.choice(model.fields)
            kind = bench.kinds[path][item.name]
            if rng.random() < 0.3 and is_readable(item.policy):
                future = batch.read(here, item.name)
                if last is None or last[0] != path or last[1] & item.mask:
                    last = (path, 0, {})  # fields of one register that are read one after the other are read once
                words = last[2]
                for number in model.words_of(item.mask):
                    if number not in words:
                        words[number] = model.bus_read(number)
                last = (path, last[1] | item.mask, words)
                expected.append((kind, future, (sum(words.values()) & item.mask) >> item.lsb))
            elif is_writable(item.policy) and model.plan(item.mask) != "refused":
                last = None
                raw = writable_raw(rng, kind)
                setattr(here, item.name, value_of(kind, raw))
                model.modify(item.mask, raw << item.lsb)
                written.append(path)
    for kind, future, raw in expected:
        assert_value(kind, raw, future.value)
    for path in {path for path in written if written.count(path) > 1}:
        kept_or_reset(bench.models[path], bench.stored(path))


def kept_or_reset(model, stored):
    """Bits of no field, where writes may have become one that has to read nothing; tests/devices/test_batch.py has when."""
    silent = sum(item.mask for item in model.everything if item.is_silent)
    for number in range(model.width // model.step):
        bits = silent & model.word(number)
        assert stored & bits in {model.stored & bits, model.reset & bits}
        model.stored = (model.stored & ~bits) | (stored & bits)


def take_snapshot(bench, rng, path, register, model):
    snapshot = bench.device.snapshot()
    for name, bits in snapshot.items():
        assert bits == bench.models[name].read((1 << bench.models[name].width) - 1), name
    silent = {name for name, item in bench.models.items() if not is_taken(item)}
    assert set(snapshot) == set(bench.paths) - silent
    bench.snapshot = snapshot


def restore_snapshot(bench, rng, path, register, model):
    """What an earlier snapshot holds comes back, and it does not act on anything."""
    left = [name for name, bits in bench.snapshot.items() if bench.models[name].restore(bits) is None]
    assert bench.device.restore(bench.snapshot) == left


def is_taken(model):
    changing = any(changes_when_read(item.policy) for item in model.fields)
    return not changing and any(is_readable(item.policy) for item in model.fields)


def disturb(bench, rng, path, register, model):
    """Hardware changes bits of no field: a driver that takes them for constant is found out."""
    silent = sum(item.mask for item in model.everything if item.is_silent)
    model.stored = (model.stored & ~silent) | (rng.getrandbits(model.width) & silent)
    (pf, bar, offset), step = bench.places[path], model.step
    for low in range(0, model.width, step):
        word = (model.stored >> low) & ((1 << step) - 1)
        bench.slot.emulator.poke(pf, bar, offset + low // 8, word, step)


STEPS = [set_field] * 5 + [get_field] * 3 + [read_register, write_register, modify_register, modify_register]
STEPS += [reset_register, batch_writes, take_snapshot, restore_snapshot, disturb]


@settings(
    max_examples=max(1, OPERATIONS // PER_MAP),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(text=maps(), seed=st.integers(0, 2**32 - 1))
def run_operations(slot, text, seed):
    rng = random.Random(seed)
    bench = Bench(slot, text)
    try:
        bench.check()
        for path in bench.paths:
            disturb(bench, rng, path, None, bench.models[path])
        for _ in range(PER_MAP):
            path = rng.choice(bench.paths)
            rng.choice(STEPS)(bench, rng, path, bench.device.find(path), bench.models[path])
            bench.check()
            made["operations"] += 1
    finally:
        bench.device.close()


def test_driver_on_the_card_equals_the_model(slot):
    made["operations"] = made["refused"] = 0
    run_operations(slot)
    assert made["operations"] >= OPERATIONS
    assert 0 < made["refused"] < made["operations"] // 2  # most of the drawn registers can be written by field


def test_every_policy_on_the_card_is_as_defined(slot):
    """All values that a two-bit field can have, written and read, from every state; a register for each row."""
    registers = ", ".join(
        f"r{number}: {{offset: {4 * number:#x}, fields: {{f: {{bits: 1:0, access: {text_of(policy)}}}}}}}"
        for number, policy in enumerate(POLICIES)
    )
    text = f"{{schema: 1, name: dut, afi: {{ids: [{AFI}]}}, registers: {{{registers}}}}}"
    for stored in range(4):
        for written in range(4):
            bench = Bench(slot, text)
            for path, model in bench.models.items():
                bench.slot.emulator.poke(*bench.places[path], stored)
                model.stored, register, policy = stored, bench.device.find(path), model.fields[0].policy
                for value in (written, written ^ 3):  # the second write tells the policies of one write
                    if is_writable(policy):
                        register.write(value)
                        model.write(value)
                    if is_readable(policy):
                        assert register.f == model.read(3), policy
            bench.check()
            bench.device.close()
