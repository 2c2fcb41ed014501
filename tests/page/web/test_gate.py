"""What must not get in: without the token, under foreign names, from foreign pages, too much, or too slowly."""

from __future__ import annotations

import itertools
import socket
from contextlib import ExitStack, suppress

import pytest

from hal.page.web import bodies, events, server
from tests.support.cards import fresh_slot
from tests.support.live_page import Asker, served_page
from tests.support.processes import LIMIT
from tests.support.until import until

ADDRESSES = ("/", "/assets/live-start.js", "/maps/0", "/events")
ACTIONS = ("look", "write", "read", "saved", "differences", "restore", "dip", "name")


@pytest.fixture(scope="module")
def served(widget_class):
    with fresh_slot(), served_page(widget_class, writes=True, names=("Lab.Example",)) as page:
        yield page


@pytest.fixture(scope="module")
def asker(served):
    return served.asker()


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_do_not_get(served):
    asker = served.asker()
    answer = asker.ask("GET", f"/?token={served.token}", Cookie=None)
    cookie = answer.headers["set-cookie"]
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert served.token not in cookie
    assert "set-cookie" not in asker.ask("GET", f"/?token={served.token}").headers  # it has one
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("cookie", [None, "hal_page=", "hal_page=x", "other=1", "hal_page=" + "x" * 9000, "\x7f;=;;="])
def test_without_the_cookie_nothing_is_told(asker, cookie):
    for address in ADDRESSES:
        answer = asker.ask("GET", address, Cookie=cookie)
        assert (answer.status, answer.headers["connection"]) == (403, "close")
        assert answer.content.startswith(b"open the address that was printed at the start")
    for action in ACTIONS:
        assert asker.ask("POST", f"/{action}", {"map": 0}, Cookie=cookie).status == 403


@pytest.mark.parametrize(
    "query", ["token=", "token=wrong", "token", "x=1", "token=a&token=b", "token=%00", "token=%ff&&&&&&&&="]
)
def test_a_wrong_token_is_none(asker, query):
    assert asker.ask("GET", f"/?{query}", Cookie=None).status == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.:{port}",
        "",
        "[::1",
        "a@127.0.0.1:x",
        "0.0.0.0:{port}",
    ],
)
def test_a_name_that_somebody_points_here_is_not_served(served, asker, host):
    """DNS rebinding: the browser believes that the page is of that name's."""
    name = host.format(port=served.port)
    for method, address in (("GET", f"/?token={served.token}"), ("GET", "/events"), ("POST", "/write")):
        assert asker.ask(method, address, "{}", Host=name, Origin=f"http://{name}").status == 400


@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST:9999", "localhost"]
)
def test_this_machine_is_served_also_through_a_tunnel(served, asker, host):
    name = host.format(port=served.port)
    assert asker.ask("GET", "/maps/0", Host=name).status == 200
    assert asker.ask("POST", "/name", {"name": "x"}, Host=name, Origin=f"http://{name}").status == 200


def test_a_name_that_was_given_is_served(served, asker):
    assert asker.ask("GET", "/maps/0", Host=f"lab.example:{served.port}").status == 200
    assert asker.ask("GET", "/maps/0", Host=f"other.example:{served.port}").status == 400


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "http://127.0.0.1",
        "file://",
    ],
)
def test_only_our_own_page_changes_anything(served, asker, widget_class, origin):
    sent = None if origin is None else origin.format(port=served.port)
    body = {"map": 0, "writes": [["wide", "7"]]}
    served.held.device(0).wide.write(0)
    for action in ACTIONS:
        assert asker.ask("POST", f"/{action}", body, Origin=sent).status == 403
    assert served.held.device(0).wide.read() == 0
    assert asker.ask("POST", "/write", body).status == 200
    assert served.held.device(0).wide.read() == 7


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_says_of_another_page_counts(asker, site):
    """A page of this machine on another port is of the same site, and has the cookie."""
    for address in ADDRESSES[1:]:
        assert asker.ask("GET", address, Sec_Fetch_Site=site).status == 403
    assert asker.ask("GET", "/", Sec_Fetch_Site=site).status == 200  # a link leads here


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_not_known(asker, method):
    answer = asker.ask(method, "/write")
    assert answer.status == 405
    assert "access-control-allow-origin" not in answer.headers


def test_writes_are_json_alone(asker):
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"):
        assert asker.ask("POST", "/write", '{"map": 0, "writes": []}', Content_Type=kind).status == 415
    assert asker.ask("GET", "/write").status == 405


