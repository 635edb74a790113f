"""What the application reads from the network, and what it can never be brought to read."""

import gzip
import socket
import time
import tracemalloc

import pytest

from tests.transition import https
from tests.transition.https import HOST, LOCAL
from transition import fetch
from transition.fetch import Failure
from transition.settings import base

pytestmark = pytest.mark.real_time

PUBLIC = "93.184.215.14"


def post(url, **more):
    return fetch.post(url, b'{"a": 1}', {"Content-Type": "application/json"}, **more)


# What may never be dialed may not be dialed for sending either.
both = pytest.mark.parametrize("ask", [fetch.get, post], ids=["get", "post"])


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server, stop = https.start(tmp_path_factory.mktemp("tls"))
    yield server
    stop()


@pytest.fixture
def server(running, settings):
    """The one place of this machine that may be asked."""
    settings.FETCH_EXCEPTIONS = frozenset({(LOCAL, running.port)})
    settings.FETCH_CA_FILE = running.ca_file
    running.pages.clear()
    running.asked.clear()
    running.received.clear()
    return running


@pytest.fixture(autouse=True)
def names(monkeypatch):
    names = https.Names()
    names.lead(HOST, [LOCAL])
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


@pytest.fixture
def dialed(monkeypatch):
    """Where sockets were connected to. Nothing of ours is replaced, and nothing gets through."""
    found = []

    def connect(sock, address):
        found.append(address[:2])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return found


def test_reads_a_file(server):
    url = server.serve("/a.ics", b"BEGIN", ETag='"1"', Last_Modified="Sun, 22 Nov 2026 01:00:00 GMT")
    found = fetch.get(url)
    assert found == fetch.Fetched(b"BEGIN", '"1"', "Sun, 22 Nov 2026 01:00:00 GMT")
    path, headers = server.asked[0]
    assert path == "/a.ics"
    assert headers["Host"] == f"{HOST}:{server.port}"
    assert headers["Accept-Encoding"] == "identity"
    assert headers["User-Agent"] == fetch.AGENT
    assert not {"Cookie", "Authorization", "Referer", "If-None-Match"} & headers.keys()


def test_asks_only_for_what_has_changed(server):
    url = server.serve("/a.ics", status=304)
    found = fetch.get(url, etag='"1"', modified="Sun, 22 Nov 2026 01:00:00 GMT")
    assert found == fetch.Fetched(None, '"1"', "Sun, 22 Nov 2026 01:00:00 GMT")
    assert server.asked[0][1]["If-None-Match"] == '"1"'
    assert server.asked[0][1]["If-Modified-Since"] == "Sun, 22 Nov 2026 01:00:00 GMT"
    # Unchanged since nothing is no answer.
    assert fetch.get(url).failure == Failure.STATUS


def test_the_rest_of_an_address_is_sent_as_it_should_be(server):
    server.serve("/%E4%BA%88%E5%AE%9A/a.ics?key=a%2Fb&x=%E4%BA%88", b"1")
    assert fetch.get(server.url("/予定/a.ics?key=a%2Fb&x=予#part")).body == b"1"


def test_a_japanese_name_is_asked_for_in_letters(server, names):
    names.lead("xn--wgv71a.example.invalid", [LOCAL])
    server.serve("/a.ics", b"1")
    assert fetch.get(server.url(host="日本.example.invalid")).body == b"1"
    assert names.asked == ["xn--wgv71a.example.invalid"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "calendar.example.invalid/a.ics",
        "http://calendar.example.invalid/a.ics",
        "ftp://calendar.example.invalid/a.ics",
        "file:///etc/passwd",
        "webcal://calendar.example.invalid/a.ics",
        "https:///a.ics",
        "https://",
        "https://:443/a.ics",
        "https://user@calendar.example.invalid/",
        "https://user:password@calendar.example.invalid/",
        "https://@calendar.example.invalid/",
        "https://calendar.example.invalid:80/",
        "https://calendar.example.invalid:8443/",
        "https://calendar.example.invalid:0/",
        "https://calendar.example.invalid:99999/",
        "https://calendar.example.invalid:x/",
        "https://calendar.example.invalid\\@127.0.0.1/",
        "https://calendar.example.invalid/a b",
        "https://calendar.example.invalid/\r\nHost: x",
        "https://calendar.example.invalid/\x00",
        "https://[::1/",
        "https://calendar.example.invalid\\.example.com/",
        "https://calendar.example.invalid/a\\b",
        "https://" + "a" * 64 + ".invalid/",
        "https://a..invalid/",
        "https://calendar.example.invalid/" + "a" * 2000,
        "https://\u2100.example.invalid/",
    ],
)
@both
def test_what_is_no_public_https_address_is_never_dialed(ask, url, dialed):
    assert ask(url).failure == Failure.ADDRESS
    assert not fetch.is_address(url)
    assert dialed == []


NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.215.14",
    "::93.184.215.14",
    "::ffff:0:93.184.215.14",
    "64:ff9b::7f00:1",
    "64:ff9b::5db8:d70e",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:5db8:d70e::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "x",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
@both
def test_a_name_that_leads_inside_is_never_dialed(ask, address, names, dialed):
    names.lead(HOST, [address])
    assert ask(f"https://{HOST}/a.ics").failure == Failure.ADDRESS
    # Not among public ones either, wherever it stands.
    names.lead(HOST, [PUBLIC, address], [address, PUBLIC])
    assert ask(f"https://{HOST}/a.ics").failure == Failure.ADDRESS
    assert ask(f"https://{HOST}/a.ics").failure == Failure.ADDRESS
    assert dialed == []


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111", "2400:4050::1"])
@both
def test_a_public_one_is_dialed_as_it_was_checked(ask, address, names, dialed):
    names.lead(HOST, [address], ["127.0.0.1"])
    assert ask(f"https://{HOST}/a.ics").failure == Failure.UNREACHABLE
    assert dialed == [(address, 443)]
    assert names.asked == [HOST]


def test_a_name_that_answers_otherwise_the_second_time_is_not_asked_again(server, names):
    names.lead(HOST, [LOCAL], ["10.0.0.1"])
    url = server.serve("/a.ics", b"1")
    assert fetch.get(url).body == b"1"
    assert names.asked == [HOST]


@both
def test_the_exception_is_for_one_port_of_one_address_only(ask, server, names, dialed):
    names.lead(HOST, [LOCAL])
    assert ask(f"https://{HOST}/a.ics").failure == Failure.ADDRESS
    names.lead(HOST, [PUBLIC])
    assert ask(server.url()).failure == Failure.ADDRESS
    assert dialed == []


def test_the_next_address_is_tried_when_one_does_not_answer(server, names, settings):
    settings.FETCH_EXCEPTIONS |= {("::1", server.port)}
    names.lead(HOST, ["::1", LOCAL])
    assert fetch.get(server.serve("/a.ics", b"1")).body == b"1"


@both
def test_a_name_nobody_knows(ask, server):
    assert ask("https://nowhere.example.invalid/").failure == Failure.UNREACHABLE


@both
def test_the_certificate_must_belong_to_the_name(ask, server, names, settings):
    url = server.serve("/a.ics", b"1")
    names.lead("other.example.invalid", [LOCAL])
    assert ask(server.url(host="other.example.invalid")).failure == Failure.UNREACHABLE
    assert ask(server.url(host=LOCAL)).failure == Failure.UNREACHABLE
    settings.FETCH_CA_FILE = ""
    assert ask(url).failure == Failure.UNREACHABLE
    assert server.asked == []


def test_no_proxy_of_the_environment_is_used(server, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch.get(server.serve("/a.ics", b"1")).body == b"1"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_where_it_is_sent(server, status):
    server.serve("/b.ics", b"1")
    assert fetch.get(server.serve("/a.ics", status=status, Location="/b.ics")).body == b"1"
    assert fetch.get(server.serve("/a.ics", status=status, Location=server.url("/b.ics"))).body == b"1"


def test_three_times_at_most(server):
    server.serve("/5", b"1")
    for number in range(1, 5):
        server.serve(f"/{number}", status=302, Location=f"/{number + 1}")
    assert fetch.get(server.url("/2")).body == b"1"
    assert fetch.get(server.url("/1")).failure == Failure.STATUS
    server.serve("/loop", status=302, Location="/loop")
    assert fetch.get(server.url("/loop")).failure == Failure.STATUS


@pytest.mark.parametrize(
    "location",
    [
        "http://calendar.example.invalid:{port}/b.ics",
        "//user@calendar.example.invalid:{port}/b.ics",
        "https://inside.example.invalid/latest/meta-data/",
        "https://inside.example.invalid:{port}/b.ics",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]:{port}/b.ics",
        "https://calendar.example.invalid/b.ics",
        "file:///etc/passwd",
    ],
)
def test_the_same_rules_hold_after_a_redirect(server, names, location):
    names.lead("inside.example.invalid", ["10.0.0.1"])
    names.lead("169.254.169.254", ["169.254.169.254"])
    names.lead("::1", ["::1"])
    server.serve("/b.ics", b"1")
    url = server.serve("/a.ics", status=302, Location=location.format(port=server.port))
    assert fetch.get(url).failure == Failure.ADDRESS
    assert [path for path, _ in server.asked] == ["/a.ics"]


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 503])
def test_every_other_answer_is_told(server, status):
    assert fetch.get(server.serve("/a.ics", b"", status=status)).failure == Failure.STATUS


