"""How dear a family's calendar is: unchanged, warm and after an edit, beside an empty view, icalendar and a file.

    python -m bench.feed [--events 100 1000 10000] [--runs 40] [--no-http]

Builds its own temporary SQLite database. Within this process: the whole WSGI application with all its middleware.
Over HTTP: gunicorn as in the Procfile against nginx (when it is on the PATH; Debian: nginx-light) sending the same
bytes as a file; without nginx, gunicorn sending them through whitenoise, and it says so. Every run takes each case
once, in turn; figures are medians. Budgets (design.md 7): a 304 at most 3 empty views and 2 queries; 1,000 events warm
at most 12 × nginx and at least 70 × faster than building them with icalendar; an edit rebuilds one fragment at each
level of detail it shows at, and no other session's. Takes about two minutes; exits with 1 when a budget is broken.
"""

import argparse
import datetime as dt
import http.client
import io
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = """
from transition.settings.test import *
from transition.settings.base import database
DATABASES = {{"default": database("sqlite:///{folder}/db.sqlite3")}}
# Connections are kept between requests, as in production; opening one costs more than a 304.
DATABASES["default"]["CONN_MAX_AGE"] = 60
ROOT_URLCONF = "bench.empty"
ALLOWED_HOSTS = ["*"]
STATIC_ROOT = "{folder}/static"
WHITENOISE_USE_FINDERS = False
"""
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
Case = Callable[[], object]


