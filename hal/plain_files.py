"""Files: written as a whole or not at all, and read only where they are plain ones."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "kind_of_file",
    "mode_to_keep",
    "open_plain",
    "put_in_place",
    "replacing",
    "replacing_bytes",
    "require_plain",
]

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_NAME_MAX = 200  # bytes of a name that leave room for a mark


def kind_of_file(mode: int) -> str:
    """What a file is, in words; "" for a plain one."""
    return _KINDS.get(stat.S_IFMT(mode), "")


def open_plain(
    path: str | os.PathLike[str], flags: int = 0, *, directory: int | None = None
) -> tuple[int, os.stat_result]:
    """A descriptor of a plain file, for reading, and what it is. Follows no link and waits for nobody.

    `flags` and `directory` as in `os.open`. OSError says what stands there instead.
    """
    found = os.stat(path, dir_fd=directory, follow_symlinks=False)
    require_plain(found)  # opening a device may do something
    descriptor = os.open(path, os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | flags, dir_fd=directory)
    try:
        found = os.fstat(descriptor)
        require_plain(found)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, found


def require_plain(found: os.stat_result) -> None:
    """OSError for what is no plain file."""
    kind = kind_of_file(found.st_mode)
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind} and no plain file")


@contextmanager
def replacing(file: Path) -> Iterator[TextIO]:
    """A text stream whose content becomes the file's when the block ends, and is gone when it raises.

    A reader sees the old file or the new one. What is written meanwhile has a name that nobody can guess, and follows
    no link; a link at `file` is replaced, not followed. OSError where something else than a file stands there.
    """
    with _partial(file) as descriptor, os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as stream:
        yield stream


@contextmanager
def replacing_bytes(file: Path) -> Iterator[BinaryIO]:
    """The same with a stream of bytes."""
    with _partial(file) as descriptor, os.fdopen(descriptor, "wb", closefd=False) as stream:
        yield stream


@contextmanager
def _partial(file: Path) -> Iterator[int]:
    mode = mode_to_keep(file)
    head = os.fsdecode(os.fsencode(file.name)[:_NAME_MAX])
    partial = file.with_name(f".{head}.{os.urandom(8).hex()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        try:
            yield descriptor
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def put_in_place(made: Path, file: Path) -> None:
    """A file that is whole becomes another, on the same file system, as at the end of `replacing`."""
    mode = mode_to_keep(file)
    if mode is not None:
        made.chmod(mode)
    made.replace(file)


def mode_to_keep(file: Path) -> int | None:
    """The permissions that the file has and keeps when it is replaced; None where there is none, or a link.

    OSError where something else than a file stands there.
    """
    try:
        found = file.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found.st_mode):
        return None
    require_plain(found)
    return stat.S_IMODE(found.st_mode)
