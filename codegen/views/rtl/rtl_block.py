"""A register block: all of one BAR, as the templates of its package, its module and its bus see it."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from codegen._version import __version__
from codegen.model.refusals.origins import Refusals
from codegen.schema.policies import POLICIES
from codegen.views.rtl.rtl_alternates import settle_alternates, shared_value
from codegen.views.rtl.rtl_cells import Cell, Held, Place, is_pulse, is_wire
from codegen.views.rtl.rtl_hardware import has_value, inputs_of, outputs_of
from codegen.views.rtl.rtl_links import Links, UnreachableError
from codegen.views.rtl.rtl_places import layouts_of
from codegen.views.rtl.rtl_ports import Port, Structure, port_path, structures
from codegen.views.rtl.rtl_reads import ReadPath, read_path
from codegen.views.rtl.rtl_register import Bus, RegisterLogic, RegisterView
from codegen.views.rtl.rtl_rules import check_layout, elements_of
from codegen.views.rtl.rtl_software import Software
from codegen.views.rtl.rtl_windows import RangeView, ranges_of
from codegen.views.rtl.writing.rtl_names import Signals, member
from codegen.views.rtl.writing.rtl_text import vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.model.device import Device
    from codegen.model.hardware.hardware_types import Interrupt
    from codegen.views.rtl.rtl_places import Group, Layout, View, Window

__all__ = ["Block", "Driven", "InterruptView", "Wire", "blocks_of"]

_PAGE_BITS = 12
"""Address bits at least: AXI has no smaller window than 4 KiB."""

_OWN = (
    "access", "ack", "addr", "answered", "at", "clk", "err", "found", "hwif_in", "hwif_out", "i", "irq",
    "interrupts", "may", "outside", "rd", "rd_data", "rd_word", "req", "req_write", "rst_n", "unused", "wr", "wr_bits",
    "wr_data", "wr_ones", "wr_strb", "wr_zeros", "NONE", "RO", "RW", "WO",
)  # fmt: skip


class InterruptView(NamedTuple):
    """An interrupt: its name, when it is raised, and a comment."""

    name: str
    value: str
    comment: str


class Driven(NamedTuple):
    """A member of what hardware is told: its type, a signal of that type, and what the members of this one are."""

    name: str
    type: str
    signal: str
    members: tuple[tuple[str, str], ...]


class Wire(NamedTuple):
    """A signal and what it is."""

    type: str
    name: str
    value: str


class Block(NamedTuple):
    """All that the templates lay out of one BAR. `inputs` and `outputs`: structures, the last one holds the others."""

    name: str
    description: str
    space: str
    bus: Bus
    inputs: tuple[Structure, ...]
    outputs: tuple[Structure, ...]
    wires: tuple[Wire, ...]
    registers: tuple[RegisterView, ...]
    reads: ReadPath
    memories: tuple[RangeView, ...]
    externals: tuple[RangeView, ...]
    driven: tuple[Driven, ...]
    interrupts: tuple[InterruptView, ...]
    version: str = __version__


def blocks_of(device: Device, options: Mapping[str, str]) -> list[Block]:
    """Return the register blocks of a device, one for each of its BARs.

    Raises MapError for what of its map can't become logic.
    """
    refusals = Refusals(device.origins)
    layouts, step = layouts_of(device), int(options["width"]) // 8
    for layout in layouts:
        settle_alternates(layout, refusals)
        check_layout(layout, step, refusals)
    refusals.raise_any()
    return [_Builder(device, layout, options, refusals).block() for layout in layouts]


def _address_bits(layout: Layout, options: Mapping[str, str]) -> int:
    needed = max((layout.end - 1).bit_length(), _PAGE_BITS)
    if options["address"] == "auto":
        return needed
    given = int(options["address"])
    if given < needed:
        raise ValueError(f"{layout.space} needs addresses of {needed} bits, and rtl.address is {given}")
    return given


def _held(cell: Cell) -> Held:
    """Return what a field is made of."""
    hardware = cell.field.hardware
    if is_pulse(cell.field):
        return "pulse"
    if is_wire(cell.field):
        return "wire"
    rows = [POLICIES[way[1].access] for way in cell.ways]
    changes = any(row.writable or row.read_acts for row in rows) or (hardware is not None and hardware.writes)
    return "storage" if changes else "constant"


class _Builder:
    def __init__(self, device: Device, layout: Layout, options: Mapping[str, str], refusals: Refusals) -> None:
        self._device, self._layout, self._refusals = device, layout, refusals
        self._bus = Bus(_address_bits(layout, options), int(options["width"]))
        self._names = Signals(_OWN)
        self._places: dict[tuple[str, ...], list[Place]] = {}
        self._links = Links(self._places)
        self._software = Software(self._bus.data)
        self._logic = RegisterLogic(self._bus, self._links, self._software)
        self._wires: list[Wire] = []

    def block(self) -> Block:
        """Return the view. Raises MapError."""
        for group in self._layout.groups.values():
            self._places[group.names] = list(self._new_places(group))
        everything = [place for places in self._places.values() for place in places]
        self._settle(everything)
        self._refusals.raise_any()
        guards = {id(place): self._guards(place) for place in everything}
        presence = dict(self._presence())
        interrupts = tuple(filter(None, map(self._interrupt, range(len(self._device.interrupts)))))
        self._refusals.raise_any()
        self._mark_used(everything)
        inputs, outputs, driven, given = self._ports()
        views = [self._view(place, guards[id(place)], given) for place in everything]
        ranges = [
            ranges_of(found, self._bus, self._names, presence)
            for found in (self._layout.memories, self._layout.externals)
        ]
        for one in ranges:
            inputs += one.inputs
            outputs += one.outputs
            driven += one.driven
            self._wires += (Wire(*alias) for alias in one.aliases)
        is_home = self._layout.space == self._device.space
        name = (
            self._device.name if is_home else f"{self._device.name}_{self._layout.space.pf}_bar{self._layout.space.bar}"
        )
        types = Signals(("in_t", "out_t", "interrupts_t"), is_package=True)
        told = tuple(structures(outputs, "out_t", self._device.name, types))
        self._check_names(views)
        return Block(
            name,
            self._device.description,
            str(self._layout.space),
            self._bus,
            tuple(structures(inputs, "in_t", self._device.name, types)),
            told,
            tuple(self._wires),
            tuple(views),
            read_path(self._layout.constants, ranges[0].views, everything, self._logic, self._bus),
            ranges[0].views,
            ranges[1].views,
            tuple(self._driven(told, driven)),
            interrupts,
        )

    def _check_names(self, views: list[RegisterView]) -> None:
        """Hold that no two signals share a name: tools would take them for one, or stop."""
        names = [one.name for view in views for one in view.declarations] + [wire.name for wire in self._wires]
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise ValueError(f"{self._device.name}: two signals would both be {twice[0]} in SystemVerilog; rename one")

    # -- registers and cells ------------------------------------------------------------------------------------------

    def _new_places(self, group: Group) -> Iterator[Place]:
        for element in elements_of(group, self._bus.step):
            steps = group.names if element is None else (*group.names, str(element))
            place = Place.of(group, self._names.take_stem(*steps), self._bus.step, element)
            for field in group.type.fields:
                if field.alias is None:
                    resets = tuple(place.reset >> low & ((1 << field.width) - 1) for low in field.element_lows)
                    cell = Cell(field, self._names.take(*steps, field.name), resets)
                    cell.ways.append((place, field, place.index))
                    place.cells[field.name] = cell
            yield place

    def _settle(self, places: list[Place]) -> None:
        """Find what software changes each cell by, and so what it is made of."""
        for place in places:
            for field in place.register.fields:
                if field.alias is not None:
                    self._add_alias(place, field.alias, field.name)
        for cell in (cell for place in places for cell in place.cells.values()):
            cell.held = _held(cell)

    def _add_alias(self, place: Place, path: str, name: str) -> None:
        field = next(item for item in place.register.fields if item.name == name)
        register, _, inner = path.partition(".")
        targets = self._places.get((*place.group.names[:-1], register), [])
        shared = "@" not in name and (*place.group.names[:-1], register, inner) in self._layout.shared
        if not targets or shared or inner not in targets[0].cells:
            self._refuse(place, "alias", f"{path} is held by other logic, or its bits are another field's")
            return
        try:
            for target in targets:
                for index in self._links.strobe_indexes(target, place):
                    target.cells[inner].ways.append((place, field, index))
            if POLICIES[field.access].readable:
                self._links.cell_of(place, field, place.index)
        except UnreachableError as fault:
            self._refuse(place, "alias", str(fault))

    def _guards(self, place: Place) -> list[str]:
        try:
            place.presence = self._logic.presence(place, self._layout.views.get(place.group.names, ()))
            _ = list(self._logic.keys(place))
            return self._logic.guards(place)
        except UnreachableError as fault:
            rules = place.register.rules
            self._refuse(place, "lock" if rules and rules.lock else "unlock", str(fault))
            return []

    def _presence(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield when other logic answers that is an alternate, or has such."""
        for window in self._layout.externals:
            views = self._layout.views.get(window.names, ())
            terms = [term for view in views for term in self._holds(window, view)]
            if terms:
                yield window.names, " && ".join(terms)

    def _holds(self, window: Window, view: View) -> list[str]:
        try:
            return self._links.holds(view, partial(self._links.beside, window))
        except UnreachableError as fault:
            hint = "Say when by a field of this block."
            self._refusals.add(window.names, "when", "rtl-alternate", str(fault), hint)
            return []

    def _refuse(self, place: Place, key: str, message: str) -> None:
        self._refusals.add(place.group.names, key, f"rtl-{key}", message, "Say external: true, or change the map.")

    def _mark_used(self, places: list[Place]) -> None:
        """Leave out what neither software nor hardware can see."""
        for place in places:
            for field in place.register.fields:
                if POLICIES[field.access].readable:
                    self._links.cell_of(place, field, place.index)[0].is_used = True
        for cell in (cell for place in places for cell in place.cells.values()):
            if not cell.is_used and not has_value(cell):
                cell.held = "nothing"
            if cell.held in ("storage", "pulse"):
                self._software.note_strobes(cell)

    def _view(self, place: Place, guards: list[str], given: dict[tuple[str, ...], dict[str, str]]) -> RegisterView:
        inputs = {}
        for name in place.cells:
            texts = given.get((*place.group.names, name), {})
            index = place.index if place.element is None else f"[{place.element}]"
            inputs[name] = {key: text if text.startswith("hwif_in") else text + index for key, text in texts.items()}
        element = "" if place.element is None else f", element {place.element}"
        at = ", ".join(f"{at:#x}" for at in place.beats[:4])
        title = f"{place.group.path}{element}, {at}"
        view = self._logic.view(place, title, place.group.child.shown_description, inputs, guards)
        return view._replace(label=self._names.take("g", place.signal)) if view.number else view

    # -- the hardware's side ------------------------------------------------------------------------------------------

    def _ports(
        self,
    ) -> tuple[list[Port], list[Port], list[tuple[str, str]], dict[tuple[str, ...], dict[str, str]]]:
        """Return inputs, outputs, what drives these, and the signals of inputs by the steps of fields."""
        inputs: list[Port] = []
        outputs: list[Port] = []
        driven: list[tuple[str, str]] = []
        given: dict[tuple[str, ...], dict[str, str]] = {}
        for names, places in self._places.items():
            sizes = tuple(dimension.count for dimension in places[0].group.dimensions)
            known = {field.name for field in places[0].group.child.type.fields}
            for name in places[0].cells:
                cells = [place.cells[name] for place in places]
                if cells[0].held == "nothing":
                    continue
                cell, steps = cells[0], (*names, name)
                inner = () if cell.field.array is None else (cell.count,)
                given[steps] = {}
                for port in inputs_of(cell):
                    bits = (*inner, cell.field.width) if port.is_wide else (cell.count,)
                    inputs.append(Port(steps, port.name, (*sizes, *bits)))
                    given[steps][port.name] = self._input(
                        steps, port.name, places, cell.width if port.is_wide else cell.count, inner
                    )
                is_whole = name in known and steps not in self._layout.shared  # else it is a part of one
                for out in outputs_of(cell) if is_whole else ():
                    bits = (*inner, cell.field.width) if out == "value" else (1,)
                    comment = cell.field.description if out == "value" else ""
                    outputs.append(Port(steps, out, (*sizes, *bits), about=comment))
                    driven.append((port_path(steps, out), self._output(out, cells)))
        for steps, pieces in self._layout.shared.items():
            value, group = shared_value(pieces, self._places), self._places[pieces[0].register][0].group
            if value:
                sizes = tuple(dimension.count for dimension in group.dimensions)
                outputs.append(Port(steps, "value", (*sizes, pieces[-1].low + pieces[-1].width)))
                driven.append((port_path(steps, "value"), value))
        return inputs, outputs, driven, given

    def _input(self, steps: tuple[str, ...], name: str, places: list[Place], width: int, inner: tuple[int, ...]) -> str:
        """Return the signal of an input: a part of the structure, or of arrays a flat one."""
        text = f"hwif_in.{port_path(steps, name)}"
        number = places[0].group.number
        hardware = places[0].cells[steps[-1]].field.hardware
        # Icarus Verilog 11 can't invert a member of a structure.
        is_inverted = hardware is not None and (hardware.hw == "clear" or hardware.intr == "negedge")
        if not places[0].group.dimensions and not inner and not is_inverted:
            return text
        signal = self._names.take(*steps, name)
        outer = (number,) if places[0].group.dimensions else ()
        self._wires.append(Wire(f"logic {vector(*outer, width)}".rstrip(), signal, text))
        return signal

    def _output(self, name: str, cells: list[Cell]) -> str:
        parts = [cell.name for cell in cells] if name == "value" else [self._told(name, cell) for cell in cells]
        return parts[0] if len(parts) == 1 else f"{{{', '.join(reversed(parts))}}}"

    def _told(self, name: str, cell: Cell) -> str:
        """Return when software accesses or changes a field; of an array, for all elements at once."""
        terms = []
        for way in cell.found_ways():
            if way.policy.writable:
                terms.append(way._replace(at=self._whole(way.at)).write)
            if way.policy.read_acts or (name == "swacc" and way.policy.readable):
                terms.append(way._replace(at=self._whole(way.at)).read)
        return " | ".join(dict.fromkeys(terms))

    @staticmethod
    def _whole(index: str) -> str:
        """Return an index outside of a loop."""
        return "" if index == "[i]" else index

    def _driven(self, told: tuple[Structure, ...], driven: list[tuple[str, str]]) -> Iterator[Driven]:
        """Yield what hardware is told, a member of the whole at a time: one block for all is much to a simulator."""
        types = {one.name: one.type for one in told[-1].members} if told else {}
        groups: dict[str, list[tuple[str, str]]] = {}
        for path, value in driven:
            first, _, rest = path.partition(".")
            groups.setdefault(first, []).append((rest, value))
        for name, members in groups.items():
            yield Driven(name, types[name], self._names.take(name, "out"), tuple(members))

    # -- interrupts ---------------------------------------------------------------------------------------------------

    def _interrupt(self, number: int) -> InterruptView | None:
        interrupt = self._device.interrupts[number]
        try:
            status = self._links.of_device(self._device.root, interrupt.status)
            value = self._links.bits(status)
            if interrupt.enable is not None:
                value += f" & {self._enabled(interrupt)}"
        except UnreachableError as fault:
            if self._is_here(interrupt.status):
                hint = "Choose fields that this block holds."
                self._refusals.add_of_device(("interrupts", interrupt.name), "rtl-interrupt", str(fault), hint)
            return None
        return InterruptView(member(interrupt.name), value, interrupt.description)

    def _is_here(self, path: str) -> bool:
        """Return whether a path leads into this BAR."""
        first = path.partition(".")[0].partition("[")[0]
        child = next(child for child in self._device.root.children if child.name == first)
        space = getattr(child, "space", None) or self._device.space
        return bool(space == self._layout.space)

    def _enabled(self, interrupt: Interrupt) -> str:
        assert interrupt.enable is not None
        found = self._links.of_device(self._device.root, interrupt.enable.path)
        assert found.field is not None
        policy = POLICIES[found.field.access]
        if is_pulse(found.field) or (policy.is_blind and found.field.idle in (0, 1)):
            raise UnreachableError(f"{interrupt.enable.path} is a command, and holds nothing that could enable it")
        return self._links.bits(found)
