"""Commands on what registers hold as a whole: `hal restore` puts it back, `hal wait` waits until it is so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hal.cli.options import AWAITED, MAP, SLOT, map_options
from hal.cli.output import print_error, print_errors, print_json, print_lines, print_table
from hal.cli.registers.access import open_device

if TYPE_CHECKING:
    from hal.devices.device import Device

__all__ = ["restore", "wait"]


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Write nothing; print what differs from the dump.")
@click.option("--force", is_flag=True, help="Also write registers that hold it already.")
@map_options
def restore(
    slot: int | str,
    map_name: str,
    file: Path,
    dry_run: bool,
    force: bool,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Write back what registers held when a dump was saved.

    FILE is of hal dump --save. Written are the fields that keep what is written to them, in the registers that hold
    something else now; a register of which any write
    acts, one whose lock is closed, and what the map of today does not have, is left out and told on standard error.

    JSON: {changed, left_out}: a list of {path, old, new} with the values before and after, or of what would change;
    and a list of paths.

    \b
    Example:
      hal dump 0 cl_mem_perf --save before.json
      hal restore 0 cl_mem_perf before.json
    """  # noqa: D301  (a mark of click's)
    from hal.devices.saved.restore import after_restore  # noqa: PLC0415
    from hal.texts.dumps import diff_data, diff_rows, load_dump, saved_memories  # noqa: PLC0415

    with open_device(slot, map_name, library, verify=verify) as device:
        driver = type(device)
        saved = load_dump(file, driver)
        held, fixed = saved_memories(device, saved, ("rw",)), saved_memories(device, saved, ("ro",))
        before = device.snapshot(memories=held)
        left_out = sorted({*saved.misfits, *fixed}) if dry_run else device.restore(saved, force=force)
        changed = before.diff(after_restore(before, saved) if dry_run else device.snapshot(memories=held))
    if as_json:
        print_json({"changed": diff_data(changed), "left_out": left_out})
    elif changed:
        print_table(("path", "old", "new"), diff_rows(driver, changed))
    else:
        print_lines(["no difference"])
    if left_out and not as_json:
        kind = "place" if fixed else "register"
        print_error(f"not written back: {len(left_out)} {kind}{'s' if len(left_out) > 1 else ''}")
        reasons = {**dict.fromkeys(fixed, "it is read-only"), **saved.misfits}
        print_errors([f"{path}: {reasons.get(path, 'a write of it acts, or its lock is closed')}" for path in left_out])


@click.command()
@click.argument("slot", type=SLOT)
@click.argument("map_name", type=MAP, metavar="MAP")
@click.argument("assignments", type=AWAITED, nargs=-1, required=True, metavar="PATH=VALUE...")
@click.option(
    "--fail",
    "failures",
    type=AWAITED,
    multiple=True,
    metavar="PATH=VALUE",
    help="End with exit code 1 as soon as a field is so; may be given several times.",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Seconds until it has to be so."
)
@click.option(
    "--interval", type=click.FloatRange(min=0), default=0.001, show_default=True, help="Seconds between reads."
)
@map_options
def wait(
    slot: int | str,
    map_name: str,
    assignments: tuple[tuple[str, str], ...],
    failures: tuple[tuple[str, str], ...],
    timeout: float,
    interval: float,
    library: str | None,
    verify: bool,
    as_json: bool,
) -> None:
    """Wait until the fields of a register have these values.

    The fields are of one register, and are looked at in one read. Those of --fail may be of others, each of which is
    one more read a look. Exit code 5: not in time. Exit code 1: one of --fail came, also where the rest came with it.
    A bus that nobody answers on is an error, and no value.

    JSON: {path, fields: {name: value}} of the register as it was then.

    \b
    Example:
      hal wait 0 cl_mem_perf ddr.status.ready=1 --timeout 5
      hal wait 0 copier.yaml status.done=1 --fail status.error=1 --fail link.state=down
    """  # noqa: D301  (a mark of click's)
    from hal.registers.waits.condition import Condition  # noqa: PLC0415
    from hal.registers.waits.waits import wait_for_all  # noqa: PLC0415

    with open_device(slot, map_name, library, verify=verify) as device:
        register, fields = _wanted(device, assignments)
        others = _failures(device, failures)
        _, own = others.pop(register.path, (register, {}))
        watched = (Condition(node, None, fails, {}) for node, fails in others.values())
        wait_for_all(Condition(register, None, own, fields), *watched, timeout=timeout, interval=interval)
    names = {register._shape.fields[attribute].name: value for attribute, value in fields.items()}
    if as_json:
        print_json({"path": register.path, "fields": names})
    else:
        texts = (f"{name}={getattr(value, 'name', value)}" for name, value in names.items())
        print_lines([f"{register.path}: {', '.join(texts)}"])


def _wanted(device: Device, assignments: tuple[tuple[str, str], ...]) -> tuple[Any, dict[str, Any]]:
    """The register that is waited for, and the values of its fields."""
    from hal.texts.typed import find_place, parse_value  # noqa: PLC0415

    places = [(find_place(device, path), text) for path, text in assignments]
    fields: dict[str, Any] = {}
    for place, text in places:
        if place.field is None or place.node.path != places[0][0].node.path:
            raise click.UsageError(f"{place.path}: give fields of one register, as in ch[2].status.done=1")
        if place.field.attribute in fields:
            raise click.UsageError(f"{place.path} is given more than once")
        fields[place.field.attribute] = parse_value(place.field, text, writing=False)
    return places[0][0].node, fields


def _failures(device: Device, failures: tuple[tuple[str, str], ...]) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Registers by path, and the values by which their fields fail the wait; several of one field are alternatives."""
    from hal.registers.waits.comparisons import one_of  # noqa: PLC0415
    from hal.texts.typed import find_place, parse_value  # noqa: PLC0415

    found: dict[str, tuple[Any, dict[str, list[Any]]]] = {}
    for path, text in failures:
        place = find_place(device, path)
        if place.field is None:
            raise click.UsageError(f"--fail {path}: give a field, as in ch[2].status.error=1")
        _, values = found.setdefault(place.node.path, (place.node, {}))
        values.setdefault(place.field.attribute, []).append(parse_value(place.field, text, writing=False))
    return {
        path: (node, {name: given[0] if len(given) == 1 else one_of(*given) for name, given in values.items()})
        for path, (node, values) in found.items()
    }
