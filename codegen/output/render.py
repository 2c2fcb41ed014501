"""Renders elaborated maps; the same map gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.output.environment import environment
from codegen.output.languages.registry import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

    from codegen.model.device import Device
    from codegen.output.languages.sheet import Language

__all__ = ["render", "render_python"]


def render_python(device: Device) -> str:
    """Return the source of a device's Python driver."""
    (text,) = render(device, LANGUAGES["python"]).values()
    return text


def render(device: Device, language: Language, templates: Path | None = None) -> dict[str, str]:
    """Return the files of a device in a language, by name; a folder of templates comes first.

    Raises ValueError when the map is too large for the language, jinja2.TemplateError for faults
    of own templates.
    """
    engine = environment(templates)
    return {sheet.file: engine.get_template(sheet.template).render(sheet.context) for sheet in language.sheets(device)}
