"""A headless Chromium, driven over a pipe: pages are opened, asked, typed into, and drawn to pictures."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import time

from tests.support.processes import LIMIT, Child

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe")


class Browser:
    """One browser with one page; it does not outlive its `with` block. `complaints`: what scripts and policies said."""

    def __init__(self, profile):
        self._profile, self._number, self._unread = profile, 0, b""
        self.events, self.complaints = [], []

    def __enter__(self):
        theirs, self._to = os.pipe()
        self._from, back = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4.
        command = f'exec "$0" "$@" 3<&{theirs} 4>&{back}'
        options = [*_OPTIONS, f"--user-data-dir={self._profile}", "about:blank"]
        self._child = Child("/bin/bash", "-c", command, CHROMIUM, *options, pass_fds=(theirs, back))
        os.close(theirs)
        os.close(back)
        self._session = None
        (page,) = [one for one in self.send("Target.getTargets")["targetInfos"] if one["type"] == "page"][:1]
        self._session = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, *error):
        os.close(self._to)
        os.close(self._from)
        self._child.__exit__(*error)

    def send(self, method, **parameters):
        """The answer to a command of the DevTools protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + LIMIT
        while True:
            found = self._next(end)
            if found.get("id") == self._number:
                assert "error" not in found, (method, found["error"])
                return found["result"]
            self._heard(found)

    def _next(self, end):
        while b"\0" not in self._unread:
            assert select.select([self._from], [], [], max(0, end - time.monotonic()))[0], "the browser says nothing"
            part = os.read(self._from, 1 << 20)
            assert part, "the browser is gone"
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def _heard(self, event):
        name, parameters = event.get("method"), event.get("params", {})
        self.events.append(name)
        if name == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif name == "Log.entryAdded" and parameters["entry"]["level"] in ("warning", "error"):
            self.complaints.append(parameters["entry"]["text"])

    def open(self, address):
        """Goes to an address; done when the page has loaded. One within the page that is there loads nothing."""
        self.events.clear()
        if "loaderId" not in self.send("Page.navigate", url=address):
            return
        end = time.monotonic() + LIMIT
        while "Page.loadEventFired" not in self.events:
            self._heard(self._next(end))

    def open_anew(self, address):
        """Like `open`, with nothing of the page before, which may still ask for a server that has ended."""
        self.open("about:blank")
        self.complaints.clear()
        self.open(address)

    def evaluate(self, script):
        """What an expression is in the page; a promise is waited for."""
        given = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = self.send("Runtime.evaluate", **given)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition):
        """What an expression is once that is true; it is looked at in the page, again and again."""
        script = (
            f"new Promise((done) => {{const end = Date.now() + {LIMIT * 1000 / 2}; const look = () => "
            f"{{const found = {condition}; if (found || Date.now() > end) done(found); else setTimeout(look, 10);}}; look();}})"
        )
        found = self.evaluate(script)
        assert found, (condition, self.evaluate("document.body.innerText")[:2000], self.complaints)
        return found

    def follow(self, script):
        """Runs what leads to another place of the page; done when the page has heard of that, and has drawn it."""
        hears = "window.addEventListener('hashchange', () => done(), {once: true});"
        self.evaluate(f"new Promise((done) => {{{hears} {script};}})")

    def go(self, place):
        """To a place of the page, by its hash, which may be the one that is shown."""
        changes = f"const before = location.hash; location.hash = {json.dumps(place)}"
        self.follow(f"{changes}; if (location.hash === before) done()")

    def width(self, pixels, height=800, *, is_phone=False):
        """Makes the page so wide."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=pixels, height=height, deviceScaleFactor=1, mobile=is_phone
        )

    def prefer(self, scheme):
        """Sets what the page hears of light and dark."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, file):
        """Draws what is seen into a PNG file."""
        file.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))
