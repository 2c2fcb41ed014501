"""A reference for people as one page that stands alone: a tree, search, and pictures drawn on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.output.languages.documents.page_assets import page_assets
from codegen.output.languages.sheet import Language, Option, Sheet
from codegen.views.page.listing import listing
from codegen.views.page.page_model import page_json, page_model
from codegen.views.reference import Model, device_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.model.device import Device

__all__ = ["HTML"]


class _Map(NamedTuple):
    """What stands in the page itself of a map: its name, where it is from, and its content without a script."""

    name: str
    source: str
    digest: str
    listing: str


class _Page(NamedTuple):
    """A page: its title, what leads to its start, and `data`, what its script draws from, as JSON without any `<`."""

    title: str
    home: str
    version: str
    data: str
    maps: tuple[_Map, ...]


def _page(title: str, models: Sequence[Model]) -> _Page:
    page = page_model(models)
    maps = tuple(
        _Map(model.name, model.source, model.digest, listing(model, found["facts"]))
        for model, found in zip(models, page["maps"], strict=True)
    )
    home = maps[0].name if len(maps) == 1 else title
    return _Page(title, home, page["version"], page_json(page), maps)


def _sheets(device: Device) -> list[Sheet]:
    return [_sheet(device.name, f"{device.name} registers", [device])]


def _together(devices: Sequence[Device]) -> list[Sheet]:
    names = [device.name for device in devices]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise ValueError(f"two maps of one document are called {double}; rename one")
    return [_sheet("index", "Register maps", devices)]


def _sheet(file: str, title: str, devices: Sequence[Device]) -> Sheet:
    models = [device_model(device) for device in devices]
    context: dict[str, Any] = {"model": models[0], "page": _page(title, models), "assets": page_assets()}
    return Sheet(f"{file}.html", HTML.template, context)


def _configured(options: Mapping[str, str]) -> Language:
    return HTML._replace(together=_together if options["document"] == "one" else None)


_DOCUMENT = Option("document", ("each", "one"), "a page for each map, or one, index.html, of all maps")

HTML: Language = Language("html", "html.html.j2", _sheets, (_DOCUMENT,), _configured)
