"""What a calendar of 2,000 entries in one month costs beside one of 20: queries, processor time, bytes.

    python -m bench.calendar [--entries 2000] [--runs 7]

Builds its own temporary SQLite database: an office with 300 people, half of the entries stays of two nights, half
outings. Month, week and day of the whole organization through the whole application, the two sizes in turn; times
are medians. Budget: 12 queries and 60 KB compressed whatever the size, and the big month at most 4 × the small one:
what is drawn is bounded, so only reading the times and laying them out may grow.
"""

import argparse
import datetime as dt
import gzip
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

FEW = 20
PEOPLE = 300
MOST_QUERIES, MOST_BYTES, MOST_RATIO = 12, 60_000, 4.0
FIRST = dt.date(2026, 12, 1)
VIEWS = ("month", "week", "day")


def build(entries: int):
    """A worker of an office with this many entries in the month."""
    from programs.enums import SessionKind, SessionState
    from programs.models import Escort, Home, Program, Room, Session
    from transition import clock
    from transition.enums import OrganizationKind, Residence
    from transition.models import Membership, Organization, Person, SupportLink, User

    worker = User.objects.create(email=f"bench{entries}@example.invalid", name="計測")
    city = Organization.objects.create(kind=OrganizationKind.MUNICIPALITY, name=f"計測市{entries}")
    office = Organization.objects.create(kind=OrganizationKind.CONSULTATION, name=f"計測相談室{entries}")
    Membership.objects.create(user=worker, organization=office)
    home = Home.objects.create(organization=office, name="計測ホーム", area="計測市")
    room = Room.objects.create(home=home, name="101号室")
    program, _ = Program.objects.get_or_create(code="bench", name="計測", kind="GROUP_HOME_TRIAL")
    people = Person.objects.bulk_create(
        Person(family_name="計測", given_name=f"太郎{n}", residence=Residence.FAMILY, municipality=city)
        for n in range(PEOPLE)
    )
    SupportLink.objects.bulk_create(
        SupportLink(person=person, organization=office, starts_on=FIRST - dt.timedelta(days=90)) for person in people
    )

    def entry(number: int) -> Session:
        date = FIRST + dt.timedelta(days=number % 31)
        fields = {
            "person": people[number % PEOPLE], "program": program, "organization": office, "requested_by": worker,
            "state": SessionState.CONFIRMED,
        }  # fmt: skip
        if number % 2:
            out = date + dt.timedelta(days=2)
            return Session(
                kind=SessionKind.STAY, room=room, check_in=date, check_out=out,
                starts_at=clock.at(date, dt.time(15)), ends_at=clock.at(out, dt.time(10)), **fields,
            )  # fmt: skip
        starts_at = clock.at(date, dt.time(8 + number % 11, number % 4 * 15))
        return Session(
            kind=SessionKind.OUTING, activity="買い物", place="計測駅前", starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(minutes=30 + number % 5 * 30), **fields,
        )  # fmt: skip

    made = Session.objects.bulk_create([entry(number) for number in range(entries)], batch_size=500)
    Escort.objects.bulk_create(
        [Escort(session=session, user=worker) for session in made if session.kind == SessionKind.OUTING],
        batch_size=500,
    )
    return worker


def measure(entries: int, runs: int) -> bool:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    clients = {}
    for size in (FEW, entries):
        clients[size] = Client()
        clients[size].force_login(build(size))
    broken = False
    print(f"{'':8}{'entries':>8}{'queries':>9}{'ms CPU':>8}{'bytes':>9}{'gzip':>8}{'drawn':>7}")
    for view in VIEWS:
        url = f"{reverse('calendars:organization-calendar')}?view={view}&date={FIRST + dt.timedelta(days=9)}"
        times: dict[int, list[float]] = {size: [] for size in clients}
        pages = {}
        for _ in range(runs + 1):
            for size, client in clients.items():
                began = time.process_time()
                pages[size] = client.get(url).content
                times[size].append((time.process_time() - began) * 1000)
        for size, client in clients.items():
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
                asked = len(queries)
            zipped, page = len(gzip.compress(pages[size])), pages[size]
            drawn = page.count(b'class="cal-entry')
            middle = statistics.median(times[size][1:])
            print(f"{view:8}{size:8,}{asked:9}{middle:8.1f}{len(page):9,}{zipped:8,}{drawn:7}")
            if asked > MOST_QUERIES or zipped > MOST_BYTES:
                broken = True
                print(f"BROKEN: at most {MOST_QUERIES} queries and {MOST_BYTES:,} bytes")
        ratio = statistics.median(times[entries][1:]) / statistics.median(times[FEW][1:])
        print(f"{view:8}{entries:,} entries cost {ratio:.1f} × {FEW}")
        if view == "month" and ratio > MOST_RATIO:
            broken = True
            print(f"BROKEN: at most {MOST_RATIO} ×")
    return broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "transition.settings.test")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        sys.exit(measure(options.entries, options.runs))


if __name__ == "__main__":
    main()
