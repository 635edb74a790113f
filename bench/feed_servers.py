"""What bench/feed.py compares with over HTTP: gunicorn as in the Procfile, nginx with a file, Radicale.

Radicale is no dependency: it is fetched from PyPI into a temporary environment, and left out, loudly, where that fails.
"""

import base64
import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.feed_world import Case

ROOT = Path(__file__).resolve().parent.parent
RADICALE = "radicale>=3.5,<4"
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; user {user};
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; tcp_nopush on; types {{ text/calendar ics; }}
  client_body_temp_path {folder}/n1; proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3;
  uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
  server {{ listen 127.0.0.1:{port}; root {folder}/static; }}
}}
"""
RADICALE_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[rights]
type = authenticated
[storage]
filesystem_folder = {folder}/radicale
[logging]
level = error
"""
# Radicale takes the user's name as given, and shows a calendar only to somebody with one.
SIGNED_IN = {"Authorization": f"Basic {base64.b64encode(b'bench:bench').decode()}"}


def fetch(port: int, path: str, **headers: str) -> Case:
    """Fetches over one kept connection; (status, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def case() -> tuple[int, bytes]:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()

    return case


@contextlib.contextmanager
def gunicorn() -> Iterator[int]:
    """One process with two threads."""
    command = [sys.executable, "-m", "gunicorn", "transition.wsgi", "--worker-class", "gthread", "--workers", "1"]
    command += ["--threads", "2", "--log-level", "warning", "--bind", "127.0.0.1:{port}"]
    with _served(command, cwd=ROOT) as port:
        yield port


@contextlib.contextmanager
def files(folder: Path) -> Iterator[tuple[int | None, str]]:
    """nginx with folder/static, and its version; None where there is no nginx (Debian: nginx-light)."""
    nginx = shutil.which("nginx")
    if not nginx:
        yield None, "no nginx on the PATH"
        return
    told = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr
    config, port = folder / "nginx.conf", _free_port()
    owner = "root" if os.geteuid() == 0 else "nobody"
    config.write_text(NGINX.format(folder=folder, port=port, user=owner))
    with _served([nginx, "-c", str(config), "-p", str(folder)], port, stderr=subprocess.DEVNULL):
        yield port, told.strip().split(": ")[-1]


@contextlib.contextmanager
def radicale(folder: Path, calendars: dict[int, bytes]) -> Iterator[tuple[int | None, str]]:
    """Radicale with these calendars at /bench/<events>/, and its version; None, and why, where it cannot be had."""
    python = folder / "environment" / "bin" / "python"
    uv = [shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}") or "uv"]
    try:
        for command in (["venv", "--python", sys.executable, str(python.parent.parent)],
                        ["pip", "install", "--python", str(python), RADICALE]):  # fmt: skip
            subprocess.run([*uv, *command], check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        yield None, f"Radicale could not be installed: {(getattr(error, 'stderr', '') or str(error)).strip()[-200:]}"
        return
    told = "import importlib.metadata; print(importlib.metadata.version('radicale'))"
    version = subprocess.run([python, "-c", told], capture_output=True, text=True, check=True).stdout.strip()
    for count, calendar in calendars.items():
        _store(folder / "radicale" / "collection-root" / "bench" / str(count), calendar)
    config, port = folder / "radicale.conf", _free_port()
    config.write_text(RADICALE_CONFIG.format(folder=folder, port=port))
    with _served([str(python), "-m", "radicale", "--config", str(config)], port, stderr=subprocess.DEVNULL):
        yield port, f"Radicale {version}"


def _store(collection: Path, calendar: bytes) -> None:
    """One file an event, as Radicale keeps them."""
    collection.mkdir(parents=True)
    (collection / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')
    header, *events = calendar.removesuffix(b"END:VCALENDAR\r\n").split(b"BEGIN:VEVENT\r\n")
    for number, event in enumerate(events):
        content = b"".join([header, b"BEGIN:VEVENT\r\n", event, b"END:VCALENDAR\r\n"])
        (collection / f"{number}.ics").write_bytes(content)


@contextlib.contextmanager
def _served(command: list[str], port: int | None = None, **more: object) -> Iterator[int]:
    port = port or _free_port()
    command = [word.replace("{port}", str(port)) for word in command]
    process = subprocess.Popen(command, **more)  # type: ignore[call-overload]
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            raise SystemExit(f"{command[0]} does not answer")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
