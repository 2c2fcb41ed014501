"""Second readers of lists of registers in YAML and TOML: rggen and hdl-registers, by the libraries of these languages."""

from __future__ import annotations

import pytest
import yaml

from tests.codegen.importers.second_readers import Fact

# -- rggen -------------------------------------------------------------------------------------------------------------

RGGEN = {
    **dict.fromkeys(("rw", "rwe", "rwl", "rwc", "rws", "rwhw", "w1", "counter", "rwtrg", "rowo", "rowotrg"), "value value"),
    **dict.fromkeys(("ro", "rof", "rohw", "rotrg"), "value none"),
    **dict.fromkeys(("wo", "wo1", "wotrg", "w1trg"), "none value"),
    "wrc": "clear value", "wrs": "set value", "rc": "clear none", "rs": "set none", "w0trg": "none zero_sets",
    "w0c": "value zero_clears", "w0s": "value zero_sets", "w0t": "value zero_toggles", "row0trg": "value zero_sets",
    "w1c": "value one_clears", "w1s": "value one_sets", "w1t": "value one_toggles", "row1trg": "value one_sets",
    "w0crs": "set zero_clears", "w0src": "clear zero_sets", "w1crs": "set one_clears", "w1src": "clear one_sets",
    "wc": "value clears", "ws": "value sets", "woc": "none clears", "wos": "none sets", "wcrs": "set clears",
    "wsrc": "clear sets",
}  # fmt: skip
RGGEN_READS = {"none": "none", "clear": "clear", "set": "set"}
RGGEN_WRITES = {
    "none": "none", "clear": "clears", "set": "sets", "clear_0": "zero_clears", "clear_1": "one_clears",
    "set_0": "zero_sets", "set_1": "one_sets", "toggle_0": "zero_toggles", "toggle_1": "one_toggles",
}  # fmt: skip


def rggen_parts(pieces, kind):
    """Things of a kind, each as a list of pieces: `kind` is one in pieces, its plural several."""
    found = []
    for piece in pieces:
        if kind in piece:
            found.append(piece[kind] if isinstance(piece[kind], list) else [piece[kind]])
        found += [item if isinstance(item, list) else [item] for item in piece.get(f"{kind}s", [])]
    return found


def rggen_value(pieces, key, other=None):
    return next((piece[key] for piece in pieces if key in piece), other)


def rggen_type(given):
    """The name of a type, and what stands behind it in a list."""
    name, *rest = given if isinstance(given, list) else [given]
    return str(name), {key: word for item in rest if isinstance(item, dict) for key, word in item.items()}


def rggen_facts(path):
    """Of each register block, without files of registers; of an indirect array the one place it has."""
    data = yaml.safe_load(path.read_text())
    found = {}
    for block in rggen_parts(data if isinstance(data, list) else [data], "register_block"):
        facts, end = [], 0
        for register in rggen_parts(block, "register"):
            start = rggen_value(register, "offset_address", end)
            fields = [*rggen_fields(register)]
            width = max((low + bits for low, bits, *_ in fields), default=1)
            size = -(-width // 32) * 4
            kind = rggen_type(rggen_value(register, "type", "default"))[0]
            count, step = 1, size
            given = rggen_value(register, "size", [])
            for item in given if isinstance(given, list) else [given]:
                count, step = (count, item["step"]) if isinstance(item, dict) else (count * item, step)
            count = 1 if kind == "indirect" else count
            end = start + count * step
            for index in range(count if kind not in {"external", "reserved"} else 0):
                for low, bits, read, write, reset in fields:
                    value = reset if index == 0 or not isinstance(reset, tuple) else None
                    value = value[0] if isinstance(value, tuple) else value
                    name = rggen_value(register, "name")
                    facts.append((name, Fact(start + index * step, low, bits, read, write, value)))
        found[rggen_value(block, "name")] = facts
    return found


def rggen_fields(register):
    """Low bit, width, read, write and reset of each bit field, of each element of a sequence; a tuple: the first one's."""
    end = 0
    for field in rggen_parts(register, "bit_field"):
        place = rggen_value(field, "bit_assignment")
        low, bits = place.get("lsb", end), place.get("width", 1)
        count, step = place.get("sequence_size", 1), place.get("step", bits)
        end = low + (count - 1) * step + bits
        kind, options = rggen_type(rggen_value(field, "type"))
        if kind == "reserved":
            continue
        words = (
            [RGGEN_READS.get(options.get("sw_read"), "value"), RGGEN_WRITES.get(options.get("sw_write"), "value")]
            if kind == "custom"
            else RGGEN[kind].split()
        )
        reset = rggen_value(field, "initial_value")
        reset = reset["default"] if isinstance(reset, dict) else reset
        for number in range(count):
            value = (reset[0][number],) if isinstance(reset, list) else reset
            yield (low + number * step, bits, *words, value)


# -- hdl-registers -----------------------------------------------------------------------------------------------------

HDL_MODES = {
    "r": "value none", "w": "none value", "r_w": "value value", "wpulse": "none value", "r_wpulse": "value value",
}  # fmt: skip


def hdl_registers_facts(path):
    """Registers in their order, four bytes each, of a TOML file."""
    tomllib = pytest.importorskip("tomllib")
    facts = []
    for name, item in tomllib.loads(path.read_text()).items():
        if item.get("type") == "constant":
            continue
        is_array = item.get("type") == "register_array"
        rows = [(key, inner) for key, inner in item.items() if isinstance(inner, dict)] if is_array else [(name, item)]
        for _ in range(item["array_length"] if is_array else 1):
            for key, register in rows:
                at = (facts[-1][1].address + 4) if facts else 0
                low = 0
                for bits, reset in [hdl_bits(field) for field in register.values() if isinstance(field, dict)] or [
                    (32, register.get("default_value", 0))
                ]:
                    facts.append((key, Fact(at, low, bits, *HDL_MODES[register["mode"]].split(), reset)))
                    low += bits
    return {path.stem.removeprefix("regs_"): facts}


def hdl_bits(field):
    """The width of a field, and its reset."""
    given = field.get("default_value", 0)
    if field["type"] == "enumeration":
        names = [*field["element"]]
        return max(1, (len(names) - 1).bit_length()), names.index(given) if given else 0
    if field["type"] == "integer":
        least, most = field.get("min_value", 0), field["max_value"]
        bits = 1 + max((~least).bit_length(), most.bit_length()) if least < 0 else most.bit_length()
        return bits, (given if "default_value" in field else least) & ((1 << bits) - 1)
    return field.get("width", 1), int(str(given), 2)
