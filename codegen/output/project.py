"""A project to start from: a map, a model for the emulated card, a test, how to build it, and logic if asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.environment import environment
from codegen.output.files import write_file
from codegen.schema.names import camel_case, module_fault
from codegen.source.problem import ArgumentError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["new_project"]

_FILES = {
    "{name}.yaml": "map.yaml.j2",
    "{name}_model.py": "model.py.j2",
    "test_{name}.py": "test.py.j2",
    "pyproject.toml": "pyproject.toml.j2",
    "README.md": "readme.md.j2",
    ".gitignore": "gitignore.j2",
}
# A custom logic around the map's register block, with the same tests on the emulated card, simulated, and on a card.
_RTL_FILES = {
    "{name}.yaml": "rtl/map.yaml.j2",
    "rtl/{name}_core.sv": "rtl/core.sv.j2",
    "rtl/{name}_cl.sv": "rtl/cl.sv.j2",
    "{name}_capture.py": "rtl/capture.py.j2",
    "{name}_model.py": "rtl/model.py.j2",
    "test_{name}.py": "rtl/test.py.j2",
    "Makefile": "rtl/makefile.j2",
    "pyproject.toml": "pyproject.toml.j2",
    "README.md": "rtl/readme.md.j2",
    ".gitignore": "rtl/gitignore.j2",
}


def new_project(name: str, folder: Path, *, rtl: bool = False) -> list[Path]:
    """Write the files of a project into a folder that is new or empty, and return them. `rtl`: with logic.

    Raises ArgumentError for a name that no device can have, FileExistsError for a folder with files.
    """
    fault = module_fault(name)
    if fault is not None:
        _, message, hint = fault
        raise ArgumentError(f"{message}. {hint}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already; give another name, or another folder")
    modules = [f"{name}_capture", f"{name}_model"] if rtl else [f"{name}_model"]
    context = {"name": name, "class_name": camel_case(name), "modules": modules}
    texts = {
        file.format(name=name): environment().get_template(f"project/{template}").render(context)
        for file, template in (_RTL_FILES if rtl else _FILES).items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).parent.mkdir(exist_ok=True)
        write_file(folder / file, text.encode())
    return [folder / file for file in texts]
