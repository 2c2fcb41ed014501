"""What was made of maps before, in the user's cache folder.

An entry says what it was made from: every file that was read, the generator's own files, this Python; and what it was
kept under. Where anything differs, it counts for nothing. What is found is trusted, so it must be this user's own and
whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hal._version import __version__
from hal.plain_files import open_plain, replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Found", "Package", "alone", "cache_folder", "digest_of", "digest_of_text", "find", "keep"]

_MAGIC = b"hal cache 1\n"
_DIGEST_BYTES = 32
_MODE = stat.S_IFREG | 0o600
_ENTRY_BYTES_MAX = 256 << 20
_FOLDER_BYTES_MAX = 512 << 20
_ENTRIES_MAX = 512
_YOUNG_NS = 50_000_000  # what was changed so shortly before may change again unseen
_DAY_SECONDS = 86400
_SOURCES = (".py", ".j2", ".js")


class Found(NamedTuple):
    """An entry: its facts, its content, and the digest of all that it says."""

    facts: Mapping[str, Any]
    content: memoryview
    digest: str


class Package(NamedTuple):
    """Another package than the generator whose code makes an entry: its folder, and when it was imported, in ns."""

    folder: Path
    imported_ns: int


def cache_folder() -> Path | None:
    """HAL_CACHE, else fpga-hal in the user's cache folder; None where there is none, or it is "off"."""
    chosen = os.environ.get("HAL_CACHE", "")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not folder.is_absolute():
        with contextlib.suppress(RuntimeError):  # nobody's home
            folder = Path("~/.cache").expanduser()
    return folder / "fpga-hal" if folder.is_absolute() else None


def find(kind: str, key: str, *, package: Package | None = None, is_generated: bool = True) -> Found | None:
    """What was kept under a key, if it would be the same today. `package`, `is_generated`: as in `keep`."""
    folder = cache_folder()
    if folder is None:
        return None
    file = _entry(folder, kind, key)
    try:
        _require_own(os.lstat(folder))
        found = _checked(_content(file), key, _maker(package, is_generated=is_generated))
        if found and file.stat().st_mtime < time.time() - _DAY_SECONDS:
            os.utime(file)  # the longest unused go first
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _debug("nothing cached is used for %s: %s", key, error)
        return None
    return found


def keep(
    kind: str,
    key: str,
    inputs: Iterable[Path],
    began_ns: int,
    facts: Mapping[str, Any],
    content: bytes = b"",
    *,
    package: Package | None = None,
    is_generated: bool = True,
) -> str:
    """Keeps something for the next time; a failure is no error. Returns the entry's digest, "" where none was kept.

    `inputs`: the files that it was made of. `began_ns`: the time before they were read.
    `package`: whose code has made it, where that is not the generator alone. `is_generated`: the generator has; else
    the key says all that it depends on.
    """
    folder = cache_folder()
    if folder is None:
        return ""
    try:
        files = {str(path.absolute()): _unchanged_since(path, began_ns) for path in inputs}
        if None in files.values():
            return ""
        body = (
            json.dumps(
                {"key": key, "made by": _maker(package, is_generated=is_generated), "files": files, "facts": facts}
            ).encode()
            + b"\n"
        )
        body += content
        if len(body) > _ENTRY_BYTES_MAX:
            return ""
        digest = hashlib.sha256(body)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(os.lstat(folder))
        file = _entry(folder, kind, key)
        with contextlib.suppress(FileNotFoundError):
            if file.lstat().st_mode != _MODE:
                file.unlink()  # what replaces a file has that one's mode
        with replacing(file) as stream:
            os.fchmod(stream.fileno(), stat.S_IMODE(_MODE))
            stream.buffer.write(_MAGIC + digest.digest() + body)
        _prune(folder)
    except (OSError, ValueError) as error:
        _debug("nothing is cached for %s: %s", key, error)
        return ""
    return digest.hexdigest()


def _debug(message: str, key: str, error: Exception) -> None:
    import logging  # noqa: PLC0415  (nearly always there is nothing to tell)

    logging.getLogger("hal").debug(message, key, error)


@contextlib.contextmanager
def alone(kind: str) -> Iterator[None]:
    """One process at a time makes what takes long: the others wait, and find it. Without a folder all make it."""
    import fcntl  # noqa: PLC0415  (only who builds waits for others)

    with contextlib.ExitStack() as opened:
        folder = cache_folder()
        try:
            if folder is not None:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _require_own(os.lstat(folder))
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                lock = os.open(folder / f".{kind}.lock", flags, 0o600)
                opened.callback(os.close, lock)
                fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            _debug("nobody is waited for who makes %s: %s", kind, error)
        yield


def digest_of(path: str | os.PathLike[str]) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def digest_of_text(text: str) -> str:
    """The sha256 of a file that holds a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(folder: Path, kind: str, key: str) -> Path:
    name = hashlib.sha256(os.fsencode(f"{key}\0{importlib.util.MAGIC_NUMBER.hex()}")).hexdigest()
    return folder / f"{name}.{kind}"


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


def _checked(entry: bytes, key: str, maker: str) -> Found | None:
    start = len(_MAGIC) + _DIGEST_BYTES
    digest = hashlib.sha256(memoryview(entry)[start:])
    if not entry.startswith(_MAGIC) or digest.digest() != entry[len(_MAGIC) : start]:
        raise ValueError("it is not whole")
    end = entry.index(b"\n", start)
    meta = json.loads(entry[start:end])
    if meta["key"] != key or meta["made by"] != maker:
        return None
    if any(digest_of(path) != wanted for path, wanted in meta["files"].items()):
        return None
    return Found(meta["facts"], memoryview(entry)[end + 1 :], digest.hexdigest())


def _unchanged_since(path: Path, moment_ns: int) -> str | None:
    digest, found = digest_of(path), path.stat()
    return digest if _is_older(found, moment_ns) else None


def _is_older(found: os.stat_result, moment_ns: int) -> bool:
    return max(found.st_mtime_ns, found.st_ctime_ns) < moment_ns - _YOUNG_NS


def _maker(package: Package | None, *, is_generated: bool) -> str:
    """What runs the code; the generator, told by its files without importing it; another package's files."""
    facts = [__version__, importlib.util.MAGIC_NUMBER.hex()]
    if is_generated:
        spec = importlib.util.find_spec("codegen")
        if spec is None or not spec.origin:
            raise ValueError("the generator is not here")
        facts += [spec.origin, *_told(Path(spec.origin).parent)]
    if package is not None:
        facts += _told(package.folder, package.imported_ns)
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def _told(folder: Path, imported_ns: int | None = None) -> Iterator[str]:
    """A package's files. ValueError where what was imported may be another one than what stands there."""
    for file in _files(folder):
        found = file.stat()
        if imported_ns is not None and not _is_older(found, imported_ns):
            raise ValueError(f"{file.path} has changed since it was imported")
        yield f"{file.path} {found.st_size} {found.st_mtime_ns}"


def _files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.name.endswith(_SOURCES):
                yield entry


def _prune(folder: Path) -> None:
    found = sorted(((file.stat(), file) for file in folder.glob("[!.]*.*")), key=lambda one: -one[0].st_mtime_ns)
    total = 0
    for count, (status, file) in enumerate(found, start=1):
        total += status.st_size
        if count > _ENTRIES_MAX or total > _FOLDER_BYTES_MAX:
            file.unlink(missing_ok=True)
