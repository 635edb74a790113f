"""How dear a calendar is: unchanged, warm, after an edit, made anew; beside an empty view, icalendar, nginx, Radicale.

    python -m bench.feed [--events 100 1000 10000] [--runs 60] [--no-http]

Builds its own temporary SQLite database. Within this process: the whole WSGI application with all its middleware.
Over HTTP: gunicorn as in the Procfile, nginx (when it is on the PATH; Debian: nginx-light) sending the same bytes as a
file, and Radicale, fetched from PyPI for this run only, with the same events; what is missing is left out and named.
Every run takes each case once, in turn; figures are medians in milliseconds.

Budgets (design.md 7, feeds.md 7): for every audience a 304 at most 3 empty views and 2 queries, a fetch at most 3
queries and 3 times its own size in memory; 1,000 events warm at most 12 × nginx and 70 × faster than icalendar builds
them, made anew 7 ×; an edit rewrites the entries of one session. Those are ratios and counts: a broken one is exit
code 1. Milliseconds are goals for a quiet machine: a missed one is only named. Takes about four minutes.
"""

import argparse
import io
import os
import platform
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from bench import feed_servers as servers
from bench.feed_world import SETTINGS, Calendar, Case, World, by_hand, by_icalendar, edit, made_anew

Get = Callable[..., tuple[int, dict[str, str], bytes]]
OF_MANY = 10_000
EMPTY = "/bench/empty/"


class Report:
    """A table of what was found, and the budgets that were broken."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.missed: list[str] = []

    def hold(self, kept: bool, what: str) -> None:
        if not kept:
            self.broken.append(what)

    def goal(self, milliseconds: float, most: float, what: str) -> None:
        if milliseconds > most:
            self.missed.append(f"{what}: {milliseconds:.1f} ms, the goal is {most:g} ms")

    def table(self, title: str, columns: Iterable[str], rows: dict[str, list[str]]) -> None:
        print(f"\n| {title} | {' | '.join(columns)} |\n| --- |{' ---: |' * len(next(iter(rows.values())))}")
        for name, cells in rows.items():
            print(f"| {name} | {' | '.join(cells)} |")
        sys.stdout.flush()


def application() -> Get:
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


def once(case: Case) -> float:
    started = time.perf_counter()
    case()
    return (time.perf_counter() - started) * 1000


def queries_of(case: Case) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        case()
    return len(captured)


def memory_of(get: Get, path: str) -> float:
    """The most that Python holds at once during a fetch, the answer included, as a multiple of the answer."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        body = get(path)[2]
        return (tracemalloc.get_traced_memory()[1] - before) / len(body)
    finally:
        tracemalloc.stop()


def polled(calendar: Calendar, get: Get, runs: int, report: Report) -> tuple[dict[str, float], bytes]:
    """An empty view, a 304 and a warm 200 of one calendar, with queries and memory; and the calendar."""
    status, head, body = get(calendar.path)
    if status != 200 or body.count(b"BEGIN:VEVENT") != calendar.events:
        raise SystemExit(f"{calendar.name}: {status}, {body.count(b'BEGIN:VEVENT')} events, not {calendar.events}")
    unchanged = {"HTTP_IF_NONE_MATCH": head["ETag"]}
    if get(calendar.path, **unchanged)[0] != 304:
        raise SystemExit(f"{calendar.name}: unchanged is not a 304")
    cases: dict[str, Case] = {
        "empty": lambda: get(EMPTY),
        "304": lambda: get(calendar.path, **unchanged),
        "warm": lambda: get(calendar.path),
    }
    found = medians({"empty": cases["empty"], "304": cases["304"]}, runs * 5)
    found["warm"] = medians({"warm": cases["warm"]}, runs)["warm"]
    found |= {f"{name} queries": queries_of(cases[name]) for name in ("304", "warm")}
    found["memory"] = memory_of(get, calendar.path)
    of = f"{calendar.name}, {calendar.events:,} events"
    ratio = found["304"] / found["empty"]
    report.hold(ratio <= 3, f"{of}: a 304 costs {ratio:.1f} empty views")
    report.hold(found["304 queries"] <= 2, f"{of}: a 304 takes {found['304 queries']} queries")
    report.hold(found["warm queries"] <= 3, f"{of}: a fetch takes {found['warm queries']} queries")
    report.hold(found["memory"] <= 3, f"{of}: a fetch holds {found['memory']:.1f} times its size")
    report.goal(found["304"], 2, f"{of}, 304")
    report.goal(found["warm"], 6 if calendar.events <= 1000 else 30, f"{of}, warm")
    return found, body