def test_browsers_are_told_to_run_nothing_else_and_show_it_in_no_frame(asker):
    for address in ("/", "/assets/live-start.js", "/maps/0", "/nothing"):
        headers = asker.ask("GET", address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_no_file_but_the_page_s_is_served(asker):
    for name in ("../routes.py", "..%2f..%2f__init__.py", "page.html", ".", "%00", "live-start.js/x"):
        assert asker.ask("GET", f"/assets/{name}").status == 404
    assert asker.ask("GET", "/maps/1").status == 404


def told(served, asker, head, *parts):
    """The first line of an answer to a request that is not sent to its end."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=LIMIT) as connection:
        own = f"Host: localhost\r\nCookie: {asker.cookie}\r\nOrigin: http://localhost\r\nContent-Type: application/json\r\n"
        connection.sendall(f"POST /write HTTP/1.1\r\n{own}{head}\r\n\r\n".encode())
        for part in parts:
            connection.sendall(part)
        return connection.recv(4096).decode().partition("\r\n")[0]


def test_too_large_is_not_read(served, asker):
    """Not what says so, and not what only turns out to be."""
    assert told(served, asker, "Content-Length: 65537").startswith("HTTP/1.1 413")
    assert told(served, asker, f"Content-Length: {1 << 60}").startswith("HTTP/1.1 413")
    chunk = b"2710\r\n" + b" " * 10_000 + b"\r\n"
    assert told(served, asker, "Transfer-Encoding: chunked", *[chunk] * 7).startswith("HTTP/1.1 413")
    assert asker.ask("GET", f"/?{'x' * 3000}").status == 414
    assert asker.ask("GET", "/maps/0", Cookie=f"{asker.cookie}; x={'y' * 20_000}").status == 403


@pytest.mark.parametrize(
    ("action", "body", "said"),
    [
        ("write", "{", "this is no JSON"),
        ("write", '{"map": 0, "map": 0}', "stands there twice"),
        ("write", "[" * 30_000, "nested too deep"),
        ("write", '{"map": NaN}', "NaN is no number"),
        ("write", "[]", "no JSON object"),
        ("write", "\udcff", "this is no JSON"),
        ("write", {"map": True, "writes": []}, "map is an integer of 0 to 0"),
        ("write", {"map": 1, "writes": []}, "map is an integer of 0 to 0"),
        ("write", {"map": 0, "writes": [["a"]]}, "pairs of texts"),
        ("write", {"map": 0, "writes": [["a", 1]]}, "holds texts"),
        ("write", {"map": 0, "writes": "wide=1"}, "writes is a list"),
        ("write", {"map": 0, "writes": [0] * 4097}, "writes is a list of up to 4096"),
        ("read", {"map": 0, "path": "x" * 5000}, "path is a text of up to 4096"),
        ("saved", {"map": 0, "memories": "yes"}, "memories is true or false"),
        ("look", {"viewer": 1}, "viewer is a text"),
        ("dip", {"value": 0x10000}, "value is an integer of 0 to 65535"),
        ("name", {}, "name is a text"),
    ],
)
def test_what_is_no_request_is_told(asker, action, body, said):
    if body == "\udcff":
        body = b"\xff"
    answer = asker.ask("POST", f"/{action}", body)
    assert (answer.status, said in answer.error) == (400, True)


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch, served, asker):
    monkeypatch.setattr(bodies, "_SECONDS", 0.1)
    assert told(served, asker, "Content-Length: 100", b"{").startswith("HTTP/1.1 408")


def test_a_connection_that_asks_for_nothing_is_ended(monkeypatch, served):
    monkeypatch.setattr(server, "_FIRST_REQUEST_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", served.port), timeout=LIMIT) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost:")
        with suppress(ConnectionResetError):
            assert slow.recv(4096) == b""


def test_viewers_are_bounded(served, asker):
    with ExitStack() as pages:
        streams = [pages.enter_context(asker.events()) for _ in range(32)]
        answer = asker.ask("GET", "/events")
        assert answer.status == 503
        assert "32 pages are open already" in answer.error
        other = Asker(served.port, served.token)
        assert other.post("/look", viewer=streams[0].hello["viewer"], looks=[]).status == 404  # another browser's
    until(lambda: not len(served.page.viewers))
    with asker.events() as stream:
        assert stream.hello["maps"] == ["widget"]


def test_a_viewer_that_takes_nothing_is_cut_off_and_in_nobody_s_way(monkeypatch, served, asker):
    monkeypatch.setattr(events, "_TAKEN_SECONDS", 0.2)
    with asker.hung_events(), asker.events() as stream:
        stream.look("wide")
        device, numbers = served.held.device(0), itertools.count(1)

        def is_cut_off():
            device.ram[0] = next(numbers)
            return len(served.page.viewers) == 1

        until(is_cut_off)
        device.wide.write(0xABCD)
        stream.until("wide", 0xABCD)
