"""Reads one file from the public network, or sends one message there: the only place from which the application
calls out.

Whoever may type an address must not reach this machine or its neighbors through us. So: https only; the name is
resolved once and every answer must be a public address; the connection goes to exactly such an address, while the
certificate must belong to the name; the same after each redirect; one time limit for everything together. What is
sent follows no redirect: it is for that one address.
Nothing is raised, and nothing of an address is logged: it may be a secret.
"""

import functools
import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings

SECONDS = 5.0
MOST_BYTES = 2_000_000
MOST_REDIRECTS = 3
LONGEST_URL = 2_000
AGENT = "TaikenScheduler/1.0"
HTTPS_PORT = 443
REDIRECTS = (301, 302, 303, 307, 308)
CHUNK = 65_536
# So much goes out before the time is looked at again.
SENT_AT_ONCE = 16_384
# So much of an answer to what was sent is taken in, so that the other side is not cut off, and forgotten.
MOST_OF_AN_ANSWER = 4_096
LONGEST_ETAG, LONGEST_DATE = 200, 60

# Kept as a list of our own: what the standard library calls global has changed between its versions.
CLOSED = [
    ipaddress.ip_network(network)
    for network in (
        # this machine, private, shared by a provider (CGNAT), link-local with the metadata of clouds
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        # protocols, documentation, relays of 6to4, private, benchmarks
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24"),
        # multicast, reserved, broadcast
        *("224.0.0.0/4", "240.0.0.0/4"),
        # what carries another address inside (Teredo, 6to4), and documentation
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
]
# The only part of IPv6 that is handed out to the public: no mapped, compatible, translated (NAT64), local address.
OPEN_V6 = ipaddress.IPv6Network("2000::/3")

# One answer of the resolver: the address family and what a socket of that family connects to.
Address = tuple[socket.AddressFamily, tuple[Any, ...]]


class Failure(StrEnum):
    """Why nothing was read."""

    ADDRESS = "ADDRESS"
    UNREACHABLE = "UNREACHABLE"
    TIMEOUT = "TIMEOUT"
    STATUS = "STATUS"
    TOO_LARGE = "TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back. Without a failure, `body` None says that nothing has changed since `etag` or `modified`."""

    body: bytes | None = None
    etag: str = ""
    modified: str = ""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending: the status of the answer, None when there was none. Anything but 2xx is a failure."""

    status: int | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An address taken apart: the host as the network writes it, and what to ask it for."""

    host: str
    port: int
    target: str

    @property
    def header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == HTTPS_PORT else f"{host}:{self.port}"


class _Stop(Exception):  # noqa: N818 - says what to do, and never leaves this module
    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure)


_CAUGHT = (_Stop, OSError, http.client.HTTPException, zlib.error, ValueError)


def _why(error: Exception) -> Failure:
    match error:
        case _Stop():
            return error.failure
        case TimeoutError():
            return Failure.TIMEOUT
        # Before ValueError: a certificate that is not the name's is both.
        case OSError() | http.client.HTTPException() | zlib.error():
            return Failure.UNREACHABLE
    return Failure.ADDRESS


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that remain. Raises TimeoutError when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Drip(io.RawIOBase):
    """What comes in, each read waiting no longer than until the deadline: a slow drip gains no time."""

    def __init__(self, sock: ssl.SSLSocket, deadline: _Deadline) -> None:
        self.sock, self.deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.sock.settimeout(self.deadline.left())
        return self.sock.recv_into(buffer)


class _Line:
    """As much of a socket as http.client uses."""

    def __init__(self, sock: ssl.SSLSocket, deadline: _Deadline) -> None:
        self.sock, self.deadline = sock, deadline

    def sendall(self, data: bytes) -> None:
        for start in range(0, len(data), SENT_AT_ONCE):
            self.sock.settimeout(self.deadline.left())
            self.sock.sendall(data[start : start + SENT_AT_ONCE])

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Drip(self.sock, self.deadline))

    def close(self) -> None:
        """Closed by who opened it."""


def get(
    url: str, *, etag: str = "", modified: str = "", seconds: float = SECONDS, most_bytes: int = MOST_BYTES
) -> Fetched:
    """GET `url` within `seconds`, at most `most_bytes` unpacked; `etag` and `modified` as they came last time."""
    deadline = _Deadline(seconds)
    try:
        for _ in range(MOST_REDIRECTS + 1):
            found = _ask(_place(url), etag, modified, deadline, most_bytes)
            if isinstance(found, Fetched):
                return found
            url = urljoin(url, found)
    except _CAUGHT as error:
        return Fetched(failure=_why(error))
    return Fetched(failure=Failure.STATUS)


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> Sent:
    """POST `body` to `url` within `seconds`. Of the answer only the status counts; a redirect is a failure."""
    deadline = _Deadline(seconds)
    own = {"Accept": "*/*", "Content-Length": str(len(body))}
    try:
        with _answer(_place(url), "POST", dict(headers) | own, deadline, body) as answer:
            status = answer.status
            with suppress(OSError, http.client.HTTPException):
                answer.read(MOST_OF_AN_ANSWER)
    except _CAUGHT as error:
        return Sent(failure=_why(error))
    return Sent(status, None if 200 <= status < 300 else Failure.STATUS)


