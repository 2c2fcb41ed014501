"""A folder of own templates: `rust.rs.j2` makes the language rust, with files `NAME.rs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.output.languages.sheet import Language, Sheet
from codegen.views.reference import device_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from codegen.model.device import Device

__all__ = ["own_languages"]

_NAME = re.compile(r"([a-z][a-z0-9-]*)\.([A-Za-z0-9_.-]+)\.j2")


def own_languages(folder: Path, shipped: Mapping[str, Language]) -> Iterable[Language]:
    """Yield the languages that a folder adds.

    Templates that have a shipped one's name override it, names with `_` in front are parts.
    Raises ValueError for names that are neither, NotADirectoryError where no folder is.
    """
    known = {language.template for language in shipped.values()}
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: no folder of templates")
    for path in sorted(folder.glob("*.j2")):
        if path.name.startswith("_") or path.name in known or path.name == "picture.svg.j2":
            continue
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"{path}: name a template LANGUAGE.SUFFIX.j2, or with _ in front when it is a part")
        if match[1] in shipped:
            own_name = shipped[match[1]].template
            raise ValueError(f"{path}: the template of {match[1]} is {own_name}; rename it, or choose another language")
        yield _language(match[1], match[2], path.name)


def _language(name: str, suffix: str, template: str) -> Language:
    def sheets(device: Device) -> list[Sheet]:
        return [Sheet(f"{device.name}.{suffix}", template, {"model": device_model(device)})]

    return Language(name, template, sheets)
