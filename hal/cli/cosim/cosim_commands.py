"""`hal cosim`: simulated logic as a card."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from hal.cli.checks import show_checks
from hal.cli.cosim.bus_option import BUS
from hal.cli.maps.map_arguments import map_errors, map_file
from hal.cli.options import CHOICE, MAP, SETTING
from hal.cli.output import print_error, print_json, print_lines, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cosim"]

_SOURCES = {".sv", ".v", ".svh", ".vh"}
_WARNINGS_MAX = 20


@click.group()
def cosim() -> None:
    """Logic in SystemVerilog, simulated behind the same drivers.

    \b
    Example:
      hal cosim doctor
      hal cosim build timer.sv timer.yaml --top timer -o libtimer.so
      hal cosim check timer.yaml ./libtimer.so
      HAL_LIBRARY=./libtimer.so hal dump 0 timer.yaml
    """  # noqa: D301  (a mark of click's)


@cosim.command()
@click.argument("files", nargs=-1, metavar="FILE...", type=click.Path())
@click.option("--top", default="", metavar="MODULE", help="The top: a block on AXI4-Lite or APB, or F2 logic.")
@click.option("-f", "lists", multiple=True, type=click.Path(), help="A file list for Verilator; several times.")
@click.option("-o", "--output", default="libcl.so", show_default=True, type=click.Path(), help="The library.")
@click.option(
    "--waves", type=click.Choice(["none", "vcd", "fst"]), default="none", show_default=True, help="Waves to build in."
)
@click.option("--bus", "buses", multiple=True, metavar="PREFIX=BAR", type=BUS, help="The BAR of a bus: s_axil=app:0.")
@click.option("--clock", default="", metavar="PORT", help="The clock, where no name tells it.")
@click.option("--reset", default="", metavar="PORT[:LEVEL]", help="The reset, and high or low: rst:high.")
@click.option(
    "--verilator", "arguments", multiple=True, metavar="ARGUMENT", help="One more of Verilator's; repeatable."
)
@click.option(
    "--option", "options", multiple=True, metavar="NAME=WORD", type=CHOICE, help="Of a map's logic: rtl.bus=apb."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def build(
    files: tuple[str, ...],
    top: str,
    lists: tuple[str, ...],
    output: str,
    waves: str,
    buses: tuple[tuple[str, tuple[int, int]], ...],
    clock: str,
    reset: str,
    arguments: tuple[str, ...],
    options: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Make a library with the SDK's interface of logic in SystemVerilog.

    FILE is SystemVerilog or Verilog (.sv, .v), and at most one register map. With a map the slot holds the map's
    design from the start; without one each driver that is opened counts as the logic's. A map alone is enough: its
    logic is what hal generate --lang rtl writes. HAL_LIBRARY=./libcl.so runs any program on it. Clock, reset, bus and
    interrupts are found by their names; Verilator's warnings are told.

    \b
    Example:
      hal cosim build timer.yaml -o libtimer.so
      hal cosim build timer.yaml --option rtl.bus=apb -o libtimer.so
      hal cosim build timer.sv timer.yaml --top timer --waves vcd -o libtimer.so
      hal cosim build --top soc -f files.f --bus s_axil=app:0 --bus s_cfg=mgmt:4
      hal cosim build top.sv --top top --verilator -Irtl --verilator +define+SMALL
    """  # noqa: D301  (a mark of click's)
    from hal.cosim.library_build import Recipe, build_library  # noqa: PLC0415

    sources = [Path(file) for file in files if Path(file).suffix in _SOURCES]
    maps = [file for file in files if Path(file).suffix not in _SOURCES]
    if len(maps) > 1:
        raise click.UsageError(f"{maps[0]} and {maps[1]} are two register maps: give one")
    if not sources and not lists and not maps:
        raise click.UsageError("no SystemVerilog was given: a file, a list with -f, or a register map for its logic")
    if (sources or lists) and not top:
        raise click.UsageError("which module is the top? Name it with --top")
    if top and not sources and not lists:
        raise click.UsageError("--top is a module of the files that are given, and a map alone has its own")
    if options and (sources or lists):
        raise click.UsageError("--option is of the logic that a map alone becomes, and SystemVerilog was given")
    missing = [file for file in [*sources, *map(Path, lists)] if not file.is_file()]
    if missing:
        raise click.UsageError(f"{missing[0]}: no such file")
    within = None
    with TemporaryDirectory(prefix="hal-cosim-") as folder:
        if not sources and not lists:
            top, sources = _logic_of(maps[0], Path(folder), dict(options))
            within = None if arguments else Path(folder)  # which may name files too
            sources = [path.relative_to(folder) for path in sources] if within else sources
        recipe = Recipe(
            top=top,
            files=sources,
            lists=[Path(file) for file in lists],
            output=Path(output),
            waves=waves,
            spaces=dict(buses),
            clock=clock,
            reset=reset,
            arguments=arguments,
            within=within,
            **_design(maps),
        )
        built = build_library(recipe)
    _tell(built, as_json)


