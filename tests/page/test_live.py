"""The live page in a real browser: one start, several journeys. What it shows is what the card has."""

from __future__ import annotations

import itertools
import json
import random

import pytest

import codegen
from tests.fuzz.hostile import SENTINEL, TEXTS
from tests.support import MAPS
from tests.support.browser import CHROMIUM
from tests.support.construct_model import SPAN
from tests.support.driven_page import SEES, Page
from tests.support.dut import load_class
from tests.support.live_page import served_page
from tests.support.rich_maps import GROUPS, registers_of
from tests.support.tools import needs
from tests.support.until import until

pytestmark = needs("chromium", there=CHROMIUM is not None)


@pytest.fixture(scope="module")
def served(slot_of_all, widget_class):
    document = codegen.page_document([codegen.load(MAPS / "widget.yaml")])
    with served_page(widget_class, documents=[document], writes=True) as page:
        yield page


@pytest.fixture
def page(browser, served, slot_of_all, widget_class):
    """On the start, with nothing left of the journey before, of whatever test, and no complaint at its end."""
    opened = Page(browser)
    if slot_of_all.describe().afi_id != widget_class.afi_id():
        slot_of_all.emulator.install(widget_class)
        slot_of_all.load(widget_class.afi_id())
    if not opened.run(f"location.href.startsWith('http://127.0.0.1:{served.port}/')"):
        browser.open_anew(served.address)
    opened.until_is("#state", "live, with writes")
    browser.complaints.clear()
    opened.run("document.querySelector('#drafts .plain')?.click()")
    opened.go("")
    opened.until_is("h1", "widget")
    yield opened
    assert opened.browser.complaints == []


@pytest.fixture
def device(served):
    return served.held.device(0)


def test_values_are_shown_as_they_change_and_are_marked(page, device):
    assert page.run("location.search") == ""  # the token is out of sight
    device.ctrl.write(0x80)
    page.until_sees("tr.register td.live", "0x00000080")
    row = (
        "[...document.querySelectorAll('tr.register')].find((one) => one.querySelector('.place').innerText === 'ctrl')"
    )
    assert "mode=OFF" in page.run(f"{row}.querySelector('.words').textContent")
    device.ctrl.mode = 5
    cell = f"{row}.querySelector('td.live')"
    page.until(f"{cell}.textContent.startsWith('0x000000D0') && {cell}.getAnimations().length === 1")  # it fades
    assert page.sees("tr.register td.live code.soft") == ["reading changes it", "write-only"]


HELD = """
window.held = [];
window.told = 0;
window.post = hal.live.post;
hal.live.on("values", (message) => { window.told = message.look; });
hal.live.post = async (name, ...given) => {
  const answer = await window.post(name, ...given);
  if (name === "look") await new Promise((go) => held.push(go));
  return answer;
};
void 0
"""


def test_a_value_that_comes_before_the_answer_to_its_look_is_shown(page):
    """Whoever turns twice may be told of the second look before either is answered; its values come once."""
    page.until_sees("tr.register td.live", "0x")
    page.run(HELD)
    try:
        page.go("ctrl")
        page.until("held.length === 1")
        first = page.run("told")
        page.go("id")
        page.until(f"held.length === 2 && told > {first}")
        page.run("void held[0]()")
        page.run("new Promise((done) => setTimeout(done, 0))")
        page.run("void held[1]()")
        page.until_sees(".now .number", "0xCAFE0001")
    finally:
        page.run("hal.live.post = window.post; held.forEach((go) => go()); void 0")


