"""The real web server behind the real nginx with the configuration that is shipped: reloads cut nobody off, what is
beyond all measure stays outside, and every answer carries its headers, whoever made it."""

import contextlib
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.killing import wait_until, web_answers
from tests.faults.web import Web
from tests.transition import places
from tests.transition.test_deploy import configured  # noqa: F401 - a fixture
from transition.headers import HEADERS

pytestmark = [
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not here: what runs behind it was NOT tried"),
    pytest.mark.slow,
    pytest.mark.real_time,
    pytest.mark.django_db(transaction=True),
]
HOST = "taiken.example.jp"
RELOADS, CLIENTS = 3, 8
NEEDED = {"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"}
NEEDED |= {"Cross-Origin-Resource-Policy", "Content-Security-Policy", "Strict-Transport-Security"}


@dataclass
class Site:
    port: int
    folder: Path
    web: Web | None = None

    def line(self) -> http.client.HTTPSConnection:
        context = ssl._create_unverified_context()
        line = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=100)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=100)
        line.sock = context.wrap_socket(plain, server_hostname=HOST)
        return line

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str):
        line = self.line()
        try:
            line.request(method, path, body, {"Host": HOST, **headers})
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode(errors="replace")
        finally:
            line.close()


@pytest.fixture
def outside(configured) -> Iterator[Site]:  # noqa: F811
    """nginx with nobody behind it."""
    folder, ports = configured
    server = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    site = Site(ports[1], folder)
    try:
        for _ in range(100):
            try:
                site.ask("/")
                break
            except OSError:
                time.sleep(0.05)
        yield site
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def site(outside, configured, tmp_path) -> Iterator[Site]:  # noqa: F811
    _, ports = configured
    env = {"DJANGO_SETTINGS_MODULE": "tests.faults.behind_nginx", "DATABASE_URL": places.address()}
    outside.web = Web(tmp_path / "web.log", port=ports[2], DATA_DIR=str(tmp_path), DEBUG="0", **env)
    try:
        yield outside
    finally:
        outside.web.stop()


def test_what_nginx_itself_answers_is_in_japanese_and_carries_the_headers(outside):
    found = {
        502: outside.ask("/people/"),
        413: outside.ask("/people/new/", "POST", b"x" * 1_100_000),
        429: next(one for one in (outside.ask("/sign-in/") for _ in range(60)) if one[0] == 429),
    }
    for status, (sent, headers, text) in found.items():
        assert sent == status
        assert set(headers) >= NEEDED, status
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert '<html lang="ja">' in text
        assert "nginx/" not in text + str(headers)
    assert "戻る" in found[502][2]
    assert "10MB" in found[413][2]


def test_every_answer_of_the_application_comes_through_with_its_headers_once(site):
    for path, status in (("/sign-in/", 200), ("/people/", 302), ("/nothing/", 404), ("/api/v1/people/", 401)):
        sent, headers, text = site.ask(path)
        assert sent == status, (path, text)
        for name in NEEDED:
            assert len(headers.get_all(name)) == 1, (path, name)
        assert headers["X-Content-Type-Options"] == HEADERS["X-Content-Type-Options"]
        assert "script-src" in headers["Content-Security-Policy"]


def test_one_name_of_a_request_in_both_logs_and_none_that_was_made_up(site):
    made_up = "f" * 32
    site.ask("/people/", **{"X-Request-Id": made_up, "X-Forwarded-For": "203.0.113.9"})
    site.web.stop()
    lines = [json.loads(line) for line in (site.folder / "web.log").read_text().splitlines() if line.startswith("{")]
    ours = {line.get("request") for line in lines if line.get("route") == "programs:people"}
    log = (site.folder / "taiken.log").read_text()
    assert len(ours) == 1
    assert ours.pop() in log
    assert made_up not in log
    assert "203.0.113.9" not in log


def test_reloads_cut_nobody_off(site):
    stop, answers = threading.Event(), Counter()

    def work() -> None:
        while not stop.is_set():
            try:
                answers[site.ask("/people/")[0]] += 1
            except (OSError, http.client.HTTPException) as error:
                answers[type(error).__name__] += 1

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(RELOADS):
            site.web.reload()
            time.sleep(1)
            # The next one only when this one is through: a busy machine takes seconds to load everything anew.
            wait_until(lambda: web_answers(site.web.port), 120)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(answers) == {302}, answers
    assert answers[302] > CLIENTS


def memory(site: Site) -> int:
    return sum(one.memory_info().rss for one in [site.web.process, *site.web.process.children(recursive=True)])


def memory_at_rest(site: Site) -> int:
    """Each process loads what is slow beside its first requests."""
    before, now = 0, memory(site)
    while abs(now - before) > 1_000_000:
        time.sleep(2)
        before, now = now, memory(site)
    return now


@pytest.mark.parametrize(
    ("path", "body", "headers", "refused"),
    [
        ("/people/new/", b"x" * 100_000_000, {}, {413}),
        ("/api/v1/people/", b"x" * 100_000_000, {"Content-Type": "application/json"}, {413}),
        ("/sign-in/", b"&".join(b"f%d=1" % n for n in range(10_000)), {}, {400, 403, 413}),
        ("/api/v1/people/", b"[" * 10_000 + b"]" * 10_000, {"Content-Type": "application/json"}, {400, 401}),
    ],
)
def test_what_is_beyond_all_measure_is_refused_at_once(site, path, body, headers, refused):
    site.ask("/sign-in/")
    before = memory_at_rest(site)
    kind = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    line = site.line()
    began = time.monotonic()
    line.putrequest("POST", path, skip_host=True)
    for name, value in {"Host": HOST, "Content-Length": str(len(body)), **kind}.items():
        line.putheader(name, value)
    line.endheaders()
    # What is too large is refused for its length alone, before it is sent.
    if len(body) < 1_000_000:
        line.send(body)
    assert line.getresponse().status in refused
    # A second on a machine at rest.
    assert time.monotonic() - began < 30
    line.close()
    assert memory(site) - before < 60_000_000


def test_a_body_that_trickles_in_is_not_waited_for(site):
    """The limit is 30 seconds between two bytes that arrive; here none does."""
    line = site.line()
    line.putrequest("POST", "/sign-in/", skip_host=True)
    for name, value in {"Host": HOST, "Content-Length": "1000"}.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(b"x")
    began = time.monotonic()
    line.sock.settimeout(45)
    with contextlib.suppress(http.client.RemoteDisconnected):
        assert line.getresponse().status == 408
    assert 20 < time.monotonic() - began < 40
    # Nobody of the application waited with it.
    assert site.ask("/sign-in/")[0] == 200
