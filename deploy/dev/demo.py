"""`make demo`, `make run` and `make seed`: prepare the database, then start web server and worker together.

demo   fictional data, the servers of the Procfile, and a block that says how to sign in
run    the development server with DEBUG=1 and the worker, on whatever data is there
seed   the fictional data only
"""

import contextlib
import errno
import io
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import postgres
import psycopg
from processes import BIN, ROOT, Refused, entrance, environment, group

NEEDED_MB = 200
FULL_MB = 5
ANSWER_SECONDS = 60
HOST = "127.0.0.1"
# What demo_accounts says in code, for people.
WORDS = {
    "municipality": "市町村",
    "core_center": "基幹相談支援センター",
    "worker": "相談支援専門員",
    "facility": "障害者支援施設",
    "group_home": "グループホーム",
    "administrator": "ソフトの管理者",
    "person": "本人",
    "FAMILY": "家族",
    "PERSON": "本人",
    "HOME": "ホーム",
    "WORKER": "職員",
    "ORGANIZATION": "組織",
    "BUSY": "予定ありとだけ",
    "NEUTRAL": "種類",
    "PLACE": "種類と場所",
    "NAMES": "種類と場所と呼び名",
}


def main() -> None:
    with entrance(runs_until_stopped=sys.argv[1] != "seed"):
        action = sys.argv[1]
        data = Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve()
        port = read_port()
        if action != "seed":
            check_port(port)
        check_disk(data)
        with database(data) as url:
            # Fictional data goes into the database named by DB=, never into one that happens to be in the environment.
            settings = {
                "DJANGO_SETTINGS_MODULE": "transition.settings.dev",
                "DATA_DIR": str(data),
                "DATABASE_URL": url,
                "DEBUG": "1" if action == "run" else "0",
                "PORT": str(port),
                "SITE_ADDRESS": f"http://{HOST}:{port}",
                "MAIL_DIR": str(data / "mail"),
            }
            os.environ.update(settings)
            with full_disk_in_one_line(data):
                accounts = prepare(action)
            if action == "seed":
                return
            procfile = ROOT / ("Procfile" if action == "demo" else "deploy/dev/Procfile")
            serve(procfile, port, accounts, environment(**settings))


def read_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise Refused(f"PORT={text} is not a port; take a number from 1024 to 65535, such as PORT=8001.")
    return int(text)


def read_size() -> int:
    """SIZE=300: a fictional municipality of 300 people more."""
    text = os.environ.get("SIZE") or "0"
    if not (text.isascii() and text.isdigit()):
        raise Refused(f"SIZE={text} is not a number of people, such as SIZE=300.")
    return int(text)


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise Refused(f"port {port} is for root only; choose another: PORT=8001 make demo") from error
        except OSError as error:
            other = next_free(port)
            raise Refused(
                f"port {port} is taken, perhaps by another `make demo`; choose another: PORT={other} make demo "
                f"（ポート {port} は使用中です）"
            ) from error


def next_free(port: int) -> int:
    for other in range(port + 1, port + 50):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, other))
            return other
    return postgres.free_port()


def check_disk(data: Path) -> None:
    free = free_mb(data)
    if free < NEEDED_MB:
        raise Refused(
            f"the disk is nearly full: {free} MB free in {data.parent}, at least {NEEDED_MB} MB are needed "
            "（ディスクの空きが足りません）"
        )
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{data} cannot be made: {error.strerror}.") from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise Refused(f"{data} cannot be written to; was it made by another account?")


