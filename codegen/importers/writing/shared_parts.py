"""What maps of one import have in common: one file for them to include."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.importers.described.naming import common_name, free_name
from codegen.importers.writing.made_map import MapTree, Path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["PARTS", "share_parts"]

PARTS = "parts"
"""The folder of the file beside the maps: it is no map itself, and `maps/*.yaml` are all maps."""

_GROUPS = ("registers", "memories", "blocks")


class _Use(NamedTuple):
    """A type of a map, or a block with content of its own: where it is, and how many levels of blocks it has."""

    tree: MapTree
    data: dict[str, Any]
    path: Path
    height: int

    @property
    def is_type(self) -> bool:
        return len(self.path) == 2 and self.path[0] == "types"  # noqa: PLR2004

    @property
    def body(self) -> dict[str, Any]:
        return {group: self.data[group] for group in _GROUPS if group in self.data}


def share_parts(trees: Sequence[MapTree], name: str, sources: Sequence[str]) -> MapTree | None:
    """Move enums and types that two or more maps have into one that these include, and return it; None: nothing is.

    `name`: of the file, without a suffix. `sources`: the files that the maps were made from.

    An enum is shared where all maps that have one of its name have the same, so that no name changes. Blocks are where
    their content is the same, comments included, and needs nothing that is not shared. Origins stay as they were.
    """
    shared = _Shared(trees, name)
    shared.take_enums()
    shared.take_types()
    tree = shared.tree
    if len(tree.data) == 1:
        return None
    tree.head = [f"What maps made from {', '.join(sources)} have in common, for them to include."]
    for user in trees:
        if id(user) in shared.users:
            user.data["include"] = f"{PARTS}/{name}.yaml"
    return tree


class _Shared:
    def __init__(self, trees: Sequence[MapTree], name: str) -> None:
        self.tree = MapTree(name, {"schema": 1})
        self.users: set[int] = set()
        self._trees = trees

    def take_enums(self) -> None:
        said: dict[str, list[str]] = {}
        for tree in self._trees:
            for name, body in tree.data.get("enums", {}).items():
                said.setdefault(name, []).append(_key(body, _comments(tree, ("enums", name))))
        common = {name for name, bodies in said.items() if len(bodies) > 1 and len(set(bodies)) == 1}
        for tree in self._trees:
            for name in [name for name in tree.data.get("enums", {}) if name in common]:
                body = _popped(tree, "enums", name)
                self._add("enums", name, body, tree, ("enums", name))

    def take_types(self) -> None:
        uses = [use for tree in self._trees for use in _uses(tree)]
        for height in sorted({use.height for use in uses}):  # what others hold comes before them
            alike: dict[str, list[_Use]] = {}
            for use in uses:
                if use.height == height and self._has_all_of(use.data):
                    alike.setdefault(_key(use.body, _comments(use.tree, use.path)), []).append(use)
            for group in alike.values():
                if len({id(use.tree) for use in group}) > 1:
                    self._take_type(group)

    def _take_type(self, uses: list[_Use]) -> None:
        moved = {(id(use.tree), str(use.path[-1])) for use in uses if use.is_type}
        others = {name for tree in self._trees for name in tree.data.get("types", {}) if (id(tree), name) not in moved}
        given = [*(name for _, name in moved), *(use.tree.type_names.get(id(use.data), "") for use in uses)]
        wanted = min(filter(None, given), default="") or common_name([str(use.path[-1]) for use in uses])
        name = free_name(wanted, others | self.tree.data.get("types", {}).keys())
        for use in uses:
            body = use.body
            self._add("types", name, body, use.tree, use.path)
            if use.is_type:
                old = str(use.path[-1])
                _popped(use.tree, "types", old)
                for block in (use.tree.data, *use.tree.data.get("types", {}).values()):
                    for inner in _inside(block):
                        if inner.get("type") == old:
                            inner["type"] = name
            else:
                rest = {key: value for key, value in use.data.items() if key not in body}
                use.data.clear()
                use.data.update({"type": name, **rest})

    def _add(self, group: str, name: str, body: dict[str, Any], tree: MapTree, path: Path) -> None:
        """Take what was at a path of a map, with its comments, unless it is there already."""
        texts = {rest: tree.comments.pop((*path, *rest)) for rest in _comments(tree, path)}
        self.users.add(id(tree))
        if name not in self.tree.data.setdefault(group, {}):
            self.tree.data[group][name] = body
            self.tree.comments.update({(group, name, *rest): text for rest, text in texts.items()})

    def _has_all_of(self, block: dict[str, Any]) -> bool:
        """Return whether all that a block refers to is shared."""
        enums, types = self.tree.data.get("enums", {}), self.tree.data.get("types", {})
        inside = [*_inside(block)]
        return all(inner["type"] in types for inner in inside if "type" in inner) and all(
            name in enums for inner in inside for name in _enums_of(inner)
        )


def _key(body: dict[str, Any], comments: dict[Path, list[str]]) -> str:
    return json.dumps([body, sorted((repr(path), texts) for path, texts in comments.items())])


def _popped(tree: MapTree, group: str, name: str) -> Any:
    """Take something out of a map; a group that is empty then goes too."""
    body = tree.data[group].pop(name)
    if not tree.data[group]:
        del tree.data[group]
    return body


def _comments(tree: MapTree, path: Path) -> dict[Path, list[str]]:
    """Return the comments at a path by the rest of theirs; those of a block itself are of its place."""
    size = len(path)
    least = size if path[0] == "enums" else size + 1
    return {key[size:]: texts for key, texts in tree.comments.items() if len(key) >= least and key[:size] == path}


def _uses(tree: MapTree) -> Iterator[_Use]:
    """Yield the types of a map and all blocks that are of no type."""
    types = tree.data.get("types", {})

    def height(block: dict[str, Any]) -> int:
        held = [types[inner["type"]] if "type" in inner else inner for inner in block.get("blocks", {}).values()]
        return 1 + max(map(height, held), default=0)

    def below(block: dict[str, Any], path: Path) -> Iterator[_Use]:
        for name, inner in block.get("blocks", {}).items():
            where = (*path, "blocks", name)
            if "type" not in inner:
                yield _Use(tree, inner, where, height(inner))
                yield from below(inner, where)

    for name, body in types.items():
        yield _Use(tree, body, ("types", name), height(body))
        yield from below(body, ("types", name))
    yield from below(tree.data, ())


def _inside(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a block and those that stand in it."""
    yield block
    for inner in block.get("blocks", {}).values():
        yield from _inside(inner)


def _enums_of(block: dict[str, Any]) -> Iterator[str]:
    """Yield the enums of a block's own registers."""
    for register in block.get("registers", {}).values():
        for field in register.get("fields", {}).values():
            enum = field.get("enum", {})
            yield from [enum] if isinstance(enum, str) else enum.values()
