"""The real web server, and browsers that write down what they sent and what they were told."""

import contextlib
import datetime as dt
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import psutil

from tests.faults.desks import Desk
from tests.faults.killing import ROOT, wait_until, web_answers

sys.path.insert(0, str(ROOT / "deploy" / "dev"))

import postgres
import processes

TIMEOUT = 60
TOKEN = "x" * 32
SESSION = re.compile(r"/sessions/([0-9a-f-]{36})/")


class Web:
    """gunicorn with the settings that are shipped."""

    def __init__(self, log: Path, *, port: int = 0, **env: str) -> None:
        self.port = port or postgres.free_port()
        command = [sys.executable, "-m", "gunicorn", "transition.wsgi", "--config", "deploy/gunicorn.py"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--no-control-socket"]
        with log.open("ab") as output:
            self.process = psutil.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: processes.die_with_parent(signal.SIGTERM),
            )
        wait_until(lambda: web_answers(self.port), 120)

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        if not self.process.is_running():
            return
        below = self.process.children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(psutil.TimeoutExpired):
            self.process.wait(30)
        for one in [self.process, *below]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs([self.process, *below], 10)


class Browser:
    """Asks for a stay of one night, takes it back, and again; what was not confirmed it keeps to send again."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.answers: Counter[str] = Counter()
        # Public ids of sessions that were confirmed, and the keys of the forms.
        self.confirmed: list[str] = []
        self.keys_confirmed: list[str] = []
        # Path and form by key.
        self.waiting: dict[str, tuple[str, dict[str, str]]] = {}
        self.live: list[str] = []
        self.page = ""

    def work(self, port: int, until: float) -> None:
        while time.monotonic() < until:
            if self.waiting:
                path, form = next(iter(self.waiting.values()))
                if self._post(port, path, form) != 302:
                    time.sleep(0.1)
                    continue
            else:
                self.send(port, str(uuid4()))

    def send(self, port: int, key: str) -> int:
        if self.live:
            session = self.live[0]
            return self._post(
                port, f"/sessions/{session}/cancel/", {"reason": "予定がかわった", "idempotency_key": key}
            )
        path = f"/people/{self.desk.person}/slots/{self.desk.slot}/"
        first = self.desk.first_day
        form = {
            "program": self.desk.program,
            "check_in": str(first),
            "check_out": str(first + dt.timedelta(days=1)),
            "note": "夜は静かな部屋がよいです。" * 5,
            "idempotency_key": key,
        }
        return self._post(port, path, form)

    def send_again(self, port: int) -> int:
        """Each form that was not confirmed, twice; how many were taken both times."""
        taken = 0
        for path, form in list(self.waiting.values()):
            first = self._post(port, path, form)
            taken += first == 302 and self._post(port, path, form, is_again=True) == 302
        return taken

    def _post(self, port: int, path: str, form: dict[str, str], *, is_again: bool = False) -> int:
        key = form["idempotency_key"]
        body = urlencode({**form, "csrfmiddlewaretoken": TOKEN})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.waiting.setdefault(key, (path, form))
        try:
            status, headers, text = self._ask(port, "POST", path, body.encode(), kind)
        except (OSError, http.client.HTTPException):
            self.answers["broken"] += 1
            return 0
        self.answers[str(status)] += 1
        if status == 302 and headers.get("location", "").startswith("/sign-in/"):
            raise RuntimeError("signed out")
        if status == 302:
            self.waiting.pop(key, None)
            if not is_again:
                self._confirmed(key, path, headers.get("location", ""))
        elif status in {503, 507}:
            self.page = text
            if "retry-after" not in headers:
                self.answers["without Retry-After"] += 1
        elif status < 500:
            self.waiting.pop(key, None)
        if is_again:
            self.waiting.pop(key, None)
        return status

    def _confirmed(self, key: str, path: str, location: str) -> None:
        self.keys_confirmed.append(key)
        found = SESSION.search(path if path.endswith("/cancel/") else location)
        if path.endswith("/cancel/"):
            self.live.remove(found[1] if found else "")
        elif found:
            self.confirmed.append(found[1])
            self.live.append(found[1])

    def read(self, port: int) -> int:
        try:
            return self._ask(port, "GET", f"/people/{self.desk.person}/")[0]
        except (OSError, http.client.HTTPException):
            return 0

    def upload(self, port: int) -> int:
        edge = "edge"
        body = (
            f'--{edge}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{TOKEN}\r\n'
            f'--{edge}\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
            f"Content-Type: image/jpeg\r\n\r\n{'x' * 100}\r\n--{edge}--\r\n"
        )
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        return self._ask(port, "POST", f"/people/{self.desk.person}/", body.encode(), kind)[0]

    def _ask(
        self, port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            cookies = f"sessionid={self.desk.cookie}; csrftoken={TOKEN}"
            line.request(method, path, body, {"Cookie": cookies, **(headers or {})})
            answer = line.getresponse()
            said = answer.read().decode(errors="replace")
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, said
        finally:
            line.close()