def test_two_megabytes_are_enough(server):
    assert len(fetch.get(server.serve("/a.ics", b"x" * fetch.MOST_BYTES)).body) == fetch.MOST_BYTES
    assert fetch.get(server.serve("/a.ics", b"x" * (fetch.MOST_BYTES + 1))).failure == Failure.TOO_LARGE


def chunked(server, body, times):
    """A body of unknown length, sent in pieces."""

    def page(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(times):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        handler.wfile.write(b"0\r\n\r\n")

    server.pages["/chunked"] = page
    return server.url("/chunked")


def test_also_when_the_length_is_not_told(server):
    assert fetch.get(chunked(server, b"x" * 1000, 2)).body == b"x" * 2000
    assert fetch.get(chunked(server, b"x" * 100_000, 21)).failure == Failure.TOO_LARGE


def test_and_when_it_is_packed(server):
    packed = gzip.compress(b"calendar")
    assert fetch.get(server.serve("/a.ics", packed, Content_Encoding="gzip")).body == b"calendar"
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    url = server.serve("/a.ics", bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        assert fetch.get(url).failure == Failure.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 5 * fetch.MOST_BYTES
    finally:
        tracemalloc.stop()
    whole = gzip.compress(b"x" * fetch.MOST_BYTES)
    assert len(fetch.get(server.serve("/a.ics", whole, Content_Encoding="gzip")).body) == fetch.MOST_BYTES
    assert fetch.get(server.serve("/a.ics", b"no gzip", Content_Encoding="gzip")).failure == Failure.UNREACHABLE
    assert fetch.get(server.serve("/a.ics", packed, Content_Encoding="br")).failure == Failure.STATUS


def test_what_breaks_off_is_not_taken_for_the_whole(server):
    assert fetch.get(server.serve("/a.ics", b"x" * 10, Content_Length="20")).failure == Failure.UNREACHABLE
    cut = gzip.compress(b"x" * 1000)[:-10]
    assert fetch.get(server.serve("/a.ics", cut, Content_Encoding="gzip")).failure == Failure.UNREACHABLE


def dripping(server, first):
    """One byte after the other, each in good time, for ever."""

    def page(handler):
        handler.wfile.write(first)
        handler.wfile.flush()
        for _ in range(100):
            time.sleep(0.05)
            handler.wfile.write(b"x")
            handler.wfile.flush()

    server.pages["/drip"] = page
    return server.url("/drip")


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Header: ",
        b"HTTP/1.1 ",
        b"",
    ],
    ids=["body", "body of no length", "header", "status", "nothing"],
)
def test_a_slow_drip_gains_no_time(server, first):
    begun = time.monotonic()
    assert fetch.get(dripping(server, first), seconds=0.5).failure == Failure.TIMEOUT
    assert time.monotonic() - begun < 1.5


def test_redirects_share_the_time(server):
    def slow(handler):
        time.sleep(0.3)
        handler.send_response(302)
        handler.send_header("Location", handler.path + "x")
        handler.end_headers()

    for path in ("/s", "/sx", "/sxx"):
        server.pages[path] = slow
    begun = time.monotonic()
    assert fetch.get(server.url("/s"), seconds=0.5).failure == Failure.TIMEOUT
    assert time.monotonic() - begun < 1.5


@both
def test_a_silent_handshake_and_a_silent_resolver(ask, server, monkeypatch, settings):
    with socket.socket() as silent:
        silent.bind((LOCAL, 0))
        silent.listen()
        port = silent.getsockname()[1]
        settings.FETCH_EXCEPTIONS |= {(LOCAL, port)}
        begun = time.monotonic()
        assert ask(f"https://{HOST}:{port}/", seconds=0.4).failure == Failure.TIMEOUT
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])
    assert ask(server.url(), seconds=0.4).failure == Failure.TIMEOUT
    assert time.monotonic() - begun < 1.8