def test_fields_are_changed_together_and_written_at_one_click(page, device, slot_of_all):
    device.ctrl.write(0x80)
    page.go("ctrl")
    page.until_sees(".now .number", "0x00000080")
    page.enter("tr[data-field=mode] select", "5")
    page.enter("tr[data-field=gain] input", "-3")
    page.enter("tr[data-field=ratio] input", "1.5")
    assert page.sees("#drafts code") == ["ctrl.mode = FAST", "ctrl.gain = -3", "ctrl.ratio = 1.5"]
    assert page.sees(".live-now") == ["now 0", "now 0", "now OFF"] or set(page.sees(".live-now")) == {
        "now 0",
        "now OFF",
    }
    device.ctrl.go = 1  # meanwhile, by somebody else
    page.until_sees(".now .number", "0x00000081")
    assert page.sees("#drafts code") == ["ctrl.mode = FAST", "ctrl.gain = -3", "ctrl.ratio = 1.5"]
    with slot_of_all.emulator.trace() as trace:
        page.key("Enter", "Enter", 13, modifiers=2)  # Ctrl+Enter
        page.until("document.getElementById('drafts').hidden")
    assert [(access.offset, access.value) for access in trace if access.action == "write"] == [(4, 0x1800FDD1)]
    page.until_sees(".now .number", "0x1800FDD1")
    assert page.run("document.querySelector('input.bin').value").startswith("0001_1000")


def test_what_is_refused_is_told_and_stays_to_be_mended(page, device):
    page.go("ctrl")
    page.until_sees(".now .number", "0x")
    page.enter("tr[data-field=gain] input", "200")
    assert page.run("document.querySelector('tr[data-field=gain] input').title") == "outside of -128 to 127"
    assert page.sees("#drafts") == []
    page.run("hal.live.drafts.set(hal.live.maps[0], 'ctrl.gain', '200', 200n, 'ctrl')")
    page.click("#drafts .main")
    page.until_sees("#said", "Nothing was written.")
    assert page.sees("#drafts code") == ["ctrl.gain = 200"]
    page.until_complaint("422")
    page.click("#said .drop")


def test_flags_have_a_button_for_what_a_write_does(page, device, slot_of_all):
    slot_of_all.emulator.poke(0, 0, 8, 3)
    page.go("events")
    page.until_sees(".now .number", "0x00000003")
    assert page.sees("button.act") == ["Clear", "Clear"]
    page.click("tr[data-field=second] button.act")
    page.click("#drafts .main")
    page.until_sees(".now .number", "0x00000001")


def test_a_register_that_reading_changes_is_read_at_a_click(page, slot_of_all):
    slot_of_all.emulator.poke(0, 0, 0xC, 0x77)
    page.go("fifo")
    page.until_sees(".now .number", "reading changes it")
    page.click(".now button", "Read once")
    page.until_sees(".now .number", "0x00000077")
    assert slot_of_all.emulator.peek(0, 0, 0xC) == 0


def test_elements_of_an_array_have_values_and_a_view_each(page, device):
    device.bank[2].write(0x22)
    page.go("bank")
    page.until_sees(".elements-table tr", "0x00000022")
    page.click(".elements-table a", "bank[2]")
    page.until_sees(".now .number", "0x00000022")
    assert page.run("location.hash") == "#bank[2]"


def test_words_of_a_memory(page, device):
    device.ram[1] = 0x41424344
    page.go("ram")
    page.until_sees(".memory-words td", "41424344")
    assert page.sees(".memory-words .letters")[0].startswith("····DCBA")
    page.run("document.querySelector('[data-word=\"2\"]').click()")
    page.run("document.querySelector('[data-word=\"2\"] input').value = '0xBEEF'")
    page.key("Enter", "Enter", 13)
    assert page.sees("#drafts code") == ["ram[2] = 0xBEEF"]
    page.click("#drafts .main")
    page.until("document.getElementById('drafts').hidden")
    page.until_sees(".memory-words td", "0000beef")
    assert device.ram[2] == 0xBEEF
    page.enter(".memory-bar select", "unsigned")
    page.until_sees(".memory-words td", "48879")


