"""The text of a driver, from a part of a map, and its classes."""

from __future__ import annotations

import ast

import codegen

__all__ = ["classes", "rendered"]


def rendered(body: str) -> str:
    return codegen.render_python(codegen.loads(f"schema: 1\nname: dut\n{body}"))


def classes(text: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
