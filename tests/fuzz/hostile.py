"""Texts and names that try to become code in some output language, and YAML that tries to exhaust the reader."""

from __future__ import annotations

SENTINEL = "pwned7f3a"

# Each would run, end a comment, or end a string, if a renderer took it as it is.
TEXTS = (
    f'"""\n{SENTINEL} = __import__("os").abort()\n"""',
    f"''' + {SENTINEL}() + '''",
    f'\\"""{SENTINEL}()\\',
    f"*/ int {SENTINEL}; /*",
    f"*\\\n/ int {SENTINEL};",
    f"??/ {SENTINEL} \\",
    f"// {SENTINEL} \\\n int {SENTINEL};",
    f"endpackage module {SENTINEL}; endmodule",
    f'`define {SENTINEL} `include "/etc/passwd"',
    f"<script>{SENTINEL}()</script><img src=x onerror={SENTINEL}()>",
    f"--></style></script><svg onload='{SENTINEL}()'>",
    f'" onmouseover="{SENTINEL}()" x="',
    f"[a](javascript:{SENTINEL}()) ![b](x){{{SENTINEL}}} <javascript:{SENTINEL}()>",
    f"| a | b |\n|---|---|\n# {SENTINEL}\n```\n{SENTINEL}",
    f"{{{{ {SENTINEL} }}}} {{% raise %}} ${{{SENTINEL}}} $({SENTINEL}) {{0}} %s %(x)s",
    f"\u2028{SENTINEL}",
    "\u2022 \\N{BULLET} \\x41 \\u0041 " + SENTINEL,
    f"{SENTINEL} &lt;b&gt; &amp; \" ' ` \t end",
    f"{SENTINEL}\\",
    "",
    "é ß 漢字 \U0001f600",
    "x" * 4000,
)

# Names that are good in one language and words of another one.
NAMES = (
    "int", "always", "module", "endmodule", "logic", "bit", "class", "self", "print", "property", "type", "object", "value",
    "mro", "main", "linux", "unix", "errno", "true", "none", "begin", "end", "offset", "count", "stride", "mask", "lsb",
    "size", "pf", "bar", "reset", "name", "doc", "path", "registers", "a_offset", "a", "a_b", "b", "a_b_c", "c", "b_c",
    "x__y", "x_", "z" * 64, "uint32_t", "static_assert", "interface", "rand", "hal", "bool", "address", "width", "info",
    "__class__", "_private", "A", "a-b", "a b", "a\n", "é", "1a", "", "a" * 65, f"x;{SENTINEL}", f"x*/{SENTINEL}",
)  # fmt: skip

FILES = (
    "map.yaml", f'a"""{SENTINEL}.yaml', f"a*/ {SENTINEL}.yaml", f"a\\\n{SENTINEL}.yaml", f"<b onclick={SENTINEL}>.yaml",
    "é.yaml", "\udcff.yaml", "x" * 300,
)  # fmt: skip

JUNK = (
    None, True, False, -1, 0, 1, 3, 7, 255, 1 << 31, 1 << 32, (1 << 64) - 1, 1 << 64, 10**30, -(10**30), 0.5, float("inf"),
    "", "x", "3:1", "1:3", "99999:0", "4KiB", "-4KiB", "999999999GiB", "0x10", "rw", "app", [], {}, [[]], [1, 2], {"": 0},
    {"a": {"a": {"a": {}}}}, ["a", {"b": None}],
)  # fmt: skip

HEAD = "schema: 1\nname: x\n"


def doubled(levels: int, described: int = 0) -> str:
    """A map of types that each hold the next one twice: 2**levels registers."""
    lines = "\n".join(
        f"  t{n}: {{blocks: {{a: {{type: t{n + 1}, offset: 0}}, b: {{type: t{n + 1}, offset: {4 << levels - n - 1}}}}}}}"
        for n in range(levels)
    )
    text = "x" * described
    last = f'  t{levels}: {{registers: {{r: {{offset: 0, description: "{text}"}}}}}}'
    return f"{HEAD}types:\n{lines}\n{last}\nblocks: {{b: {{type: t0, offset: 0}}}}\n"


def windowed(registers: int, windows: int) -> str:
    """A map of one type that is used with so many sizes, each a type of its own."""
    content = ", ".join(f"r{n}: {{offset: {4 * n}}}" for n in range(registers))
    blocks = "\n".join(f"  b{n}: {{type: t, offset: {8192 * n}, size: {4 * (registers + n)}}}" for n in range(windows))
    return f"{HEAD}types: {{t: {{registers: {{{content}}}}}}}\nblocks:\n{blocks}\n"


def shared(registers: int, types: int) -> str:
    """A map of types whose content is an alias of one."""
    content = ", ".join(f"r{n}: {{offset: {4 * n}}}" for n in range(registers))
    others = "\n".join(f"  u{n}: {{registers: *a}}" for n in range(types))
    return f"{HEAD}types:\n  t: {{registers: &a {{{content}}}}}\n{others}\nblocks: {{b: {{type: t, offset: 0}}}}\n"


