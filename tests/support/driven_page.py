"""A page in a browser, driven as a person would: what is seen, what is awaited, keys and clicks."""

from __future__ import annotations

import json

from tests.support.processes import LIMIT

SEES = "[...document.querySelectorAll({0!r})].filter((one) => one.offsetParent !== null).map((one) => one.innerText.trim())"


class Page:
    """The page in the browser; what is awaited is awaited there, a frame at a time."""

    def __init__(self, browser):
        self.browser = browser

    def run(self, script):
        return self.browser.evaluate(script)

    def until(self, condition):
        script = (
            f"new Promise((done) => {{const end = Date.now() + {LIMIT * 1000 / 4}; const look = () => "
            f"{{const found = {condition}; if (found || Date.now() > end) done(found); else setTimeout(look, 10);}}; look();}})"
        )
        found = self.run(script)
        assert found, (condition, self.run("document.body.innerText")[:2000], self.browser.complaints)
        return found

    def sees(self, selector):
        return self.run(SEES.format(selector))

    def until_sees(self, selector, text):
        self.until(f"{SEES.format(selector)}.some((one) => one.includes({json.dumps(text)}))")

    def go(self, path):
        self.run(f"void (location.hash = {json.dumps('#' + path)})")
        title = json.dumps(path.split("/")[-1]) if path else "''"
        self.until(
            f"document.querySelector('#content h1').innerText.length > 0 && decodeURI(location.hash).endsWith({title})"
        )

    def enter(self, selector, value):
        self.run(
            f"{{const one = document.querySelector({json.dumps(selector)}); one.value = {json.dumps(value)}; "
            "one.dispatchEvent(new Event('change', {bubbles: true}));}"
        )

    def click(self, selector, text=""):
        self.run(
            f"[...document.querySelectorAll({json.dumps(selector)})].find((one) => one.textContent.includes({json.dumps(text)})).click()"
        )

    def key(self, key, code, number, modifiers=0):
        for kind in ("rawKeyDown", "keyUp"):
            self.browser.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=code,
                windowsVirtualKeyCode=number,
                modifiers=modifiers,
            )