def build(count: int) -> tuple[str, int]:
    """A person with this many stays; the token of their feed, and one session's id."""
    from calendars.domain.window import window_on
    from calendars.services import feeds, fragments
    from programs.enums import SessionKind, SessionState
    from programs.models import Home, Program, Room, Session
    from transition import clock
    from transition.enums import OrganizationKind, Residence
    from transition.models import Organization, Person, User

    worker, _ = User.objects.get_or_create(email="bench@example.invalid", name="計測")
    city, _ = Organization.objects.get_or_create(kind=OrganizationKind.MUNICIPALITY, name="計測市")
    office, _ = Organization.objects.get_or_create(kind=OrganizationKind.GROUP_HOME, name="計測ホーム事業所")
    home, _ = Home.objects.get_or_create(organization=office, name="グループホームはるかぜ", area="計測市")
    room, _ = Room.objects.get_or_create(home=home, name="101号室")
    program, _ = Program.objects.get_or_create(code="bench", name="計測", kind="GROUP_HOME_TRIAL")
    person = Person.objects.create(
        family_name="計測", given_name=str(count), residence=Residence.FAMILY, municipality=city
    )
    window = window_on(clock.today())
    span = (window.end - window.start).days - 10
    now = clock.now()

    def stay(number: int) -> Session:
        check_in = window.start + dt.timedelta(days=5 + number * span // count)
        check_out = check_in + dt.timedelta(days=2)
        return Session(
            kind=SessionKind.STAY, person=person, program=program, room=room, organization=office, requested_by=worker,
            check_in=check_in, check_out=check_out, starts_at=clock.at(check_in, dt.time(15)),
            ends_at=clock.at(check_out, dt.time(10)), state=SessionState.CONFIRMED, created_at=now, changed_at=now,
        )  # fmt: skip

    Session.objects.bulk_create([stay(number) for number in range(count)], batch_size=500)
    started = time.perf_counter()
    made = fragments.rebuild_all()
    print(f"  wrote {made:,} entries (4 levels) in {time.perf_counter() - started:.1f} s")
    feed = feeds.issue(person=person, label="母", detail="PLACE", by=worker)
    return feed.token, Session.objects.filter(person=person)[count // 2].pk


def application() -> Callable[..., tuple[int, dict[str, str], bytes]]:
    from django.core.wsgi import get_wsgi_application

    app = get_wsgi_application()

    def get(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False, "SCRIPT_NAME": "", "QUERY_STRING": "", **headers,
        }  # fmt: skip
        answer: dict = {}
        response = app(environ, lambda status, head: answer.update(status=int(status[:3]), head=dict(head)))
        body = b"".join(response)
        response.close()
        return answer["status"], answer["head"], body

    return get


def built_with_icalendar(token: str) -> Case:
    """The same events made by the library from rows that are in memory already."""
    import icalendar

    from calendars.domain.ical import NAME, TOKYO
    from calendars.queries.feeds import live_feed
    from programs.models import Session
    from transition import clock

    feed = live_feed(token, today=clock.today())
    sessions = list(Session.objects.filter(person=feed.person_id).select_related("room__home").order_by("starts_at"))
    zone = icalendar.Timezone.from_ical(
        "BEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0900\r\n"
        "TZOFFSETTO:+0900\r\nTZNAME:JST\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )

    def case() -> bytes:
        calendar = icalendar.Calendar.new(name=NAME, prodid="-//bench//bench//JA", method="PUBLISH")
        calendar.add_component(zone)
        for session in sessions:
            home = session.room.home
            event = icalendar.Event.new(
                uid=f"{session.public_id}@taiken.invalid", stamp=session.changed_at, created=session.created_at,
                last_modified=session.changed_at, sequence=0, start=session.starts_at.astimezone(TOKYO),
                end=session.ends_at.astimezone(TOKYO), summary="お泊まり", status="CONFIRMED", transparency="OPAQUE",
                classification="PRIVATE", location=f"{home.name}（{home.area}）",
            )  # fmt: skip
            calendar.add_component(event)
        return calendar.to_ical()

    return case


def edit(session_id: int) -> tuple[Case, Callable[[], tuple[int, int]]]:
    """Move a stay by a minute as a service would; and (entries rewritten since it began, of how many sessions)."""
    from django.db import transaction

    from calendars.models import FeedEntry
    from programs.models import Session
    from programs.signals import session_changed

    session = Session.objects.get(pk=session_id)

    def change() -> None:
        with transaction.atomic():
            session.starts_at += dt.timedelta(minutes=1)
            session.save()
            session_changed.send(sender=Session, session=session)

    def rewritten() -> tuple[int, int]:
        touched = FeedEntry.objects.filter(person=session.person_id, sequence__gt=0)
        return touched.count(), touched.values("session").distinct().count()

    return change, rewritten


def medians(cases: dict[str, Case], runs: int) -> dict[str, float]:
    """Milliseconds; every run takes each case once, so that a slow moment hits them all."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()
    for _ in range(runs):
        for name, case in cases.items():
            started = time.perf_counter()
            case()
            taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(command: list[str], port: int, **more: object) -> subprocess.Popen:
    process = subprocess.Popen(command, **more)  # type: ignore[call-overload]
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.terminate()
    raise SystemExit(f"{command[0]} does not answer")


def fetch(port: int, path: str, **headers: str) -> Case:
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def case() -> tuple[int, bytes]:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()

    return case


def over_http(folder: Path, feeds: dict[int, tuple[str, int]], get: Callable, runs: int) -> dict[int, dict[str, float]]:
    static = folder / "static"
    paths = {count: f"/ical/{token}/yotei.ics" for count, (token, _) in feeds.items()}
    for count, path in paths.items():
        (static / f"{count}.ics").write_bytes(get(path)[2])
    servers = []
    web, files = free_port(), free_port()
    try:
        gunicorn = [sys.executable, "-m", "gunicorn", "transition.wsgi", "--worker-class", "gthread", "--workers", "1"]
        gunicorn += ["--threads", "2", "--log-level", "warning", "--bind", f"127.0.0.1:{web}"]
        servers.append(serve(gunicorn, web, cwd=ROOT))
        if nginx := shutil.which("nginx"):
            config = folder / "nginx.conf"
            owner = "root" if os.geteuid() == 0 else "nobody"
            config.write_text(NGINX.format(folder=folder, port=files, user=owner))
            servers.append(serve([nginx, "-c", str(config), "-p", str(folder)], files, stderr=subprocess.DEVNULL))
            prefix = "/"
            print("\nOver HTTP, one kept connection each: gunicorn gthread against", version(nginx))
        else:
            files, prefix = web, "/static/"
            print("\nOver HTTP: no nginx on the PATH, the file comes from gunicorn through whitenoise")
        found = {}
        for count, path in paths.items():
            etag = get(path)[1]["ETag"]
            cases = {
                "file": fetch(files, f"{prefix}{count}.ics"),
                "304": fetch(web, path, **{"If-None-Match": etag}),
                "warm": fetch(web, path),
            }
            if cases["file"]()[1] != cases["warm"]()[1]:
                raise SystemExit("the file and the feed are not the same bytes")
            found[count] = medians(cases, runs)
        return found
    finally:
        for server in servers:
            server.terminate()
            server.wait(10)


def version(nginx: str) -> str:
    return subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr.strip().split(": ")[-1]


def measure(count: int, get: Callable, token: str, session_id: int, runs: int) -> tuple[dict[str, float], list[str]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    path = f"/ical/{token}/yotei.ics"
    change, rewritten = edit(session_id)
    status, head, body = get(path)
    if status != 200 or body.count(b"BEGIN:VEVENT") != count:
        raise SystemExit(f"{status}, {body.count(b'BEGIN:VEVENT')} events instead of {count}")
    library = built_with_icalendar(token)
    if library().count(b"BEGIN:VEVENT") != count:
        raise SystemExit("icalendar built another number of events")
    unchanged = {"HTTP_IF_NONE_MATCH": head["ETag"]}
    with CaptureQueriesContext(connection) as captured:
        if get(path, **unchanged)[0] != 304:
            raise SystemExit("an unchanged feed is not a 304")
    queries = len(captured)
    found = medians(
        {"empty": lambda: get("/bench/empty/"), "304": lambda: get(path, **unchanged), "warm": lambda: get(path)}, runs
    )
    change()
    entries, sessions = rewritten()

    def edited() -> None:
        change()
        get(path)

    found |= medians({"edit": change, "edit and fetch": edited}, min(runs, 15))
    found |= medians({"icalendar": library}, max(1, min(5, 5000 // count)))
    print(
        f"  {len(body) / 1024:,.0f} KB. empty view {found['empty']:.2f} ms, 304 {found['304']:.2f} ms"
        f" ({found['304'] / found['empty']:.1f} ×, {queries} queries), warm {found['warm']:.2f} ms,"
        f" icalendar {found['icalendar']:.0f} ms ({found['icalendar'] / found['warm']:.0f} × warm)\n"
        f"  one edit {found['edit']:.1f} ms, with the next fetch {found['edit and fetch']:.1f} ms;"
        f" rewrote {entries} entries (one a level) of {sessions} session"
    )
    broken = []
    if found["304"] > 3 * found["empty"]:
        broken.append(f"{count} events: a 304 costs more than 3 empty views")
    if queries > 2:
        broken.append(f"{count} events: a 304 takes {queries} queries")
    if (entries, sessions) != (4, 1):
        broken.append(f"{count} events: one edit rewrote {entries} entries of {sessions} sessions")
    if count == 1000 and found["icalendar"] < 70 * found["warm"]:
        broken.append("1,000 events warm are less than 70 × faster than icalendar")
    return found, broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--no-http", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "static").mkdir()
        (folder / "bench_settings.py").write_text(SETTINGS.format(folder=folder))
        sys.path.insert(0, str(folder))
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench_settings"
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT)])

        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        load, cores = os.getloadavg()[0], os.cpu_count() or 1
        print(f"{cores} cores, load {load:.1f}{': busy, figures will be off' if load > cores / 2 else ''}")
        get = application()
        feeds, broken = {}, []
        for count in options.events:
            print(f"\n{count:,} events")
            feeds[count] = build(count)
            broken += measure(count, get, *feeds[count], options.runs)[1]
        if not options.no_http:
            for count, found in over_http(folder, feeds, get, options.runs).items():
                ratio = found["warm"] / found["file"]
                print(
                    f"  {count:>6,} events: file {found['file']:.2f} ms, warm {found['warm']:.2f} ms ({ratio:.1f} ×),"
                    f" 304 {found['304']:.2f} ms"
                )
                if count == 1000 and ratio > 12:
                    broken.append(f"1,000 events warm cost {ratio:.1f} × the same file")
        from django.db import connections

        connections.close_all()
    print("\n" + ("\n".join(f"BROKEN: {fault}" for fault in broken) or "Every budget kept."))
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