def is_address(url: str) -> bool:
    """Whether it is written as an address that may be asked; nothing is looked up."""
    try:
        _place(url)
    except (_Stop, ValueError):
        return False
    return True


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the public network."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in OPEN_V6 or ip.scope_id):
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in CLOSED)


def _place(url: str) -> Place:
    """Raises _Stop or ValueError for what is no plain https address."""
    if len(url) > LONGEST_URL or "\\" in url or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise _Stop(Failure.ADDRESS)
    parts = urlsplit(url)
    host, port = parts.hostname or "", HTTPS_PORT if parts.port is None else parts.port
    if parts.scheme != "https" or "@" in parts.netloc or not host or port not in _ports():
        raise _Stop(Failure.ADDRESS)
    if ":" not in host:
        host = host.encode("idna").decode("ascii")
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        target += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    return Place(host, port, target)


def _ports() -> set[int]:
    return {HTTPS_PORT, *(port for _, port in settings.FETCH_EXCEPTIONS)}


def _ask(place: Place, etag: str, modified: str, deadline: _Deadline, most_bytes: int) -> Fetched | str:
    """One exchange: what was read, or where it was sent on to."""
    conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
    headers = {"Accept": "text/calendar, */*;q=0.1"} | {name: value for name, value in conditions.items() if value}
    with _answer(place, "GET", headers, deadline) as answer:
        if answer.status in REDIRECTS and (location := answer.getheader("Location")):
            return location
        if answer.status == 304 and (etag or modified):
            return Fetched(etag=etag, modified=modified)
        if answer.status != 200:
            raise _Stop(Failure.STATUS)
        body = _body(answer, most_bytes)
        return Fetched(body, _kept(answer, "ETag", LONGEST_ETAG), _kept(answer, "Last-Modified", LONGEST_DATE))


@contextmanager
def _answer(
    place: Place, method: str, headers: Mapping[str, str], deadline: _Deadline, body: bytes = b""
) -> Iterator[http.client.HTTPResponse]:
    """What the other side answers, as far as its headers; the line is closed afterwards."""
    with _connected(place, _addresses(place, deadline), deadline) as sock:
        connection = http.client.HTTPConnection(place.host)
        connection.sock = _Line(sock, deadline)
        connection.putrequest(method, place.target, skip_host=True, skip_accept_encoding=True)
        own = {
            "Host": place.header,
            "User-Agent": AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        for name, value in (own | dict(headers)).items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        yield connection.getresponse()


def _addresses(place: Place, deadline: _Deadline) -> list[Address]:
    """Every address of the name, asked for once; one that is not public spoils them all.

    The system's resolver knows no time limit, so it is asked from a thread that may be left behind.
    """
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    addresses = [(family, sockaddr) for family, _, _, _, sockaddr in found]
    if not addresses or not all(_is_allowed(sockaddr) for _, sockaddr in addresses):
        raise _Stop(Failure.ADDRESS)
    return addresses


def _is_allowed(sockaddr: tuple[Any, ...]) -> bool:
    address, port = sockaddr[0], sockaddr[1]
    return (address, port) in settings.FETCH_EXCEPTIONS or (port == HTTPS_PORT and is_public(address))


def _connected(place: Place, addresses: list[Address], deadline: _Deadline) -> ssl.SSLSocket:
    """A line to the first of the addresses that answers, which share the time; its certificate is the name's."""
    for number, (family, sockaddr) in enumerate(addresses, start=1):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(deadline.left() / (len(addresses) - number + 1))
            sock.connect(sockaddr)
            sock.settimeout(deadline.left())
            return _trust(settings.FETCH_CA_FILE).wrap_socket(sock, server_hostname=place.host)
        except OSError:
            sock.close()
            if number == len(addresses):
                raise
        except BaseException:
            sock.close()
            raise
    raise _Stop(Failure.UNREACHABLE)


@functools.cache
def _trust(ca_file: str) -> ssl.SSLContext:
    """The authorities of the system, and one more in tests."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _body(answer: http.client.HTTPResponse, most: int) -> bytes:
    """Never more than `most` bytes in memory, packed or unpacked."""
    coding = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        raise _Stop(Failure.STATUS)
    packed = None if coding == "identity" else zlib.decompressobj(wbits=31)
    if answer.length is not None and answer.length > most:
        raise _Stop(Failure.TOO_LARGE)
    body, came = bytearray(), 0
    while chunk := answer.read(CHUNK):
        came += len(chunk)
        body += packed.decompress(chunk, most - len(body) + 1) if packed else chunk
        if max(came, len(body)) > most:
            raise _Stop(Failure.TOO_LARGE)
        if packed and packed.unconsumed_tail:
            raise _Stop(Failure.TOO_LARGE)
    if answer.length or (packed and not packed.eof):
        # The other side hung up before the end.
        raise _Stop(Failure.UNREACHABLE)
    return bytes(body)


def _kept(answer: http.client.HTTPResponse, name: str, longest: int) -> str:
    """A header to send back next time; what does not fit is not kept."""
    value = (answer.getheader(name) or "").strip()
    return value if value.isascii() and value.isprintable() and len(value) <= longest else ""
