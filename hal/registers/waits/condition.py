"""What is waited for in one register, how a look at it is made, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from hal import _binding
from hal._binding import Ask, AwaitedWords, Term
from hal.access.field_arrays import FieldArray
from hal.access.words import access_order, is_torn, join_words, span_of, split_words
from hal.errors import FieldTypeError, FieldValueError, WaitFailedError
from hal.registers.refusals import CheckedRegister
from hal.registers.waits.comparisons import Comparison
from hal.registers.waits.reading import Reading
from hal.values import shown

if TYPE_CHECKING:
    from hal.access.fields import FieldDeclaration

__all__ = ["Condition", "State", "when"]


class State(Enum):
    """What a look found."""

    WAITING = 0
    CAME = 1
    FAILED = 2


class _Asked(NamedTuple):
    """One thing that is asked of a register's bits; `told`: as the program said it.

    `terms`: the same of its bus words, None where it takes Python.
    """

    told: str
    mask: int
    holds: Callable[[int], bool]
    terms: list[Term] | None


class Condition:
    """What is waited for in one register: `hal.when(dev.status, done=1)`. Reads nothing until it is waited for.

    `fields`: values and comparisons by name, all of which have to be so. `fail`: the same, any of which ends the wait
    with WaitFailedError. `test`: besides, or instead, a function of what one read gave. With `fail` alone it is so as
    long as it has not failed.
    """

    __slots__ = ("_awaited", "_fails", "_first", "_named", "_raw", "_test", "_wanted", "register")

    def __init__(
        self,
        register: CheckedRegister,
        test: Callable[[Any], object] | None,
        fail: Mapping[str, Any],
        fields: Mapping[str, Any],
    ) -> None:
        self.register, self._test, self._raw = register, test, 0
        self._wanted = _all_of(register, fields)
        self._fails = [asked for name in fail for asked in _all_of(register, {name: fail[name]}, fails=True)]
        self._named = [*fields, *(name for name in fail if name not in fields)]
        shape, mask = register._shape, 0 if test is None else register._shape.mask
        for asked in (*self._wanted, *self._fails):
            mask |= asked.mask
        self._first, count = span_of(shape, mask) if shape.is_wide else (0, 1)
        port = register._store
        if shape.is_wide:
            port = _binding.word_port(port, shape.word_at(self._first) - shape.word_at(0))
        stable = shape.is_wide and is_torn(shape, mask)
        self._awaited = AwaitedWords(port, count, access_order(shape), self._terms(), stable=stable)

    def _terms(self) -> list[Term]:
        """None where Python has to decide."""
        asked = (*self._wanted, *self._fails)
        if self._test is not None or any(one.terms is None for one in asked):
            return []
        return [term._replace(word=term.word - self._first) for one in asked for term in one.terms or ()]

    @property
    def only_fails(self) -> bool:
        """Whether nothing is waited for in it: it watches for failures while others are waited for."""
        return not self._wanted and self._test is None

    @property
    def in_c(self) -> bool:
        """Whether the looks need no Python."""
        return self._awaited.decides

    def first_look(self, look: int | None = None) -> State:
        """In most waits the value is there. `look`: what was read already."""
        register = self.register
        if register._shape.is_wide:
            return self.look()
        if look is None:
            code, look = _binding.read_full(register._store)
            if code:
                register._failed(code, "read")
        if look == register._shape.mask:  # all ones may be nobody's answer
            return self.look()
        self._raw = look
        return self._state_of(look)

    def look(self) -> State:
        """Reads once. What a word of all ones is has to be asked then; see `require_answer`."""
        return self._found(self._awaited.look())

    def wait(self, seconds: float, interval: float, waited: float, asks: Ask) -> State:
        """Looks in C until something is found, or the time is over; other threads run meanwhile."""
        return self._found(self._awaited.wait(seconds, interval, waited, asks))

    def _found(self, code: int) -> State:
        if code and code != _binding.TIMEOUT_CODE:
            self.register._failed(code, "read")
        self._raw = self._read_last()
        if self.in_c:
            return State.WAITING if code else State.CAME if self._awaited.failed < 0 else State.FAILED
        return self._state_of(self._raw)

    def _read_last(self) -> int:
        shape = self.register._shape
        if not shape.is_wide:
            return self._awaited.word() >> shape.lane_at(self.register._offset) & shape.mask
        return join_words(self._awaited.words(), shape.access_width) << (self._first * shape.access_width)

    def _state_of(self, raw: int) -> State:
        if any(asked.holds(raw) for asked in self._fails):
            return State.FAILED
        came = all(asked.holds(raw) for asked in self._wanted) and (self._test is None or self._passes(raw))
        return State.CAME if came else State.WAITING

    def _passes(self, raw: int) -> bool:
        assert self._test is not None
        found = self._test(Reading(self.register, raw))
        if found is not None and hasattr(type(found), "__await__"):
            where = self.register._where()
            getattr(found, "close", bool)()  # it is never awaited
            raise FieldTypeError(f"{where}: the function that is tested answers at once; it is no coroutine")
        return bool(found)

    def require_answer(self, *, over: bool = False) -> None:
        """Raises where the last look read a word of all ones that nobody answered. `over`: only where that is known."""
        code = self._awaited.ask(over=over)
        if code:
            self.register._failed(code, "read")

    # -- what it says ---------------------------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """What the latest look has read."""
        return self._raw

    @property
    def reading(self) -> Reading:
        """The same with its fields."""
        return Reading(self.register, self._raw)

    @property
    def wanted(self) -> str:
        """What has to come, in words."""
        told = [asked.told for asked in self._wanted]
        return ", ".join(told + (["what is tested"] if self._test is not None else []))

    @property
    def seen(self) -> str:
        """What was read last: every field that was named, and every other that is not 0."""
        shape, raw = self.register._shape, self._raw
        first, step = self._first * shape.access_width, shape.access_width * self._awaited.count
        reached = ((1 << step) - 1) << first
        others = (
            name
            for name, item in shape.declared.items()
            if name not in self._named and item.readable and item.mask & raw & reached
        )
        parts = [f"{name}={shape.named(name).text(raw)}" for name in (*self._named, *others)]
        return f"last read {raw:#x}" + (f" ({', '.join(parts)})" if parts else "")

    def fail(self) -> NoReturn:
        """WaitFailedError by what was read last."""
        came = next(asked.told for asked in self._fails if asked.holds(self._raw))
        awaited = "others were" if self.only_fails else f"{self.wanted} was"
        raise WaitFailedError(
            f"{self.register._where()}: {came} while {awaited} waited for; {self.seen}",
            last=self._raw,
            path=self.register._full_path(),
        )

    def __repr__(self) -> str:
        return f"<{self.wanted or 'no failure'} of {self.register._where()}>"


def when(
    register: CheckedRegister,
    test: Callable[[Any], object] | None = None,
    /,
    *,
    fail: Any = None,
    **fields: Any,
) -> Condition:
    """What several registers are waited for by: `hal.wait_for_all(hal.when(dev.a, done=1), hal.when(dev.b, idle=1))`.

    `fields`, `fail` and `test` as in `reg.wait_for` and `reg.wait_until`. With `fail` alone, `hal.wait_for_all` ends
    when it comes, and waits for nothing in this register.
    """
    if not isinstance(register, CheckedRegister):
        raise FieldTypeError(f"when takes a register and its fields by name, not {shown(register)}")
    return condition_of(register, test, fail, fields, watches=True)


def condition_of(
    register: CheckedRegister,
    test: Callable[[Any], object] | None,
    fail: Any,
    fields: Mapping[str, Any],
    *,
    watches: bool = False,
) -> Condition:
    """The condition of what a program has given. `fail` is a field's value where the register has one of that name.

    `watches`: whether failures alone will do.
    """
    where = register._where()
    if fail is not None and not isinstance(fail, Mapping):
        if "fail" not in register._shape.declared:
            raise FieldTypeError(f'{where}: fail takes fields by name, e.g. fail={{"error": 1}}, not {shown(fail)}')
        fields, fail = {**fields, "fail": fail}, None
    if test is None and not fields and not (watches and fail):
        raise FieldTypeError(f"{where}: wait_for takes fields by name, e.g. wait_for(done=1)")
    if test is not None and not callable(test):
        raise FieldTypeError(f"{where}: wait_until takes a function of what was read, not {shown(test)}")
    return Condition(register, test, fail or {}, fields)


def _all_of(register: CheckedRegister, fields: Mapping[str, Any], *, fails: bool = False) -> list[_Asked]:
    """What is asked of these fields: values as one, and each comparison."""
    values = {name: value for name, value in fields.items() if not isinstance(value, Comparison)}
    found = [_exact(register, values, fails=fails)] if values else []
    for name, value in fields.items():
        if isinstance(value, Comparison):
            found += _compared(register, name, value, fails=fails)
    return found


def _exact(register: CheckedRegister, values: Mapping[str, Any], *, fails: bool) -> _Asked:
    mask, bits, _ = register._encode(values, writing=False)
    terms = [
        Term(word, part, wanted, wanted, fails=fails)
        for word, (part, wanted) in enumerate(zip(_words(register, mask), _words(register, bits), strict=True))
        if part
    ]
    told = ", ".join(f"{name}={_shown(value)}" for name, value in values.items())
    # Any term that fails a wait fails it, so what lies in several words is none.
    return _Asked(told, mask, lambda raw: raw & mask == bits, None if fails and len(terms) > 1 else terms)


def _compared(register: CheckedRegister, name: str, comparison: Comparison, *, fails: bool) -> list[_Asked]:
    """Of an array of fields for each of its elements."""
    declared = register._shape.declared.get(name)
    elements = declared.elements if isinstance(declared, FieldArray) else [register._shape.fields.get(name)]
    return [_compared_field(register, name, field, comparison, fails=fails) for field in elements]


def _compared_field(
    register: CheckedRegister, name: str, field: FieldDeclaration | None, comparison: Comparison, *, fails: bool
) -> _Asked:
    if field is None or not field.readable:
        raise register._refusal(name, "read")
    try:
        comparison.check(field)
    except (FieldValueError, FieldTypeError) as problem:
        raise register._misfit(field.attribute, problem, writing=False) from problem.__cause__
    span, told = comparison.span(field), f"{field.attribute}={comparison!r}"
    masks = _words(register, field.mask)
    word = next(number for number, part in enumerate(masks) if part)
    if span is None or masks[word].bit_count() != field.width:
        return _Asked(told, field.mask, lambda raw: comparison.holds(field.decode(raw)), None)
    shape = register._shape
    low = field.lsb + shape.lane_at(register._offset) - word * shape.access_width
    ends = span.low << low, span.high << low
    term = Term(word, masks[word], *ends, span.flip << low, span.negated, fails)
    return _Asked(told, field.mask, lambda raw: comparison.holds(field.decode(raw)), [term])


def _words(register: CheckedRegister, bits: int) -> list[int]:
    """A register's bits as they lie in its bus words, lowest first."""
    shape = register._shape
    return split_words(bits, shape) if shape.is_wide else [bits << shape.lane_at(register._offset)]


def _shown(value: Any) -> str:
    """A value, or those of an array."""
    return f"[{', '.join(map(shown, value))}]" if isinstance(value, (list, tuple)) else shown(value)