def free_mb(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free // 1_000_000


@contextlib.contextmanager
def database(data: Path) -> Iterator[str]:
    match os.environ.get("DB") or "sqlite":
        case "sqlite":
            yield f"sqlite:///{data}/db.sqlite3"
        case "postgres":
            with postgres.server(data / "postgres") as url:
                with psycopg.connect(url) as connection:
                    print("PostgreSQL", connection.info.parameter_status("server_version"), "in", data / "postgres")
                yield url
        case other:
            raise Refused(f"DB={other} is unknown; there are DB=sqlite (what you get without it) and DB=postgres.")


@contextlib.contextmanager
def full_disk_in_one_line(data: Path) -> Iterator[None]:
    """A full disk shows itself in many ways; whoever meets it should read one."""
    try:
        yield
    except Exception as error:
        if is_full_disk(error) or free_mb(data) < FULL_MB:
            raise Refused(
                f"the disk is full: {data} could not be written; make room and start again, nothing is lost "
                "（ディスクがいっぱいです）"
            ) from error
        raise


def is_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        match error:
            case OSError(errno=errno.ENOSPC | errno.EDQUOT) | psycopg.errors.DiskFull():
                return True
            case sqlite3.Error(sqlite_errorcode=sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR_WRITE):
                return True
        error = error.__cause__ or error.__context__
    return False


def prepare(action: str) -> dict[str, Any]:
    """Everything the servers need before they start; each step may be repeated."""
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import CommandError, call_command
    from django.db import connections

    django.setup()
    answer = io.StringIO()
    try:
        print("Database …", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
        if action != "run":
            call_command("seed", size=read_size())
        if action != "seed":
            call_command("schedules")
        if action == "demo":
            call_command("demo_accounts", json=True, stdout=answer)
    except CommandError as error:
        raise Refused(str(error)) from error
    finally:
        connections.close_all()
    return json.loads(answer.getvalue() or "{}")


def serve(procfile: Path, port: int, accounts: dict[str, Any], env: dict[str, str]) -> None:
    # An .env file is for production; /dev/null keeps honcho from reading one here.
    honcho = [BIN / "honcho", "start", "--env", os.devnull, "--app-root", ROOT, "--procfile", procfile]
    address = f"http://{HOST}:{port}"
    with group(honcho, env=env) as servers:
        wait_for_answer(f"{address}/healthz", servers)
        print(describe(address, accounts), flush=True)
        servers.wait()
    raise Refused("the web server or the worker ended by itself; its last words stand above.")


def wait_for_answer(address: str, servers: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        if servers.poll() is not None:
            raise Refused("the web server or the worker did not start; the reason stands above.")
        with contextlib.suppress(OSError), opener.open(address, timeout=5):
            return
        time.sleep(0.2)
    raise Refused(f"the web server did not answer within {ANSWER_SECONDS} seconds.")


def describe(address: str, accounts: dict[str, Any]) -> str:
    lines = ["", f"  {address}/", ""]
    if people := accounts.get("accounts", []):
        rows = [[one["role"], WORDS.get(one["role"], ""), one["email"], one["password"]] for one in people]
        lines += ["  Sign in as / ログイン", *table(rows), ""]
    feeds: dict[str, dict[str, str]] = {}
    for one in accounts.get("feeds", []):
        # The plainest level of each audience; `manage.py demo_accounts --json` lists them all.
        if one["detail"] in ("NEUTRAL", "PLACE"):
            feeds.setdefault(one["audience"], one)
    if feeds:
        rows = [
            [*(WORDS.get(one[key], one[key]) for key in ("audience", "detail")), address + one["path"]]
            for one in feeds.values()
        ]
        lines += ["  Calendars to subscribe to / 予定表", *table(rows), ""]
    if links := accounts.get("links", []):
        rows = [[one["person"], address + one["path"]] for one in links]
        lines += ["  The person's own pages, without signing in / 本人の画面（本人用リンク）", *table(rows), ""]
    if tokens := accounts.get("tokens", []):
        rows = [[one["role"], one["token"]] for one in tokens]
        lines += [f"  Tokens for {address}/api/v1/ (see /api/docs/) / アクセストークン", *table(rows), ""]
    if os.environ.get("MAIL_DIR"):
        lines += ["  Mails are written to / 送られたメール", f"    {os.environ['MAIL_DIR']}", ""]
    lines += ["  Stop with Ctrl-C / 終了は Ctrl-C", ""]
    rule = "─" * 72
    return "\n".join([rule, *lines, rule])


def table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "    " + "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def width(text: str) -> int:
    """How many columns a terminal gives it: Japanese marks take two."""
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)


if __name__ == "__main__":
    main()
