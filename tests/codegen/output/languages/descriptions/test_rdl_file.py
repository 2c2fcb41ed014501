"""SystemRDL: what its compiler reads is what the map says, or a comment tells it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from systemrdl import RDLCompiler
from systemrdl.node import AddrmapNode, MemNode, RegfileNode, RegNode

import codegen
from codegen.model.types import MemoryChild
from codegen.schema.policies import POLICIES
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import INTRICATE, VALID, one_file
from tests.codegen.output.languages.test_hostile import DESCRIPTIONS, HARD, device_with

SOFTWARE = {"rw": "value value", "r": "value none", "w": "none value", "rw1": "value value", "w1": "none value"}
READS = {"rclr": "clear", "rset": "set"}
WRITES = {
    "woset": "one_sets",
    "woclr": "one_clears",
    "wot": "one_toggles",
    "wclr": "clears",
    "wset": "sets",
    "wzs": "zero_sets",
    "wzc": "zero_clears",
    "wzt": "zero_toggles",
}


def compiled(text, folder, name="map.rdl", top=None):
    """The root of the elaborated tree; the compiler knows nothing of ours."""
    path = folder / name
    path.write_text(text)
    compiler = RDLCompiler()
    compiler.compile_file(str(path))
    return compiler.elaborate(top).top


def places_of(top):
    """Registers and memories by their paths, those of a name without the addrmap's own."""
    found = {}
    for node in top.descendants(unroll=True):
        if isinstance(node, (RegNode, MemNode)):
            found[node.get_path().partition(".")[2]] = node
    return found


def is_held(register):
    """Whether SystemRDL can have a register: of a power of two of bits, and software does something with it."""
    return register.width.bit_count() == 1 and any(map(is_accessed, register.fields))


def is_accessed(field):
    policy = POLICIES[field.access]
    return policy.readable or policy.writable


def elements_of(field):
    """Names and resets of a field, or of each element of an array of fields."""
    names = [field.name] if field.array is None else [f"{field.name}_{label}" for label in field.array.labels]
    return zip(names, field.element_lows, field.element_resets, strict=True)


def compare_field(field, own, reset):
    words = SOFTWARE[own.get_property("sw").name].split()
    on_read, on_write = own.get_property("onread"), own.get_property("onwrite")
    policy = POLICIES[field.access]
    assert (policy.read, policy.write) == (
        READS[on_read.name] if on_read else words[0],
        WRITES[on_write.name] if on_write else words[1],
    )
    assert policy.once == own.get_property("sw").name.endswith("w1")
    assert own.get_property("reset") == (None if field.unknown else reset)
    assert (own.get_property("desc") or "") == field.description
    members = {} if field.enum is None else {member.map_name: member.value for member in field.enum.members}
    encode = own.get_property("encode")
    assert ({} if encode is None else {item.name: item.value for item in encode}) == members


def compare_register(register, node):
    assert node.get_property("regwidth") == register.width
    assert node.get_property("accesswidth") == register.access_width
    own = {child.inst_name: child for child in node.fields()}
    for field in register.fields:
        if field.alternate is None and is_accessed(field):
            for name, low, reset in elements_of(field):
                found = own.pop(name)
                assert (found.low, found.width) == (low, field.width)
                compare_field(field, found, reset)
    assert own == {}


def compare(device, top):
    """The home space of a device and its addrmap."""
    found = places_of(top)
    for place in device.walk():
        if place.space != device.space:
            continue
        name = re.sub(r"\[(\w+)\]", lambda label: f"[{label[1]}]", place.path)
        if is_held(place.register) and "[" not in name:
            node = found.pop(name)
            assert node.absolute_address == place.offset
            compare_register(place.register, node)
    for child in device.root.children:
        if isinstance(child, MemoryChild):
            node = found.pop(child.name)
            assert (node.absolute_address, node.size) == (child.offset, child.size)
            assert node.get_property("sw").name == {"rw": "rw", "ro": "r", "wo": "w"}[child.access]
    return found


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_the_compiler_reads_what_the_map_says(path, tmp_path):
    device = codegen.load(path)
    left = compare(device, compiled(one_file(device, "systemrdl"), tmp_path))
    # What remains is in arrays, whose first elements are at their places too, or in words of wide registers.
    arrays = {place.path: place for place in device.walk() if "[0]" in place.path}
    for name, node in left.items():
        if isinstance(node, RegNode) and name in arrays:
            assert node.absolute_address == arrays[name].offset


