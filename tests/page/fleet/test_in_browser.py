"""A fleet's page in a real browser: what it shows is what hosts have said, and no text of theirs becomes anything else."""

from __future__ import annotations

import csv
import itertools
import json

import pytest

import codegen
from hal.fleet.hosts import HostSetup
from hal.page.fleet.host_watcher import HostWatcher
from tests.fuzz.hostile import SENTINEL, TEXTS
from tests.page.fleet.test_host_watcher import Here
from tests.support import MAPS
from tests.support.browser import CHROMIUM
from tests.support.cards import fresh_slot
from tests.support.driven_page import Page
from tests.support.made_fleet import card, served_fleet
from tests.support.tools import needs
from tests.support.until import until

pytestmark = needs("chromium", there=CHROMIUM is not None)
ROUNDS = itertools.count()
DIFFERS = "[...document.querySelectorAll('#cards tr')].filter((row) => row.querySelector('.differs')).length"


@pytest.fixture(scope="module")
def served(widget_class):
    document = codegen.page_document([codegen.load(MAPS / "widget.yaml")])
    with fresh_slot() as slot:
        slot.emulator.install(widget_class)
        slot.load(widget_class.afi_id())
        watcher = HostWatcher(HostSetup("emulator"), "here", [Here(widget_class)])
        with served_fleet(widget_class, documents=[document], watchers={"here": watcher}) as page:
            page.slot, page.asker_of_all = slot, page.asker()
            yield page


@pytest.fixture(scope="module")
def opened(browser, served):
    browser.open(served.address)
    page = Page(browser)
    page.until_is("#state", "live, read-only")
    return page


@pytest.fixture
def page(opened, served):
    """With two hosts of three cards each, all free, and no choice made."""
    opened.browser.complaints.clear()
    opened.run("hal.fleet.setFilter({state: '', node: '', words: '', differs: ''})")
    opened.run("document.querySelectorAll('#columns .drop').forEach((one) => one.click())")
    fleet = served.fleet
    fleet.hosts("lab1", "lab2")
    served.asker_of_all.post("/forget")
    mark = f"round {next(ROUNDS)}"  # by which these are told from those of the test before
    for node in ("lab1", "lab2"):
        fleet.cards(node, *(card(node, slot, afi=mark) for slot in range(3)))
    opened.until_is("#cards .afi", *[mark] * 6)
    assert opened.sees("#count") == ["6 cards, on 2 hosts"]
    yield opened
    assert opened.browser.complaints == []


def rows(page):
    return page.run(
        "[...document.querySelectorAll('#cards tr')].map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent))"
    )


def test_cards_are_shown_as_they_change(page, served):
    assert page.run("location.search") == ""  # the token is out of sight
    assert rows(page) == [[host, slot, "free"] for host in ("lab1", "lab2") for slot in "012"]
    looks = [card("lab2", 0, "taken", holder=7, by="anna@laptop: nightly.py"), card("lab2", 1), card("lab2", 2)]
    served.fleet.cards("lab2", *looks)
    fades = "document.querySelectorAll('.state')[3].getAnimations().length === 1"
    page.until(f"document.querySelectorAll('.by')[3].textContent.includes('anna@laptop') && {fades}")
    assert page.sees("#states button") == ["all 6", "free 5", "taken 1"]
    served.fleet.hosts("lab1", dead=["lab2"])
    page.until_sees("#hosts button", "lost")
    page.until_sees("#cards .why", "the host is dead")
    assert rows(page)[3:] == [["lab2", slot, "lostthe host is dead, or the network to it"] for slot in "012"]
    page.click("#hosts button", "Forget lost hosts")
    page.until_sees("#count", "3 cards, on 1 host")


