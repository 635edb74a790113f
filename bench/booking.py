"""The booking race: twelve workers ask for one room at the same moment, over HTTP and in what lies beneath it.

    python -m bench.booking [--database sqlite|postgres|both] [--rounds 20] [--seconds 50]

A round releases twelve clients at one instant onto the same two nights of one room, for twelve different people. Each
round takes all four contenders in turn, in changing order, each with nights of its own:

bare SQL     BEGIN; SELECT person FOR NO KEY UPDATE; INSERT session; INSERT two nights; COMMIT or ROLLBACK, against
             four bare tables with the same two unique keys. On SQLite BEGIN IMMEDIATE is the lock.
service      sessions.request_stay() with its arguments loaded before: request key, limits, history, audit, calendar.
HTTP         POST of the real form as its page gave it (session and CSRF cookies, request key) to gunicorn as in the
             Procfile, answered by a redirect or by the whole page with what stands against the stay.
empty view   GET of a view that does nothing, from the same gunicorn and through the same middleware: what HTTP costs.

Clients are two processes of six threads, the same for all; gunicorn has two workers of four. Both databases are as
durable as in production (SQLite synchronous=FULL, PostgreSQL fsync on). A round's rate is twelve by the time from the
first release to the last answer; rates and ratios are medians of rounds. CPU is what one request costs the processes
that do the work, without PostgreSQL's own. On a busy machine read that: a few milliseconds of bare SQL get through
between others' work, half a second of HTTP does not, so that the ratio falls with the load.

Budget: no night twice in any round, exactly one winner, HTTP at least a third of the rate of the service beneath it.
(A third of bare SQL was the first wish. It is out of reach for any form that is validated, judged against every limit,
written into history and audit, and answered with a page: an empty view alone costs more than the bare pattern.)
Takes at most three minutes for both databases, on a busy machine with fewer rounds; exits with 1 when it is broken.
"""

import argparse
import contextlib
import datetime as dt
import io
import multiprocessing
import os
import re
import shlex
import signal
import statistics
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self
from uuid import uuid4

import psutil

from bench.booking_contenders import (
    BARE_SCHEMA,
    BOOKING,
    COMPARED,
    CONTENDERS,
    NIGHTS,
    SERVED,
    Browser,
    Contender,
    World,
    connect_bare,
)

ROOT = Path(__file__).resolve().parent.parent
# The servers are started and stopped by what `make demo` uses.
sys.path.insert(0, str(ROOT / "deploy" / "dev"))

CLIENTS = 12
PROCESSES = 2
BUDGET = 1 / 3
# However busy the machine, so many rounds are needed for a median.
FEWEST_ROUNDS = 5
# Time for every thread to be ready before the common instant of release.
RUN_UP = 0.05
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
SETTINGS = """
from transition.settings.test import *
from transition.settings.base import database
DATABASES = {{"default": database({url!r})}}
ROOT_URLCONF = "bench.empty"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
WHITENOISE_USE_FINDERS = False
"""
# Each must count nothing.
FAULTS = {
    "pairs of stays overlap in the room": """
        SELECT count(*) FROM programs_session a JOIN programs_session b
        ON a.room_id = b.room_id AND a.id < b.id AND a.check_in < b.check_out AND b.check_in < a.check_out""",
    "nights are booked twice": """
        SELECT count(*) FROM (SELECT 1 FROM programs_roomnight GROUP BY room_id, date HAVING count(*) > 1) AS twice""",
}
POSTGRES_FAULTS = {"deadlocks": "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"}


@dataclass(frozen=True, slots=True)
class Timed:
    """One client in one round, by the clock that all processes share."""

    outcome: str
    began: float
    ended: float


