"""SystemRDL's hardware side, locks, aliases and interrupts are those of the map, and the emulated card's."""

from __future__ import annotations

import pytest

import codegen
import hal
from codegen.importers.described.request import Options
from codegen.importers.importing import import_file

TOY = """\
addrmap toy {
    reg { field { sw = rw; hw = r; } en[0:0] = 1; } regwen @ 0x0;
    reg cfg_t { field { sw = rw; hw = r; } a[3:0] = 3; field { sw = rw; hw = r; } b[7:4] = 0; };
    cfg_t cfg @ 0x4;
    alias cfg cfg_t cfg_set @ 0x8;
    cfg_set.a->onwrite = woset; cfg_set.b->onwrite = woset;
    alias cfg cfg_t cfg_clr @ 0xC;
    cfg_clr.a->onwrite = woclr; cfg_clr.b->onwrite = woclr;
    reg part_t { field { sw = rw; hw = r; onwrite = wot; } b[7:4] = 0; field { sw = r; hw = r; } a[3:0] = 3; };
    alias cfg part_t part @ 0x10;
    alias cfg cfg_t raw @ 0x14;
    cfg_t locked @ 0x18;
    locked.a->swwe = regwen.en; locked.b->swwe = regwen.en;
    cfg_t half @ 0x1C;
    half.a->swwel = regwen.en;
    reg {
        field { sw = rw; hw = w; onwrite = woclr; posedge intr; } err[0:0] = 0;
        field { sw = r; hw = w; nonsticky intr; } full[1:1] = 0;
        field { sw = rw; hw = w; onwrite = woclr; sticky; } cause[7:4] = 0;
        field { sw = r; hw = w; intr; } wide[11:10] = 0;
    } status @ 0x20;
    reg { field { sw = rw; hw = r; } err[0:0] = 0; field { sw = rw; hw = r; } full[1:1] = 0; } enable @ 0x24;
    status.err->enable = enable.err; status.full->mask = enable.full;
    reg {
        field { sw = r; hw = r; counter; rclr; incrsaturate; } up[7:0] = 0;
        field { sw = r; hw = rw; counter; incrvalue = 2; decrvalue = 3; } both[15:8] = 9;
        field { sw = r; hw = r; counter; decrsaturate = 2; } down[19:16] = 0;
        field { sw = r; hw = r; counter; incrwidth = 3; } odd[23:20] = 0;
        field { sw = rw; hw = rw; we; } held[27:24] = 0;
        field { sw = rw; hw = r; hwset; } set[28:28] = 0;
        field { sw = rw; hw = r; hwclr; } clear[29:29] = 0;
    } counts @ 0x28;
    reg { field { sw = r; hw = w; intr; } x[0:0] = 0; } many[2] @ 0x30;
};
"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.rdl"
    path.write_text(TOY)
    return path


def test_the_map(toy):
    data = import_file(toy, Options()).maps[0].data
    registers = data["registers"]
    assert registers["cfg_set"] == {"offset": 8, "access": "w1s", "alias": "cfg"}
    assert registers["cfg_clr"] == {"offset": 12, "access": "w1c", "alias": "cfg"}
    assert registers["part"]["fields"] == {
        "a": {"bits": "3:0", "access": "ro", "reset": 3, "volatile": True},
        "b": {"bits": "7:4", "access": "w1t", "alias": "cfg.b"},
    }
    assert registers["raw"]["volatile"]
    assert "alias" not in registers["raw"]
    assert registers["locked"]["lock"] == {"by": "regwen.en", "value": 1}
    assert "lock" not in registers["half"]
    assert registers["status"]["fields"] == {
        "err": {"bits": 0, "access": "w1c", "intr": "posedge"},
        "full": {"bits": 1, "access": "ro", "intr": "level", "sticky": "none"},
        "cause": {"bits": "7:4", "access": "w1c", "sticky": "field"},
        "wide": {"bits": "11:10", "access": "ro", "intr": "level"},
    }
    assert {name: field for name, field in registers["counts"]["fields"].items() if name != "odd"} == {
        "up": {"bits": "7:0", "access": "rc", "counter": {"up": 1, "saturate": True}},
        "both": {"bits": "15:8", "access": "ro", "reset": 9, "hw": "both", "counter": {"up": 2, "down": 3}},
        "down": {"bits": "19:16", "access": "ro", "counter": {"down": 1, "saturate": True}},
        "held": {"bits": "27:24", "hw": "both", "we": True},
        "set": {"bits": 28, "hw": "set"},
        "clear": {"bits": 29, "hw": "clear"},
    }
    assert data["interrupts"] == {
        "err": {"status": "status.err", "enable": "enable.err", "clear": "status.err"},
        "full": {"status": "status.full"},
    }
    codegen.load(toy)


def test_what_is_not_there_is_told_with_its_line(toy):
    remarks = import_file(toy, Options()).remarks
    told = {(remark.origin.line, remark.path, remark.message) for remark in remarks.of("dropped")}
    assert told == {
        (3, "toy.half.a", "writes pass while regwen.en is 0: a map locks whole registers"),
        (20, "toy.status.wide", "it is an interrupt of 2 bits, and those of a map are single bits"),
        (23, "toy.status.full", "mask has no counterpart in a map"),
        (28, "toy.counts.odd", "counter has no counterpart in a map"),
        (28, "toy.counts.odd", "incrwidth has no counterpart in a map"),
        (33, "toy.many.x", "it is an interrupt in an array, and those of a map are single bits"),
    }
    told = {(remark.origin.line, remark.message) for remark in remarks.of("approximated")}
    assert told == {
        (10, "it is an alias of cfg, and with a storage of its own here: a"),
        (11, "it is an alias of cfg, and with a storage of its own here: a, b"),
        (27, "decrsaturate is 2: the counter stops at 0 here"),
    }


def test_the_emulated_card_has_one_storage_of_a_register_and_its_aliases(slot, toy):
    with hal.load_map(toy).open(0, library="emulator") as dev:
        dev.cfg_set.b = 0x9
        dev.cfg_clr.a = 0x1
        dev.part.b = 0x8
        assert dev.cfg.read() == 0x12
        dev.locked.a = 1
        dev.regwen.en = 0
        with pytest.raises(hal.LockedError, match=r"regwen\.en"):
            dev.locked.a = 2
        model = hal.Model(type(dev))
        dev.slot.emulator.set_model(model)
        model.count("counts.up", 300)
        model.drive("status.err", 1)
        assert (dev.counts.up, dev.counts.up) == (255, 0)
        assert dev.interrupts.err.pending
        dev.interrupts.err.clear()
        assert not dev.interrupts.err.pending


def test_properties_of_peakrdl_regblock_are_known_declared_or_not(tmp_path):
    declared = "property is_signed { component = field; type = boolean; default = true; };\n"
    body = """addrmap num {
        reg { field { sw = rw; hw = r; is_signed; } s[7:0] = 0; field { sw = rw; hw = r; fracwidth = 4; is_signed; } f[15:8] = 0;
              field { sw = rw; hw = r; intwidth = 3; } u[23:16] = 0; } a @ 0;
        reg { regwidth = 64; accesswidth = 32; buffer_reads; field { sw = r; hw = w; } t[63:0] = 0; } stamp @ 8;
    };
    """
    for text in (body, declared + body):
        path = tmp_path / "num.rdl"
        path.write_text(text)
        registers = import_file(path, Options()).maps[0].data["registers"]
        assert {name: field["format"] for name, field in registers["a"]["fields"].items()} == {
            "s": "signed",
            "f": {"fixed": {"signed": True, "fraction_bits": 4}},
            "u": {"fixed": {"signed": False, "fraction_bits": 5}},
        }
        assert registers["stamp"]["words"] == "latched"
        codegen.load(path)


def test_what_is_in_another_file_is_told_with_what_to_do(tmp_path):
    path = tmp_path / "a.rdl"
    path.write_text("addrmap a {\n  other b;\n};\n")
    with pytest.raises(
        codegen.MapError, match=r"a\.rdl:2:\d+: .*'other' is not defined. Include the file that defines it."
    ):
        codegen.load(path)
    path.write_text("addrmap a {\n  reg { field { odd = 1; } f; } one;\n};\n")
    with pytest.raises(codegen.MapError, match="Declare it in the file, or include the file that does"):
        codegen.load(path)