def _logic_of(name: str, folder: Path, options: dict[str, str]) -> tuple[str, list[Path]]:
    """The top and the files of a map's own logic."""
    from hal.generator.package import codegen_package  # noqa: PLC0415

    with map_errors():
        codegen_package().generate([map_file(name)], folder, "rtl", options=options)
    tops = sorted(path for path in folder.glob("*.sv") if path.stem.endswith(("_axil", "_apb")))
    if not tops:
        raise click.UsageError("with rtl.bus=none a map alone has no bus: generate it, and write a top")
    if len(tops) != 1:
        raise click.UsageError(
            f"{name} has registers on {len(tops)} buses: write a top for its blocks, of hal generate --lang rtl"
        )
    packages = sorted(folder.glob("*_pkg.sv"))  # before what uses them
    return tops[0].stem, [*packages, *sorted(set(folder.glob("*.sv")) - set(packages))]


def _design(maps: Sequence[str]) -> dict[str, Any]:
    """What the library knows of a map."""
    if not maps:
        return {}
    from hal.emulator.kept_text import text_of  # noqa: PLC0415
    from hal.maps import load_map  # noqa: PLC0415

    design = load_map(map_file(maps[0]))._design
    return {"design": text_of(design), "afi": design.afi_id, "home": design.home}


def _tell(built: Any, as_json: bool) -> None:
    warnings = built.warnings.splitlines()
    for line in warnings[:_WARNINGS_MAX]:
        print_error(line)
    if len(warnings) > _WARNINGS_MAX:
        print_error(f"... {len(warnings) - _WARNINGS_MAX} warnings more")
    top = built.top
    reset = top.reset.name + (", active low" if top.active_low else "") if top.reset else "none"
    rows = [
        {
            "prefix": bus.prefix,
            "space": _space(bus.space),
            "bits": bus.data_bits,
            "protocol": bus.protocol.name,
        }
        for bus in top.buses
    ]
    if as_json:
        names = {"clock": top.clock.name, "reset": top.reset.name if top.reset else None, "buses": rows}
        facts = {"library": str(built.output), "top": top.name, "seconds": round(built.seconds, 3), **names}
        print_json({**facts, "interrupts": [port.name for port in top.interrupts], "warnings": warnings})
        return
    lines = [f"{built.output}: {top.name}, clock {top.clock.name}, reset {reset}"]
    lines += [f"{row['space']}: {row['protocol']} {row['prefix'] or '(no prefix)'}, {row['bits']} bits" for row in rows]
    lines += [f"interrupts: {', '.join(port.name for port in top.interrupts)}"] if top.interrupts else []
    print_lines(lines)


def _space(space: tuple[int, int]) -> str:
    return f"{('app', 'mgmt')[space[0]]}:{space[1]}"