def race(world: World, share: range, pipe: Connection) -> None:
    """One process of clients: does what it is told through the pipe until that closes."""
    from processes import die_with_parent

    # Ctrl-C reaches the parent, and the parent ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(signal.SIGKILL)
    import django

    django.setup()
    clients = {name: [make(world, client) for client in share] for name, make in CONTENDERS.items()}

    def run(client: Contender, start: float) -> Timed:
        time.sleep(max(0, start - time.monotonic()))
        began = time.monotonic()
        try:
            outcome = client.act()
        except Exception as error:
            outcome = type(error).__name__
        return Timed(outcome, began, time.monotonic())

    with ThreadPoolExecutor(len(share)) as pool, contextlib.suppress(EOFError):
        while True:
            name, number, start = pipe.recv()
            try:
                if start is None:
                    list(pool.map(lambda client, of=number: client.prepare(of), clients[name]))
                    pipe.send(None)
                    continue
                cpu = time.process_time()
                timed = list(pool.map(run, clients[name], [start] * len(share)))
                pipe.send((timed, time.process_time() - cpu))
            except Exception:
                pipe.send(traceback.format_exc())


class Racers:
    """The processes of clients, and the one instant at which all of them start."""

    def __init__(self, world: World) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipes, self.processes = [], []
        for number in range(PROCESSES):
            ours, theirs = spawn.Pipe()
            share = range(number, CLIENTS, PROCESSES)
            self.processes.append(spawn.Process(target=race, args=(world, share, theirs), daemon=True))
            self.pipes.append(ours)
            self.processes[-1].start()
            theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Before their database goes."""
        for process in self.processes:
            process.kill()
            process.join()

    def ask(self, name: str, number: int, start: float | None) -> list:
        for pipe in self.pipes:
            pipe.send((name, number, start))
        answers = [pipe.recv() for pipe in self.pipes]
        for answer in answers:
            if isinstance(answer, str):
                raise SystemExit(f"{name}, round {number}:\n{answer}")
        return answers

    def prepare(self, name: str, number: int) -> None:
        self.ask(name, number, None)

    def race(self, name: str, number: int) -> tuple[list[Timed], float]:
        answers = self.ask(name, number, time.monotonic() + RUN_UP)
        return [one for timed, _ in answers for one in timed], sum(cpu for _, cpu in answers)


@dataclass
class Record:
    """One contender over all rounds."""

    outcomes: list[Counter[str]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cpu: float = 0

    def add(self, timed: list[Timed], cpu: float) -> None:
        self.outcomes.append(Counter(one.outcome for one in timed))
        self.rates.append(len(timed) / (max(one.ended for one in timed) - min(one.began for one in timed)))
        self.latencies += [(one.ended - one.began) * 1000 for one in timed]
        self.cpu += cpu

    @property
    def cpu_each(self) -> float:
        return self.cpu * 1000 / len(self.latencies)

    def line(self, name: str) -> str:
        cuts = statistics.quantiles(self.latencies, n=100, method="inclusive")
        return (
            f"  {name:<11}{statistics.median(self.rates):9.1f}{statistics.median(self.latencies):9.1f}"
            f"{cuts[-1]:9.1f}{max(self.latencies):9.1f}{self.cpu_each:9.2f}   "
            + ", ".join(f"{count} {outcome}" for outcome, count in sorted(sum(self.outcomes, Counter()).items()))
        )


def build(database: str, url: str, folder: Path, rounds: int) -> World:
    """One room offered for long enough, twelve workers of one office, and new people for every round."""
    from django.core.management import call_command
    from django.db import transaction
    from postgres import free_port

    from programs.models import Program
    from tests import factories
    from transition import clock

    bare = str(folder / "bare.sqlite3") if database == "sqlite" else url
    key = "integer PRIMARY KEY" if database == "sqlite" else "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
    with contextlib.closing(connect_bare(bare)) as connection:
        for statement in BARE_SCHEMA.format(key=key).strip().rstrip(";").split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO bare_room (id) VALUES (1)")
        for person in range(CLIENTS):
            connection.execute(f"INSERT INTO bare_person (id) VALUES ({person + 1})")

    call_command("migrate", verbosity=0)
    call_command("load_programs", stdout=io.StringIO())
    today = clock.today()
    end = today + dt.timedelta(days=1 + 2 * NIGHTS * rounds)
    with transaction.atomic():
        city = factories.MunicipalityFactory(name="計測市")
        office = factories.OrganizationFactory(name="計測相談室", municipality=city)
        workers = [factories.MembershipFactory(organization=office).user for _ in range(CLIENTS)]
        slot = factories.SlotFactory(starts_on=today, ends_on=end, price_rent=1200, price_food=900, price_utilities=400)

        def asker() -> tuple[int, str]:
            person = factories.PersonFactory(municipality=city)
            factories.SupportLinkFactory(person=person, organization=office)
            factories.GrantFactory(person=person, starts_on=today, ends_on=end)
            return person.pk, str(person.public_id)

        askers = {name: [[asker() for _ in range(CLIENTS)] for _ in range(rounds)] for name in ("service", "HTTP")}
    program = Program.objects.get(code="group-home-trial")
    return World(
        bare=bare,
        port=free_port(),
        emails=[worker.email for worker in workers],
        password=factories.PASSWORD,
        users=[worker.pk for worker in workers],
        office=office.pk,
        program=program.pk,
        code=program.code,
        slot=slot.pk,
        slot_id=str(slot.public_id),
        askers=askers,
        first=today + dt.timedelta(days=1),
    )


@contextlib.contextmanager
def served(world: World, folder: Path) -> Iterator[psutil.Process]:
    """Gunicorn as in the Procfile, until it answers."""
    from processes import environment, group

    [web] = re.findall(r"^web: (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    command = shlex.split(web.replace("$PORT", str(world.port)))
    with group(command, env=environment(PYTHONPATH=os.pathsep.join([str(folder), str(ROOT)]))) as child:
        browser, deadline = Browser(world, 0), time.monotonic() + 60
        while child.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if browser.send("/healthz")[0] == 200:
                    yield psutil.Process(child.pid)
                    return
            time.sleep(0.1)
        raise SystemExit("gunicorn does not answer")


def cpu_of(server: psutil.Process) -> float:
    times = [process.cpu_times() for process in [server, *server.children(recursive=True)]]
    return sum(one.user + one.system for one in times)


def rounds_of(
    world: World, racers: Racers, server: psutil.Process, rounds: int, seconds: float
) -> tuple[dict[str, Record], list[str]]:
    """All contenders in turn, round by round; what was wrong in any of them, the warming up included."""
    records = {name: Record() for name in CONTENDERS}
    broken = []
    deadline = time.monotonic() + seconds
    names = list(CONTENDERS)
    for number in range(rounds):
        if time.monotonic() > deadline and number > FEWEST_ROUNDS:
            break
        for name in names[number % len(names) :] + names[: number % len(names)]:
            racers.prepare(name, number)
            before = cpu_of(server)
            timed, cpu = racers.race(name, number)
            outcome = Counter(one.outcome for one in timed)
            expected = Counter(won=1, taken=CLIENTS - 1) if name in BOOKING else Counter({"200": CLIENTS})
            if outcome != expected:
                broken.append(f"{name}, round {number}: {dict(outcome)}")
            # The first round warms up: imports, templates, connections.
            if number:
                records[name].add(timed, cpu_of(server) - before if name in SERVED else cpu)
    return records, broken


def queries_of(world: World, number: int) -> tuple[int, int]:
    """Queries of a request that wins and of one that comes too late."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from transition.models import User

    nights = world.nights("HTTP", number)
    counts = []
    for client in range(2):
        browser = Client()
        browser.force_login(User.objects.get(pk=world.users[client]))
        path = f"/people/{world.askers['HTTP'][number][client][1]}/slots/{world.slot_id}/"
        form = {"program": world.code, "check_in": nights[0], "check_out": nights[-1] + dt.timedelta(days=1)}
        with CaptureQueriesContext(connection) as queries:
            browser.post(path, form | {"idempotency_key": str(uuid4())})
        counts.append(len(queries))
    return counts[0], counts[1]


