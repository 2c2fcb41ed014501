"""What memories hold, in files: bytes as they lie on the card, or words as Verilog's $readmemh takes them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from hal.errors import AccessError, AddressError, FieldValueError
from hal.plain_files import open_plain, replacing, replacing_bytes
from hal.registers.memory import access_of
from hal.registers.sure_reads import read_words_surely
from hal.texts.word_rows import hex_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hal.texts.typed import Words

    Show = Callable[[int], object]

__all__ = ["form_of", "load_memory", "save_memory"]

_HEX_SUFFIXES = {".hex", ".mem", ".memh"}
_PIECE_BYTES = 1 << 20
_HEX_BYTES_MAX = 1 << 26
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DIGITS = re.compile(r"[0-9a-fA-F_]+")


def _show_nothing(_done: int) -> None:
    """What takes less than a second."""


def form_of(file: Path) -> str:
    """The form that a file's suffix says: hex for .hex, .mem and .memh, otherwise bin."""
    return "hex" if file.suffix.lower() in _HEX_SUFFIXES else "bin"


def save_memory(memory: Any, words: Words, file: Path, form: str, show: Show = _show_nothing) -> int:
    """Writes words to a file, and says how many bytes they are. Errors are those of `read_words_surely`.

    `show` is called with the bytes that are done.

    The file is there as a whole or not at all.
    """
    if form == "bin":
        with replacing_bytes(file) as stream:
            for piece in _read_in_pieces(memory, words, show):
                stream.write(piece)
    else:
        with replacing(file) as text:
            text.write(f"// {memory.path}, words of {memory.width} bits from {words.start} on\n@{words.start:x}\n")
            for piece in _read_in_pieces(memory, words, show):
                text.writelines(f"{word}\n" for word in hex_words(piece, memory.width))
    size: int = words.length * memory.width // 8
    return size


def _read_in_pieces(memory: Any, words: Words, show: Show) -> Iterator[bytearray]:
    size = memory.width // 8
    step = max(1, _PIECE_BYTES // size)
    for start in range(words.start, words.start + words.length, step):
        piece = read_words_surely(memory, start, min(step, words.start + words.length - start))
        yield piece
        show((start - words.start) * size + len(piece))


def load_memory(
    memory: Any, words: Words, file: Path, form: str, show: Show = _show_nothing, *, dry_run: bool = False
) -> int:
    """Writes what a file holds to the words, and says how many bytes they are. What it does not hold stays.

    FieldValueError, AddressError: what the file holds does not fit, and nothing was written.
    """
    if access_of(type(memory)) == "ro":
        raise AccessError(f"{memory._where()} is read-only; nothing was written", path=memory.path)
    descriptor, facts = open_plain(file)
    with os.fdopen(descriptor, "rb") as stream:
        if form == "hex":
            if facts.st_size > _HEX_BYTES_MAX:
                raise FieldValueError(f"{file} has more than {_HEX_BYTES_MAX >> 20} MiB: use a file of bytes (bin)")
            runs = _runs(memory, words, file, stream.read(_HEX_BYTES_MAX + 1))
            if not dry_run:
                for start, data in runs:
                    memory.write(start, data)
            return sum(len(data) for _, data in runs)
        _require_fit(memory, words, file, facts.st_size)
        done = 0
        # No more than was looked at, if somebody writes to the file meanwhile.
        while not dry_run and (piece := stream.read(min(_piece_bytes(memory), facts.st_size - done))):
            memory.write(words.start + done // (memory.width // 8), piece)
            done += len(piece)
            show(done)
        return facts.st_size


def _piece_bytes(memory: Any) -> int:
    size: int = memory.width // 8
    return max(1, _PIECE_BYTES // size) * size


def _require_fit(memory: Any, words: Words, file: Path, size: int) -> None:
    word, room = memory.width // 8, words.length * (memory.width // 8)
    if not 0 < size <= room:
        raise AddressError(
            f"{file} has {size} bytes, and {memory._where()} has room for {room} there; nothing was written"
        )
    if size % word:
        raise FieldValueError(f"{file} has {size} bytes, no multiple of a word's {word}; nothing was written")


def _runs(memory: Any, words: Words, file: Path, content: bytes) -> list[tuple[int, bytearray]]:
    """Word numbers, and the bytes that go there from each of them on."""
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), content.decode("utf-8", "replace"))
    size, at = memory.width // 8, words.start
    runs: list[tuple[int, bytearray]] = []
    for line, row in enumerate(text.split("\n"), 1):
        for token in row.split():
            digits = token.removeprefix("@")
            if not _DIGITS.fullmatch(digits) or not (bare := digits.replace("_", "")):
                raise FieldValueError(f"{file}:{line}: {token!r} is no hexadecimal number; nothing was written")
            value = int(bare, 16) if len(bare) <= 2 * memory.width else -1
            if token.startswith("@"):
                at = value
                continue
            if not 0 <= value < 1 << memory.width:
                raise FieldValueError(f"{file}:{line}: {token} has more than {memory.width} bits; nothing was written")
            if not words.start <= at < words.start + words.length:
                raise AddressError(
                    f"{file}:{line}: word {at} is not among {words.start} to {words.start + words.length - 1} of "
                    f"{memory._where()}; nothing was written"
                )
            if not runs or runs[-1][0] + len(runs[-1][1]) // size != at:
                runs.append((at, bytearray()))
            runs[-1][1].extend(value.to_bytes(size, "little"))
            at += 1
    return runs
