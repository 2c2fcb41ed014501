"""What the script of a page makes of maps of every shape, and of texts that want to be more than texts."""

from __future__ import annotations

import json

import pytest

import codegen
from codegen.model.tree import each_element, walk
from codegen.output.files import render_outputs, write_outputs
from codegen.views.page.page_model import page_model
from codegen.views.reference import device_model
from tests.codegen.output.languages.constructs import EVERYTHING
from tests.codegen.output.languages.maps import INTRICATE
from tests.devices.test_grids import BOARD
from tests.fuzz.hostile import SENTINEL, TEXTS
from tests.support.browser import CHROMIUM
from tests.support.tools import needs

pytestmark = needs("chromium", there=CHROMIUM is not None)


def hostile_map():
    """A map that says hostile texts wherever it can, as JSON, which is YAML."""
    texts = [text for text in TEXTS if text.strip() and "\u2028" not in text]
    fields = {
        f"f{n}": {"bits": n, "description": text, "enum": "E", "title": " ".join(text[:60].split())}
        for n, text in enumerate(texts)
    }
    members = {
        f"m{n}": {"value": n, "description": text, "title": " ".join(text[:60].split())}
        for n, text in enumerate(texts[:2])
    }
    registers = {f"r{n}": {"offset": 4 * n, "description": text} for n, text in enumerate(texts)}
    fields["flag"] = {"bits": 31}
    registers["all"] = {"offset": 0x100, "fields": fields, "title": texts[9][:60]}
    return {
        "schema": 1,
        "name": "hostile",
        "description": texts[9] + texts[12],
        "enums": {"E": {"members": members, "open": True, "description": texts[10]}},
        "registers": registers,
        "constants": {"DEPTH": {"value": 1, "description": texts[9]}},
        "interrupts": {"i": {"status": "all.flag", "description": texts[9]}},
        "memories": {"m": {"offset": 0x1000, "size": 64, "description": texts[11]}},
    }


@pytest.fixture(scope="module")
def browser(chromium, tmp_path_factory):
    """The browser with the page of the hostile map."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "hostile.yaml").write_text(json.dumps(hostile_map(), ensure_ascii=False))
    write_outputs(render_outputs([folder / "hostile.yaml"], folder, "html"))
    chromium.open((folder / "hostile.html").as_uri())
    yield chromium
    assert chromium.complaints == []


def test_hostile_texts_are_drawn_as_texts(browser):
    script = """(() => {
      const paths = ["", ":enum.E", ...[...hal.everyPlace(hal.root(hal.shown()))].map((place) => place.path)];
      const wrong = [], tags = new Set(), addresses = new Set();
      const look = () => {
        for (const one of document.querySelectorAll("#content *, #results *, #tree *, #paper *")) {
          tags.add(one.localName);
          for (const { name } of one.attributes) if (name.startsWith("on")) wrong.push(name);
          if (one.localName === "a") addresses.add(one.protocol);
        }
      };
      for (const path of paths) {
        location.hash = hal.link(hal.shown(), path);
        window.dispatchEvent(new Event("hashchange"));
        look();
      }
      window.dispatchEvent(new Event("beforeprint"));
      look();
      window.dispatchEvent(new Event("afterprint"));
      return [wrong, [...tags], [...addresses], paths.length, typeof globalThis.SENTINEL];
    })()""".replace("SENTINEL", SENTINEL)
    wrong, tags, addresses, drawn, kind = browser.evaluate(script)
    assert (wrong, kind, drawn > 20) == ([], "undefined", True)
    assert set(tags).isdisjoint({"script", "img", "svg", "style", "iframe", "object", "form", "link", "meta"})
    assert set(addresses) <= {"file:", "https:"}
    browser.follow(f"hal.go('<img src=x onerror={SENTINEL}()>')")
    assert (
        browser.evaluate("document.querySelector('#content code').textContent") == f"<img src=x onerror={SENTINEL}()>"
    )


@pytest.mark.parametrize("text", [BOARD, EVERYTHING, INTRICATE], ids=["grids", "everything", "intricate"])
def test_places_are_where_the_map_has_them(browser, text):
    device = codegen.loads(text)
    model = device_model(device)
    browser.evaluate(f"globalThis.other = {json.dumps(page_model([model])['maps'][0])}; 1")
    drawn = browser.evaluate(
        "[...hal.everyPlace(hal.root(other))].map((place) => [place.shown, place.address, place.space, place.size])"
    )
    assert [row[1:3] for row in drawn] == [[place.offset, str(place.space)] for place in model.places]
    assert [row[0].replace("][", ",") for row in drawn] == [place.path.replace("][", ",") for place in model.places]
    stops = [(stop.path, stop.offset, str(stop.space)) for stop in walk(device.root, device.space, each_element)]
    found = browser.evaluate(
        f"{json.dumps([path for path, _, _ in stops])}.map((path) => {{ const place = hal.resolve(other, path).place;"
        " return [place.shown, place.address, place.space, hal.placesAt(other, place.address).map((one) => one.shown),"
        " hal.resolve(other, place.path).place.shown]; })"
    )
    for (path, offset, space), (shown, address, where, at, again) in zip(stops, found, strict=True):
        assert (shown, address, where, again) == (path, offset, space, path)
        assert any(one == path or one.startswith((f"{path}.", f"{path}[")) for one in at), (path, at)


@pytest.mark.parametrize("text", [BOARD, EVERYTHING, INTRICATE], ids=["grids", "everything", "intricate"])
def test_every_place_can_be_drawn(browser, text):
    page = json.dumps(page_model([device_model(codegen.loads(text))]))
    script = """(() => {
      const other = PAGE.maps[0];
      const paths = ["", ...other.enums.map((one) => `:enum.${one.name}`), ...[...hal.everyPlace(hal.root(other))].map((place) => place.path)];
      const made = paths.map((path) => hal.view(other, path, {}).nodes.flat(Infinity).length);
      return [made.length, Math.min(...made), [...hal.paper(other, null)].length];
    })()""".replace("PAGE", page)
    views, fewest, parts = browser.evaluate(script)
    assert views > 5
    assert fewest > 0
    assert parts > 5
