"""SystemRDL becomes maps that agree with the compiler's own tree."""

from __future__ import annotations

import sys

import pytest
from systemrdl import RDLCompiler
from systemrdl.node import FieldNode, RegNode

import codegen
from codegen.importers.described.request import Options
from codegen.importers.formats.systemrdl.systemrdl_properties import OWN_PROPERTIES
from codegen.importers.importing import import_file
from codegen.schema.policies import POLICIES
from tests.support.refusals import require_refused

TOY = """\
property vendor_note { type = string; component = reg; };
enum Mode { off = 0; fast = 2 { name = "FAST!"; desc = "Needs cooling."; }; };
reg counter_r #(longint unsigned WIDTH = 8) {
    field { sw = r; hw = w; } count[WIDTH];
    field { sw = rw; hw = na; onread = rclr; onwrite = woclr; } seen[31:31] = 1;
};
addrmap toy #(longint unsigned N = 2) {
    name = "A toy";
    desc = "Plays.

        A second paragraph.";
    hal_afi = "agfi-0123456789abcdef0";
    hal_pci = "1d0f:f010";
    signal { activelow; } rst_n;
    reg {
        desc = "Control.";
        vendor_note = "keep";
        field { sw = rw; hw = r; encode = Mode; } mode[1:0] = 2;
        field { sw = rw; hw = r; singlepulse; } go[4:4] = 0;
        field { sw = w; hw = r; hal_idle = "last"; } key[15:8] = 0;
        field { sw = rw1; hw = r; } once[16:16] = 0;
        field { sw = rw; onwrite = wzt; hw = r; } flip[17:17] = 0;
        field { sw = rw; hw = r; hal_format = "signed"; hal_unit = "mV"; hal_scale = "0.5"; } volts[31:24] = 0;
    } ctrl @ 0x0;
    counter_r #(.WIDTH(12)) counts[N] @ 0x10 += 8;
    reg { regwidth = 64; accesswidth = 32; field { sw = rw; hw = r; } v[63:0] = 64'h1_0000_0002; } wide @ 0x40;
    regfile lane_f {
        reg { field { sw = rw; hw = r; swwe; } a[7:0] = 5; } depth @ 0x0;
    } ;
    lane_f lane[2][2] @ 0x80 += 0x10;
    lane_f spare @ 0x100;
    external mem { mementries = 64; memwidth = 32; sw = rw; } table @ 0x1000;
};
"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.rdl"
    path.write_text(TOY)
    return path


def compiled(path, **parameters):
    compiler = RDLCompiler()
    for definition in OWN_PROPERTIES:
        compiler.register_udp(definition, soft=False)
    compiler.compile_file(str(path))
    return compiler.elaborate(parameters=parameters).top


WORDS = {"rw": ("value", "value"), "r": ("value", "none"), "w": ("none", "value"), "rw1": ("value", "value")}
ACTS = {"rclr": "clear", "woclr": "one_clears", "wzt": "zero_toggles"}


def test_it_agrees_with_the_compilers_tree(toy):
    device = codegen.load(toy)
    found = list(device.walk())
    nodes = [node for node in compiled(toy).descendants(unroll=True) if isinstance(node, RegNode)]
    assert [place.offset for place in found] == [node.absolute_address for node in nodes]
    for place, node in zip(found, nodes, strict=True):
        assert place.register.width == node.get_property("regwidth")
        assert place.register.access_width == node.get_property("accesswidth")
        fields = [child for child in node.children() if isinstance(child, FieldNode)]
        for field, own in zip(place.register.fields, fields, strict=True):
            assert (field.name, field.lsb, field.width) == (own.inst_name, own.low, own.width)
            read, write = WORDS[own.get_property("sw").name]
            on_read, on_write = own.get_property("onread"), own.get_property("onwrite")
            expected = (ACTS[on_read.name] if on_read else read, ACTS[on_write.name] if on_write else write)
            policy = POLICIES[field.access]
            assert (policy.read, policy.write) == expected
            assert policy.once == (own.get_property("sw").name == "rw1")
            assert (field.reset if own.get_property("reset") is not None else None) == own.get_property("reset")


def test_the_map(toy):
    imported = import_file(toy, Options())
    data = imported.maps[0].data
    assert data["afi"] == {"ids": ["agfi-0123456789abcdef0"], "pci": {"vendor": 0x1D0F, "device": 0xF010}}
    assert data["description"] == "Plays.\n\nA second paragraph."
    assert data["enums"] == {
        "Mode": {"off": 0, "fast": {"value": 2, "title": "FAST!", "description": "Needs cooling."}}
    }
    assert data["types"] == {
        "lane_f": {"registers": {"depth": {"offset": 0, "fields": {"a": {"bits": "7:0", "reset": 5}}}}}
    }
    assert data["blocks"] == {
        "lane": {"type": "lane_f", "offset": 0x80, "count": [2, 2], "stride": 0x10},
        "spare": {"type": "lane_f", "offset": 0x100},
    }
    assert data["memories"] == {"table": {"offset": 0x1000, "size": 256}}
    assert [place.path for place in codegen.load(toy).walk() if "depth" in place.path][:3] == [
        "lane[0][0].depth",
        "lane[0][1].depth",
        "lane[1][0].depth",
    ]
    fields = data["registers"]["ctrl"]["fields"]
    assert data["registers"]["ctrl"]["x-vendor-note"] == "keep"
    assert fields["mode"] == {"bits": "1:0", "enum": "Mode", "reset": "fast"}
    assert fields["go"] == {"bits": 4, "pulse": True}
    assert fields["key"] == {"bits": "15:8", "idle": "last", "access": "wo"}
    assert fields["once"] == {"bits": 16, "access": "w1"}
    assert fields["volts"] == {"bits": "31:24", "format": "signed", "unit": "mV", "scale": "0.5"}
    assert data["registers"]["counts"]["fields"] == {
        "count": {"bits": "11:0", "reset": "unknown", "access": "ro", "volatile": True},
        "seen": {"bits": 31, "reset": 1, "access": {"read": "clear", "write": "one_clears"}},
    }
    told = [
        (remark.origin.line, remark.path, remark.message) for remark in imported.remarks.all if remark.kind != "carried"
    ]
    assert told == [
        (14, "toy.rst_n", "signal has no counterpart in a map"),
        (28, "toy.lane.depth.a", "swwe has no counterpart in a map"),
        (28, "toy.spare.depth.a", "swwe has no counterpart in a map"),
    ]


def test_parameters_and_a_part_of_a_file(toy):
    imported = import_file(toy, Options(parameters={"N": "8'd5"}))
    assert imported.maps[0].data["registers"]["counts"]["count"] == 5
    part = import_file(toy, Options(top="counter_r"))
    assert (part.maps[0].name, list(part.maps[0].data["registers"])) == ("counter_r_map", ["counter_r"])
    codegen.load(f"{toy}#toy")


def test_types_alone_are_a_map_and_other_maps_are_told(tmp_path):
    path = tmp_path / "parts.rdl"
    path.write_text("reg a { field {} f; };\nreg b { field {} f; };\n")
    imported = import_file(path, Options())
    assert {name: item["offset"] for name, item in imported.maps[0].data["registers"].items()} == {"a": 0, "b": 4}
    assert "there is no addrmap" in imported.remarks.of("approximated")[0].message
    path.write_text("addrmap a { reg { field {} f; } q; };\naddrmap b { reg { field {} f; } q; };\n")
    imported = import_file(path, Options())
    assert imported.maps[0].name == "b"
    assert imported.remarks.of("dropped")[0].message == "other maps of the file, which --top NAME imports: a"
    assert import_file(path, Options(top="a")).maps[0].name == "a"


def test_included_files_are_inputs_and_have_their_lines(tmp_path):
    inner = tmp_path / "inc" / "inner.rdl"
    inner.parent.mkdir()
    inner.write_text("reg shared { field { sw = rw; hw = w; swmod; } f = 0; };\n")
    path = tmp_path / "outer.rdl"
    path.write_text('`include "inner.rdl"\naddrmap outer { shared a; };\n')
    imported = import_file(path, Options(folders=(inner.parent,)))
    assert imported.inputs == (path, inner)
    (told,) = imported.remarks.of("dropped")
    assert (told.origin.file, told.origin.line, told.message) == (str(inner), 1, "swmod has no counterpart in a map")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("addrmap a {", 1, "mismatched input '<EOF>'"),
        ("addrmap a {\n  nothing b;\n};", 2, "Type 'nothing' is not defined"),
        ("addrmap a {\n reg { field {} f[1:0] = 9; } q; };", 2, "The reset value (9) of field"),
        ("\x00\x01", 1, ""),
        ("", 1, "Could not find any 'addrmap' components to elaborate"),
        ("addrmap a { reg { field {} f[8] = 1/0; } q; };", 1, ""),
        ('`include "missing.rdl"\n', 1, "Could not find 'missing.rdl' in include search paths"),
        ("addrmap a { <% for $i (0..1) { %> reg { field {} f; } r; <% } %> };", 1, "holds Perl"),
        ('addrmap a { hal_pci = "x"; reg { field {} f; } q; };', 1, "hal_pci is 'x', wanted ids in hex"),
        ('addrmap a {\n reg { field { hal_format = "odd"; } f; } q; };', 2, "got text 'odd'"),
        ("addrmap a { a b; };", 1, "'a' is not defined"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, said, tmp_path):
    path = tmp_path / "bad.rdl"
    path.write_text(text)
    require_refused(path, line, said, more=True)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "bad.rdl"
    path.write_bytes(b"addrmap a {\n\xff")
    with pytest.raises(codegen.MapError, match=r"bad\.rdl:2:1: byte 0xff is not UTF-8"):
        codegen.load(path)


def test_own_properties_may_be_declared_for_other_tools(tmp_path):
    path = tmp_path / "a.rdl"
    path.write_text(
        "property hal_unit { type = string; component = field; };\n"
        'addrmap a { reg { field { hal_unit = "mV"; } f = 0; } q; };'
    )
    assert import_file(path, Options()).maps[0].data["registers"]["q"]["fields"]["f"]["unit"] == "mV"


def test_perl_is_run_when_asked_for(tmp_path):
    path = tmp_path / "perl.rdl"
    path.write_text("addrmap a { <% for ($i = 0; $i < 2; $i++) { %> reg { field {} f; } q<%=$i%>; <% } %> };")
    assert list(import_file(path, Options(perl=True)).maps[0].data["registers"]) == ["q0", "q1"]


def test_without_the_compiler_one_line_says_what_to_install(toy, monkeypatch):
    monkeypatch.setitem(sys.modules, "systemrdl.node", None)
    monkeypatch.delitem(sys.modules, "codegen.importers.formats.systemrdl.systemrdl_tree", raising=False)
    with pytest.raises(codegen.MapError) as caught:
        codegen.load(toy)
    (problem,) = caught.value.problems
    assert problem.rule == "missing-package"
    assert problem.hint == 'Install it: pip install "fpga-hal[rdl]".'


def test_an_include_that_is_not_there_is_told_with_what_to_do(tmp_path):
    path = tmp_path / "outer.rdl"
    path.write_text('\n`include "inner.rdl"\naddrmap outer { shared a; };\n')
    with pytest.raises(
        codegen.MapError, match=r"outer\.rdl:2:\d+: Could not find .*Name the folder where it is: -I DIR"
    ):
        codegen.load(path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "inner.rdl").write_text("reg shared { field {} f[4]; };\r\n")
    assert import_file(path, Options(folders=(tmp_path / "parts",))).maps[0].name == "outer"
