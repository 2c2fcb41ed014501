"""`hal import`: maps from register descriptions of other formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.maps.map_arguments import generator, map_errors
from hal.cli.output import print_errors, print_json, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["import_"]

_SOURCES_SHOWN = 10
_FORMATS = ("cheby", "hdl-registers", "ipxact", "litex", "opentitan", "rdl", "rggen", "svd")


def _parameters(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, mark, _ in pairs:
        if not name or not mark:
            raise click.BadParameter(f"{name!r} is no NAME=VALUE")
    return {name: value for name, _, value in pairs}


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False), help="Folder for the maps.")
@click.option(
    "--from",
    "form",
    type=click.Choice(_FORMATS),
    help="The format, where the file does not tell: by its suffix and start.",
)
@click.option("--top", metavar="NAME", help="Import this device, peripheral or type alone.")
@click.option(
    "--param", "parameters", multiple=True, metavar="NAME=VALUE", callback=_parameters, help="A parameter of the top."
)
@click.option(
    "-I", "folders", multiple=True, metavar="DIR", type=click.Path(file_okay=False), help="Where includes are."
)
@click.option(
    "--read-modify", type=click.Choice(["clear", "set", "value"]), help="What SVD's readAction modify does to a field."
)
@click.option(
    "--write-only",
    type=click.Choice(["auto", "0", "1", "last"]),
    default="auto",
    show_default=True,
    help="The idle value of write-only fields; auto: 0 for one bit, last for more.",
)
@click.option(
    "--bus-width",
    type=click.Choice(["32", "64"]),
    help="Registers of 8 and 16 bits are parts of bus words of so many bits, where that does no harm.",
)
@click.option("--perl", is_flag=True, help="Run the Perl that a SystemRDL file holds, in Perl's Safe compartment.")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when a map is not what it would be.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, with all that was carried over.")
def import_(
    files: tuple[str, ...],
    output: str,
    form: str | None,
    top: str | None,
    parameters: dict[str, str],
    folders: tuple[str, ...],
    read_modify: str | None,
    write_only: str,
    bus_width: str | None,
    perl: bool,
    check: bool,
    as_json: bool,
) -> None:
    """Make register maps from other descriptions.

    One map a device or peripheral; enums and types that several of them have are in a file of the folder parts, which
    they include. The report tells what was carried over, approximated and dropped, with the source's
    line; in the maps, comments say the same. The same files give the same bytes, and a failing run writes nothing.
    Commands that take a MAP take these files too, without a map in between.

    \b
    Example:
      hal import chip.svd -o maps
      hal import chip.svd --top UART0 -o maps --json
    """  # noqa: D301  (a mark of click's)
    importers, text_of = generator("importers.importing"), generator("importers.writing.map_text").map_text
    options = generator("importers.described.request").Options(
        top,
        parameters,
        tuple(Path(folder) for folder in folders),
        read_modify,
        write_only,
        perl,
        None if bus_width is None else int(bus_width),
    )
    trees: list[Any] = []
    remarks: list[Any] = []
    with map_errors():
        for name in files:
            imported = importers.import_file(
                Path(name), options, generator("importers.formats_known").FORMATS[form] if form else None
            )
            generator("model.loader").check_imported(imported, Path(name))
            remarks += imported.remarks.all
            trees += imported.maps
        maps, parts = _trees_by_file(trees, files, Path(output))
    made = {file: text_of(tree) for file, tree in (maps | parts).items()}
    stale = [file for file, text in made.items() if not file.is_file() or file.read_bytes() != text.encode()]
    if not check:
        for file, text in made.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            generator("output.files").write_file(file, text.encode())
    if as_json:
        print_json(_report(maps, parts, remarks))
    else:
        print_lines([str(file) for file in (stale if check else made)])
        print_errors(list(_summary(remarks)))
    if check and stale:
        raise SystemExit(1)


def _trees_by_file(trees: list[Any], files: tuple[str, ...], output: Path) -> tuple[dict[Path, Any], dict[Path, Any]]:
    """The maps, and what they include, by the files that they become."""
    maps: dict[Path, Any] = {}
    for tree in trees:
        file = output / f"{tree.name}.yaml"
        if file in maps:
            raise ValueError(f"two devices would both become {file.name}; import them into two folders")
        maps[file] = tree
    sharing, naming = generator("importers.writing.shared_parts"), generator("importers.described.naming")
    names = list(dict.fromkeys(Path(name).name for name in files))
    shown = names[:_SOURCES_SHOWN] + ["..."] * (len(names) > _SOURCES_SHOWN)
    shared = sharing.share_parts(trees, naming.snake_name(Path(files[0]).stem, "m"), shown)
    return maps, {} if shared is None else {output / sharing.PARTS / f"{shared.name}.yaml": shared}


def _report(maps: Iterable[Path], parts: Iterable[Path], remarks: list[Any]) -> dict[str, Any]:
    return {
        "format": 1,
        "maps": [str(file) for file in maps],
        "parts": [str(file) for file in parts],
        "remarks": [
            {
                "kind": remark.kind,
                "file": remark.origin.file,
                "line": remark.origin.line,
                "path": remark.path,
                "message": remark.message,
            }
            for remark in remarks
        ],
    }


def _summary(remarks: list[Any]) -> Iterable[str]:
    """The report in lines."""
    notices = generator("source.notices")
    for kind in ("carried", "approximated", "dropped"):
        found = [remark for remark in remarks if remark.kind == kind]
        yield f"{kind}: {len(found)}"
        if kind == "carried":
            continue
        said = [notices.Said(item.origin.file, item.origin.line, item.path, item.message) for item in found]
        yield from (f"  {line}" for line in notices.grouped(said))
