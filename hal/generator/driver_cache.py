"""Drivers of maps that were loaded before, compiled, in the user's cache folder.

An entry says what it was made from: every file that was read, the generator's own files, this Python. Where anything
differs, it counts for nothing. Loading one runs code, so it must be this user's own and whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import logging
import marshal
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hal._version import __version__
from hal.plain_files import open_plain, replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType

__all__ = ["CompiledDriver", "cache_folder", "find", "keep"]

_MAGIC = b"hal driver 1\n"
_DIGEST_BYTES = 32
_ENTRY_BYTES_MAX = 256 << 20
_FOLDER_BYTES_MAX = 512 << 20
_ENTRIES_MAX = 256
_YOUNG_NS = 50_000_000  # what was changed so shortly before may change again unseen
_GENERATORS_FILES = (".py", ".j2", ".js")
_log = logging.getLogger("hal")


class CompiledDriver(NamedTuple):
    """A map's module: its name, that of its device class, and its code."""

    module: str
    class_name: str
    code: CodeType


def cache_folder() -> Path | None:
    """HAL_DRIVER_CACHE, else fpga-hal in the user's cache folder; None where there is none, or it is "off"."""
    chosen = os.environ.get("HAL_DRIVER_CACHE", "")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not folder.is_absolute():
        with contextlib.suppress(RuntimeError):  # nobody's home
            folder = Path("~/.cache").expanduser()
    return folder / "fpga-hal" if folder.is_absolute() else None


def find(source: Path) -> CompiledDriver | None:
    """The driver of a map as it is now, or None."""
    folder = cache_folder()
    if folder is None:
        return None
    file = _entry(folder, source)
    try:
        _require_own(os.lstat(folder))
        compiled = _compiled(_content(file))
        if compiled and file.stat().st_mtime < time.time() - 86400:
            os.utime(file)  # the longest unused go first
    except (OSError, ValueError, EOFError, TypeError) as error:
        _log.debug("the cached driver of %s is not used: %s", source, error)
        return None
    return compiled


def keep(source: Path, inputs: Iterable[Path], began_ns: int, driver: CompiledDriver) -> None:
    """Keeps a driver for the next time; a failure is no error. `began_ns`: the time before the inputs were read."""
    folder = cache_folder()
    try:
        files = {str(Path(path).absolute()): _unchanged_since(path, began_ns) for path in inputs}
        if folder is None or None in files.values():
            return
        meta = {"made by": _maker(), "files": files, "module": driver.module, "class": driver.class_name}
        body = json.dumps(meta).encode() + b"\n" + marshal.dumps(driver.code)
        if len(body) > _ENTRY_BYTES_MAX:
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(os.lstat(folder))
        with replacing(_entry(folder, source)) as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.buffer.write(_MAGIC + hashlib.sha256(body).digest() + body)
        _prune(folder)
    except (OSError, ValueError) as error:
        _log.debug("the driver of %s is not cached: %s", source, error)


def _entry(folder: Path, source: Path) -> Path:
    """The path as it was given stands in the code, for tracebacks."""
    key = f"{source.absolute()}\0{source}\0{importlib.util.MAGIC_NUMBER.hex()}"
    return folder / f"{hashlib.sha256(os.fsencode(key)).hexdigest()}.driver"


def _require_own(found: os.stat_result) -> None:
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError("others may write to it")


def _content(file: Path) -> bytes:
    descriptor, found = open_plain(file)
    with os.fdopen(descriptor, "rb") as stream:
        _require_own(found)
        if found.st_size > _ENTRY_BYTES_MAX:
            raise ValueError("it is too large")
        return stream.read(_ENTRY_BYTES_MAX)


def _compiled(content: bytes) -> CompiledDriver | None:
    start = len(_MAGIC) + _DIGEST_BYTES
    if not content.startswith(_MAGIC) or hashlib.sha256(content[start:]).digest() != content[len(_MAGIC) : start]:
        raise ValueError("it is not whole")
    end = content.index(b"\n", start)
    meta = json.loads(content[start:end])
    if meta["made by"] != _maker() or any(_digest(path) != digest for path, digest in meta["files"].items()):
        return None
    return CompiledDriver(meta["module"], meta["class"], marshal.loads(memoryview(content)[end + 1 :]))  # noqa: S302


def _digest(path: str | os.PathLike[str]) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _unchanged_since(path: Path, moment_ns: int) -> str | None:
    digest, found = _digest(path), path.stat()
    return digest if max(found.st_mtime_ns, found.st_ctime_ns) < moment_ns - _YOUNG_NS else None


def _maker() -> str:
    """The generator, told by its files without importing it, and what runs the code."""
    spec = importlib.util.find_spec("codegen")
    if spec is None or not spec.origin:
        raise ValueError("the generator is not here")
    facts = [__version__, importlib.util.MAGIC_NUMBER.hex(), spec.origin]
    for file in _files(Path(spec.origin).parent):
        found = file.stat()
        facts.append(f"{file.path} {found.st_size} {found.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def _files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.name.endswith(_GENERATORS_FILES):
                yield entry


def _prune(folder: Path) -> None:
    found = sorted(((file.stat(), file) for file in folder.glob("*.driver")), key=lambda one: -one[0].st_mtime_ns)
    total = 0
    for count, (facts, file) in enumerate(found, start=1):
        total += facts.st_size
        if count > _ENTRIES_MAX or total > _FOLDER_BYTES_MAX:
            file.unlink(missing_ok=True)
