"""A map's driver, and what a page draws of it, made in a process of its own.

The generator and all that it holds of a large map stay out of this process: of 10,000 registers that is 290 MB.
"""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from hal.errors import LibraryError, MapError
from hal.generator import cache
from hal.generator.driver import CompiledDriver, compile_driver, find_driver, loaded
from hal.generator.package import codegen_package, map_source

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

__all__ = ["ShownMap", "load_shown_map", "main"]

_KIND = "page"
_WRONG_MAP = 3
_RUN = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from hal.generator.apart import main; main()"


class ShownMap(NamedTuple):
    """A map's driver class, what its source says and the class does not, and the page's document as JSON."""

    driver: type[Any]
    notice: tuple[str, ...]
    document: bytes


def load_shown_map(path: str | os.PathLike[str]) -> ShownMap:
    """As `load_driver`, with the document beside it. MapError lists all that is wrong with the map."""
    source = map_source(path)
    driver, kept = find_driver(source, {}), cache.find(_KIND, str(source.absolute()))
    if driver is None or kept is None:
        driver, document = _asked(source)
    else:
        document = bytes(kept.content)
    return ShownMap(*loaded(driver, source), document)


def _asked(source: Path) -> tuple[CompiledDriver, bytes]:
    command = [sys.executable, "-c", _RUN, json.dumps(sys.path), os.fspath(source)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
    if done.returncode == _WRONG_MAP:
        raise MapError(done.stderr.decode(errors="replace").rstrip("\n"))
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise LibraryError(f"{source} could not be read by the generator (exit code {done.returncode}): {last}")
    head, _, rest = done.stdout.partition(b"\n")
    facts = json.loads(head)
    code = marshal.loads(rest[: facts["code"]])  # noqa: S302  (our own process made it)
    return CompiledDriver(facts["module"], facts["class"], code, tuple(facts["notice"])), rest[facts["code"] :]


def main() -> None:
    """The process of its own: a line of facts, the driver's code, and the document, on standard output."""
    source = map_source(sys.argv[2])
    codegen, began_ns = codegen_package(), time.time_ns()
    try:
        device, inputs = codegen.load_with_inputs(source)
        driver, document = compile_driver(device, inputs, source, {}, began_ns), codegen.page_document([device])
    except (codegen.MapError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(_WRONG_MAP)
    cache.keep(_KIND, str(source.absolute()), inputs, began_ns, {}, document)
    code = marshal.dumps(driver.code)
    facts = {"module": driver.module, "class": driver.class_name, "notice": driver.notice, "code": len(code)}
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + code + document)
