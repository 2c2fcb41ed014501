"""Generated files: what they shall hold, whether they do, and writing them whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jinja2

from codegen.model.loader import is_part, load_every
from codegen.output.languages.registry import find_languages
from codegen.output.render import render, render_together
from codegen.source.notices import notice
from codegen.source.problem import MapError
from codegen.source.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from codegen.model.device import Device
    from codegen.output.languages.sheet import Language
    from codegen.source.problem import Problem

__all__ = [
    "Output",
    "Staleness",
    "compare_files",
    "generate",
    "notice_of",
    "render_devices",
    "render_outputs",
    "write_file",
    "write_outputs",
]

AnyPath = str | PathLike[str]


class Output(NamedTuple):
    """A file to be, its text, the files that this was made from, and what of these it does not say."""

    file: Path
    text: str
    inputs: tuple[Path, ...]
    notes: tuple[Problem, ...] = ()


def generate(
    paths: Iterable[AnyPath],
    out_dir: AnyPath,
    lang: str | Sequence[str] = "python",
    constants: Mapping[str, int] | None = None,
    options: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the files of each map into a folder and return them, in the order of the maps.

    `constants`: values that go before those of the maps, each of which has to define all of them. `options`: what is
    chosen of languages, as in `{"rtl.bus": "apb"}`.

    Nothing is written unless all maps are right. What a file of another format says and the map made of it does not is
    a warning of the logger codegen. Raises MapError with the problems of all of them, ValueError for an unknown
    language or two maps of one name, OSError when writing fails.
    """
    outputs = render_outputs(paths, out_dir, lang, constants=constants, options=options)
    lines = notice_of(outputs)
    if lines:
        import logging  # noqa: PLC0415  (few maps have anything that is told)

        logging.getLogger("codegen").warning("%s", "\n".join(lines))
    return write_outputs(outputs)


def notice_of(outputs: Iterable[Output]) -> tuple[str, ...]:
    """Return what is to be said of what the outputs do not say of their inputs, in lines."""
    return notice(list(dict.fromkeys(note for output in outputs for note in output.notes)))


def render_outputs(
    paths: Iterable[AnyPath],
    out_dir: AnyPath,
    lang: str | Sequence[str] = "python",
    templates: AnyPath | None = None,
    progress: Callable[[AnyPath], object] = lambda _path: None,
    constants: Mapping[str, int] | None = None,
    options: Mapping[str, str] | None = None,
    skipped: list[AnyPath] | None = None,
) -> list[Output]:
    """Return what `generate` would write. `progress` is called with each map before it is read.

    `templates` is a folder whose templates come before the shipped ones and may add languages. `skipped`: takes the
    files among several that are for maps to include and have no device; without it they are refused.
    Raises as `generate` does, and ValueError for a template that can't be rendered.
    """
    # What is wrong there is told first.
    find_languages(_names(lang), None if templates is None else Path(templates), options)
    devices: list[tuple[str, Device, tuple[Path, ...]]] = []
    errors: list[MapError] = []
    parts: list[MapError] = []
    for path in paths:
        progress(path)
        try:
            devices += ((os.fspath(path), *found) for found in load_every(path, constants))
        except MapError as error:
            if skipped is not None and is_part(path):
                skipped.append(path)
                parts.append(error)
            else:
                errors.append(error)
    if parts and not devices:
        errors += parts
    if errors:
        raise MapError(tuple(problem for error in errors for problem in error.problems))
    return render_devices(devices, out_dir, lang, templates, options)


def render_devices(
    devices: Iterable[tuple[str, Device, tuple[Path, ...]]],
    out_dir: AnyPath,
    lang: str | Sequence[str] = "python",
    templates: AnyPath | None = None,
    options: Mapping[str, str] | None = None,
) -> list[Output]:
    """Return the files of devices, each of which comes with what it is called and the files that were read for it.

    Raises ValueError as `render_outputs` does, and MapError for what a language can't make of them.
    """
    folder = None if templates is None else Path(templates)
    languages = find_languages(_names(lang), folder, options)
    own_inputs = () if folder is None else tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    everything = [(name, _of_templates(device, folder), (*inputs, *own_inputs)) for name, device, inputs in devices]
    outputs: dict[Path, Output] = {}
    origins: dict[Path, str] = {}
    errors: list[MapError] = []

    def take(name: str, found: Iterable[Output]) -> None:
        for output in found:
            first = origins.setdefault(output.file, name)
            if output.file in outputs:
                raise ValueError(f"{first} and {name} would both become {output.file.name}; rename one")
            outputs[output.file] = output

    for name, device, inputs in everything:
        try:
            found = _outputs(device, inputs, languages, Path(out_dir), folder)
        except MapError as error:
            errors.append(error)
            continue
        take(name, found)
    if errors:
        raise MapError(tuple(problem for error in errors for problem in error.problems))
    if everything:
        take("the document of all maps", _documents(everything, languages, Path(out_dir), folder))
    return list(outputs.values())


