"""How long a slot search takes over 1,000 homes × 5 rooms × 12 months, and whether it grows faster than its result.

    python -m bench.search [--homes 1000] [--runs 5]

Builds its own temporary SQLite database. Budget (design.md 7): at most 10 queries, and the time per candidate slot
does not grow with the number of candidates. Times are medians of the whole search, page of 20 included, with the
LimitBook read anew each time; processor time, which neighbours on the machine disturb less (SQLite runs in it too).
"""

import argparse
import datetime as dt
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

ROOMS = 5
MONTHS = 12
AREAS = 40
# One night in eight is taken, which is where many homes stand.
TAKEN = 8
FIRST_MONTH = (2026, 12)


def months() -> list[tuple[dt.date, dt.date]]:
    found = []
    year, month = FIRST_MONTH
    for _ in range(MONTHS):
        following = (year + month // 12, month % 12 + 1)
        found.append((dt.date(year, month, 1), dt.date(*following, 1)))
        year, month = following
    return found


def build(homes: int) -> None:
    from programs.enums import HomeType, NightUse
    from programs.models import Home, Room, RoomNight, Slot
    from transition.enums import OrganizationKind
    from transition.models import Organization, User

    # The same data on every run.
    chance = random.Random(2026)
    publisher = User.objects.create(email="bench@example.invalid", name="計測")
    office = Organization.objects.create(kind=OrganizationKind.GROUP_HOME, name="計測ホーム")
    made = Home.objects.bulk_create(
        [
            Home(
                organization=office,
                name=f"計測ホーム{n}",
                branch=str(n),
                home_type=HomeType.COMPREHENSIVE,
                area=f"架空市{n % AREAS}区",
            )
            for n in range(homes)
        ],
        batch_size=500,
    )
    rooms = Room.objects.bulk_create(
        [Room(home=home, name=f"{number + 1}号室") for home in made for number in range(ROOMS)], batch_size=500
    )
    slots, taken = [], []
    for room in rooms:
        sex = chance.choice(("ANY", "ANY", "FEMALE", "MALE"))
        low = chance.choice((None, None, 2, 4))
        rent, longest = chance.randrange(500, 2500, 50), chance.choice((2, 3, 7, 14))
        for starts_on, ends_on in months():
            slots.append(
                Slot(
                    room=room,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    max_nights=longest,
                    price_rent=rent,
                    price_food=800,
                    sex=sex,
                    level_min=low,
                    medical_care=chance.random() < 0.1,
                    published_by=publisher,
                )
            )
            for offset in range((ends_on - starts_on).days):
                if chance.randrange(TAKEN) == 0:
                    date = starts_on + dt.timedelta(days=offset)
                    taken.append(RoomNight(room=room, date=date, use=NightUse.CLEANING))
    Slot.objects.bulk_create(slots, batch_size=500)
    RoomNight.objects.bulk_create(taken, batch_size=2000)


def make_person():
    """Someone with a certificate, limits and a few stays behind them."""
    from programs.models import Limit, Program
    from transition.enums import GrantService, OrganizationKind, Residence, Sex
    from transition.models import Grant, Organization, Person

    municipality = Organization.objects.create(kind=OrganizationKind.MUNICIPALITY, name="架空市")
    person = Person.objects.create(
        family_name="見本",
        given_name="花子",
        family_kana="みほん",
        given_kana="はなこ",
        sex=Sex.FEMALE,
        support_level=4,
        disability_kinds=["INTELLECTUAL"],
        residence=Residence.FAMILY,
        municipality=municipality,
    )
    program = Program.objects.create(
        code="group-home-trial",
        name="グループホームの体験",
        kind="GROUP_HOME_TRIAL",
        needs_grant=GrantService.GROUP_HOME_TRIAL,
    )
    for code, amount, window in (("consecutive", 30, "STAY"), ("year", 50, "GRANT")):
        Limit.objects.create(
            program=program,
            code=code,
            name=code,
            unit="DAYS",
            amount=amount,
            window=window,
            counting="INCLUSIVE",
            enforcement="ASK",
            certainty="VERIFIED",
            source="計測用",
        )
    Grant.objects.create(
        person=person,
        service=GrantService.GROUP_HOME_TRIAL,
        starts_on=dt.date(2026, 10, 1),
        ends_on=dt.date(2027, 9, 30),
        days=50,
    )
    return person, program


def measure(person, wanted, runs: int) -> tuple[int, float, int, int]:
    """Queries, milliseconds (median), candidates, fitting ones."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from programs.queries.limits import LimitBook
    from programs.queries.search import search

    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        results = search(person, wanted, LimitBook([person]))
    times = []
    for _ in range(runs):
        cache.clear()
        began = time.process_time()
        search(person, wanted, LimitBook([person]))
        times.append((time.process_time() - began) * 1000)
    return len(queries), statistics.median(times), results.total, results.fitting


def run(homes: int, runs: int) -> None:
    import time_machine

    from programs.queries.search import Wanted

    with time_machine.travel(dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC), tick=True):
        began = time.perf_counter()
        build(homes)
        person, program = make_person()
        print(f"{homes:,} homes × {ROOMS} rooms × {MONTHS} months, built in {time.perf_counter() - began:.0f} s")
        week = (dt.date(2026, 12, 4), dt.date(2026, 12, 6))
        four = (dt.date(2026, 12, 1), dt.date(2026, 12, 29))
        quarter = (dt.date(2026, 12, 1), dt.date(2027, 3, 1))
        year = (dt.date(2026, 12, 1), dt.date(2027, 12, 1))
        searches = (
            ("2 nights in 4 weeks, one area", Wanted(program, *four, 2, areas=("架空市3区",))),
            ("exactly Fri–Sun, one area", Wanted(program, *week, 2, areas=("架空市3区",))),
            ("exactly Fri–Sun, everywhere", Wanted(program, *week, 2)),
            ("2 nights in 4 weeks, everywhere", Wanted(program, *four, 2)),
            ("2 nights in 3 months, everywhere", Wanted(program, *quarter, 2)),
            ("2 nights in 12 months, everywhere", Wanted(program, *year, 2, sort="price")),
        )
        print(f"{'search':36}{'queries':>8}{'ms':>9}{'slots':>8}{'fitting':>9}{'µs/slot':>9}")
        for name, wanted in searches:
            queries, milliseconds, total, fitting = measure(person, wanted, runs)
            each = milliseconds * 1000 / max(total, 1)
            print(f"{name:36}{queries:8}{milliseconds:9.1f}{total:8,}{fitting:9,}{each:9.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "transition.settings.test")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        run(options.homes, options.runs)


if __name__ == "__main__":
    main()
