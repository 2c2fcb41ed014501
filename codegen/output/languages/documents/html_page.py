"""A reference for people as one page that stands alone: a tree, search, and pictures drawn on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from codegen.output.languages.documents.page_assets import page_assets
from codegen.output.languages.sheet import Language, Sheet
from codegen.views.page.listing import listing
from codegen.views.page.page_model import page_json, page_model
from codegen.views.reference import Model, device_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.model.device import Device

__all__ = ["HTML"]


class _Map(NamedTuple):
    """What stands in the page itself of a map: its name, where it is from, and its content without a script."""

    name: str
    source: str
    digest: str
    listing: str


class _Page(NamedTuple):
    """A page: `data` is what its script draws from, as JSON without any `<`."""

    title: str
    version: str
    data: str
    maps: tuple[_Map, ...]


def _page(title: str, models: Sequence[Model]) -> _Page:
    page = page_model(models)
    maps = tuple(
        _Map(model.name, model.source, model.digest, listing(model, found["facts"]))
        for model, found in zip(models, page["maps"], strict=True)
    )
    return _Page(title, page["version"], page_json(page), maps)


def _sheets(device: Device) -> list[Sheet]:
    model = device_model(device)
    context: dict[str, Any] = {"model": model, "page": _page(model.name, [model]), "assets": page_assets()}
    return [Sheet(f"{device.name}.html", HTML.template, context)]


HTML = Language("html", "html.html.j2", _sheets)