def test_pins_stay_and_are_plotted(page, device):
    page.go("ctrl")
    page.click("tr[data-field=gain] .pin")
    page.click("#panels-button")
    page.click("#tabs button", "Pins")
    page.until_sees(".pins td", "ctrl.gain")
    page.click(".pins input")
    page.until_sees(".legend li", "ctrl.gain")
    for value in (5, -7):
        device.ctrl.gain = value
        page.until_sees(".pins .words", str(value))
    assert page.run("document.querySelector('canvas.plot').getBoundingClientRect().width") > 200
    page.click(".plot-bar button", "Pause")
    assert page.sees(".plot-bar button") == ["Go on", "CSV"]
    page.run("hal.live.download = (name, text) => { window.saved = text; }")
    page.click(".plot-bar button", "CSV")
    lines = page.run("window.saved").split("\r\n")
    assert lines[0] == 'time,seconds,"ctrl.gain"'
    values = (line.split(",")[2] for line in lines[1:-1])  # each as often as the page was told something meanwhile
    assert [one for one, _ in itertools.groupby(values)][-2:] == ["5", "-7"]
    page.click(".pins .drop")
    page.until_sees("#panel", "Pin registers and fields")
    page.click("#panels-button")


def test_a_dump_is_taken_compared_and_written_back(page, device):
    device.wide.write(1)
    page.click("#panels-button")
    page.click("#tabs button", "Compare")
    page.click("#panel button", "Take a dump")
    page.until_sees(".kept span", "dump of")
    device.wide.write(2)
    page.click(".kept button", "Compare")
    page.until_sees("#panel h3", "1 difference")
    assert page.sees(".diff tbody tr td") == ["wide.value", "0x1", "0x2"]
    page.click(".kept button", "Restore")
    page.until_sees("#panel h3", "Restored")
    assert device.wide.read() == 1
    page.click("#tabs button", "Log")
    page.until_sees(".log code", "restore of a dump")
    page.click("#panels-button")


def test_the_slot_and_its_switches(page, slot_of_all):
    slot_of_all.emulator.set_leds(0x0005)
    page.click("#panels-button")
    page.click("#tabs button", "Slot")
    page.until("document.querySelector('.lights')?.getAttribute('aria-label') === 'LEDs 0x0005'")
    page.run("document.querySelectorAll('.switches input')[15].click()")
    until(lambda: slot_of_all.dip == 1)
    assert "agfi-0123456789abcdef0" in page.sees("#panel dd")
    page.click("#panels-button")


def test_keys_landmarks_and_names(page):
    page.key("/", "Slash", 191)
    page.run("document.getElementById('search').focus()")
    page.browser.send("Input.insertText", text="0x0050")
    page.until_sees("#results a", "bank")
    page.key("Escape", "Escape", 27)
    roles = "[...document.querySelectorAll('header, nav, main, aside, section[aria-label]')].map((one) => one.tagName)"
    assert {"HEADER", "NAV", "MAIN", "ASIDE", "SECTION"} <= set(page.run(roles))
    page.go("ctrl")
    nameless = (
        "[...document.querySelectorAll('button, input, select')].filter((one) => one.offsetParent !== null && !one.textContent"
        ".trim() && !one.getAttribute('aria-label') && !one.labels?.length).map((one) => one.outerHTML)"
    )
    assert page.run(nameless) == []


def test_on_a_phone_nothing_is_cut_off(page):
    try:
        page.browser.width(360, 740, is_phone=True)
        for path in ("", "ctrl", "ram"):
            page.go(path)
            assert page.run("document.documentElement.scrollWidth") <= 360
        page.click("#panels-button")
        for tab in ("Pins", "Compare", "Slot", "Log"):
            page.click("#tabs button", tab)
            assert page.run("document.documentElement.scrollWidth") <= 360
        page.click("#panels-button")
    finally:
        page.browser.width(1300, 900)


