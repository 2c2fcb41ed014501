"""IP-XACT of 2009, 2014 and 2022 becomes maps; expressions are evaluated, and nothing is run."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies

import codegen
from codegen.importers.described.request import Options
from codegen.importers.formats.ipxact.expressions import ExpressionError, value_of
from codegen.importers.formats_known import format_of
from codegen.importers.importing import import_file
from tests.support.refusals import require_refused

TOY = """\
<?xml version="1.0" encoding="UTF-8"?>
<ipxact:component xmlns:ipxact="http://www.accellera.org/XMLSchema/IPXACT/1685-2014">
  <ipxact:vendor>acme</ipxact:vendor><ipxact:library>ip</ipxact:library>
  <ipxact:name>toy</ipxact:name><ipxact:version>1.0</ipxact:version>
  <ipxact:memoryMaps><ipxact:memoryMap>
    <ipxact:name>regs</ipxact:name>
    <ipxact:addressBlock>
      <ipxact:name>main</ipxact:name><ipxact:baseAddress>'h0</ipxact:baseAddress>
      <ipxact:range>'h100</ipxact:range><ipxact:width>32</ipxact:width>
      <ipxact:register>
        <ipxact:name>ctrl</ipxact:name><ipxact:addressOffset>0</ipxact:addressOffset>
        <ipxact:size>32</ipxact:size><ipxact:volatile>false</ipxact:volatile>
        <ipxact:field>
          <ipxact:name>mode</ipxact:name><ipxact:bitOffset>0</ipxact:bitOffset>
          <ipxact:resets><ipxact:reset><ipxact:value>2'b10</ipxact:value></ipxact:reset></ipxact:resets>
          <ipxact:bitWidth>W * 2</ipxact:bitWidth>
          <ipxact:access>read-write</ipxact:access>
          <ipxact:enumeratedValues>
            <ipxact:enumeratedValue><ipxact:name>off</ipxact:name><ipxact:value>0</ipxact:value></ipxact:enumeratedValue>
            <ipxact:enumeratedValue><ipxact:name>on</ipxact:name><ipxact:value>2</ipxact:value></ipxact:enumeratedValue>
          </ipxact:enumeratedValues>
        </ipxact:field>
        <ipxact:field>
          <ipxact:name>done</ipxact:name><ipxact:bitOffset>8</ipxact:bitOffset><ipxact:bitWidth>1</ipxact:bitWidth>
          <ipxact:volatile>true</ipxact:volatile><ipxact:access>read-write</ipxact:access>
          <ipxact:modifiedWriteValue>oneToClear</ipxact:modifiedWriteValue>
          <ipxact:readAction>clear</ipxact:readAction>
        </ipxact:field>
      </ipxact:register>
      <ipxact:registerFile>
        <ipxact:name>ch</ipxact:name><ipxact:dim>N</ipxact:dim>
        <ipxact:addressOffset>'h40</ipxact:addressOffset><ipxact:range>16</ipxact:range>
        <ipxact:register>
          <ipxact:name>level</ipxact:name><ipxact:addressOffset>4</ipxact:addressOffset>
          <ipxact:size>32</ipxact:size><ipxact:access>read-only</ipxact:access>
        </ipxact:register>
      </ipxact:registerFile>
    </ipxact:addressBlock>
    <ipxact:addressBlock>
      <ipxact:name>buffer</ipxact:name><ipxact:baseAddress>'h1000</ipxact:baseAddress>
      <ipxact:range>1024 * 4</ipxact:range><ipxact:width>32</ipxact:width><ipxact:usage>memory</ipxact:usage>
    </ipxact:addressBlock>
  </ipxact:memoryMap></ipxact:memoryMaps>
  <ipxact:parameters>
    <ipxact:parameter parameterId="N"><ipxact:name>COUNT</ipxact:name><ipxact:value>$clog2(W + 7)</ipxact:value></ipxact:parameter>
    <ipxact:parameter parameterId="W"><ipxact:name>WIDTH</ipxact:name><ipxact:value>1</ipxact:value></ipxact:parameter>
  </ipxact:parameters>