def _names(lang: str | Sequence[str]) -> list[str]:
    return [lang] if isinstance(lang, str) else list(lang)


def _of_templates(device: Device, folder: Path | None) -> Device:
    return device if folder is None else replace(device, digest=_digest_with_templates(device.digest, folder))


def _outputs(
    device: Device, inputs: tuple[Path, ...], languages: list[Language], out_dir: Path, folder: Path | None
) -> list[Output]:
    outputs: list[Output] = []
    for language in languages:
        if language.together is None:
            with _faults_of(language), uncollected():
                files = render(device, language, folder)
            outputs += (Output(out_dir / name, text, inputs, device.notes) for name, text in files.items())
    return outputs


def _documents(
    everything: list[tuple[str, Device, tuple[Path, ...]]],
    languages: list[Language],
    out_dir: Path,
    folder: Path | None,
) -> list[Output]:
    """Return the files that are of all devices."""
    devices = [device for _, device, _ in everything]
    inputs = tuple(dict.fromkeys(path for _, _, paths in everything for path in paths))
    notes = tuple(dict.fromkeys(note for device in devices for note in device.notes))
    outputs: list[Output] = []
    for language in languages:
        with _faults_of(language), uncollected():
            files = render_together(devices, language, folder)
        outputs += (Output(out_dir / name, text, inputs, notes) for name, text in files.items())
    return outputs


@contextmanager
def _faults_of(language: Language) -> Iterator[None]:
    try:
        yield
    except jinja2.TemplateError as error:
        raise ValueError(_template_fault(language, error)) from error


def _digest_with_templates(digest: str, folder: Path) -> str:
    total = hashlib.sha256(digest.encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        total.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _template_fault(language: Language, error: jinja2.TemplateError) -> str:
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.filename or error.name}:{error.lineno}: {error.message}"
    trace = error.__traceback__
    place = language.template
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{place}: {error.message or error}; docs/templates.md lists what a template sees"


class Staleness(NamedTuple):
    """How files are not what they should be.

    `difference`: a unified diff, empty when all say the same. `texts`: the files that differ in comments and
    descriptions alone, and are not in it.
    """

    difference: str
    texts: tuple[Path, ...]


def compare_files(outputs: Iterable[Output]) -> Staleness:
    """Compare the files as they are with the outputs."""
    import difflib  # noqa: PLC0415  (nothing else needs these)

    from codegen.output.texts import same_but_for_texts  # noqa: PLC0415

    parts: list[str] = []
    texts: list[Path] = []
    for output in outputs:
        name = output.file.as_posix()
        missing = not output.file.is_file()
        found = b"" if missing else output.file.read_bytes()
        if not missing and found == output.text.encode():
            continue
        old = found.decode(errors="replace")
        if not missing and same_but_for_texts(output.file, old, output.text):
            texts.append(output.file)
            continue
        before, after = old.splitlines(keepends=True), output.text.splitlines(keepends=True)
        parts += difflib.unified_diff(before, after, "/dev/null" if missing else name, name)
    return Staleness("".join(parts), tuple(texts))


def write_outputs(outputs: Iterable[Output]) -> list[Path]:
    """Write the files, each at once and only where it changes, and return all of them."""
    outputs = list(outputs)
    for folder in dict.fromkeys(output.file.parent for output in outputs):
        folder.mkdir(parents=True, exist_ok=True)
    for output in outputs:
        # A picture for each register of a large map: to wait for the disk each time takes most of a minute.
        write_file(output.file, output.text.encode(), is_lasting=output.file.suffix != ".svg")
    return [output.file for output in outputs]


def write_file(file: Path, content: bytes, *, is_lasting: bool = True) -> None:
    """Replace a file's content at once, unless it is the same; it is on the disk then if it is to be lasting.

    Raises OSError, also where something else than a file stands, such as a device.
    """
    name = os.fspath(file)
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        found = None
    if found is not None and stat.S_ISREG(found.st_mode):
        if found.st_size == len(content) and file.read_bytes() == content:
            return
    elif found is not None:
        raise OSError(errno.EINVAL, "it is no plain file, and is not replaced", name)
    temporary = os.fspath(file.with_name(f".{file.name}.{os.urandom(8).hex()}"))
    try:
        _write_new(temporary, content, is_lasting=is_lasting)
        os.replace(temporary, name)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write_new(name: str, content: bytes, *, is_lasting: bool) -> None:
    """Write a file that is not there yet, with as few calls as it takes: a large map's pictures are many."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if is_lasting:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
