"""What production is set up with: complete, readable by the programs it is for, and silent about secrets."""

import ast
import os
import re
import shutil
import socket
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import trustme
from django.conf import settings

from transition.settings import refusals

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
SECRET = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF"
nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not here: deploy/nginx.conf was NOT tested")


def read_by_settings() -> set[str]:
    """Every name that settings take from the environment, off their syntax."""
    names = {"DJANGO_SETTINGS_MODULE"}
    for path in (ROOT / "transition" / "settings").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = ast.unparse(node.func)
                if called == "env" or called.startswith("env."):
                    names.add(node.args[0].value)
    return {name for name in names if name.isupper()} | set(refusals.NEEDED)


def test_the_example_names_every_variable_and_no_other():
    text = (DEPLOY / "env.example").read_text()
    named = re.findall(r"^#? ?([A-Z_]+)=", text, re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == read_by_settings()


def test_the_example_holds_no_secret():
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE))
    for name in ("SECRET_KEY", "AUDIT_KEY", "BACKUP_KEY", "METRICS_TOKEN"):
        assert values[name] == ""


@pytest.mark.parametrize("name", ["taiken-web", "taiken-worker", "taiken-backup"])
def test_units_run_as_nobody_in_particular_and_touch_only_their_own(name):
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(DEPLOY / "systemd" / f"{name}.service")
    service = unit["Service"]
    assert service["User"] == "taiken"
    assert service["EnvironmentFile"] == "/etc/taiken/env"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ReadWritePaths"] == "/var/lib/taiken"
    assert "Environment" not in service
    command = service["ExecStart"].split()
    if "manage.py" in command:
        from django.core.management import get_commands

        assert command[command.index("manage.py") + 1] in get_commands()
    if name == "taiken-worker":
        assert service["KillMode"] == "control-group"
        assert int(service["TimeoutStopSec"]) >= 80


@pytest.fixture
def configured(tmp_path):
    """deploy/nginx.conf for this machine: other ports, other files, all else as it stands."""
    authority = trustme.CA()
    certificate = authority.issue_cert("taiken.example.jp")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    ports = []
    for _ in range(3):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"ssl_certificate(_key)?\s+\S+;", rf"ssl_certificate\1 {tmp_path}/both.pem;", text)
    text = text.replace("listen [::]:443 ssl default_server;", "").replace("listen [::]:443 ssl;", "")
    text = text.replace("listen [::]:80;", "").replace("/var/log/nginx", str(tmp_path))
    text = text.replace("listen 80;", f"listen 127.0.0.1:{ports[0]};").replace(
        "listen 443", f"listen 127.0.0.1:{ports[1]}"
    )
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{ports[2]}")
    version = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr
    if tuple(map(int, re.findall(r"\d+", version)[:3])) < (1, 25, 1):
        text = text.replace("http2 on;", "")
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(
        f"{user} daemon off; pid {tmp_path}/pid; error_log {tmp_path}/start.log; worker_processes 1;\n"
        f"events {{ worker_connections 64; }}\nhttp {{ access_log off;\n"
        f"client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p; fastcgi_temp_path {tmp_path}/f;\n"
        f"uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n{text}\n}}\n"
    )
    tmp_path.chmod(0o755)
    return tmp_path, ports


@nginx
def test_nginx_reads_it(configured):
    folder, _ = configured
    done = subprocess.run(
        ["nginx", "-t", "-p", str(folder), "-c", str(folder / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@nginx
@pytest.mark.slow
@pytest.mark.real_time
def test_no_secret_of_an_address_in_its_logs_and_no_large_body_through_it(configured):
    import http.client
    import ssl
    import time

    folder, ports = configured
    server = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        context = ssl._create_unverified_context()

        def ask(path: str, method: str = "GET", body: bytes | None = None) -> int:
            line = http.client.HTTPSConnection("127.0.0.1", ports[1], context=context, timeout=10)
            line._tunnel_host = None
            line.sock = context.wrap_socket(
                socket.create_connection(("127.0.0.1", ports[1])), server_hostname="taiken.example.jp"
            )
            try:
                line.request(method, path, body, {"Host": "taiken.example.jp"})
                with line.getresponse() as answer:
                    return answer.status
            finally:
                line.close()

        for _ in range(100):
            try:
                ask("/")
                break
            except OSError:
                time.sleep(0.05)
        # Nobody answers behind it: 502 says that it came through.
        paths = ["ical/{}/yotei.ics", "%69cal/{}/yotei.ics", "me/enter/{}/", "invitations/{}/", "people/?q={}"]
        paths += ["ical/short-secret/", "people/3f2b8c1e-1111-4222-8333-944455556666/"]
        for path in (f"/{one.format(SECRET)}" for one in paths):
            assert ask(path) == 502, path
        assert ask("/people/new/", "POST", b"x" * 1_100_000) == 413
        assert ask("/sessions/3f2b8c1e/photos/", "POST", b"x" * 11_000_000) == 502
        assert ask("/sessions/3f2b8c1e/photos/", "POST", b"x" * 13_000_000) == 413
        assert ask("/metrics") == 502
        assert 429 in {ask("/sign-in/") for _ in range(40)}
    finally:
        server.terminate()
        server.wait(10)
    logs = "".join(path.read_text() for path in folder.glob("*.log"))
    assert logs.count("/ical/***") == 3
    for secret in (SECRET, SECRET[:12], "short-secret", "3f2b8c1e-1111", "q="):
        assert secret not in logs