def test_a_slot_that_is_lost_is_told_at_once_and_so_is_its_return(page, device, slot_of_all, widget_class):
    slot_of_all.clear()
    page.until("/stale|holds no AFI now/.test(document.getElementById('trouble').innerText)")
    page.until_is("#state", "not live")
    slot_of_all.load(widget_class.afi_id())
    page.until_is("#state", "live, with writes")
    assert page.sees("#trouble") == []


INTERRUPTS = """
schema: 1
name: dut
interrupts:
  done: {line: 3, status: status.done, enable: enable.done, clear: status.done}
  late: {status: "status.late"}
registers:
  status: {offset: 0x0, access: w1c, fields: {done: {bits: 0, volatile: true}, late: {bits: 1, volatile: true}}}
  enable: {offset: 0x4, fields: {done: {bits: 0}}}
"""


def test_interrupts_are_told_and_cleared(browser, slot_of_all):
    slot_of_all.clear()
    document = codegen.page_document([codegen.loads(INTERRUPTS)])
    with served_page(load_class(INTERRUPTS), documents=[document], writes=True) as served:
        browser.open_anew(served.address)
        page = Page(browser)
        page.until_sees(".interrupts td", "held back")
        assert page.sees(".interrupts td.live") == ["no", "held back", "no"]
        slot_of_all.emulator.poke(0, 0, 0, 3)
        page.until_sees(".interrupts td", "pending")
        page.click(".interrupts button", "Clear")
        page.click(".interrupts button", "Enable")
        assert page.sees("#drafts code") == ["status.done = 1", "enable.done = 1"]
        page.click("#drafts .main")
        page.until_sees(".interrupts td", "let through")
        page.until(f"{SEES.format('.interrupts td.live')}.join() === 'no,let through,pending'")
        assert browser.complaints == []


def map_of_every_shape():
    """Registers that share bits, lanes, protocols, wide ones in both orders, arrays of every kind, entries of memories."""
    rng = random.Random(5)
    groups = [kind(rng, number) for number, kind in enumerate(GROUPS)]
    registers = registers_of(groups)
    wide = {"offset": len(groups) * SPAN, "width": 96, "access_width": 32, "reset": 5, "words": "latched"}
    entry = {
        "address": {"offset": 0, "width": 64},
        "length": {"offset": 8, "fields": {"flag": {"bits": 24, "count": 5}}},
    }
    lane = {
        "level": {"offset": 0, "reset": 7},
        "grid": {"offset": 16, "count": [2, 3], "reset": [[1, 2, 3], [4, 5, 6]]},
    }
    return {
        "schema": 1,
        "name": "dut",
        "enums": {"Mode": {"off": 0, "slow": 1}},
        "types": {"descriptor": {"size": 16, "registers": entry}, "lane": {"registers": lane}},
        "registers": {**registers, "wide": wide},
        "memories": {
            "ring": {"offset": 0x10000, "entry": "descriptor", "count": 3},
            "store": {"offset": 0x20000, "size": 256, "width": 128, "access_width": 32},
        },
        "blocks": {
            "named": {"type": "lane", "offset": 0x30000, "index": ["rx", "tx"], "stride": 64},
            "one": {"type": "lane", "offset": 0x40000, "count": 2, "first": 1, "stride": 64},
        },
    }


# Every register and memory with its last index on each dimension, by path.
EVERY = """
{
  const last = (place) => place.places.reduce((parent, step) => step.below(parent).at(step.axes.map((axis) => axis.count - 1)), hal.root(place.map));
  window.places = new Map([...hal.everyPlace(hal.root(hal.live.maps[0]))].map(last).map((place) => [place.path, place.kind]));
  window.values = new Map();
  for (const place of [...hal.everyPlace(hal.root(hal.live.maps[0]))].map(last)) {
    if (place.kind === "register") hal.live.watch(place.map, place.path, (entry) => values.set(place.path, entry.reason || (typeof entry.bits === "bigint" ? entry.bits.toString(16) : null)));
  }
}
"""