def test_what_systemrdl_has_no_word_for_is_told_at_its_place():
    text = one_file(codegen.loads(EVERYTHING), "systemrdl")
    comments = [line.strip().removeprefix("// ") for line in text.splitlines() if line.strip().startswith("// ")]
    told = "\n".join(comments)
    for words in (
        "card kcu1500: app BAR 0 of 1 MiB, app BAR 1 of 4 KiB, app BAR 2 of 64 MiB; id reads 0x1234",
        "constant LANES = 4 (Lanes there are.)",
        "interrupt frame, line 3, status events.frame, enable by enables.frame = 1",
        'x-team: {"lead": "ann"}',
        "any other value that fits is one too",
        "after a reset, bits of no field are 0x80000000, and are kept so",
        "written as enum Command",
        "field view, bits 2:1: access rw: A read changes nothing; a write is taken as it is; alternate of mode; it is",
        "pulse; idle 1, given to it when a neighbour is written",
        "writeback false",
        "field nothing, bits 19:18: access none:none",
        "range 20 to 85",
        "after a reset it is 0x8x, of which x is unknown",
        "its words are accessed high-first",
        "96 bits, which SystemRDL can't have",
        "one of an array, pin[0..3], of 4 fields 1 bit apart",
        "its elements are called rx, tx",
        "writes of fields use what was written last",
        "Each write follows writes of 0x45670123 to pass",
        "Each write is made twice",
        "The high half of a write says",
        "Fields are set by out_set and cleared by out_clr",
        "it acts on raw.all",
        "its window is of 32 B; words that hold nothing read 0xDEADBEEF",
        "Block bulk is in app BAR 2: addrmap everything_bulk.",
        "its elements are numbered from 2",
        "register baud at 0x68; alternate of rx; it is there when enables.frame is 0x1.",
        "32 bits, value 31:0 rw",
        "its elements are called left, right",
        "a memory of 64 entries, each a Descriptor of 16 B",
        "Descriptor: register source: Source at 0x0, register length: Length at 0x8.",
    ):
        assert words in told, words


def test_everything_that_systemrdl_has_a_word_for(tmp_path):
    text = one_file(codegen.loads(EVERYTHING), "systemrdl")
    top = compiled(text, tmp_path)
    found = places_of(top)
    assert (top.get_property("hal_bar"), top.get_property("hal_pci")) == (0, "1d0f:f010:0000:0000")
    assert (top.get_property("hal_afi"), top.get_property("owner")) == ("agfi-0123456789abcdef0", "dsp")
    ctrl, numbers, events = found["ctrl"], found["numbers"], found["events"]
    assert (ctrl.get_property("name"), ctrl.get_property("reviewed")) == ("CTRL/A", True)
    assert ctrl.get_child_by_name("enable").get_property("reviewed") is True
    assert ctrl.get_child_by_name("go").get_property("singlepulse") is True
    assert ctrl.get_child_by_name("key").get_property("hal_idle") == "last"
    assert ctrl.get_child_by_name("flag").get_property("name") == "1WIRE"
    mode = ctrl.get_child_by_name("mode").get_property("encode")
    assert [(item.name, item.rdl_name, item.rdl_desc) for item in mode][2] == ("fast", "2x", "Needs cooling.")
    own = [numbers.get_child_by_name(name) for name in ("volts", "gain", "digits")]
    assert [node.get_property("hal_format", default="") for node in own] == ["", "fixed(signed, 4)", "bcd"]
    assert [own[0].get_property(f"hal_{key}") for key in ("unit", "scale", "offset")] == ["mV", "0.5", "20"]
    assert found["resets"].get_child_by_name("value").get_property("reset") is None
    assert found["config"].get_child_by_name("rate").get_property("swwe").inst_name == "en"
    assert found["rx"].external
    assert found["out_set"].alias_primary.inst_name == "out"
    assert found["out_set"].get_child_by_name("low").get_property("onwrite").name == "woset"
    assert found["id"].get_child_by_name("value").get_property("hw").name == "na"
    count = found["packets"].get_child_by_name("count")
    said = ("counter", "incrvalue", "decrvalue", "incrsaturate", "decrsaturate")
    assert [count.get_property(key) for key in said] == [True, 2, 1, True, True]
    assert events.get_child_by_name("error").get_property("sticky") is True
    assert events.get_child_by_name("link").get_property("intr type").name == "level"
    assert events.get_child_by_name("frame").get_property("intr type").name == "posedge"
    assert events.get_child_by_name("frame").get_property("enable").inst_name == "frame"
    assert events.get_child_by_name("state").get_property("we") is True
    assert (found["ring"].size, found["ring"].absolute_address) == (1024, 0x2000)
    bulk = compiled(text, tmp_path, top="everything_bulk")
    assert (places_of(bulk)["bulk.ddr"].size, bulk.get_property("hal_bar")) == (1 << 20, 2)


