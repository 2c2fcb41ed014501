"""`hal mem`: what a memory holds, on the terminal, and to and from files."""

from __future__ import annotations

from pathlib import Path

import click

from hal.cli.defaults import DefaultsGroup
from hal.cli.options import MAP, PATH, SLOT, map_options
from hal.cli.output import print_json, print_lines
from hal.cli.registers.access import open_device

__all__ = ["mem"]

_SHOWN_MAX = 1 << 16  # words
_FORM = click.option(
    "--format",
    "form",
    type=click.Choice(["bin", "hex"]),
    help="bin: bytes as on the card; hex: words as $readmemh takes them. Without it hex for .hex and .mem, else bin.",
)


@click.group(cls=DefaultsGroup)
def mem() -> None:
    """Show memories, and move them to and from files.

    PATH is a memory (table), or words of one (table[0:0x100]).

    \b
    Example:
      hal mem show 0 blinker.yaml 'table[0:16]'
      hal mem save 0 blinker.yaml table before.bin
      hal mem load 0 blinker.yaml table pattern.hex
    """  # noqa: D301  (a mark of click's)


@mem.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("path", type=PATH)
@map_options
def show(slot: int | str, map_name: str, path: str, library: str | None, verify: bool, as_json: bool) -> None:
    """Show words of a memory, their addresses before them.

    JSON: {path, start, width, words}.
    """
    from hal.errors import AddressError  # noqa: PLC0415
    from hal.registers.sure_reads import read_words_surely  # noqa: PLC0415
    from hal.texts.typed import find_words  # noqa: PLC0415
    from hal.texts.word_rows import hex_words, word_rows  # noqa: PLC0415

    with open_device(slot, map_name, library, verify=verify) as device:
        memory, words = find_words(device, path)
        if words.length > _SHOWN_MAX:
            raise AddressError(
                f"{memory._where()}: {words.length} words are too many to show: name fewer, or save them"
            )
        content = read_words_surely(memory, *words)
    if as_json:
        each = [int(word, 16) for word in hex_words(content, memory.width)]
        print_json({"path": memory.path, "start": words.start, "width": memory.width, "words": each})
        return
    first = words.start * memory.width // 8
    digits = len(f"{first + len(content):x}")
    for at, row, held in word_rows(content, memory.width):
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in held)  # noqa: PLR2004
        print_lines([f"{first + at:0{digits}x}  {row}  |{text}|"])


@mem.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("path", type=PATH)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_FORM
@map_options
def save(
    slot: int | str,
    map_name: str,
    path: str,
    file: Path,
    form: str | None,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Write what a memory holds to a file.

    JSON: {path, start, count, bytes, file}.
    """
    from hal.slots.progress import count_for  # noqa: PLC0415
    from hal.texts.memory_files import form_of, save_memory  # noqa: PLC0415
    from hal.texts.typed import find_words  # noqa: PLC0415

    with open_device(slot, map_name, library, verify=verify) as device:
        memory, words = find_words(device, path)
        with count_for("bytes", words.length * memory.width // 8) as done:
            size = save_memory(memory, words, file, form or form_of(file), done)
    data = {"path": memory.path, "start": words.start, "count": words.length, "bytes": size, "file": str(file)}
    if as_json:
        print_json(data)
    else:
        print_lines([f"{file}: {size} bytes of {memory.path}"])


@mem.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("path", type=PATH)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_FORM
@click.option("--dry-run", is_flag=True, help="Write nothing; say whether the file fits.")
@map_options
def load(
    slot: int | str,
    map_name: str,
    path: str,
    file: Path,
    form: str | None,
    dry_run: bool,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Write what a file holds to a memory.

    A file that is shorter than the words that PATH names leaves the others as they are; one that does not fit, or holds
    what is no word, is refused before anything is written.

    JSON: {path, start, bytes, file}.
    """
    from hal.slots.progress import count_for  # noqa: PLC0415
    from hal.texts.memory_files import form_of, load_memory  # noqa: PLC0415
    from hal.texts.typed import find_words  # noqa: PLC0415

    with open_device(slot, map_name, library, verify=verify) as device:
        memory, words = find_words(device, path)
        with count_for("bytes", file.stat().st_size) as done:
            size = load_memory(memory, words, file, form or form_of(file), done, dry_run=dry_run)
    if as_json:
        print_json({"path": memory.path, "start": words.start, "bytes": size, "file": str(file)})
    else:
        print_lines([f"{memory.path}: {size} bytes {'fit' if dry_run else 'written'}"])