def measure(calendar: Calendar, get: Get, runs: int, report: Report) -> tuple[dict[str, str], bytes]:
    """One family's calendar within this process, a column of the table; and the calendar."""
    from calendars.domain.entries import variants_of
    from programs.enums import SessionKind

    count = calendar.events
    change, rewritten = edit(calendar)
    found, body = polled(calendar, get, runs, report)

    def edited() -> None:
        change()
        get(calendar.path)

    change()
    rows = rewritten()
    expected = (len(variants_of(SessionKind.STAY)), 1)
    report.hold(rows == expected, f"{count:,} events: an edit rewrote {rows[0]} entries of {rows[1]} sessions")
    found |= medians({"edit": change, "edit and fetch": edited}, min(runs, 25))
    library, hand = by_icalendar(calendar), by_hand(calendar)
    if {case().count(b"BEGIN:VEVENT") for case in (library, hand)} != {count}:
        raise SystemExit("another number of events was built")
    found |= medians({"hand": hand, "library": library}, max(2, min(9, 9000 // count)))
    found["anew"] = once(made_anew(calendar, get))
    if count == 1000:
        found["faster"] = found["library"] / found["warm"]
        report.hold(found["faster"] >= 70, f"1,000 events warm are only {found['faster']:.0f} × faster than icalendar")
        report.hold(found["library"] >= 7 * found["hand"], "1,000 events by hand are not 7 × faster than icalendar")
        report.goal(found["edit"], 10, "one edit")
        report.goal(found["hand"], 60, "1,000 events formatted")
    empty = found["empty"]
    column = {
        "size": f"{len(body) / 1024:,.0f} KB",
        "empty view": f"{empty:.2f}",
        "304": f"{found['304']:.2f} ({found['304'] / empty:.1f} × empty, {found['304 queries']} query)",
        "warm 200": f"{found['warm']:.2f} ({found['warm queries']} queries)",
        "one edit, all variants rewritten": f"{found['edit']:.1f} ({rows[0]} entries of {rows[1]} session)",
        "one edit and the next fetch": f"{found['edit and fetch']:.1f}",
        "cold: one variant, in memory": f"{found['hand']:.1f} (icalendar {found['library'] / found['hand']:.0f} ×)",
        "cold: all variants made, stored, fetched": f"{found['anew']:,.0f}",
        "icalendar building it": f"{found['library']:,.0f} ({found['library'] / found['warm']:.0f} × warm)",
        "memory of a fetch": f"{found['memory']:.1f} × its size",
    }
    return column, body


def over_http(folder: Path, calendars: dict[Calendar, bytes], get: Get, runs: int, report: Report) -> None:
    for calendar, body in calendars.items():
        (folder / "static" / f"{calendar.events}.ics").write_bytes(body)
    columns: list[dict[str, str]] = []
    with ExitStack() as stack:
        web = stack.enter_context(servers.gunicorn())
        port, nginx = stack.enter_context(servers.files(folder))
        stored = {calendar.events: body for calendar, body in calendars.items()}
        other, radicale = stack.enter_context(servers.radicale(folder, stored))
        for missing, name in ((port, nginx), (other, radicale)):
            if missing is None:
                print(f"\nLEFT OUT: {name}")
        for calendar in calendars:
            etag = get(calendar.path)[1]["ETag"]
            cases = {
                "empty": servers.fetch(web, EMPTY),
                "304": servers.fetch(web, calendar.path, **{"If-None-Match": etag}),
                "warm": servers.fetch(web, calendar.path),
            }
            if port:
                cases["file"] = servers.fetch(port, f"/{calendar.events}.ics")
                if cases["file"]()[1] != cases["warm"]()[1]:
                    raise SystemExit("the file and the feed are not the same bytes")
            found = medians(cases, runs)
            column = {
                "empty view": f"{found['empty']:.2f}",
                "304": f"{found['304']:.2f} ({found['304'] / found['empty']:.1f} × empty)",
                "warm 200": f"{found['warm']:.2f}",
            }
            if port:
                ratio = found["warm"] / found["file"]
                column["warm 200"] += f" ({ratio:.1f} × nginx)"
                column["nginx, the same bytes as a file"] = f"{found['file']:.2f}"
                if calendar.events == 1000:
                    report.hold(ratio <= 12, f"1,000 events warm cost {ratio:.1f} × the same file")
            if other:
                column |= _radicale(other, calendar, found["warm"])
            columns.append(column)
        report.table(
            "over HTTP", [f"{one.events:,} events" for one in calendars],
            {name: [column[name] for column in columns] for name in columns[0]},
        )  # fmt: skip
        print(f"\ngunicorn gthread, one kept connection each; {nginx}; {radicale}", flush=True)


def _radicale(port: int, calendar: Calendar, warm: float) -> dict[str, str]:
    case = servers.fetch(port, f"/bench/{calendar.events}/", **servers.SIGNED_IN)
    first = once(case)
    status, body = case()
    if status != 200 or body.count(b"BEGIN:VEVENT") != calendar.events:
        raise SystemExit(f"Radicale: {status}, {body.count(b'BEGIN:VEVENT')} events")
    again = medians({"radicale": case}, max(2, min(10, 5000 // calendar.events)))["radicale"]
    return {"Radicale, the first time": f"{first:,.0f}", "Radicale, again": f"{again:,.0f} ({again / warm:.0f} × warm)"}


def of_many_people(world: World, calendars: list[Calendar], get: Get, runs: int, report: Report) -> None:
    """Feeds of other audiences, each beside an empty view taken in turn with it."""
    rows = {}
    for calendar in [*calendars, *world.of_many_people(OF_MANY)]:
        found, body = polled(calendar, get, max(5, runs // 5), report)
        rows[f"{calendar.name}, {calendar.events:,} events"] = [
            f"{found['empty']:.2f}",
            f"{found['304']:.2f} ({found['304'] / found['empty']:.1f} × empty)",
            str(found["304 queries"]),
            f"{found['warm']:.1f}",
            str(found["warm queries"]),
            f"{found['memory']:.1f} × {len(body) / 1024:,.0f} KB",
        ]
    columns = ("empty view", "304", "queries", "warm 200", "queries", "memory")
    report.table("audience, in this process", columns, rows)


def run(options: argparse.Namespace, folder: Path) -> Report:
    report, world, get = Report(), World(), application()
    families: dict[Calendar, bytes] = {}
    columns: list[dict[str, str]] = []
    others: list[Calendar] = []
    for count in options.events:
        made = world.of_one_person(count)
        column, _ = measure(made["family"], get, options.runs, report)
        columns.append(column)
        families[made["family"]] = get(made["family"].path)[2]
        others += [made["person"], made["home"]] if count == 1000 else []
    report.table(
        "a family, in this process", [f"{count:,} events" for count in options.events],
        {name: [column[name] for column in columns] for name in columns[0]},
    )  # fmt: skip
    if not options.no_http:
        over_http(folder, families, get, options.runs, report)
    of_many_people(world, others, get, options.runs, report)
    return report


def noise() -> str:
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    return f"{cores} cores, load {load:.1f}{': busy, trust ratios and counts' if load > cores / 2 else ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--no-http", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "static").mkdir()
        (folder / "bench_settings.py").write_text(SETTINGS.format(folder=folder))
        sys.path.insert(0, str(folder))
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench_settings"
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(servers.ROOT)])

        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections
        from django.db.backends.sqlite3.base import Database

        call_command("migrate", verbosity=0)
        versions = f"Python {platform.python_version()}, Django {django.__version__}, SQLite {Database.sqlite_version}"
        print(f"{versions}; {noise()}", flush=True)
        report = run(options, folder)
        print(f"\nat the end {noise()}")
        connections.close_all()
    print()
    for missed in report.missed:
        print(f"Slower than its goal (is the machine busy?): {missed}")
    print("\n".join(f"BROKEN: {fault}" for fault in report.broken) or "Every budget kept.")
    sys.exit(bool(report.broken))


if __name__ == "__main__":
    main()
