"""The programs that use the API: each a thread with a token of its own and a file into which it writes what it sent and
what it heard. After a broken connection or a fault of the server it sends the same again, with the same key.

    python -m tests.soak.clients WORLD FOLDER PORT SECONDS LEAST SEED
"""

import contextlib
import hashlib
import http.client
import json
import random
import socket
import sys
import threading
import time
import uuid
from collections import deque
from pathlib import Path
from typing import IO, Any

from tests.soak.aim import Aim, Known, Wish
from tests.soak.history import KEPT

# Longer than the application waits for its database.
PATIENCE_SECONDS = 30
# What is under way when the time is up may still find out.
GRACE_SECONDS = 60
# How many times the time that was asked for.
MOST_TIMES = 6
# Of a hundred: does not wait for the answer but sends again at once; goes away without an answer; sends again what
# was answered long ago.
HURRIED, GONE, REPLAYED = 0.06, 0.01, 0.07
REMEMBERED = 40


class End:
    """When the time is up; on a slow machine when so many operations were begun, but not much later."""

    def __init__(self, seconds: float, least: int) -> None:
        begun = time.monotonic()
        self.least, self.soonest, self.latest = least, begun + seconds, begun + MOST_TIMES * seconds
        self.count = 0
        self._lock = threading.Lock()

    def note(self) -> None:
        with self._lock:
            self.count += 1

    @property
    def has_come(self) -> bool:
        now = time.monotonic()
        return now > self.latest or (now > self.soonest and self.count >= self.least)


class Program(threading.Thread):
    def __init__(
        self, client: dict[str, Any], aim: Aim, file: IO[str], port: int, end: End, chance: random.Random
    ) -> None:
        super().__init__(daemon=True)
        self.client, self.aim, self.file, self.port, self.chance = client, aim, file, port, chance
        self.end = end
        self.connection: http.client.HTTPConnection | None = None
        self.answered: deque[tuple[str, str, Wish]] = deque(maxlen=REMEMBERED)
        self.count = 0

    def run(self) -> None:
        while not self.end.has_come:
            if self.answered and self.chance.random() < REPLAYED:
                self.replay()
            else:
                self.act()
        self.close()

    def act(self) -> None:
        wish = self.aim.wish(self.client, self.chance)
        self.count += 1
        self.end.note()
        number, key = f"{self.client['user']}-{self.count}", str(uuid.uuid4())
        about = {"user": self.client["user"], "action": wish.action, "key": key}
        self.write("sent", number, **about, session=wish.session, body=wish.body)
        hurried, gone = self.chance.random() < HURRIED, self.chance.random() < GONE
        ended: float | None = None
        while ended is None or time.monotonic() < ended + GRACE_SECONDS:
            if ended is None and self.end.has_come:
                ended = time.monotonic()
            self.write("attempt", number)
            heard = self.send(wish, key, self.chance.uniform(0.005, 0.2) if hurried or gone else PATIENCE_SECONDS)
            if gone:
                return
            hurried = False
            if heard is None:
                continue
            status, body = heard
            if status >= 500 or status == 429:
                self.write("fault", number, status=status)
                time.sleep(self.chance.uniform(0.05, 0.4))
                continue
            answer = json.loads(body) if body else {}
            kept = {name: answer[name] for name in KEPT if name in answer}
            if status >= 400:
                kept = {"code": answer.get("code"), "problems": [one["code"] for one in answer.get("problems", [])]}
            self.write("ended", number, status=status, answer=kept, digest=_digest(body))
            if 200 <= status < 300:
                self.answered.append((number, key, wish))
                if "state" in kept:
                    self.aim.known.note(kept)
            return

    def replay(self) -> None:
        number, key, wish = self.chance.choice(self.answered)
        heard = self.send(wish, key, PATIENCE_SECONDS)
        if heard is not None and heard[0] < 500:
            self.write("replay", number, status=heard[0], digest=_digest(heard[1]))

    def send(self, wish: Wish, key: str, patience: float) -> tuple[int, bytes] | None:
        """Status and body; None when no answer came."""
        headers = {
            "Authorization": f"Bearer {self.client['token']}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            if self.connection.sock is None:
                self.connection.connect()
            self.connection.sock.settimeout(patience)
            self.connection.request("POST", wish.path, json.dumps(wish.body), headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not isinstance(error, socket.timeout):
                time.sleep(self.chance.uniform(0.02, 0.2))
            return None

    def close(self) -> None:
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self.connection.close()
            self.connection = None

    def write(self, what: str, number: str, **more: Any) -> None:
        line = {"what": what, "n": number, "at": time.time(), **more}
        self.file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.file.flush()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def main() -> None:
    world = json.loads(Path(sys.argv[1]).read_text())
    folder, port, seed = Path(sys.argv[2]), int(sys.argv[3]), sys.argv[6]
    end = End(float(sys.argv[4]), int(sys.argv[5]))
    aim = Aim(world, Known())
    with contextlib.ExitStack() as stack:
        programs = []
        for client in world["clients"]:
            file = stack.enter_context((folder / f"{client['user']}.jsonl").open("w"))
            chance = random.Random(f"{seed}-{client['user']}")
            programs.append(Program(client, aim, file, port, end, chance))
        for program in programs:
            program.start()
        for program in programs:
            program.join()


if __name__ == "__main__":
    main()