def test_what_is_wanted_is_found(page, served):
    page.click("#hosts button", "lab2")
    page.until_sees("#count", "3 of 6 cards, on 1 host")
    assert page.run("location.hash") == "#node=lab2"
    page.run("document.getElementById('search').focus()")
    page.browser.send("Input.insertText", text="SLOT 1")
    page.until_sees("#count", "1 of 6 cards")
    page.key("Escape", "Escape", 27)
    page.until_sees("#count", "3 of 6 cards")
    page.click("#states button", "taken")
    page.until_sees("#count", "0 of 6 cards")
    page.click("#states button", "all")
    page.click("#hosts button", "All hosts")
    page.click("#names button", "Host")
    assert [host for host, _, _ in rows(page)] == ["lab2"] * 3 + ["lab1"] * 3
    assert page.run("document.querySelector('#names th').getAttribute('aria-sort')") == "descending"
    page.click("#names button", "Host")


def test_a_field_of_all_cards_and_which_differ(page, served):
    page.enter("#wanted", "ctrl.mode")
    page.run("document.getElementById('choose').requestSubmit()")
    page.enter("#wanted", "wide")
    page.run("document.getElementById('choose').requestSubmit()")
    page.until_sees("#names button", "wide")
    page.until("document.getElementById('wanted').value === ''")
    looks = {"lab1": (0xD0, 0xD0, 0x80), "lab2": (0xD0, 0xD0, None)}
    until(lambda: served.fleet.watched.columns == (("ctrl", "wide"),))
    for node, values in looks.items():
        served.fleet.cards(node, *(card(node, slot, "free", bits, slot) for slot, bits in enumerate(values)))
    page.until_is("#columns strong", "2 differ", "3 values on 6 cards")
    assert page.sees("#columns li span") == ["most have FAST"]
    assert page.sees("#cards .differs") == ["OFF", "no answer"]
    assert page.run(DIFFERS) == 2
    page.click("#columns .only")
    page.until_sees("#count", "2 of 6 cards, on 2 hosts")
    assert [row[:2] for row in rows(page)] == [["lab1", "2"], ["lab2", "2"]]
    assert page.sees("#columns strong") == ["2 differ", "3 values on 6 cards"]  # compared with all
    page.run("document.querySelector('#columns .only').focus()")
    served.fleet.cards("lab1", *(card("lab1", slot, "free", 0xD0, slot) for slot in range(3)))
    page.until_is("#count", "1 of 6 cards, on 1 host")
    assert page.run("document.activeElement.className") == "plain only"  # also where what is beside it changes
    page.run("document.activeElement.click()")
    page.until_is("#count", "6 cards, on 2 hosts")
    for wrong, said in (
        ("nope", "nothing is called nope"),
        ("bank", "bank[0]"),
        ("ram", "is a memory"),
        ("fifo", "reading changes it"),
    ):
        page.enter("#wanted", wrong)
        page.run("document.getElementById('choose').requestSubmit()")
        page.until_sees("#said", said)
    page.until("document.querySelectorAll('#columns .drop').length === 2")
    page.run("hal.live.say('', false)")


def test_what_is_saved_is_what_is_shown(page, served):
    looks = [
        card("lab2", 0, "quarantined", why='=HYPERLINK("http://evil.example")', since=1e9),
        card("lab2", 1, by='a"b'),
    ]
    served.fleet.cards("lab2", *looks)
    page.until_sees("#states button", "quarantined 1")
    saved = json.loads(page.run("hal.fleet.json()"))
    assert [(one["host"], one["slot"], one["state"]) for one in saved][3:] == [
        ("lab2", 0, "quarantined"),
        ("lab2", 1, "free"),
    ]
    assert (saved[0]["since"], saved[3]["since"], saved[3]["why"]) == (None, 1e9, '=HYPERLINK("http://evil.example")')
    lines = [*csv.DictReader(page.run("hal.fleet.csv()").splitlines())]
    assert [line["why"] for line in lines if line["why"]] == ['\'=HYPERLINK("http://evil.example")']  # no formula
    assert (lines[4]["by"], lines[3]["since"]) == ('a"b', "2001-09-09T01:46:40.000Z")


