"""A page in a browser, driven as a person would: what is seen, what is awaited, keys and clicks."""

from __future__ import annotations

import json

from tests.support.until import until

SEES = "[...document.querySelectorAll({0!r})].filter((one) => one.offsetParent !== null).map((one) => one.innerText.trim())"


class Page:
    """The page in the browser; what is awaited is awaited there, a frame at a time."""

    def __init__(self, browser):
        self.browser = browser

    def run(self, script):
        return self.browser.evaluate(script)

    def until(self, condition):
        return self.browser.until(condition)

    def sees(self, selector):
        return self.run(SEES.format(selector))

    def until_sees(self, selector, text):
        """One of what is seen has the text, which nothing has that is seen before: `until_is` takes whole texts."""
        self.until(f"{SEES.format(selector)}.some((one) => one.includes({json.dumps(text)}))")

    def until_is(self, selector, *texts):
        """These texts are seen, each whole, and no other one."""
        self.until(f"JSON.stringify({SEES.format(selector)}) === JSON.stringify({json.dumps(texts)})")

    def until_complaint(self, text):
        """What a browser says by itself of an answer comes when it likes; this one is taken away."""
        until(lambda: self.run("true") and self.browser.complaints)
        assert text in self.browser.complaints.pop()

    def go(self, path):
        self.browser.go(f"#{path}")

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
