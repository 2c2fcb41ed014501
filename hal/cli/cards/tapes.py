"""`hal record` and `hal replay`: what a program accesses on a slot, written down and made again without a card."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import MAP
from hal.cli.output import print_error, print_json, print_lines, print_text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["record", "replay"]

_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
_REPORT_MAX = 1 << 16  # bytes of what a program leaves about a replay
_FAILED = 1


@click.command(context_settings=_SETTINGS)
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--slot", type=click.IntRange(0, 7), default=0, show_default=True, help="The slot whose accesses count.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED, required=True, metavar="-- PROGRAM [ARGUMENTS]...")
def record(file: Path, slot: int, program: tuple[str, ...]) -> None:
    """Run a program, and write down every access that it makes to a slot.

    The program is one of hal's: Python that imports it, or a command. Its accesses are in the file when it has ended,
    also when it failed; of one that was killed there are none. Several processes make several files: run.tape,
    run-2.tape. The exit code is the program's.

    \b
    Example:
      hal record -o run.tape -- python program.py
      hal record -o read.tape -- hal read 0 blinker.yaml ctrl
    """  # noqa: D301  (a mark of click's)
    from hal._binding.tapes.asked_for import RECORD, RECORD_SLOT  # noqa: PLC0415
    from hal._binding.tapes.tape_file import read_head  # noqa: PLC0415
    from hal.plain_files import mode_to_keep, put_in_place  # noqa: PLC0415

    if not file.absolute().parent.is_dir():
        raise click.UsageError(f"there is no folder {file.parent}")
    with _told(file):
        mode_to_keep(file)  # what can't be replaced is told before anything runs
    with _folder(file.absolute().parent) as folder:
        code = _run(program, {RECORD: str(folder), RECORD_SLOT: str(slot)})
        tapes = sorted(folder.glob("*.tape"))
        for number, tape in enumerate(tapes, 1):
            name = file if number == 1 else file.with_name(f"{file.stem}-{number}{file.suffix}")
            with tape.open("rb") as stream:
                head = read_head(tape, stream)
                count = sum(1 for _ in stream)
            with _told(name):
                put_in_place(tape, name)
            print_error(f"{name}: {_of(head)}, {count} accesses")
        if not tapes:
            print_error(f"hal record: the program used no slot {slot} through hal; there is no recording")
    raise SystemExit(code or (0 if tapes else _FAILED))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_name", type=MAP, help="The map that names registers and fields.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="[-- PROGRAM [ARGUMENTS]...]")
def replay(file: Path, map_name: str | None, as_json: bool, program: tuple[str, ...]) -> None:
    """List the accesses of a recording; or run a program on it, in the place of a card.

    With a map each access has its register's path, and the values of the fields that were read or written. A program is
    given the recorded values, until it makes an access that differs from the recorded one: that is told, and the exit
    code is 1, as when accesses are left over.

    \b
    Example:
      hal replay run.tape --map blinker.yaml
      hal replay run.tape -- python program.py
    """  # noqa: D301  (a mark of click's)
    if program and (map_name is not None or as_json):
        raise click.UsageError("--map and --json are for listings: leave them out, or the program")
    if program:
        raise SystemExit(_replayed(file, program))
    _list(file, map_name, as_json=as_json)


def _replayed(file: Path, program: tuple[str, ...]) -> int:
    from hal._binding.tapes.replaying import REPORT  # noqa: PLC0415
    from hal._binding.tapes.tape_file import read_tape  # noqa: PLC0415

    read_tape(file)  # a file that is none is told before anything runs
    with _folder(None) as folder:
        code = _run(program, {"HAL_LIBRARY": f"replay:{file.absolute()}", REPORT: str(folder)})
        reports = [_report(path) for path in sorted(folder.glob("*.json"))]
    for accesses, problem in reports:
        print_error(f"{file}: {problem or f'all {accesses} accesses were made as they are recorded'}")
    if not reports:
        print_error(f"hal replay: the program used no slot through hal; {file} was not played")
    is_as_recorded = bool(reports) and not any(problem for _, problem in reports)
    return code or (0 if is_as_recorded else _FAILED)


def _report(path: Path) -> tuple[int, str]:
    with path.open("rb") as stream:
        data = json.loads(stream.read(_REPORT_MAX))
    return int(data["accesses"]), str(data["problem"])


def _list(file: Path, map_name: str | None, *, as_json: bool) -> None:
    from hal._binding.tapes.tape_file import read_tape  # noqa: PLC0415
    from hal.texts.tape_rows import tape_rows  # noqa: PLC0415

    tape = read_tape(file)
    design = None
    if map_name is not None:
        from hal.generator.driver import load_driver  # noqa: PLC0415

        design = load_driver(map_name).driver._design
        if tape.head.digest not in {"", design.digest}:
            print_error(f"{file} is of another version of a map than {map_name}: fields may be others")
    rows = tape_rows(tape, design)
    if as_json:
        head: dict[str, Any] = {**tape.head._asdict(), "pci": list(tape.head.pci)}
        print_json({**head, "accesses": [row.data for row in rows]})
        return
    print_text(f"{file}: {_of(tape.head)}, {len(tape.entries)} accesses")
    for row in rows:
        print_lines([row.text])


def _of(head: Any) -> str:
    device = head.device or "no driver"
    return f"{device} on slot {head.slot}, {f'AFI {head.afi}' if head.afi else 'no AFI'}"


@contextmanager
def _told(file: Path) -> Iterator[None]:
    from hal.errors import RecordError  # noqa: PLC0415

    try:
        yield
    except OSError as problem:
        raise RecordError(f"recording {file} can't be written: {problem.strerror}") from None


@contextmanager
def _folder(beside: Path | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=".hal-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: tuple[str, ...], environment: dict[str, str]) -> int:
    """Runs a program until it ends, and returns its exit code as a shell has it. Ctrl-C is the program's."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: None)  # which the program, unlike an ignored signal, does not inherit
    try:
        code = subprocess.call(program, env=os.environ | environment)  # noqa: S603  (as it was typed)
    except OSError as problem:
        raise click.UsageError(f"{program[0]} can't be run: {problem.strerror}") from None
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code