def test_what_differs_and_a_card_s_own_page(page, served):
    served.fleet.hosts("lab1", "here")
    served.fleet.look("here")
    page.until_sees("#hosts button", "here")
    page.click(".compare")
    page.until_sees("#differences h2", "widget: no difference between 1 card")
    assert page.sees("#differences .dead") == [f"lab1 slot {slot}: lab1 does not answer" for slot in range(3)]
    page.click("#differences .drop")
    page.click("#hosts button", "here")
    page.until("document.querySelectorAll('#cards tr').length === 1")
    link = page.run("document.querySelector('.maps a').href")
    page.browser.open(link)
    page.until_is("#state", "live, read-only")
    page.until_is("h1", "widget")
    page.until_sees("tr.register td.live", "0xCAFE0001")
    served.slot.emulator.poke(0, 0, 0x20, 0x77)
    page.until_sees("tr.register td.live", "0x0000000000000077")
    assert page.sees("#top .up") == ["All cards"]
    assert page.run("document.title").startswith("widget registers, ")
    try:
        page.browser.width(360, 740, is_phone=True)
        assert page.run("document.documentElement.scrollWidth") <= 360
    finally:
        page.browser.width(1300, 900)
    page.browser.open(page.run("document.querySelector('#top .up').href"))
    page.until("document.body.classList.contains('fleet')")
    page.until_is("#state", "live, read-only")


def test_a_cluster_that_is_gone(page, served):
    served.fleet.say("the cluster is gone, or does not answer")
    page.until_sees("#trouble", "the cluster is gone")
    page.until_is("#state", "not live")
    served.fleet.say("")
    page.until_is("#state", "live, read-only")
    assert page.sees("#trouble") == []


def test_keys_landmarks_names_and_a_phone(page):
    page.key("/", "Slash", 191)
    roles = "[...document.querySelectorAll('header, nav[aria-label], main, h1')].map((one) => one.tagName)"
    assert set(page.run(roles)) == {"HEADER", "NAV", "MAIN", "H1"}
    nameless = (
        "[...document.querySelectorAll('button, input, select')].filter((one) => one.offsetParent !== null && !one.textContent"
        ".trim() && !one.getAttribute('aria-label') && !one.labels?.length).map((one) => one.outerHTML)"
    )
    assert page.run(nameless) == []
    try:
        page.browser.width(360, 740, is_phone=True)
        page.run("hal.fleet.show('ctrl.mode')")
        assert page.run("document.documentElement.scrollWidth") <= 360
        page.click("#menu")
        page.click("#hosts button", "lab1")
        page.until_sees("#count", "3 of 6 cards")
        assert page.run("document.documentElement.scrollWidth") <= 360
    finally:
        page.browser.width(1300, 900)


def test_no_text_of_a_host_becomes_anything_else(page, served):
    page.run(f"window.{SENTINEL} = () => {{ window.ran = true; }}; void 0")
    texts = [text for text in TEXTS if text]
    served.fleet.hosts(*texts, slots=1)
    served.asker_of_all.post("/forget")
    for text in texts:
        state = "quarantined" if len(text) % 2 else "taken"
        served.fleet.cards(
            text, card(text, 0, state, host=text, afi=text, by=text, why=text, misfit=text, fits=len(text) % 3 == 0)
        )
    page.until_is("#count", f"{len(texts)} cards, on {len(texts)} hosts")
    served.fleet.hosts(*texts[1:], dead=texts[:1], slots=1)
    page.until_sees("#hosts button", "lost")
    for node in texts[:6]:
        page.run(f"hal.fleet.setFilter({{node: {json.dumps(node)}, words: ''}})")
        page.run(f"hal.fleet.show({json.dumps(node)})")
    page.run(f"location.hash = '#node=' + encodeURIComponent({json.dumps(texts[9])}) + '&state=<img src=x>'")
    page.run("hal.fleet.setFilter({node: '', words: ''})")
    served.fleet.say(texts[9])
    page.until_sees("#trouble", "<script>")
    served.fleet.say("")
    made = "[...document.querySelectorAll('script:not([src]), img, iframe, object, embed, svg, form:not(#choose), style, base')].length"
    assert page.run(made) == 0
    assert page.run("window.ran") is None
