"""What the classes of a driver say of themselves."""

from __future__ import annotations

import ast

from tests.support.driver_text import classes, rendered


def test_descriptions_become_sentences_and_paragraphs() -> None:
    text = rendered("registers:\n  r:\n    offset: 0\n    description: |\n      One\n      line\n\n      Another!\n")
    assert ast.get_docstring(classes(text)["R"]) == (
        "One line.\n\nAnother!\n\n32 bits, rw, reset 0x00000000. At r (app BAR 0, 0x0)."
    )


def test_places_are_counted_through_shared_types() -> None:
    text = rendered(
        "types:\n  one: {registers: {r: {offset: 0, count: 3}}}\n"
        "  two: {blocks: {a: {type: one, offset: 0, count: 5, stride: 0x10}, b: {type: one, offset: 0x80}}}\n"
        "blocks: {x: {type: two, offset: 0x1000}, y: {type: two, offset: 0x2000, count: 2, stride: 0x1000}}\n"
    )
    assert "At x.a[0].r[0] (app BAR 0, 0x1000) and 53 more places." in text


def test_enums_say_who_uses_them() -> None:
    text = rendered(
        "enums: {Mode: {low: 0}, Spare: {low: 0}, Level: {low: 0}}\n"
        "registers:\n  a: {offset: 0, fields: {f: {bits: 0, enum: Mode}, g: {bits: 1, enum: Mode}}}\n"
        "  b: {offset: 4, fields: {f: {bits: 0, enum: Mode}, h: {bits: 1, enum: Level}}}\n"
    )
    docs = {name: ast.get_docstring(node) for name, node in classes(text).items()}
    assert (docs["Mode"], docs["Level"], docs["Spare"]) == (
        "Values of A.f and 2 more fields.",
        "Values of B.h.",
        "Values of no field.",
    )


def table_of(text: str) -> list[str]:
    doc = ast.get_docstring(classes(text)["Dut"])
    assert doc is not None
    return doc.splitlines()


def test_the_device_has_an_address_table() -> None:
    text = rendered(
        "space: {pf: app, bar: 4}\n"
        "registers: {ctrl: {offset: 0x10, description: 'Main\n\n\n  control.', fields: {f: {bits: 0, access: w1c}}}}\n"
        "memories: {ram: {offset: 0x1000, size: 4KiB, access: ro, description: Samples.}}\n"
        "blocks:\n  ch: {offset: 0x100, count: 4, stride: 0x10, description: A channel.,\n"
        "       registers: {level: {offset: 0x4, count: 2}}}\n"
        "  far: {offset: 0x20, space: {pf: mgmt, bar: 4}, registers: {id: {offset: 0, access: ro}}}\n"
    )
    assert table_of(text) == [
        "Registers in app BAR 4 and mgmt BAR 4.",
        "",
        "app BAR 4:",
        "",
        "    Offset  Name                  Access  Description",
        "    0x10    ctrl                  w1c     Main.",
        "    0x100   ch[0..3]                      A channel.",
        "    0x104   ch[0..3].level[0..1]  rw",
        "    0x1000  ram                   ro      Samples.",
        "",
        "mgmt BAR 4:",
        "",
        "    Offset  Name    Access  Description",
        "    0x20    far",
        "    0x20    far.id  ro",
    ]


def test_the_table_of_a_large_map_is_short() -> None:
    many = ", ".join(f"r{number}: {{offset: {number * 4}}}" for number in range(101))
    inside = table_of(rendered(f"blocks: {{b: {{offset: 0, registers: {{{many}}}}}}}\n"))
    assert inside[2:] == ["app BAR 0:", "", "    Offset  Name  Access  Description", "    0x0     b"]
    own = table_of(rendered(f"registers: {{{many}}}\n"))
    assert (own[-3], own[-1]) == ("    0x18C   r99   rw", "And 1 more.")


def test_the_reset_of_a_very_wide_register_stands_in_its_class_alone() -> None:
    text = rendered(
        "registers:\n  a: {offset: 0, width: 512, access_width: 32, reset: 5}\n"
        "  b: {offset: 0x40, width: 512, access_width: 32}\n  c: {offset: 0x80, width: 96, access_width: 32, reset: 5}\n"
    )
    assert [ast.get_docstring(node) for node in list(classes(text).values())[:3]] == [
        "512 bits, rw, reset as above. At a (app BAR 0, 0x0).",
        "512 bits, rw, reset 0x0. At b (app BAR 0, 0x40).",
        "96 bits, rw, reset 0x000000000000000000000005. At c (app BAR 0, 0x80).",
    ]
