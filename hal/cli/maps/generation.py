"""`hal generate`, `validate`, `schema` and `paths`: maps in build pipelines."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.maps.map_arguments import generator, map_errors, map_file
from hal.cli.options import CHOICE, LANGUAGE, MAP, MAP_PLACE, set_option
from hal.cli.output import print_error, print_errors, print_lines, print_orders, print_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hal.generator.known_outputs import Order

__all__ = ["generate", "paths", "schema", "validate"]

_EXIT_STALE = 1
_EXIT_MAP = 3
_FOLDERS = ("cmake", "make", "maps", "card", "pci")


@click.command()
@click.argument("maps", nargs=-1, required=True, metavar="MAP...", type=MAP)
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False), help="Folder for the files.")
@click.option(
    "--lang",
    "languages",
    multiple=True,
    type=LANGUAGE,
    metavar="LANGUAGE",
    default=("python",),
    help="python (default), pyi, c, systemverilog, markdown, html, json, systemrdl, svd, ipxact, csv, vhdl, linux, "
    "uvm, rust, rtl; "
    "may be given several times.",
)
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False),
    help="Folder of own templates, which override or add languages.",
)
@set_option
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="LANGUAGE.NAME=WORD",
    type=CHOICE,
    help="What a language is to do, as in rtl.bus=apb; may be given several times.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 and a diff when a file is not up to date.")
@click.option("--list", "only_list", is_flag=True, help="Write nothing; print the names of the files.")
@click.option("--compile", "is_compiled", is_flag=True, help="Compile drivers too, as their first import would.")
@click.option("--depfile", type=click.Path(dir_okay=False), help="Write what the files depend on, for Make or Ninja.")
@click.option("--depfile-target", metavar="NAME", help="What depends on it instead, a stamp say.")
def generate(
    maps: tuple[str, ...],
    output: str,
    languages: tuple[str, ...],
    templates: str | None,
    settings: tuple[tuple[str, int], ...],
    options: tuple[tuple[str, str], ...],
    check: bool,
    only_list: bool,
    is_compiled: bool,
    depfile: str | None,
    depfile_target: str | None,
) -> None:
    """Generate drivers, headers and documents.

    MAP is a YAML file, or the name of a map that ships with hal. The same maps give the same bytes; a file that is up
    to date is not written again, and a failing run writes nothing. Files that are for others to include are skipped
    where maps are given beside them. What a file of another format says and the driver
    does not is told on standard error.

    \b
    Example:
      hal generate blinker.yaml -o drivers
      hal generate blinker.yaml -o build --lang c --lang html
      hal generate blinker.yaml -o drivers --check
      hal generate fifo.yaml -o drivers --set DEPTH=64
      hal generate fifo.yaml -o logic --lang rtl --option rtl.bus=apb
      hal generate maps/*.yaml -o site --lang html --option html.document=one
    """  # noqa: D301  (a mark of click's)
    from hal.generator.known_outputs import Order, remember, up_to_date  # noqa: PLC0415

    if is_compiled and (check or only_list):
        raise click.UsageError("--compile writes files, and --check and --list write none")
    order = Order(tuple(map(map_file, maps)), output, languages, templates, settings, options)
    began_ns = time.time_ns()
    known = None if depfile is not None else up_to_date(order)
    if known is not None:
        print_errors(known.notice)
        print_lines([] if check else [str(path) for path in known.files])
        _compile(known.files if is_compiled else ())
        return
    skipped: list[str] = []
    outputs, files = _rendered(order, skipped), generator("output.files")
    notice = files.notice_of(outputs)
    if not skipped:
        remember(order, outputs, notice, began_ns)
    print_errors([f"{path} is for maps to include, and has no device of its own: skipped" for path in skipped])
    print_errors(notice)
    if only_list:
        print_lines([str(item.file) for item in outputs])
        return
    difference, texts = files.compare_files(outputs) if check else ("", ())
    if not check:
        written = files.write_outputs(outputs)
        print_lines([str(path) for path in written])
        _compile(written if is_compiled else ())
    for path in texts:
        print_error(f"{path} differs in comments and descriptions only; generate it again when it suits")
    if depfile is not None:
        text = generator("output.depfile").depfile_text(outputs, [depfile_target] if depfile_target else [])
        Path(depfile).parent.mkdir(parents=True, exist_ok=True)
        files.write_file(Path(depfile), text.encode())
    if difference:
        print_text(difference, end="")
        print_error("files are not up to date: run the command without --check")
        raise SystemExit(_EXIT_STALE)


def _compile(paths: Sequence[Path]) -> None:
    """Write what an import of the drivers would, where it is not there yet."""
    if not paths:
        return
    import os  # noqa: PLC0415
    import py_compile  # noqa: PLC0415
    from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash  # noqa: PLC0415

    for path in paths:
        if path.suffix != ".py":
            continue
        compiled, found = Path(cache_from_source(str(path))), path.stat()
        if os.environ.get("SOURCE_DATE_EPOCH"):  # a reproducible build: by content, as py_compile does then
            told = (0b11).to_bytes(4, "little") + source_hash(path.read_bytes())
        else:
            facts = (0, int(found.st_mtime), found.st_size)
            told = b"".join((fact & 0xFFFFFFFF).to_bytes(4, "little") for fact in facts)
        if not compiled.is_file() or not compiled.read_bytes().startswith(MAGIC_NUMBER + told):
            py_compile.compile(str(path), str(compiled), doraise=True)


def _rendered(order: Order, skipped: list[str]) -> Any:
    from hal.slots.progress import progress_for  # noqa: PLC0415

    start = time.monotonic()
    with progress_for(None, "generating") as show, map_errors():
        return generator("output.files").render_outputs(
            order.maps,
            order.output,
            order.languages,
            order.templates,
            progress=lambda _path: show(time.monotonic() - start),
            constants=dict(order.settings),
            options=dict(order.options),
            skipped=skipped,
        )


@click.command()
@click.argument("maps", nargs=-1, required=True, metavar="MAP...", type=MAP_PLACE)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@set_option
def validate(maps: tuple[str, ...], form: str, settings: tuple[tuple[str, int], ...]) -> None:
    """Check register maps, and list all that is wrong.

    Notes tell what is right and worth knowing: a register that has another name in Python. Also files that other maps
    include are checked. MAP - is standard input, and git:REVISION:PATH a map as it is in that revision. Text goes to
    standard error, the other forms to standard output: json (format 1, a list of problems), github (annotations in
    GitHub Actions), sarif (2.1.0, for code scanning). Exit code 0: nothing is wrong, 3: something is.

    \b
    Example:
      hal validate blinker.yaml
      hal validate maps/*.yaml --format sarif > maps.sarif
    """  # noqa: D301  (a mark of click's)
    problems = [problem for name in maps for problem in _problems(name, dict(settings))]
    report = generator("source.reports").REPORTS[form](problems)
    if report:
        (print_error if form == "text" else print_orders)(report)
    if any(problem.level == "error" for problem in problems):
        raise SystemExit(_EXIT_MAP)
    if form == "text":
        print_text(f"{len(maps)} map{'s' if len(maps) > 1 else ''} checked, no error")


def _problems(name: str, constants: dict[str, int]) -> Sequence[Any]:
    from hal.cli.maps.map_places import map_at  # noqa: PLC0415
    from hal.errors import MapError  # noqa: PLC0415

    found: Sequence[Any]
    try:
        with map_errors(), map_at(name) as place:
            found = place.told(generator("model.loader").check(place.path, constants))
    except MapError as error:
        found = error.problems
    return found


@click.command()
@click.argument("map_name", required=False, metavar="[MAP]", type=MAP)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write; standard output when not given.")
def schema(map_name: str | None, output: str | None) -> None:
    """Print the JSON Schema of register maps, for editors.

    Draft 2020-12. With it, editors complete keys, show what they mean, and mark what is no map. Of MAP, it also offers
    the names of enums and types that the map and its includes have now. Put this line first in a map for the YAML
    language server, which VS Code's YAML extension is:

    \b
      # yaml-language-server: $schema=./map.schema.json

    \b
    Example:
      hal schema -o map.schema.json
      hal schema blinker.yaml -o blinker.schema.json
    """  # noqa: D301  (a mark of click's)
    known: tuple[Any, ...] = ()
    if map_name is not None:
        with map_errors():
            known = (generator("schema.editor.known_names").names_in(map_file(map_name)),)
    text = json.dumps(generator("schema.json_schema").json_schema(*known), indent=2) + "\n"
    if output is None:
        print_text(text, end="")
    else:
        generator("output.files").write_file(Path(output), text.encode())


@click.command()
@click.argument("name", required=False, type=click.Choice(_FOLDERS))
def paths(name: str | None) -> None:
    """Print where parts for other tools are.

    cmake: for CMAKE_MODULE_PATH. make: the folder of fpga-hal.mk. maps: the shipped maps. card: the library of the
    emulated card, for LD_PRELOAD; pci: that for PCI functions, for the same.

    \b
    Example:
      hal paths cmake
    """  # noqa: D301  (a mark of click's)
    import hal  # noqa: PLC0415
    from hal.generator.package import map_folder  # noqa: PLC0415

    package = Path(hal.__file__).parent
    places = {
        "cmake": package / "cmake",
        "make": package / "make",
        "maps": map_folder(),
        "card": package / "libhal_card.so",
        "pci": package / "libhal_pci.so",
    }
    if name is not None:
        print_lines([str(places[name])])
        return
    print_lines([f"{key:<6} {place}" for key, place in places.items()])
