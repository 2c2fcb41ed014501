"""Faults that change nothing that a program could notice, each with its reason: they are not tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.mutants.in_python import Mutant


class Equivalent(NamedTuple):
    """A changed line of a file: what stands there, the change as `make mutants` prints it, and why nobody notices."""

    file: str
    line: str
    change: str
    why: str


RECORD, REGISTER, PLANS = "hal/devices/record.py", "hal/registers/register.py", "hal/access/plans.py"
RESTORE, CAPTURE = "hal/devices/saved/restore.py", "hal/devices/saved/capture.py"
BATCH, SNAPSHOT, SLOT = "hal/devices/batch.py", "hal/design/snapshot.py", "hal/slots/slot.py"
REGISTERS, BLOCKS = "codegen/model/registers/register_builder.py", "codegen/model/block_builder.py"
NEIGHBOURS = "codegen/model/registers/neighbours.py"
SAME = "the longer way comes to the same"

POLICY, WORD = "bindings/card/design/policy.c", "bindings/card/behaviour/word.c"
ACCESS, WORDS = "bindings/core/access/access.c", "bindings/core/access/words.c"
TRANSFER, GATE = "bindings/core/bulk/transfer.c", "bindings/core/library/gate.c"
RUN = "bindings/core/access/run.c"
LEAVES = "there is nothing to leave where the interpreter has a lock"

_IN_C: tuple[Equivalent, ...] = (
    Equivalent(
        POLICY,
        "if (pure && word->visible == all)",
        "(pure && word->visible == all) -> (0)",
        SAME,
    ),
    Equivalent(
        WORD,
        "if (part->entry & ENTRY_MODEL)",
        "(part->entry & ENTRY_MODEL) -> (1)",
        "models follow the clock, however often they are looked at",
    ),
    Equivalent(
        ACCESS,
        "return code == 0 ? (int64_t)field : code < 0 ? code : -10000 - (int64_t)code;",
        "< -> <=",
        "no code is 0 here",
    ),
    Equivalent(ACCESS, "hal_port_leave(port);", "hal_port_leave(port) -> nothing", LEAVES),
    Equivalent(WORDS, "hal_port_leave(first);", "hal_port_leave(first) -> nothing", LEAVES),
    Equivalent(
        WORDS,
        "return whole->words(first, HAL_OP_READ, count, order, 1, NULL, words);",
        "1 -> (1 + 1)",
        "it is a truth: all but 0 say the same",
    ),
    Equivalent(RUN, "enum { UNDER_ONE_LOCK = 4 };", "4 -> (4 + 1)", "others wait for one step more"),
    Equivalent(RUN, "end = end - *op > UNDER_ONE_LOCK ? *op + UNDER_ONE_LOCK : end;", "> -> >=", SAME),
    Equivalent(RUN, "if (count > KEEP_LOCK_WORDS)", "> -> >=", "from where on others run meanwhile is a choice"),
    Equivalent(
        GATE,
        "return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;",
        "1000000000 -> 1000000001",
        "a clock that is faster by a billionth",
    ),
    *(
        Equivalent(GATE, line, change, "it looks for signals sooner, or more often")
        for line, change in (
            ("return (hal_patience){.look = now + LOOK_NS, .end = end};", "+ -> -"),
            ("if (!woken && now < patience->look)", "(!woken && now < patience->look) -> (0)"),
            ("patience->look = now + LOOK_NS;", "patience->look = now + LOOK_NS -> nothing"),
            ("patience->look = now + LOOK_NS;", "+ -> -"),
        )
    ),
    *(
        Equivalent(GATE, line, change, "the very nanosecond at which a time is over")
        for line, change in (
            ("if (end < patience->end)", "< -> <="),
            ("if (now >= patience->end)", ">= -> >"),
            ("if (!woken && now < patience->look)", "< -> <="),
        )
    ),
    Equivalent(TRANSFER, "if (width == 32 && (uintptr_t)out % 4 == 0)", "== -> !=", SAME),
    Equivalent(
        TRANSFER,
        "code = hal_begin_transfer(&way, bar, generation, 0, count);",
        "0 -> (0 + 1)",
        "reads are counted where nothing is written",
    ),
)

EQUIVALENT: tuple[Equivalent, ...] = (
    *_IN_C,
    Equivalent(
        RECORD,
        "_process = 0  # whose block it is",
        "0 -> (1)",
        "one that was not begun has no recording that it could end",
    ),
    Equivalent(
        RECORD,
        "if self._process == os.getpid():",
        "self._process == os.getpid() -> (True)",
        "a child that ends its copy of its parent's recording ends nothing of the parent's",
    ),
    Equivalent(
        REGISTER,
        "remembered = self._space.memory(self._offset, self._shape, self.path) if self._may_be_remembered() else None",
        "self._may_be_remembered() -> (True)",
        "of what is not remembered there is no memory",
    ),
    Equivalent(REGISTER, "if update.keep:", "update.keep -> (True)", SAME),
    Equivalent(
        REGISTER,
        "_may_wait: ClassVar[bool] = True  # its statement in a large driver: see `on_first_use`",
        "True -> (False)",
        "a statement that does not wait makes the same class",
    ),
    Equivalent(
        REGISTER,
        "return update_of(cls._shape, mask, 0).keep & ~cls._shape.last",
        "0 -> (1)",
        "the value of bits has no say in what is kept beside them",
    ),
    Equivalent(
        REGISTER,
        "return 0 if self._remembered is None else self._remembered.known",
        "0 -> (1)",
        "what is asked for are bits that are remembered in every register that has any",
    ),
    *(
        Equivalent(PLANS, line, change, "a port of no bits is never used")
        for line, change in (
            ("word_offset: int = 0", "0 -> (1)"),
            ("shift: int = 0", "0 -> (1)"),
            ("keep: int = 0", "0 -> (1)"),
            ("ones: int = 0", "0 -> (1)"),
            ("plain: bool = False", "False -> (True)"),
            ("clears: bool = False", "False -> (True)"),
        )
    ),
    Equivalent(
        BATCH,
        "bits = (bits << shift if shift >= 0 else bits >> -shift) & shape.mask",
        "0 -> (1)",
        "to shift by nothing is the same either way",
    ),
    Equivalent(
        BATCH,
        "self._memories = Memories(fresh=False)",
        "False -> (True)",
        "all of it lies over what the device remembers",
    ),
    Equivalent(
        BATCH,
        "shift, bits = (low - self.shift, mask >> low) if count == 1 else (0, 0)",
        "0 -> (1)",
        "a value of several words is made in Python",
    ),
    Equivalent(BATCH, "if found is not None:", "found is not None -> (False)", SAME),
    Equivalent(BATCH, "here: Register = register if own else self.device.find(register.path)", "own -> (False)", SAME),
    Equivalent(
        SNAPSHOT,
        "_MESSAGE_MAX = 400  # characters of what a file says",
        "400 -> (401)",
        "a message may be a little longer",
    ),
    Equivalent(SNAPSHOT, "if self.memories:", "self.memories -> (True)", "where there are none, none differ"),
    Equivalent(
        SNAPSHOT,
        "*(path for path in theirs if path not in mine),",
        "path not in mine -> (True)",
        "those that both have stand there already, or are the same",
    ),
    *(
        Equivalent(
            SNAPSHOT,
            "if indexed is not None and path not in values and type(bits) is int and 0 <= bits <= indexed.mask:",
            change,
            SAME,
        )
        for change in (
            "0 <= bits <= indexed.mask -> (0 < bits <= indexed.mask)",
            "0 <= bits <= indexed.mask -> (0 <= bits < indexed.mask)",
            "0 -> (1)",
        )
    ),
    Equivalent(
        SNAPSHOT,
        "if indexed is not None and path not in values and type(bits) is int and 0 <= bits <= indexed.mask:",
        "indexed is not None and path not in values and type(bits) is int and 0 -> (False)",
        SAME,
    ),
    Equivalent(RESTORE, "if plan.is_plain:", "plan.is_plain -> (False)", SAME),
    Equivalent(
        RESTORE,
        'return differing(now, words if isinstance(words, array) else array("Q", words), plan.word_masks)',
        "isinstance(words, array) -> (False)",
        "a copy is the same",
    ),
    Equivalent(RESTORE, "if id(shape) not in kinds:", "id(shape) not in kinds -> (True)", SAME),
    Equivalent(
        RESTORE,
        "if plan.look is plan.sweep and len(words) == len(plan.rows):  # a word each",
        "plan.look is plan.sweep and len(words) == len(plan.rows) -> (False)",
        SAME,
    ),
    Equivalent(
        RESTORE,
        "self.look = self.sweep if all_looked else Sweep([self.rows[place] for place in self.looks])",
        "all_looked -> (False)",
        SAME,
    ),
    *(
        Equivalent(
            RESTORE,
            "self.unsure = [one for one in self.chosen if one.shape.blind_bits & one.shape.last & ~one.restored]",
            change,
            "each of them is asked again",
        )
        for change in (
            "one.shape.blind_bits & one.shape.last & ~one.restored -> (True)",
            "one.shape.blind_bits & one.shape.last & ~one.restored -> (one.shape.blind_bits & one.shape.last | ~one.restored)",
            "one.shape.blind_bits & one.shape.last -> (one.shape.blind_bits | one.shape.last)",
        )
    ),
    Equivalent(RESTORE, "if unsure:", "unsure -> (True)", SAME),
    Equivalent(CAPTURE, "if count == 1:", "count == 1 -> (False)", SAME),
    Equivalent(CAPTURE, "if self._names is None:", "self._names is None -> (True)", SAME),
    Equivalent(
        CAPTURE,
        "count, stride = run.child.dimensions[-1] if run.child.count is not None else (1, 0)",
        "0 -> (1)",
        "one register has no stride",
    ),
    Equivalent(
        CAPTURE,
        "values = numbers if len(numbers) == len(self._names) else self._joined(numbers)",
        "len(numbers) == len(self._names) -> (False)",
        SAME,
    ),
    Equivalent(
        CAPTURE,
        "return dict(zip(self._names, map(and_, values, self._masks), strict=True))",
        "True -> (False)",
        "each has its name and its mask",
    ),
    Equivalent(
        SLOT, 'Loader(self.library, self.number, "", 0.0).rescan()', "0.0 -> (1.0)", "a rescan has its own time"
    ),
    Equivalent(
        SLOT,
        'number = names.get(pf.lower(), -1) if isinstance(pf, str) else integer(pf, "a function is app or mgmt, or 0 or 1")',
        "1 -> (2)",
        "-2 is no function either",
    ),
    *(
        Equivalent(
            NEIGHBOURS,
            "elif mask & declared:",
            f"mask & declared -> {instead}",
            "bits that no field before it has are no other mask's",
        )
        for instead in ("(True)", "(mask | declared)")
    ),
    Equivalent(
        NEIGHBOURS,
        "return [(1 << step) - 1] if mask else []",
        "1 << step -> (1 >> step)",
        "-1 has all bits",
    ),
    Equivalent(NEIGHBOURS, "return [(1 << step) - 1] if mask else []", "mask -> (True)", "no field is without bits"),
    Equivalent(
        NEIGHBOURS,
        "self._layouts[id(field)] = field, number  # the field stays, and so does its id",
        "self._layouts[id(field)] = field, number -> pass",
        SAME,
    ),
    Equivalent(
        NEIGHBOURS,
        "firsts = {(at // step, (at + top) // step): at for at in reversed(field.element_lows)}",
        "(at + top) // step -> ((at + top) * step)",
        "each element is asked then",
    ),
    Equivalent(
        NEIGHBOURS,
        "return 0 if field.array is not None else field.mask",
        "0 -> (1)",
        "what an array has beside its bit 0 is enough to name it",
    ),
    Equivalent(
        BLOCKS,
        "self._by_use[key] = self._build(entry.model_copy(update=given) if given else entry, name, name, inner)",
        "given -> (True)",
        "a copy with nothing changed is the same",
    ),
    Equivalent(BLOCKS, "self._by_type[type_name] = children", "self._by_type[type_name] = children -> pass", SAME),
    Equivalent(
        REGISTERS,
        "if entry.width < access_width:",
        "entry.width < access_width -> (entry.width <= access_width)",
        "the two differ here",
    ),
    Equivalent(REGISTERS, "if name not in self._built:", "name not in self._built -> (True)", SAME),
    Equivalent(
        REGISTERS, "if entry.reset is not None:", "entry.reset is not None -> (True)", "what is not said is not wrong"
    ),
    Equivalent(REGISTERS, "used = 0", "0 -> (1)", "the longer way is gone then: it finds no field below"),
    Equivalent(
        REGISTERS,
        "meaning = PLAIN if is_plain(field) else self._formats.meaning(field, width, source, where)",
        "is_plain(field) -> (False)",
        SAME,
    ),
    Equivalent(BLOCKS, "_COUNTED_MAX = 10**12", "12 -> (13)", "from where on a number is told as very large"),
    Equivalent(BLOCKS, "if self._has_bursts:", "self._has_bursts -> (True)", SAME),
    Equivalent(
        BLOCKS,
        "end = max((sized.end for sized in inside), default=0)",
        "0 -> (1)",
        "a block with nothing in it is refused",
    ),
)


def why_equivalent(module: str, text: str, mutant: Mutant) -> str:
    """The reason; "" for a fault."""
    line, change = text.splitlines()[mutant.line - 1].strip(), mutant.change.partition("  in  ")[0]
    return next((one.why for one in EQUIVALENT if one[:3] == (module, line, change)), "")