def doubts(won: int) -> list[str]:
    """What the database itself says afterwards."""
    from django.db import connection

    from programs.models import RoomNight, Session

    found = []
    with connection.cursor() as cursor:
        for fault, counting in (FAULTS | (POSTGRES_FAULTS if connection.vendor == "postgresql" else {})).items():
            cursor.execute(counting)
            if count := cursor.fetchone()[0]:
                found.append(f"{count} {fault}")
    stored = (Session.objects.count(), RoomNight.objects.count())
    if stored != (won, NIGHTS * won):
        found.append(f"{won} winners at {NIGHTS} nights expected, {stored[0]} sessions with {stored[1]} nights stored")
    return found


def measure(database: str, url: str, folder: Path, rounds: int, seconds: float) -> list[str]:
    """Print the table of one database; return what broke."""
    (folder / "bench_booking_settings.py").write_text(SETTINGS.format(url=url))
    sys.path.insert(0, str(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench_booking_settings"
    import django

    django.setup()
    from django.db import connection

    # One round more to warm up, and one to count queries with.
    world = build(database, url, folder, rounds + 2)
    connection.ensure_connection()
    version = ".".join(str(part) for part in connection.get_database_version())
    load = os.getloadavg()[0]
    with served(world, folder) as server, Racers(world) as racers:
        records, broken = rounds_of(world, racers, server, rounds + 1, seconds)
    done = len(records["HTTP"].rates)
    machine = f"{os.cpu_count()} cores, load before {load:.1f}"
    print(f"\n{NAMES[database]} {version}: {done} rounds of {CLIENTS} clients, {machine}")
    print(f"  {'':<11}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'CPU ms':>9}   outcomes")
    for name, record in records.items():
        print(record.line(name))

    def ratio(name: str, to: str) -> float:
        """In the same round, so that a busy moment hits both."""
        return statistics.median(a / b for a, b in zip(records[name].rates, records[to].rates, strict=True))

    # Rounds of the service and of HTTP, with the one that warmed up.
    broken += doubts(won=2 * (done + 1))
    won, lost = queries_of(world, rounds + 1)
    print(
        f"  rates: {', '.join(f'{name} is {ratio(name, to):.3f} of {to}' for name, to in COMPARED)}\n"
        f"  a request takes {won} queries when it wins and {lost} when it is too late;"
        f" its CPU alone keeps HTTP below {os.cpu_count() * 1000 / records['HTTP'].cpu_each:.0f} per s here"
    )
    if (reached := ratio("HTTP", "service")) < BUDGET:
        broken.append(f"HTTP reaches {reached:.3f} of the rate of the service, not {BUDGET:.2f}")
    return [f"{NAMES[database]}: {fault}" for fault in broken]


@contextlib.contextmanager
def started(database: str, folder: Path) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{folder}/db.sqlite3"
        return
    import postgres

    # As it comes, with fsync: the throwaway of the tests would make commits free.
    with postgres.server(folder / "postgres") as url:
        yield url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=[*NAMES, "both"], default="both")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=50, help="begin no further round after this, on each database")
    asked = parser.parse_args()
    from processes import entrance, run

    with entrance():
        if asked.database == "both":
            # Settings are made once in a process, so each database has its own.
            options = ["--rounds", str(asked.rounds), "--seconds", str(asked.seconds)]
            command = [sys.executable, "-m", "bench.booking", *options, "--database"]
            sys.exit(any([run([*command, database]) for database in NAMES]))
        with tempfile.TemporaryDirectory(prefix="taiken-bench-", ignore_cleanup_errors=True) as name:
            # PostgreSQL may run as another account, which passes through and looks at nothing.
            Path(name).chmod(0o711)
            with started(asked.database, Path(name)) as url:
                broken = measure(asked.database, url, Path(name), asked.rounds, asked.seconds)
        print("\n".join(f"BROKEN: {fault}" for fault in broken) or "Every budget kept.")
        sys.exit(bool(broken))


if __name__ == "__main__":
    main()
