"""Checks of which `entry_forms` is made: each returns what it makes of a value that is right, and raises for any other.

What is not sure to be right is nothing to be told of here: pydantic looks at it then, and words what it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, KeysView, Mapping
from functools import lru_cache
from typing import Any

from codegen.source.forms.usual_form import Repeated

__all__ = [
    "Check",
    "DirectEntry",
    "Form",
    "SharedForm",
    "UnusualError",
    "anything",
    "chosen",
    "first",
    "flag",
    "integer",
    "items",
    "mapping",
    "matching",
    "one_of",
    "optional",
    "string",
    "then",
    "within",
    "words",
]

Check = Callable[[Any], Any]

_MAPPINGS = (dict, Repeated)
_REMEMBERED = 4096  # maps use some names again and again


class UnusualError(Exception):
    """Something for pydantic."""


def anything(value: Any) -> Any:
    """Take any value."""
    return value


def integer(value: Any) -> Any:
    """Take an integer, which true is not."""
    if type(value) is not int:
        raise UnusualError
    return value


def within(low: int, high: int | None = None) -> Check:
    """Take integers from one to another."""

    def check(value: Any) -> Any:
        if type(value) is not int or value < low or (high is not None and value > high):
            raise UnusualError
        return value

    return check


def flag(value: Any) -> Any:
    """Take true and false."""
    if type(value) is not bool:
        raise UnusualError
    return value


def string(value: Any) -> Any:
    """Take a text."""
    if type(value) is not str:
        raise UnusualError
    return value


def matching(pattern: str) -> Check:
    """Take texts of a form."""

    def check(value: Any) -> Any:
        if re.fullmatch(pattern, string(value)) is None:
            raise UnusualError
        return value

    return check


def words(*allowed: str | int) -> Check:
    """Take some words and numbers."""
    kinds = {word: type(word) for word in allowed}

    def check(value: Any) -> Any:
        kind = type(value)
        if (kind is not str and kind is not int) or kinds.get(value) is not kind:
            raise UnusualError
        return value

    return check


def one_of(allowed: str) -> Check:
    """Take some words, which stand in one text."""
    return words(*allowed.split())


def optional(check: Check) -> Check:
    """Take nothing, too."""
    return lambda value: None if value is None else check(value)


def first(rule: Check, check: Check) -> Check:
    """Take what a rule makes of a value, if that is right."""
    return lambda value: check(rule(value))


def then(check: Check, rule: Check) -> Check:
    """Take what a rule makes of a right value."""
    return lambda value: rule(check(value))


def chosen(form: Callable[[Any], str], ways: Mapping[str, Check]) -> Check:
    """Take a value in one of several forms."""
    return lambda value: ways[form(value)](value)


def items(check: Check, least: int = 0, most: int | None = None) -> Check:
    """Take lists of so many."""

    def check_all(value: Any) -> Any:
        if type(value) is not list or len(value) < least or (most is not None and len(value) > most):
            raise UnusualError
        return [check(item) for item in value]

    return check_all


def mapping(key: Check, check: Check, least: int = 0) -> Check:
    """Take mappings of so many names to values."""
    name = lru_cache(_REMEMBERED)(key)

    def check_all(value: Any) -> Any:
        if type(value) not in _MAPPINGS or len(value) < least:
            raise UnusualError
        return {name(word): check(item) for word, item in value.items()}

    return check_all


class DirectEntry:
    """What a mapping says. What it does not say stands as the defaults of its class, which nothing changes."""

    @property
    def model_fields_set(self) -> KeysView[str]:
        """What it says itself, as pydantic's models name it."""
        return self.__dict__.keys()

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Any:
        """Return one that says some things otherwise, as pydantic's models do."""
        found = type(self)()
        found.__dict__ = {**self.__dict__, **(update or {})}
        return found

    def without(self, key: str) -> Any:
        """Return it as it would be had it not said a key."""
        found = type(self)()
        found.__dict__ = {name: value for name, value in self.__dict__.items() if name != key}
        return found


class Form:
    """A kind of mapping: called with one, it returns the entry. Its keys come later, for they may lead back to it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kind: type[DirectEntry] = DirectEntry
        self._keys: dict[str, tuple[Any, ...]] = {}
        self._names: dict[str, str] = {}
        self._checks: dict[str, tuple[str, Check]] = {}
        self._needed: tuple[str, ...] = ()
        self.attributes: tuple[str, ...] = ()

    def takes(self, *like: Form, keys: Mapping[str, tuple[Any, ...]], names: Mapping[str, str] | None = None) -> None:
        """Take each key's check and, where it may be missing, its default, and all that others take.

        `names`: the attributes of keys that are called otherwise.
        """
        self._names = {key: name for other in like for key, name in other._names.items()} | dict(names or {})
        self._keys = {key: said for other in like for key, said in other._keys.items()} | dict(keys)
        found = {key: self._names.get(key, key) for key in self._keys}
        self.attributes = tuple(found.values())
        self._checks = {key: (found[key], said[0]) for key, said in self._keys.items()}
        self._needed = tuple(found[key] for key, said in self._keys.items() if len(said) == 1)
        defaults = {found[key]: said[1] for key, said in self._keys.items() if len(said) > 1}
        self._kind = type(self._name, (DirectEntry,), defaults)

    def made(self, **said: Any) -> Any:
        """Return an entry that says some things, which are not looked at."""
        entry = self._kind()
        entry.__dict__ = said
        return entry

    def __call__(self, value: Any) -> Any:
        """Return what a mapping says. Raises UnusualError, or RefusedError of a rule."""
        if type(value) not in _MAPPINGS:
            raise UnusualError
        checks, said = self._checks, {}
        for key, item in value.items():
            found = checks.get(key)
            if found is None:
                raise UnusualError
            name, check = found
            said[name] = check(item)
        for name in self._needed:
            if name not in said:
                raise UnusualError
        entry = self._kind()
        entry.__dict__ = said
        return entry


class SharedForm(Form):
    """One of which maps have many that are written alike: those become one entry."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._known: dict[int, tuple[Any, Any]] = {}

    def forget(self) -> None:
        """Start a map's check, or end it: until then nobody changes what was looked at."""
        self._known = {}

    def __call__(self, value: Any) -> Any:
        """Return what a mapping says, as `Form` does."""
        if type(value) is not Repeated:
            return super().__call__(value)
        found = self._known.get(id(value))
        if found is None or found[0] is not value:
            found = self._known[id(value)] = value, super().__call__(value)
        return found[1]