def test_blocks_with_memories_are_addrmaps_and_the_order_of_words_is_theirs(tmp_path):
    text = """\
schema: 1
name: dut
endian: big
registers: {top: {offset: 0, width: 64, access_width: 32}}
blocks:
  plain: {offset: 0x40, registers: {a: {offset: 0}}}
  wide: {offset: 0x80, registers: {b: {offset: 0, width: 64, access_width: 32}}}
  mixed:
    offset: 0xC0
    registers: {c: {offset: 0, width: 64, access_width: 32}, d: {offset: 8, width: 64, access_width: 32, endian: little}}
  held: {offset: 0x100, blocks: {inner: {offset: 0, memories: {m: {offset: 0, size: 64}}}}}
"""
    device = codegen.loads(text)
    made = one_file(device, "systemrdl")
    top = compiled(made, tmp_path)
    kinds = {node.inst_name: type(node) for node in top.descendants() if isinstance(node, (AddrmapNode, RegfileNode))}
    assert kinds == {
        "plain": RegfileNode,
        "wide": AddrmapNode,
        "mixed": AddrmapNode,
        "held": AddrmapNode,
        "inner": AddrmapNode,
    }
    big = {node.inst_name: node.get_property("bigendian") for node in top.descendants() if type(node) is AddrmapNode}
    assert (top.get_property("bigendian"), big["wide"], big["mixed"]) == (True, True, False)
    assert made.count("its highest word is at the lowest address") == 1  # c, which its addrmap can't say


def test_words_of_systemrdl_are_names_of_a_map_all_the_same(tmp_path):
    text = "schema: 1\nname: alias\nregisters: {signal: {offset: 0, fields: {sw: {bits: 0}, rw: {bits: 1}}}, mem: {offset: 4}}\n"
    top = compiled(one_file(codegen.loads(text), "systemrdl"), tmp_path)
    assert top.inst_name == "alias"
    assert [[field.inst_name for field in node.fields()] for node in top.registers()] == [["sw", "rw"], ["value"]]


def test_two_things_of_one_name_are_refused():
    text = "schema: 1\nname: dut\nregisters: {r: {offset: 0, fields: {irq: {bits: 0, count: 2}, irq_1: {bits: 5}}}}\n"
    with pytest.raises(ValueError, match=r"^dut: field irq and field irq_1 would both be irq_1 in SystemRDL; rename"):
        one_file(codegen.loads(text), "systemrdl")
    text = "schema: 1\nname: dut\nregisters: {r: {offset: 0, access: {read: none, write: none}}}\n"
    with pytest.raises(ValueError, match=r"^dut: app BAR 0: nothing that is left of it can be said in SystemRDL"):
        one_file(codegen.loads(text), "systemrdl")


def shape_of(text, folder):
    top = compiled(one_file(device_with(text), "systemrdl"), folder)
    return [(node.get_path(), type(node).__name__) for node in top.descendants()], top


@pytest.fixture(scope="module")
def plain_shape(tmp_path_factory):
    return shape_of("x", tmp_path_factory.mktemp("plain"))[0]


@HARD
@given(text=DESCRIPTIONS)
def test_texts_stay_texts(tmp_path_factory, plain_shape, text):
    shape, top = shape_of(text, tmp_path_factory.mktemp("rdl"))
    assert shape == plain_shape
    wanted = text.replace("<%", "< %").replace("`include", "` include").split()
    found = [top, *top.descendants()]
    assert [node.get_property("desc").split() for node in found] == [wanted] * len(found)


@pytest.mark.parametrize("text", ["<% system('exit 1') %>", '`include "/etc/passwd"', "a\n`define x y\nb"])
def test_no_preprocessor_is_asked(text, tmp_path):
    """Perl and directives of a text reach no program; the importer, which refuses both, loads the file."""
    path = tmp_path / "dut.rdl"
    path.write_text(one_file(device_with(text), "systemrdl"))
    assert codegen.load(path).description.replace(" ", "") == " ".join(text.split()).replace(" ", "")


def test_intricate_places(tmp_path):
    device = codegen.loads(INTRICATE)
    text = one_file(device, "systemrdl")
    found = places_of(compiled(text, tmp_path))
    assert found["outer[1].inner[3].level[2]"].absolute_address == 0x1000 + 0x100 + 0x20 + 3 * 0x20 + 4 + 2 * 8
    assert found["wide.word2"].absolute_address == 0x48
    assert found["wide.word2"].get_child_by_name("value").get_property("reset") == 1
    far = compiled(text, tmp_path, top="intricate_far")
    assert places_of(far)["far.id"].absolute_address == 0x1010
