"""A cpio archive of the kind that Linux takes as its first file system ("newc")."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Archive"]


class Archive:
    """Writes one. Folders come into being with what lies in them; of two entries of a name the first stays."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._seen: set[str] = set()

    def file(self, name: str, path: Path) -> None:
        """Puts a file of this machine in, with its time: what Python compiled stays valid."""
        found = path.stat()
        self._add(name, stat.S_IFREG | stat.S_IMODE(found.st_mode), int(found.st_mtime), path.read_bytes())

    def text(self, name: str, text: str, mode: int = 0o644) -> None:
        """Puts a file of this content in."""
        self._add(name, stat.S_IFREG | mode, 0, text.encode())

    def folder(self, name: str) -> None:
        """Makes an empty folder."""
        self._add(name, stat.S_IFDIR | 0o755, 0, b"")

    def link(self, name: str, target: str) -> None:
        """Makes a symbolic link."""
        self._add(name, stat.S_IFLNK | 0o777, 0, target.encode())

    def end(self) -> None:
        """Writes the mark of the end."""
        self._write("TRAILER!!!", 0, 0, b"")

    def _add(self, name: str, mode: int, time: int, content: bytes) -> None:
        name = name.strip("/")
        above = name.rpartition("/")[0]
        if above and above not in self._seen:
            self.folder(above)
        if name not in self._seen:
            self._seen.add(name)
            self._write(name, mode, time, content)

    def _write(self, name: str, mode: int, time: int, content: bytes) -> None:
        links = 2 if stat.S_ISDIR(mode) else 1
        size = len(name) + 1
        #        inode, mode, uid, gid, links, time, size of content, device (2), special device (2), size of name, check
        numbers = (len(self._seen), mode, 0, 0, links, time, len(content), 0, 0, 0, 0, size, 0)
        head = b"070701" + b"".join(f"{number & 0xFFFFFFFF:08x}".encode() for number in numbers) + name.encode() + b"\0"
        self._file.write(head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4))