def test_five_seconds_unless_told_otherwise():
    assert (fetch.SECONDS, fetch.MOST_BYTES, fetch.MOST_REDIRECTS) == (5.0, 2_000_000, 3)


def test_only_headers_that_can_be_sent_back_are_kept(server):
    found = fetch.get(server.serve("/a.ics", b"1", ETag='"' + "x" * 300 + '"', Last_Modified="y" * 61))
    assert (found.body, found.etag, found.modified) == (b"1", "", "")


class TestSending:
    def test_sends_what_it_is_given(self, server):
        assert post(server.serve("/a", b"thanks", 202)) == fetch.Sent(202)
        path, headers = server.asked[0]
        assert (path, server.received) == ("/a", [b'{"a": 1}'])
        assert headers["Host"] == f"{HOST}:{server.port}"
        assert headers["Content-Type"] == "application/json"
        assert (headers["Content-Length"], headers["User-Agent"]) == ("8", fetch.AGENT)
        assert not {"Cookie", "Authorization", "Referer", "Transfer-Encoding"} & headers.keys()

    def test_also_much_and_also_nothing(self, server):
        for body in (b"x" * 200_000, b""):
            assert fetch.post(server.serve("/a"), body, {}) == fetch.Sent(200)
        assert [len(body) for body in server.received] == [200_000, 0]

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_never_goes_where_it_is_sent_on_to(self, server, status):
        server.serve("/b")
        sent = post(server.serve("/a", status=status, Location="/b"))
        assert sent == fetch.Sent(status, Failure.STATUS)
        assert [path for path, _ in server.asked] == ["/a"]

    @pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 410, 429, 500, 503])
    def test_every_answer_but_a_good_one_is_a_failure_that_is_told(self, server, status):
        assert post(server.serve("/a", status=status)) == fetch.Sent(status, Failure.STATUS)

    def test_a_huge_answer_is_not_taken_in(self, server):
        begun = time.monotonic()
        tracemalloc.start()
        try:
            assert post(chunked(server, b"x" * 100_000, 500)) == fetch.Sent(200)
            assert post(server.serve("/a", b"x", Content_Length="1000000000000")) == fetch.Sent(200)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()
        assert time.monotonic() - begun < 3

    @pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX-Header: ", b"HTTP/1.1 ", b""])
    def test_a_slow_drip_gains_no_time(self, server, first):
        begun = time.monotonic()
        assert post(dripping(server, first), seconds=0.5) == fetch.Sent(None, Failure.TIMEOUT)
        assert time.monotonic() - begun < 1.5

    def test_nor_does_one_that_has_said_yes(self, server):
        begun = time.monotonic()
        first = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
        assert post(dripping(server, first), seconds=0.5) == fetch.Sent(200)
        assert time.monotonic() - begun < 1.5

    def test_whoever_takes_nothing_in_gains_no_time(self, server):
        server.pages["/a"] = lambda handler: time.sleep(3)
        begun = time.monotonic()
        assert post(server.url("/a"), seconds=0.5) == fetch.Sent(None, Failure.TIMEOUT)
        assert time.monotonic() - begun < 1.5

    @pytest.mark.parametrize("said", [b"", b"no http\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
    def test_what_is_no_answer(self, server, said):
        server.pages["/a"] = lambda handler: handler.wfile.write(said)
        assert post(server.url("/a")) == fetch.Sent(None, Failure.UNREACHABLE)

    def test_no_header_can_be_smuggled_in(self, server):
        assert fetch.post(server.serve("/a"), b"", {"X": "1\r\nHost: inside"}).failure == Failure.ADDRESS


def test_nothing_of_an_address_is_logged(server, caplog):
    fetch.get(server.serve("/secret-a.ics", b"1"))
    post(server.serve("/secret-a.ics", b"1", 500))
    post("https://nowhere.example.invalid/secret-b.ics")
    fetch.get("https://nowhere.example.invalid/secret-b.ics")
    fetch.get("http://nowhere.example.invalid/secret-c.ics")
    assert caplog.records == []


def test_nothing_of_this_is_open_by_itself():
    assert frozenset() == base.FETCH_EXCEPTIONS
    assert base.FETCH_CA_FILE == ""
