"""Access policies: a row each, and nothing of them said anywhere else in the generator."""

from __future__ import annotations

import ast
from typing import get_args

import pytest

from codegen.schema.entries import FieldEntry
from codegen.schema.policies import MEMORY_ACCESSES, NAMES, POLICIES, READS, WRITES, MemoryAccess
from tests.support import ROOT
from tests.support.each import for_each

HOME = ROOT / "codegen" / "schema" / "policies.py"


def listed_policies(tree: ast.AST) -> list[str]:
    """Collections of two or more constants that all are names of policies."""
    found = []
    for node in ast.walk(tree):
        items = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        names = [item.value for item in items if isinstance(item, ast.Constant)]
        if len(names) > 1 and len(names) == len(items) and all(name in POLICIES for name in names):
            found.append(ast.unparse(node))
    return found


# Importers know the words of other formats, some of which are ours too.
OWN = [path for path in sorted((ROOT / "codegen").rglob("*.py")) if "importers" not in path.parts]


@for_each(OWN)
def test_no_other_module_lists_policies(path) -> None:
    # What a declaring function of the runtime takes when no access is given is a name of the function too.
    functions = {"('rw', 'rw')", "('ro', 'ro')", "('wo', 'wo')"} if path.name == "python_module.py" else set()
    text = path.read_text()
    if path != HOME and sum(f'"{name}"' in text for name in POLICIES) > 1:
        assert set(listed_policies(ast.parse(text))) <= functions


def test_pydantic_takes_the_names_of_the_rows() -> None:
    for name in NAMES:
        assert FieldEntry(bits=0, access=name).access == name
    with pytest.raises(ValueError, match="access"):
        FieldEntry(bits=0, access="r1w")


def test_every_row_of_the_product_can_be_said() -> None:
    said = {
        FieldEntry(bits=0, access={"read": read, "write": write, "once": once}).access
        for read in READS
        for write in WRITES
        for once in (False, True)
        if write != "none" or not once
    }
    assert said == set(POLICIES)
    with pytest.raises(ValueError, match="a write does nothing"):
        FieldEntry(bits=0, access={"read": "value", "write": "none", "once": True})


def test_a_name_and_its_row_are_the_same() -> None:
    assert FieldEntry(bits=0, access={"read": "clear", "write": "one_sets"}).access == "w1src"
    assert FieldEntry(bits=0, access={"read": "clear", "write": "one_clears"}).access == "clear:one_clears"


def test_rows_explain_themselves() -> None:
    meanings = [row.meaning for row in POLICIES.values()]
    assert len(set(meanings)) == len(POLICIES)
    assert POLICIES["w1crs"].meaning == "A read sets; a written 1 clears its bit."
    assert POLICIES["wo1"].meaning == (
        "A read gives no value; a write is taken as it is, but only the first one after a reset."
    )


def test_memories_have_policies() -> None:
    assert get_args(MemoryAccess) == MEMORY_ACCESSES
    assert set(MEMORY_ACCESSES) <= set(POLICIES)


@for_each(POLICIES)
def test_only_what_becomes_free_leaves_programs_as_they_are(new: str) -> None:
    adds = [old for old in POLICIES if POLICIES[new].only_adds_to(POLICIES[old])]
    assert adds == (["ro", "wo", "none:none"] if new == "rw" else [])
