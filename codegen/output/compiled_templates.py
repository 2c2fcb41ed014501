"""Shipped templates as code, kept where Python keeps that of modules, and by its rules.

To make code of the driver's template takes as long as to render a hundred registers with it. The files lie in
`__pycache__` beside the templates, or below `sys.pycache_prefix`; `sys.dont_write_bytecode` keeps them from being made.
One that is of another template, engine or interpreter, or is not whole, is made again; where none can be, none is.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from jinja2.bccache import Bucket

if TYPE_CHECKING:
    from types import CodeType

__all__ = ["CompiledTemplates"]

_DIGEST_BYTES = 32


class CompiledTemplates(jinja2.BytecodeCache):
    """Those of the templates in a folder, for an engine that the text of a file says all of."""

    def __init__(self, folder: Path, engine: Path) -> None:
        self._folder = f"{folder}{os.sep}"
        try:
            text = engine.read_bytes()
        except OSError:  # in an archive, say
            self._folder, text = "\0", b""
        self._engine = hashlib.sha256(b"\0".join((MAGIC_NUMBER, jinja2.__version__.encode(), text)))

    def get_bucket(self, environment: jinja2.Environment, name: str, filename: str | None, source: str) -> Bucket:
        """Return the place of a template's code, with the code if it is known."""
        found = self._engine.copy()
        found.update(f"{name}\0{source}".encode())
        # What stands for a shipped template below another name is left alone: it would take its place.
        is_shipped = filename is not None and filename == self._folder + name.replace("/", os.sep)
        keeps_code = is_shipped and sys.implementation.cache_tag is not None
        bucket = Bucket(environment, cache_from_source(filename) if filename and keeps_code else "", found.hexdigest())
        self.load_bytecode(bucket)
        return bucket

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take the code from its file, if that is whole and of this template."""
        if not bucket.key:
            return
        try:
            content = Path(bucket.key).read_bytes()
        except OSError:
            return
        head, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if head == _seal(bucket.checksum, rest):
            bucket.code = marshal.loads(rest)  # noqa: S302  (it lies where the code of this module does)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the file, whole or not at all."""
        code: CodeType | None = bucket.code
        if not bucket.key or sys.dont_write_bytecode or code is None:
            return
        rest = marshal.dumps(code)
        partial = Path(f"{bucket.key}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as stream:
                    stream.write(_seal(bucket.checksum, rest) + rest)
                partial.replace(bucket.key)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        except OSError:
            return  # as Python does with modules


def _seal(checksum: str, content: bytes) -> bytes:
    return hashlib.sha256(checksum.encode() + content).digest()