def bombs() -> dict[str, str]:
    """YAML that is small, or at least finite, and wants to become endless, huge, slow or deep."""
    laughs = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else '1'}]" for n in range(40))
    quadratic = "a: &a [" + "1, " * 20_000 + "1]\nb: [" + "*a, " * 20_000 + "*a]"
    types = "\n".join(f"  t{n}: {{blocks: {{b: {{type: t{n + 1}, offset: 0}}}}}}" for n in range(5_000))
    wide = "\n".join(
        f"  t{n}: {{blocks: {{b: {{type: t{n + 1}, offset: 0, count: 1000, stride: 4}}}}}}" for n in range(30)
    )
    arrays = "\n".join(f"  r{n}: {{offset: {4 * n}, count: 1000000, stride: {4 * (1000 + n)}}}" for n in range(200))
    fields = ", ".join(f"f{n}: {{bits: {n % 32}}}" for n in range(20_000))
    enum = ", ".join(f"m{n}: {n}" for n in range(30_000))
    unknown = "\n".join(f"nonsense_{n}: 1" for n in range(50_000))
    known = "\n".join(f"  kind_number_{n}: {{registers: {{r: {{offset: 0}}}}}}" for n in range(4_000))
    wanted = "\n".join(f"  b{n}: {{type: kint_number_{n}, offset: 0}}" for n in range(490))
    long_path = f"{HEAD}registers: {{r: {{offset: 0, fields: {{{'k' * 60_000}: {{{', '.join(f'z{n}: 1' for n in range(400))}}}}}}}}}"
    return {
        "billion laughs": HEAD + laughs,
        "quadratic aliases": HEAD + quadratic,
        "self reference": HEAD + "registers: &a {r: *a}",
        "cycle of aliases": HEAD + "a: &a [*b]\nb: &b [*a]",
        "10 MB scalar": HEAD + "description: " + "x" * 10_000_000,
        "10 MB quoted scalar": HEAD + 'description: "' + "\\u0041" * 1_600_000 + '"',
        "10 MB key": "x" * 10_000_000 + ": 1",
        "10 MB number": HEAD + "registers: {r: {offset: " + "9" * 7_000_000 + "}}",
        "7 MB hex number": HEAD + "registers: {r: {offset: 0x" + "f" * 7_000_000 + "}}",
        "60 KB hex number": HEAD + "registers: {r: {offset: -0x" + "f" * 60_000 + ", fields: {f: {bits: 0x" + "f" * 60_000 + "}}}}",
        "100,000 deep lists": HEAD + "a: " + "[" * 100_000,
        "100,000 deep mappings": HEAD + "a: " + "{a: " * 100_000,
        "100,000 deep indentation": "\n".join(" " * n + "a:" for n in range(3_000)),
        "100,000 deep dashes": HEAD + "a: " + "- " * 100_000,
        "deep types": HEAD + "types:\n" + types + "\nblocks: {b: {type: t0, offset: 0}}",
        "type that holds itself": HEAD + "types: {t: {blocks: {b: {type: t, offset: 0}}}}\nblocks: {b: {type: t, offset: 0}}",
        "arrays of arrays of arrays": HEAD + "types:\n" + wide + "\n  t30: {registers: {r: {offset: 0}}}\nblocks: {b: {type: t0, offset: 0}}",
        "types that double": doubled(20),
        "types that double beyond counting": doubled(63),
        "types that double a description": doubled(15, 4000),
        "types of many sizes": windowed(400, 400),
        "types of one content": shared(1400, 400),
        "names that nearly exist": HEAD + "types:\n" + known + "\nblocks:\n" + wanted,
        "faults below a long key": long_path,
        "interleaved arrays": HEAD + "registers:\n" + arrays,
        "20,000 overlapping fields": HEAD + "registers: {r: {offset: 0, fields: {" + fields + "}}}",
        "enum of 30,000": HEAD + "enums: {E: {" + enum + "}}",
        "50,000 unknown keys": HEAD + unknown,
        "register as wide as the sea": HEAD + "registers: {r: {offset: 0, width: 1000000000000, access_width: 32, reset: -1}}",
        "fraction beyond sense": HEAD + "registers: {r: {offset: 0, fields: {f: {bits: 3:0, format: {fixed: {signed: true, fraction_bits: 4096}}}}}}",
        "tags": HEAD + "registers: !!python/object/apply:os.system ['exit 1']",
        "anchors without end": HEAD + "a: " + " ".join(f"&a{n}" for n in range(100_000)) + " 1",
        "many documents": (HEAD + "---\n") * 50_000,
        "directives": "%YAML 9.9\n" * 10_000 + "---\n" + HEAD,
        "only spaces": " " * 8_000_000,
        "only line ends": "\n" * 8_000_000,
        "many colons": ":" * 4_000_000,
        "many question marks": "? " * 1_000_000,
        "brackets": "[]" * 2_000_000,
        "flow pairs": "{" + "a: b, " * 500_000 + "}",
        "folded": HEAD + "description: >\n" + "  x\n" * 500_000,
        "null bytes": HEAD + "\0" * 1000,
    }  # fmt: skip
