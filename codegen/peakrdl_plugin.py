"""PeakRDL: `peakrdl hal FILE.rdl -o FOLDER` makes drivers, and PeakRDL's other exporters take maps.

Source: the plugin interface of peakrdl-cli 1.2 and later.
"""

from __future__ import annotations

import atexit
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from peakrdl.plugins.exporter import ExporterSubcommandPlugin
from peakrdl.plugins.importer import ImporterPlugin

from codegen.importers.described.remarks import Remarks
from codegen.importers.described.request import Foreign, Options
from codegen.importers.formats.systemrdl.systemrdl_properties import OWN_PROPERTIES
from codegen.importers.formats.systemrdl.systemrdl_tree import device_of
from codegen.importers.formats_known import FORMATS, format_of
from codegen.importers.importing import import_devices
from codegen.model.loader import load_every, load_imported
from codegen.output.files import notice_of, render_devices, write_outputs
from codegen.output.languages.descriptions.rdl_file import NESTED_SYSTEMRDL
from codegen.output.languages.registry import LANGUAGES
from codegen.output.render import render
from codegen.source.printable import printable
from codegen.source.problem import MapError

if TYPE_CHECKING:
    import argparse

    from systemrdl.compiler import RDLCompiler
    from systemrdl.node import AddrmapNode

__all__ = ["HalExporter", "HalImporter"]

_MAP = re.compile(rb"^schema\s*:", re.MULTILINE)
_DECLARED = re.compile(r"^property (\w+) \{[^}]*\};\n", re.MULTILINE)
_MAP_SUFFIXES = ("yaml", "yml")


class HalExporter(ExporterSubcommandPlugin):
    """The subcommand `hal`."""

    short_desc = "Generate drivers and documents with hal"
    long_desc = "Generate typed Python drivers, headers and documents, as hal generate does."
    udp_definitions = list(OWN_PROPERTIES)  # noqa: RUF012  (the interface's)

    def add_exporter_arguments(self, arg_group: argparse._ActionsContainer) -> None:
        """Add the languages."""
        arg_group.add_argument(
            "--lang",
            action="append",
            choices=list(LANGUAGES),
            help="language of the files; may be given several times [python]",
        )

    def do_export(self, top_node: AddrmapNode, options: argparse.Namespace) -> None:
        """Write the files of an elaborated map into the folder of -o; nothing where anything is wrong."""
        path = Path(options.input_files[-1])
        source = Foreign(path, str(path), path.read_bytes(), [Path(name) for name in options.input_files])
        remarks = Remarks()
        try:
            device = device_of(top_node, source, remarks)
            imported = import_devices([device], source, Options(), remarks)
            devices = [(str(path), *found) for found in load_imported(imported, path)]
            outputs = render_devices(devices, options.output, options.lang or "python")
            files = write_outputs(outputs)
        except (MapError, ValueError, OSError) as error:
            sys.exit(printable(f"hal: {error}"))
        for line in notice_of(outputs):
            print(printable(line), file=sys.stderr)  # noqa: T201  (a command's output)
        for file in files:
            print(printable(str(file)))  # noqa: T201


class HalImporter(ImporterPlugin):
    """Register maps of hal, and the other formats that it reads."""

    file_extensions = [  # noqa: RUF012  (the interface's)
        *_MAP_SUFFIXES,
        *sorted({s[1:] for form in FORMATS.values() for s in form.suffixes} - {"rdl", *_MAP_SUFFIXES}),
    ]

    def is_compatible(self, path: str) -> bool:
        """Return whether a file is a map, or of a format that hal reads."""
        file = Path(path)
        if format_of(file) is not None:
            return True
        return file.suffix[1:].lower() in _MAP_SUFFIXES and bool(_MAP.search(file.read_bytes()))

    def do_import(self, rdlc: RDLCompiler, options: argparse.Namespace, path: str) -> None:
        """Compile what a file holds as SystemRDL; comments there say what that has no word for."""
        _ = options
        try:
            texts = [text for device, _ in load_every(path) for text in render(device, NESTED_SYSTEMRDL).values()]
        except (MapError, ValueError) as error:
            sys.exit(printable(f"hal: {error}"))
        # The compiler comes back to its files when it has something to tell.
        folder = tempfile.mkdtemp(prefix="hal-peakrdl-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for number, text in enumerate(texts):
            file = Path(folder, f"{Path(path).stem}_{number}.rdl")
            known = set(rdlc.list_udps())
            file.write_text(_DECLARED.sub(lambda found: "" if found[1] in known else found[0], text), encoding="utf-8")  # noqa: B023
            rdlc.compile_file(str(file))
