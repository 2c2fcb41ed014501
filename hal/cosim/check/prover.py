"""Checks logic against its register map, by accesses that end on the bus."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from hal.access.policies import POLICIES
from hal.cosim.check.expected import WORD, Slice, Word
from hal.cosim.check.places import places_of
from hal.cosim.check.report import Fault, RegisterRow, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hal._binding import Bar
    from hal.cosim.check.places import MemoryPlace
    from hal.slots.slot import Slot

__all__ = ["prove"]

_PATTERNS = (0, WORD, 0x5555_5555, 0xAAAA_AAAA)
_FAULTS_MAX = 200
_TRIES = 6  # reads after a clear, of which one must show it although hardware may set the bits again
_RUN_CLOCKS = 600  # for hardware to do something
_CLEARS = {"one_clears", "zero_clears", "clears"}
_LANES = tuple((lane, 0xFF << 8 * lane) for lane in range(4))


def prove(
    slot: Slot,
    driver: type[Any],
    *,
    seed: int = 1,
    operations: int = 2000,
    leave_out: Sequence[str] = (),
    strobes: bool = True,
) -> Report:
    """Checks what the slot holds against the driver's map: its design is loaded, again and again.

    `operations`: of the random part. `leave_out`: paths of registers, memories and blocks that are not accessed.
    Without `strobes` all writes are of whole words. What hardware changes has no expected value: of it only clearing
    is checked.
    """
    return _Prover(slot, driver, seed, operations, leave_out, strobes=strobes).report()


class _SilentError(Exception):
    """Nobody answers any more."""


class _Prover:
    def __init__(
        self, slot: Slot, driver: type[Any], seed: int, operations: int, leave_out: Sequence[str], *, strobes: bool
    ) -> None:
        self._lanes = _LANES if strobes else ()
        self._slot, self._design, self._seed, self._operations = slot, driver._design, seed, operations
        self._places = places_of(self._design, leave_out)
        self._random = random.Random(seed)  # noqa: S311  (no secret)
        self._faults: list[Fault] = []
        self._counts: Counter[str] = Counter()  # accesses of memories
        self._bars: dict[tuple[int, int], Bar] = {}
        self._accesses = 0
        self._is_simulated = slot.library.simulation is not None
        self._told: set[tuple[str, str]] = set()
        slot.emulator.install(driver)

    def report(self) -> Report:
        stages: list[Callable[[], None]] = [self._resets]
        stages += [self._addresses, self._walks, self._strobes, self._memories, self._holes]
        stages += [self._sequence, self._clears]
        for stage in stages:
            self._start()
            try:
                stage()
            except _SilentError:  # what it left hangs until the next load
                if stage == self._resets:
                    break
            if len(self._faults) >= _FAULTS_MAX:
                break
        return Report(self._design.name, self._seed, self._accesses, tuple(self._rows()), tuple(self._faults))

    def _rows(self) -> Iterator[RegisterRow]:
        wrong = {fault.path for fault in self._faults}
        by_register: dict[str, list[Word]] = {}
        for word in self._places.words:
            by_register.setdefault(word.register, []).append(word)
        for register, words in by_register.items():
            fields = [field for word in words for field in word.fields()]
            bits = sum(mask.bit_count() for _, _, mask in fields)
            provable = sum(word.provable.bit_count() for word in words)
            proven = sum((word.proven & word.provable).bit_count() for word in words)
            faulty = any(path in wrong for path, _, _ in fields)
            compared = any(word.proven_ones | word.proven_zeros for word in words)
            usual = "ok" if compared else "nothing to compare"
            result = "FAULT" if faulty else f"only read: {words[0].skipped}" if words[0].skipped else usual
            yield RegisterRow(register, sum(word.reads + word.writes for word in words), bits, provable, proven, result)
        for memory in self._places.memories:
            result = (
                "FAULT" if memory.path in wrong else "ok" if memory.access == "rw" else f"not checked: {memory.access}"
            )
            yield RegisterRow(memory.path, self._counts[memory.path], 0, 0, 0, result)

        for path in self._places.left_out:
            yield RegisterRow(path, 0, 0, 0, 0, "left out")

    # -- accesses -------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        """The logic as after its configuration, with the map's resets expected."""
        self._slot.load(self._design.afi_id)
        self._bars.clear()
        for word in self._places.words:
            word.reset()

    def _bar(self, space: tuple[int, int]) -> Bar:
        if space not in self._bars:
            self._bars[space] = self._slot.bar(("app", "mgmt")[space[0]], space[1])
        return self._bars[space]

    def _answered(self) -> bool:
        return not self._is_simulated or self._slot.simulation.response != ""

    def _peek(self, word: Word) -> int:
        """Ends the stage where nobody answers."""
        self._accesses += 1
        found = self._bar(word.space).peek(word.offset)
        if found == WORD and not self._answered():
            path = next(path for path, _, _ in word.fields())
            self._add(Fault("bus", path, f"nobody answers a read at {word.offset:#x}"))
            raise _SilentError
        return found

    def _read(self, word: Word, kind: str, told: str) -> int:
        expected, found = word.expected, self._peek(word)
        wrong = word.read(found)
        if wrong:
            self._fault(kind, word, wrong, told, expected, found)
        return found

    def _write(self, word: Word, data: int) -> None:
        self._accesses += 1
        self._bar(word.space).poke(word.offset, data)
        word.written(data)

    def _write_lane(self, word: Word, lane: int, data: int) -> None:
        self._accesses += 1
        self._bar(word.space).poke(word.offset + lane, data >> 8 * lane & 0xFF, 8)
        word.written(data, 0xFF << 8 * lane)

    def _fault(self, kind: str, word: Word, wrong: int, told: str, expected: int, found: int) -> None:
        """One for each field that has wrong bits; of its kind the first one tells all."""
        for path, _, mask in word.fields():
            bits = mask & wrong
            if bits:
                text = f"{_shown(bits, mask)} {told}: {found:#x} is read, not {expected:#x}"
                self._add(Fault(kind, path, text, expected, found))

    def _add(self, fault: Fault) -> None:
        if (fault.kind, fault.path) not in self._told:
            self._told.add((fault.kind, fault.path))
            self._faults.append(fault)

    def _fresh(self, word: Word) -> int:
        """What a write carries that a field of each policy takes, with pulses left alone."""
        return word.quiet(self._random.getrandbits(32))

    def _open(self) -> Iterator[Word]:
        return (word for word in self._places.words if not word.skipped)

    # -- stages ---------------------------------------------------------------------------------------------------

    def _resets(self) -> None:
        for word in self._places.words:
            if word.readable:
                before = word.expected
                found = self._read(word, "reset", "after a reset")
                word.doubted |= (found ^ before) & word.readable & ~word.moving

    def _addresses(self) -> None:
        """A value of its own in each word, and then its complement."""
        words = [word for word in self._open() if word.held]
        for flip in (0, WORD):
            for number, word in enumerate(words):
                self._write(word, word.quiet((number + 1) * 0x9E37_79B1 & WORD ^ flip))
            given = {word.value & word.held: word.register for word in words}
            for word in words:
                expected, found = word.expected, self._peek(word)
                wrong = word.read(found)
                other = given.get(found & word.held)
                if wrong and other is not None:
                    self._fault("address", word, wrong, f"as written to {other}", expected, found)
                elif wrong:
                    self._fault("bits", word, wrong, "after writes of all registers", expected, found)

    def _walks(self) -> None:
        words = list(self._places.words)
        for place, word in enumerate(words):
            if word.skipped or not word.writable:
                continue
            near = [other for other in words[max(0, place - 1) : place + 2] if other is not word]
            for data in self._walk_of(word) if word.own_writable else ():
                self._write(word, word.quiet(data))
                if word.readable:
                    self._judge(word, data)
            self._walk_links(word)
            for other in near:
                if other.readable and not other.has_effects:
                    self._read(other, "neighbour", f"after writes of {word.register}")

    def _walk_of(self, word: Word) -> Iterator[int]:
        """Patterns; each bit alone as 1 and alone as 0, from both sides where writes act on it."""
        yield WORD ^ word.value  # what takes one write is changed by it
        yield from _PATTERNS
        acting = word.own_writable & ~word.held
        for bit in range(32):
            if word.own_writable >> bit & 1:
                yield 1 << bit
                yield WORD ^ (1 << bit)
                if acting >> bit & 1:
                    yield from (0, 1 << bit, WORD, WORD ^ (1 << bit))

    def _walk_links(self, word: Word) -> None:
        """Writes of an alias, from both values of the bits that it acts on."""
        targets = word.targets
        bits = [1 << bit for bit in range(32) if word.writable >> bit & 1]
        for data in (*bits, *(WORD ^ bit for bit in bits), *_PATTERNS) if targets else ():
            for base in (0, WORD):
                for target in targets:
                    self._write(target, target.quiet(base))
                self._write(word, word.quiet(data))
                for target in targets:
                    if target.readable:
                        self._judge_link(word, target, data)

    def _judge_link(self, word: Word, target: Word, data: int) -> None:
        """A read of what a write of an alias acted on: what is wrong there is the alias's."""
        expected, found = target.expected, self._peek(target)
        right = target.readable & target.known
        wrong = target.read(found)
        links = [link for link in word.links if link.word is target and link.part.writable]
        for link in sorted(links, key=lambda link: not link.acting(data) & wrong):
            part = link.part
            if wrong & part.mask:
                told = f"({part.access} of {target.register}) after a write of {data:#x}: {found:#x} is read there"
                text = f"{_shown(wrong & part.mask, part.mask)} {told}, not {expected:#x}"
                self._add(Fault("policy", part.path, text, expected, found))
            wrong &= ~part.mask
            word.proven_ones |= link.here(found & right & part.mask)
            word.proven_zeros |= link.here(~found & right & part.mask)
        self._fault("neighbour", target, wrong, f"after writes of {word.register}", expected, found)

    def _judge(self, word: Word, data: int) -> None:
        """A read after a write. What takes values and has another one has wrong bits, all else another policy."""
        expected, found = word.expected, self._peek(word)
        wrong = word.read(found)
        if wrong:
            self._fault("bits", word, wrong & word.held, f"after a write of {data:#x}", expected, found)
            told = f"after a write of {data:#x}"
            for _, access, mask in word.fields():
                if mask & wrong & ~word.held:
                    self._fault("policy", word, wrong & mask, f"({access}) {told}", expected, found)

    def _strobes(self) -> None:
        for word in self._open():
            if not word.held or word.has_effects:
                continue
            for base in (WORD, 0):
                for lane, mask in self._lanes:
                    if not mask & word.held:
                        continue
                    self._write(word, word.quiet(base))
                    self._write_lane(word, lane, word.quiet(~base & mask))
                    self._read(word, "strobe", f"after a write of byte {lane}")

    def _memories(self) -> None:
        for memory in self._places.memories:
            if memory.access != "rw":
                continue
            offsets = _samples(memory)
            values = {offset: self._random.getrandbits(32) for offset in offsets}
            bar = self._bar(memory.space)
            for offset, value in values.items():
                bar.poke(offset, value)
            self._match(memory, bar, values)
            first = offsets[0]
            for lane, mask in self._lanes:
                bar.poke(first + lane, 0x5A ^ lane, 8)
                values[first] = values[first] & ~mask | (0x5A ^ lane) << 8 * lane
            self._match(memory, bar, values)

    def _match(self, memory: MemoryPlace, bar: Bar, values: dict[int, int]) -> None:
        self._accesses += 2 * len(values)
        self._counts[memory.path] += 2 * len(values)
        for offset, value in values.items():
            found = bar.peek(offset)
            if found != value:
                text = f"{found:#x} is read at {offset - memory.offset:#x}, not {value:#x}"
                self._add(Fault("memory", memory.path, text, value, found))
                return

    def _holes(self) -> None:
        """Nobody is hurt by a write to where nothing is, and such accesses are answered."""
        still = [word for word in self._places.words if word.readable and not word.has_effects]
        for space, offset in self._places.holes:
            bar = self._bar(space)
            if offset + 4 > bar.size:
                continue
            bar.peek(offset)
            within = self._is_simulated and self._answered()
            bar.poke(offset, WORD)
            self._accesses += 2
            if within and not self._answered():
                self._add(Fault("unmapped", "", f"nobody answers a write at {offset:#x}, where nothing is"))
            for word in still:
                self._read(word, "unmapped", f"after a write at {offset:#x}, where nothing is")

    def _sequence(self) -> None:
        words = [word for word in self._open() if word.writable or word.readable]
        for _ in range(self._operations if words else 0):
            word, what = self._random.choice(words), self._random.random()
            if word.writable and what < 0.45:  # noqa: PLR2004  (shares of the operations)
                self._write(word, self._fresh(word))
            elif self._lanes and word.writable and what < 0.6:  # noqa: PLR2004
                self._write_lane(word, self._random.randrange(4), self._fresh(word))
            elif word.readable:
                self._read(word, "sequence", "in a random sequence")

    def _clears(self) -> None:
        """What hardware has set goes by what clears it. Random writes, and time, are to have hardware set something."""
        moving = [word for word in self._open() if self._clearing(word)]
        for _ in range(8 if moving else 0):
            for word in self._open():
                if word.held:
                    self._write(word, self._fresh(word) | (word.held & 1))
            if self._is_simulated:
                self._slot.simulation.advance(_RUN_CLOCKS)
            for word in moving:
                self._clear(word)

    @staticmethod
    def _clearing(word: Word) -> list[tuple[Slice, Word, int]]:
        """The fields that hardware changes, and that a read, or a write of ones or of zeros, clears.

        With the word that shows them, and of an alias its own bits.
        """
        parts = [(part, word, 0) for part in word.slices if part.readable]
        parts += [(link.part, link.word, link.mask) for link in word.links if link.word.readable]
        return [one for one in parts if one[0].moves and not one[0].pulse and _way_to_clear(one[0])]

    def _clear(self, word: Word) -> None:
        bar = self._bar(word.space)
        for part, shown, linked in self._clearing(word):
            way, acting = _way_to_clear(part), linked or part.mask
            stuck = self._peek(shown) & part.mask
            for _ in range(_TRIES if stuck else 0):
                if way != "read":
                    bar.poke(word.offset, word.quiet(acting if way == "one_clears" else WORD ^ acting))
                    self._accesses += 1
                elif linked:
                    self._peek(word)
                stuck &= self._peek(shown)
            if stuck:
                what = "reads" if way == "read" else "writes"
                self._add(Fault("clear", part.path, f"{what} that clear it do not: {stuck:#x} stays"))


