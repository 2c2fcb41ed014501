"""Writes that take more than one access: locks that are looked at, keys, writes that come twice, and aliases.

All steps of one write are made with nothing else of their BAR between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from hal._binding import CHECK, LOCKED_CODE, MODIFY, WRITE, HeldStep, run_held
from hal.errors import LockedError
from hal.registers.siblings import Sibling, element_of, sibling

if TYPE_CHECKING:
    from hal.registers.refusals import CheckedRegister

__all__ = ["write_by_aliases", "write_by_protocol"]


def write_by_protocol(register: CheckedRegister, keep: int, bits: int) -> None:
    """Writes (old & keep) ^ bits by the rules of the register. LockedError where its lock is closed."""
    shape = register._shape
    kind = MODIFY if keep else WRITE
    _run(register, [HeldStep(kind, register._offset, shape.width, keep, bits, int(shape.twice))])


def write_by_aliases(register: CheckedRegister, named: int, bits: int) -> None:
    """Gives the named bits their values by the registers that set and clear them; others are not touched."""
    shape = register._shape
    assert shape.set_by is not None
    assert shape.clear_by is not None
    words: dict[int, int] = {}
    for (path, higher), part in ((shape.clear_by, named & ~bits), (shape.set_by, bits)):
        place = _base(register) + _sibling(register, path).offset
        words[place] = words.get(place, 0) | part << higher
    _run(register, [HeldStep(WRITE, place, shape.width, 0, word) for place, word in words.items() if word])


def _run(register: CheckedRegister, writes: list[HeldStep]) -> None:
    shape, base = register._shape, _base(register)
    steps = []
    if shape.lock is not None:
        path, value = shape.lock
        lock = _sibling(register, path)
        steps.append(HeldStep(CHECK, base + lock.offset, lock.shape.width, lock.mask, lock.placed(value)))
    for path, value in shape.unlock:
        key = _sibling(register, path)
        steps.append(HeldStep(WRITE, base + key.offset, key.shape.width, 0, value))
    steps += writes
    code, place, word = run_held(register._store, steps)
    if code == LOCKED_CODE and place < len(steps):
        _locked(register, word)
    if code:
        register._failed(code, "write")


def _locked(register: CheckedRegister, word: int) -> NoReturn:
    assert register._shape.lock is not None
    path, wanted = register._shape.lock
    lock = _sibling(register, path)
    found = word if lock.field is None else (word & lock.mask) >> lock.field.lsb
    where = f"{_path_beside(register, path)} ({register._space.name}, {_base(register) + lock.offset:#x})"
    raise LockedError(
        f"{register._where()} is locked: {where} is {found:#x}, and writes pass while it is {wanted:#x}; nothing was "
        "written",
        code=LOCKED_CODE,
        name="LockedError",
        path=register._full_path(),
    )


def _path_beside(register: CheckedRegister, path: str) -> str:
    above = register._full_path().rpartition(".")[0]
    children: Any = _block(register)._children
    index = element_of(children, register._name)
    steps = []
    for step in path.split("."):
        child = next((child for child in children.values() if child.name == step), None) if children else None
        steps.append(step if child is None or "[" in step else step + child.brackets(index))
        children = child.children if child is not None and child.is_block else {}
    return f"{above}.{'.'.join(steps)}"


def _block(register: CheckedRegister) -> Any:
    return register._parent


def _base(register: CheckedRegister) -> int:
    offset: int = _block(register)._offset
    return offset


def _sibling(register: CheckedRegister, path: str) -> Sibling:
    return sibling(_block(register)._children, path, element_of(_block(register)._children, register._name))