def test_maps_of_every_shape_are_live(browser, slot_of_all):
    slot_of_all.clear()
    text = json.dumps(map_of_every_shape())
    with served_page(load_class(text), documents=[codegen.page_document([codegen.loads(text)])], writes=True) as served:
        browser.open_anew(served.address)
        page = Page(browser)
        page.until_is("h1", "dut")
        page.run(EVERY)
        page.until("[...values.values()].every((one) => one !== null)")
        values, places = dict(page.run("[...values]")), dict(page.run("[...places]"))
        device = served.held.device(0)
        assert {"ring[2].length", "named[tx].grid[1][2]", "one[2].level", "wide"} <= values.keys()
        for path, told in values.items():
            register = device.find(path)
            shape = register._shape
            if shape.effects or not shape.is_readable:
                assert told in ("reading changes it", "write-only"), path
            else:
                assert int(told, 16) == register.read() & shape.readable_bits, path
        for path in places:  # each view is drawn, and what it holds is seen
            page.go(path)
            assert page.sees("h1") == [path]
        assert browser.complaints == []


def quoted(text):
    """As YAML has it between double quotes."""
    return '"' + "".join(one if ord(one) > 0xFFFF else json.dumps(one)[1:-1] for one in text) + '"'


def hostile_map():
    texts = [text for text in TEXTS if text and "\u2028" not in text]
    registers = "\n".join(
        f"  r{number}:\n    offset: {4 * number}\n    description: {quoted(text)}\n    fields:\n"
        f"      f: {{bits: 3:0, enum: E, description: {quoted(text)}}}\n      g: {{bits: 31:16, unit: {quoted(text[:20].replace(chr(10), chr(32)).replace(chr(9), chr(32)))}}}"
        for number, text in enumerate(texts)
    )
    members = "\n".join(
        f"    m{number}: {{value: {number}, description: {quoted(text)}}}" for number, text in enumerate(texts[:15])
    )
    return (
        f"schema: 1\nname: dut\ndescription: {quoted(' '.join(texts[:12]))}\nenums:\n  E:\n{members}\n"
        f"registers:\n{registers}\nmemories: {{m: {{offset: 0x1000, size: 64, description: {quoted(texts[9])}}}}}\n"
    )


def test_no_text_of_a_map_becomes_anything_else(browser, slot_of_all, tmp_path):
    """In every place where the page shows one: nothing runs, no element is made of it, nothing is loaded."""
    text = hostile_map()
    slot_of_all.clear()
    kind, document = load_class(text), codegen.page_document([codegen.loads(text)])
    with served_page(kind, documents=[document], writes=True) as served:
        browser.open_anew(served.address)
        page = Page(browser)
        page.until_is("#state", "live, with writes")
        page.until_is("h1", "dut")
        page.run(f"window.{SENTINEL} = () => {{ window.ran = true; }}; void 0")
        page.click("#panels-button")
        count = len(TEXTS) - 2
        for path in ("", *(f"r{number}" for number in range(count)), "m", ":enum.E"):
            page.go(path)
            page.run("document.querySelector('tr[data-field] .pin')?.click()")
        asker = served.asker()
        asker.post("/name", name="<img src=x onerror=pwned7f3a()>")
        asker.post("/write", map=0, writes=[[one, one] for one in TEXTS[:20]])
        page.click("#tabs button", "Log")
        page.until_sees(".log", "<img src=x onerror")
        made = "[...document.querySelectorAll('script:not([src]), img, iframe, object, embed, svg, form, style, base')].length"
        assert page.run(made) == 0
        assert (
            page.run(
                "[...document.querySelectorAll('a')].filter((one) => !/^(https?:|#)/.test(one.getAttribute('href'))).length"
            )
            == 0
        )
        assert page.run("window.ran") is None
        assert browser.complaints == []
    page.until_is("#state", "not live")  # the server has ended
    page.until("document.getElementById('trouble').innerText.includes('server')")
