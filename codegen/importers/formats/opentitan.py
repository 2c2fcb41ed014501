"""OpenTitan's register descriptions, as its tool reggen reads them: an IP block in Hjson becomes a map.

Source: the documents of reggen in the OpenTitan project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.importers.described.description import Device, Interrupt, Memory, Register
from codegen.importers.described.remarks import refuse
from codegen.importers.formats.opentitan_registers import Numbers, RegisterReader, plain_text
from codegen.importers.formats.readers.hjson_reader import Node, parse_hjson
from codegen.schema.policies import NAMES

if TYPE_CHECKING:
    from codegen.importers.described.description import Block
    from codegen.importers.described.remarks import Remarks
    from codegen.importers.described.request import Foreign, Options

__all__ = ["read_opentitan"]

_WINDOW_ACCESSES = {"ro": "ro", "wo": "wo"}


def read_opentitan(source: Foreign, options: Options, remarks: Remarks) -> list[Device]:
    """Return the device of a file; one for each of its bus interfaces where it has several."""
    root = parse_hjson(source.text(), source.display)
    registers = root.get("registers")
    name = root.text("name")
    if registers is None or not name:
        hint = "Is it an IP block in OpenTitan's Hjson?"
        raise refuse(root.origin, "no-opentitan", "wanted a mapping with name and registers", hint)
    numbers = Numbers(root, options.parameters)
    if isinstance(registers.value, list):
        return [_Reader(root, numbers, remarks).device(name, registers, source.path.name, has_own=True)]
    devices: list[Device] = []
    for key, part in registers.items():
        own = name if key == "default" else f"{name}_{key}"
        devices.append(_Reader(root, numbers, remarks).device(own, part, source.path.name, has_own=not devices))
    return devices


class _Reader:
    def __init__(self, root: Node, numbers: Numbers, remarks: Remarks) -> None:
        self._root, self._numbers, self._remarks = root, numbers, remarks
        self._width = numbers.of(root, "regwidth", 32)
        self._step = max(1, self._width // 8)
        self._reader = RegisterReader(numbers, self._width, remarks)
        self._offset = 0

    def device(self, name: str, registers: Node, file: str, *, has_own: bool) -> Device:
        root = self._root
        text = root.text("one_paragraph_desc") or root.text("one_line_desc")
        device = Device(name, root.origin, plain_text(text))
        device.head = [f"{root.text('human_name') or name} of OpenTitan. Made from {file}."]
        if has_own:
            self._interrupts(device)
            self._alerts(device)
        for entry in registers.all():
            self._entry(device, entry, name)
        self._remarks.carried(root.origin, name, "block")
        return device

    # -- registers that the tool adds ------------------------------------------------------------------------------

    def _interrupts(self, device: Device) -> None:
        interrupts = self._root.get("interrupt_list")
        if interrupts is None or not interrupts.all() or self._root.text("no_auto_intr_regs") == "true":
            return
        texts = {
            "INTR_STATE": "Interrupt State Register",
            "INTR_ENABLE": "Interrupt Enable Register",
            "INTR_TEST": "Interrupt Test Register",
        }
        for kind, text in texts.items():
            register = Register(kind, interrupts.origin, text, offset=self._offset, width=self._width)
            lsb = 0
            for line in interrupts.all():
                field = self._reader.interrupt(line, kind, lsb)
                lsb += field.width
                register.fields.append(field)
            self._add(device, register)
        for number, line in enumerate(interrupts.all()):
            name = line.text("name")
            is_state = line.text("type") == "status"
            clear = None if is_state else f"INTR_STATE.{name}"
            text = plain_text(line.text("desc"))
            status, enable = f"INTR_STATE.{name}", f"INTR_ENABLE.{name}"
            device.interrupts.append(Interrupt(name, line.origin, number, status, enable, clear, text))

    def _alerts(self, device: Device) -> None:
        alerts = self._root.get("alert_list")
        if alerts is None or not alerts.all() or self._root.text("no_auto_alert_regs") == "true":
            return
        register = Register("ALERT_TEST", alerts.origin, "Alert Test Register", offset=self._offset, width=self._width)
        for lsb, line in enumerate(alerts.all()):
            field = self._reader.flag(line, line.text("name"), "Write 1 to trigger one alert event of this kind.", lsb)
            field.access, field.idle = NAMES["wo"], 0
            register.fields.append(field)
        self._add(device, register)

    def _add(self, block: Block, register: Register) -> None:
        self._remarks.carried(register.origin, f"{block.name}.{register.name}", "register")
        block.children.append(register)
        self._offset = register.offset + (register.count or 1) * self._step

    # -- what the file lists -------------------------------------------------------------------------------------------

    def _entry(self, device: Device, entry: Node, path: str) -> None:
        special = {
            key: node for key, node in entry.items() if key in {"reserved", "skipto", "sameaddr", "window", "multireg"}
        }
        if len(special) == 1 and len(dict(entry.items())) == 1:
            ((key, node),) = special.items()
            self._special(device, entry, key, node, path)
        elif entry.text("name"):
            register = self._reader.register(entry, self._offset, path)
            self._add(device, register)
        else:
            message = "an entry of registers that is no register, multireg, window, skipto, reserved or sameaddr"
            raise refuse(entry.origin, "bad-entry", message, "Give it a name and fields.", path)

    def _special(self, device: Device, entry: Node, key: str, node: Node, path: str) -> None:
        if key == "reserved":
            self._offset += self._numbers.of(entry, key, 0) * self._step
        elif key == "skipto":
            self._offset = self._numbers.of(entry, key, 0)
        elif key == "window":
            self._window(device, node, path)
        elif key == "multireg":
            for register in self._reader.multireg(node, self._offset, path):
                self._add(device, register)
        else:
            start = self._offset
            for item in node.all():
                self._add(device, self._reader.register(item, start, path))
            self._offset = start + self._step

    def _window(self, device: Device, node: Node, path: str) -> None:
        name = node.text("name") or f"window_{self._offset:x}"
        where = f"{path}.{name}"
        items = self._numbers.of(node, "items", 0)
        if items <= 0:
            raise refuse(node.origin, "bad-window", f"the window has {items} items", "Give it some.", where)
        size = items * self._step
        aligned = 1 << (size - 1).bit_length()
        self._offset = -(-self._offset // aligned) * aligned
        memory = Memory(name, node.origin, plain_text(node.text("desc")), offset=self._offset, size=size)
        memory.width = self._width
        memory.access = _WINDOW_ACCESSES.get(node.text("swaccess"), "rw")
        bits = self._numbers.of(node, "validbits", self._width)
        if bits != self._width:
            message = f"only bits {bits - 1}:0 of each word are there"
            self._remarks.approximated(memory, node.origin, where, message)
        self._remarks.carried(node.origin, where, "window")
        device.children.append(memory)
        self._offset += size