def _way_to_clear(part: Slice) -> str:
    """A read, or the effect of a write; "" where nothing does, or a read sets it again."""
    policy = POLICIES[part.access]
    if policy.read == "clear":
        return "read"
    return policy.write if policy.read in {"value", "none"} and policy.write in _CLEARS and not policy.once else ""


def _samples(memory: MemoryPlace) -> list[int]:
    """Offsets of words of a memory: both ends, and each line of its address."""
    last = memory.size // 4 - 1
    numbers = {0, last, last - 1, *(1 << bit for bit in range(last.bit_length()))}
    return [memory.offset + 4 * number for number in sorted(numbers) if 0 <= number <= last]


def _shown(bits: int, mask: int) -> str:
    """The bits of a field that are wrong, numbered from its lowest: bit 3, bits 0, 4 to 7."""
    if bits == mask:
        return "all its bits" if mask.bit_count() > 1 else "its bit"
    low = (mask & -mask).bit_length() - 1
    runs: list[list[int]] = []
    for bit in (bit - low for bit in range(32) if bits >> bit & 1):
        if runs and runs[-1][-1] == bit - 1:
            runs[-1].append(bit)
        else:
            runs.append([bit])
    parts = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return f"bit{'' if bits.bit_count() == 1 else 's'} {', '.join(parts)}"