</ipxact:component>
"""


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.xml"
    path.write_text(TOY)
    return path


def test_the_map(toy):
    assert format_of(toy).name == "ipxact"
    data = import_file(toy, Options()).maps[0].data
    assert data["name"] == "toy"
    assert data["registers"]["ctrl"]["fields"] == {
        "mode": {"bits": "1:0", "enum": "Mode", "reset": "on"},
        "done": {"bits": 8, "access": {"read": "clear", "write": "one_clears"}, "volatile": True},
    }
    assert data["blocks"]["ch"] == {
        "offset": 0x40,
        "count": 3,
        "stride": 16,
        "registers": {"level": {"offset": 4, "access": "ro"}},
    }
    assert data["memories"] == {"buffer": {"offset": 0x1000, "size": 4096}}
    codegen.load(toy)


def test_dimensions_are_carried(toy):
    toy.write_text(TOY.replace("<ipxact:dim>", "<ipxact:dim>2</ipxact:dim><ipxact:dim>", 1))
    imported = import_file(toy, Options(parameters={"COUNT": "3"}))
    assert imported.maps[0].data["blocks"]["ch"]["count"] == [2, 3]
    assert codegen.load(toy).root.children[-2].axes[0].stride == 48


def test_several_blocks_of_registers_are_blocks(toy):
    other = (
        "<ipxact:name>other</ipxact:name><ipxact:baseAddress>'h2000</ipxact:baseAddress><ipxact:range>8</ipxact:range>"
    )
    register = "<ipxact:name>r</ipxact:name><ipxact:addressOffset>4</ipxact:addressOffset>"
    block = f"<ipxact:addressBlock>{other}<ipxact:register>{register}</ipxact:register></ipxact:addressBlock>"
    toy.write_text(TOY.replace("  </ipxact:memoryMap>", f"{block}</ipxact:memoryMap>", 1))
    data = import_file(toy, Options()).maps[0].data
    assert {name: item["offset"] for name, item in data["blocks"].items()} == {"main": 0, "other": 0x2000}
    assert list(data["memories"]) == ["buffer"]


def test_parameters_and_the_names_of_2009(toy):
    data = import_file(toy, Options(parameters={"COUNT": "5"})).maps[0].data
    assert data["blocks"]["ch"]["count"] == 5
    toy.write_text(TOY.replace("ipxact", "spirit").replace("<spirit:resets>", "").replace("</spirit:resets>", ""))
    assert import_file(toy, Options()).maps[0].data["blocks"]["ch"]["count"] == 3
    with pytest.raises(codegen.MapError, match="the component has no parameter 'NOPE'"):
        import_file(toy, Options(parameters={"NOPE": "5"}))


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("W * 2", "W / 0", 16, "a division by zero"),
        ("W * 2", "Q", 16, "there is no parameter 'Q'"),
        ("$clog2(W + 7)", "N + 1", 31, "parameter 'N' is made of itself"),
        ("W * 2", "2 **", 16, "it ends where a value is wanted"),
        ("W * 2", "-1", 16, "<bitWidth> is -1"),
        ("W * 2", "0", 13, "0 bits from bit 0 on"),
        ("<ipxact:dim>N<", "<ipxact:dim>9999999<", 30, "an array of 9999999 elements"),
        ("oneToClear", "often", 26, "<modifiedWriteValue> is 'often'"),
        ("</ipxact:component>", "", 49, "not valid XML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old, new, line, said, toy):
    toy.write_text(TOY.replace(old, new))
    require_refused(toy, line, said)


NUMBERS = strategies.integers(0, 40).map(str)
EXPRESSIONS = strategies.recursive(
    NUMBERS,
    lambda inner: (
        strategies.builds(
            "({} {} {})".format, inner, strategies.sampled_from(["+", "-", "*", "&", "|", "^", "<", "==", "<<"]), inner
        )
        | strategies.builds("~{}".format, inner)
        | strategies.builds("-{}".format, inner)
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_expressions_are_what_python_makes_of_them(text):
    try:
        found = value_of(text, {}.__getitem__)
    except ExpressionError:  # a shift by too much
        assert "<<" in text
        return
    assert found == int(eval(text))


@example("0x_")
@example("0x" + "_" * 9 + "+1")
@given(strategies.text("0123abfhx'()+-*/%<>=!&|^~?:,$ clog2W_", max_size=30))
def test_any_text_has_a_value_or_is_refused(text):
    try:
        assert isinstance(value_of(text, lambda _name: 3), int)
    except ExpressionError as error:
        assert str(error)
    except RecursionError:
        pytest.fail("too deep")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("32'hFF", 255), ("'b1010", 10), ("8'd20", 20), ("0x10", 16), ("1_000", 1000), ("4K", 4096), ("#1F", 31),
        ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("2 ** 10 - 1", 1023), ("1 ? 5 : 6", 5), ("!3", 0), ("-7 / 2", -3),
        ("$clog2(1024)", 10), ("max(2, 7)", 7), ("P << 2", 12), ("7 % 4", 3), ("1 || 0 && 0", 1), ("true", 1),
    ],
)  # fmt: skip
def test_values(text, value):
    assert value_of(text, {"P": 3}.__getitem__) == value