@cosim.command()
@click.argument("map_", metavar="MAP", type=MAP)
@click.argument("library", metavar="LIBRARY", type=click.Path())
@click.option("--seed", type=int, default=1, show_default=True, help="Of the random accesses.")
@click.option("--operations", type=click.IntRange(0), default=2000, show_default=True, help="Random accesses.")
@click.option("--no-strobes", is_flag=True, help="All writes are of whole words: the logic takes no parts of them.")
@click.option("--leave-out", "left_out", multiple=True, metavar="PATH", help="What is not accessed; repeatable.")
@click.option(
    "--port", "ports", multiple=True, metavar="PORT=NUMBER", type=SETTING, help="An input of the top; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(
    map_: str,
    library: str,
    seed: int,
    operations: int,
    no_strobes: bool,
    left_out: tuple[str, ...],
    ports: tuple[tuple[str, int], ...],
    as_json: bool,
) -> None:
    """Check logic against its register map, register by register.

    LIBRARY is what hal cosim build made, or emulator. Resets, addresses, each bit of each field with each policy, byte
    strobes, neighbours, memories, addresses where nothing is, and random sequences are compared with what the map says,
    from a new load on for each of these. Of what hardware changes, what clears it is checked. A bit is proven when it
    was read as 0 and as 1, each as expected. Exit code 1: there is a fault.

    \b
    Example:
      hal cosim check timer.yaml ./libtimer.so
      hal cosim check timer.yaml ./libtimer.so --seed 7 --operations 100000
    """  # noqa: D301  (a mark of click's)
    from hal.cosim.check.prover import prove  # noqa: PLC0415
    from hal.maps import load_map  # noqa: PLC0415
    from hal.slots.opening import open_slot  # noqa: PLC0415

    driver = load_map(map_file(map_))
    with open_slot(0, library) as slot:
        if slot.library.card is None:
            raise click.UsageError(
                f"{library} is a card: what is written to it could do anything; give simulated logic"
            )
        for name, value in ports:
            slot.simulation.ports[name] = value
        report = prove(slot, driver, seed=seed, operations=operations, leave_out=left_out, strobes=not no_strobes)
    if as_json:
        print_json(report.data())
    else:
        rows = [
            (row.register, str(row.accesses), f"{row.proven}/{row.provable}", str(row.bits), row.result)
            for row in report.rows
        ]
        print_table(("register", "accesses", "proven", "bits", "result"), rows)
        print_lines([*map(str, report.faults), report.summary()])
    if report.faults:
        raise SystemExit(1)


@cosim.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Say which tools are there, and what to install.

    Exit code 1 where logic can't be simulated; without FST waves it can.
    """
    from hal.cosim.tools import check_tools  # noqa: PLC0415

    show_checks(check_tools(), as_json=as_json)


@cosim.command()
@click.argument("waves", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("signals", metavar="SIGNAL...", nargs=-1, required=True)
@click.option("--clock", default="clk", show_default=True, metavar="SIGNAL", help="What the columns are.")
@click.option("--from", "first", type=click.IntRange(0), default=0, show_default=True, help="The first one's number.")
@click.option("--clocks", "count", type=int, default=8, show_default=True, help="How many.")
def picture(waves: Path, signals: tuple[str, ...], clock: str, first: int, count: int) -> None:
    """Draw waves as text.

    FILE is a VCD file, of simulated logic or of anything else. SIGNAL is a name, or the end of a path such as
    registers.req; of several the outermost one is taken.

    \b
    Example:
      hal cosim picture run.vcd s_axil_awvalid s_axil_awaddr s_axil_bvalid --from 30 --clocks 6
    """  # noqa: D301  (a mark of click's)
    from hal.cosim.timing_picture import timing_picture  # noqa: PLC0415
    from hal.cosim.value_changes import read_changes  # noqa: PLC0415

    ticking, *others = read_changes(waves, [clock, *signals])
    print_lines(timing_picture(ticking, others, first, count))
