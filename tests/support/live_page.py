"""A live page on the emulated card of this process, served by a thread, and who asks it as a browser would."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import threading
import time
from contextlib import contextmanager

from hal.page.card.held_slot import HeldSlot
from hal.page.page_files import page_files
from hal.page.sessions import Sessions
from hal.page.web.routes import LivePage
from hal.page.web.server import listening_socket, server_of
from tests.support.processes import LIMIT

INTERVAL = 0.02
DOCUMENT = b'{"format":1,"version":"0","maps":[]}'


class Served:
    """A page that is served: `page`, `port`, `token`, and whose it is: `held`, its slot, or `fleet`."""

    def __init__(self, page, port, token, **whose):
        self.page, self.port, self.token = page, port, token
        vars(self).update(whose)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def asker(self):
        return Asker(self.port, self.token)


@contextmanager
def served_by_a_thread(page, sessions, **whose):
    with listening_socket("127.0.0.1", 0) as listening:
        server = server_of(page.app, page.end)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield Served(page, listening.getsockname()[1], sessions.token, **whose)
        finally:
            server.should_exit = True
            thread.join(LIMIT)
    assert not thread.is_alive()


@contextmanager
def served_page(*drivers, documents=None, interval=INTERVAL, slot=0, library="emulator", verify=True, **options):
    held = HeldSlot(slot, drivers, library, verify=verify)
    held.open()
    given = {"sessions": Sessions(), "interval": interval} | options
    page = LivePage(held, documents or [DOCUMENT] * len(drivers), page_files(), **given)
    try:
        with served_by_a_thread(page, given["sessions"], held=held) as served:
            yield served
    finally:
        held.close()


class Answer:
    def __init__(self, status, headers, content):
        self.status, self.headers, self.content = status, headers, content

    @property
    def json(self):
        assert self.status == 200, (self.status, self.content)
        return json.loads(self.content)

    @property
    def error(self):
        return json.loads(self.content)["error"]


class Asker:
    """Who has the token's cookie. Headers that are given replace those that a browser would send."""

    def __init__(self, port, token):
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.cookie = self.ask("GET", f"/?token={token}").headers["set-cookie"].partition(";")[0]

    def ask(self, method, path, body=None, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {"Cookie": getattr(self, "cookie", None)}
        if method == "POST":
            own |= {"Origin": self.origin, "Content-Type": "application/json"}
        sent = {name: value for name, value in (own | given).items() if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            text = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method, path, body=text, headers=sent)
            answer = connection.getresponse()
            content = answer.read()
            packed = answer.headers["content-encoding"] == "gzip"
            return Answer(answer.status, answer.headers, gzip.decompress(content) if packed else content)
        finally:
            connection.close()

    def post(self, path, **body):
        return self.ask("POST", path, body)

    @contextmanager
    def events(self, place=""):
        """The stream of the page that stands there; a viewer whose first message was read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        connection.request("GET", f"{place}/events", headers={"Cookie": self.cookie})
        with contextlib.closing(connection):
            yield Stream(self, connection.getresponse(), place)

    @contextmanager
    def hung_events(self):
        """A viewer that looks at the widget's memory, and takes nothing after its first message."""
        with socket.socket() as hung:
            hung.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            hung.connect(("127.0.0.1", self.port))
            hung.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: {self.cookie}\r\n\r\n".encode())
            text = b""
            while b"hello" not in text or b"\n\n" not in text.partition(b"hello")[2]:
                text += hung.recv(4096)
            viewer = json.loads(text.partition(b"data: ")[2].partition(b"\n\n")[0])["viewer"]
            window = {"map": 0, "path": "ram", "start": 0, "count": 1024}
            assert self.post("/look", viewer=viewer, looks=[], window=window).status == 200
            yield


class Stream:
    def __init__(self, asker, answer, place=""):
        assert answer.status == 200, answer.read()
        self.asker, self.answer, self._place = asker, answer, place
        self.values = {}  # by path: the latest
        self.order = {}
        self.hello = self.next("hello")

    def any(self):
        """The next message, whatever it is."""
        end = time.monotonic() + LIMIT
        while True:
            line = self.answer.readline()
            assert time.monotonic() < end, f"nothing was told, of {self.values}"  # but that the server is there
            assert line, "the stream has ended"
            if line.startswith(b"data: "):
                return json.loads(line[6:])

    def next(self, kind):
        while (message := self.any())["kind"] != kind:
            self._note(message)
        self._note(message)
        return message

    def _note(self, message):
        if message["kind"] == "values" and message["look"] in self.order:
            for place, bits in message["values"]:
                value = None if bits is None else int(bits, 16)
                self.values[self.order[message["look"]][place]] = value

    def until_state(self, text):
        """Waits until the trouble has this text, or for "" until there is none: another one may be told before."""
        trouble = None
        while trouble is None or (text not in trouble if text else trouble):
            trouble = self.next("state")["trouble"]

    def look(self, *registers, number=0, **more):
        """Looks at registers of a map; what the server said to that."""
        looks = [{"map": number, "registers": list(registers)}] if registers else []
        found = self.asker.post(f"{self._place}/look", viewer=self.hello["viewer"], looks=looks, **more).json
        self.order[found["look"]] = [path for _, path in found["registers"]]
        self.values.clear()
        return found

    def until(self, path, value):
        """Waits until a register holds this, as it was told."""
        while self.values.get(path, "unknown") != value:
            self.next("values")
