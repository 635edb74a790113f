"""An https server of this machine for tests, and the names that lead to it. Nothing leaves the machine."""

import http.server
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import trustme

HOST = "calendar.example.invalid"
LOCAL = "127.0.0.1"
Handler = http.server.BaseHTTPRequestHandler


@dataclass
class Server:
    """`pages` maps a path to what answers it; `asked` keeps every request with its headers, `received` what came in
    the body of each POST."""

    port: int
    ca_file: str
    pages: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/a.ics", host: str = HOST) -> str:
        return f"https://{host}:{self.port}{path}"

    def serve(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Answer `path` with this; underscores in header names stand for hyphens. Returns its address."""

        def page(handler: Handler) -> None:
            handler.send_response(status)
            for name, value in {"Content_Length": str(len(body)), **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.pages[path] = page
        return self.url(path)


@dataclass
class Names:
    """Stands in for the system's resolver: what each name leads to, and how often it was asked."""

    known: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def lead(self, name: str, *answers: list[str]) -> None:
        """The answers in turn, the last one from then on."""
        self.known[name] = list(answers)

    def getaddrinfo(self, host, port, *_, **__):
        name = host.decode() if isinstance(host, bytes) else host
        self.asked.append(name)
        if name not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.known[name]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in found
        ]


def start(folder) -> tuple[Server, Callable[[], None]]:
    """A server whose certificate is signed by an authority of its own; and how to stop it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "xn--wgv71a.example.invalid").configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)

    class Answering(Handler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802 - named by the library
            server.asked.append((self.path, dict(self.headers)))
            self.close_connection = True
            page = server.pages.get(self.path)
            try:
                if page:
                    page(self)
                else:
                    self.send_error(404)
            except OSError:
                pass  # whoever asked has hung up

        def do_POST(self) -> None:  # noqa: N802 - named by the library
            server.received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def log_message(self, *_) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self):
            sock, address = super().get_request()
            sock.settimeout(10)
            return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, *_) -> None:
            pass

    listening = Quiet((LOCAL, 0), Answering)
    server = Server(port=listening.server_address[1], ca_file=str(ca_file))
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()

    def stop() -> None:
        listening.shutdown()
        listening.server_close()
        thread.join()

    return server, stop
