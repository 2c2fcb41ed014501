"""Renders elaborated maps; the same map gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.environment import environment
from codegen.output.languages.registry import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import jinja2

    from codegen.model.device import Device
    from codegen.output.languages.sheet import Language, Sheet

__all__ = ["render", "render_python", "render_together"]


def render_python(device: Device) -> str:
    """Return the source of a device's Python driver."""
    (text,) = render(device, LANGUAGES["python"]).values()
    return text


def render(device: Device, language: Language, templates: Path | None = None) -> dict[str, str]:
    """Return the files of a device in a language, by name; a folder of templates comes first.

    Raises ValueError when the map is too large for the language, jinja2.TemplateError for faults
    of own templates.
    """
    return _rendered(language.sheets(device), templates)


def render_together(devices: Sequence[Device], language: Language, templates: Path | None = None) -> dict[str, str]:
    """Return the files of devices in a language that makes them of all at once. Raises as `render` does."""
    return {} if language.together is None else _rendered(language.together(devices), templates)


def _rendered(sheets: Iterable[Sheet], templates: Path | None) -> dict[str, str]:
    engine = environment(templates)
    found: dict[str, jinja2.Template] = {}  # the engine looks at the file each time
    texts: dict[str, str] = {}
    for sheet in sheets:
        if sheet.template not in found:
            found[sheet.template] = engine.get_template(sheet.template)
        texts[sheet.file] = found[sheet.template].render(sheet.context)
    return texts
