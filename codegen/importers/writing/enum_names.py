"""The enums of a map: equal ones are one, different ones of a name get that of their register in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.importers.described.naming import enum_name, free_name, member_name
from codegen.importers.writing.wording import description_text, item_texts
from codegen.schema.names import class_name_of

if TYPE_CHECKING:
    from codegen.importers.described.description import Enum, Member
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.writing.made_map import MapTree, Path

__all__ = ["EnumNames"]

_SHARED_MEMBERS = 3


class EnumNames:
    """Gathers enums; `data` is what the map says of them."""

    def __init__(self, taken: set[str], tree: MapTree, remarks: Remarks) -> None:
        """Take the names that no enum may have."""
        self.data: dict[str, Any] = {}
        self._taken = taken
        self._tree, self._remarks = tree, remarks
        self._names: dict[str, str] = {}

    def of(self, enum: Enum, register: str, path: str) -> str:
        """Return the name that the map has for an enum of a field of a register."""
        members = self._members(enum, path)
        text = description_text(enum.description)
        body: dict[str, Any] = members
        if enum.is_open or text or set(members) == {"members"}:
            body = {"open": True} if enum.is_open else {}
            body.update({"description": text} if text else {})
            body["members"] = members
        wanted = enum_name(enum.name)
        # Many flags have the same two words; more of them are one thing that has several names.
        key = repr(body) if len(members) >= _SHARED_MEMBERS else f"{wanted} {body!r}"
        if key not in self._names:
            name = wanted
            if name in self._taken:
                name = enum_name(f"{register}_{enum.name}")
            name = free_name(name, self._taken, joint="")
            self._taken.add(class_name_of(name))
            self._names[key] = name
            self.data[name] = body
            where = ("enums", name)
            self._tree.place(where, enum)
            inner: Path = where if body is members else (*where, "members")
            for member, member_key in zip(_kept(enum), members, strict=True):
                place: Path = (*inner, member_key)
                self._tree.origins[place] = member.origin
            self._remarks.carried(enum.origin, path, f"enum {enum.name}")
        return self._names[key]

    def _members(self, enum: Enum, path: str) -> dict[str, Any]:
        members: dict[str, Any] = {}
        taken: set[str] = set()
        first: dict[int, str] = {}
        for member in enum.members:
            if member.value in first:
                message = f"member {member.name} has the value of {first[member.value]}, and a value has one name"
                self._remarks.dropped(enum, member.origin, path, message)
                continue
            first[member.value] = member.name
            name = free_name(member_name(member.name), taken)
            texts = item_texts(member, name, self._remarks, path)
            members[name] = {"value": member.value, **texts} if texts else member.value
        return members

    def member_of(self, enum: str, value: int) -> str | None:
        """Return the name of a value."""
        body = self.data[enum]
        members = body["members"] if isinstance(body.get("members"), dict) else body
        for name, member in members.items():
            if (member["value"] if isinstance(member, dict) else member) == value:
                return str(name)
        return None


def _kept(enum: Enum) -> list[Member]:
    """Return the members without those that repeat a value."""
    first: dict[int, Member] = {}
    for member in enum.members:
        first.setdefault(member.value, member)
    return list(first.values())
