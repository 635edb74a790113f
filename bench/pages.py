"""What every page costs in a municipality of 300 people, 80 homes and a year of sessions: queries, time, bytes.

    python -m bench.pages [--size 300] [--role worker] [--database FILE]

Every named address is looked at by every role that may, the busiest person, home or enrollment in it; of a page that
can show several things the one with the most queries counts. Budget (issue 4): 12 queries, 60 KB over the wire
without photos. Bytes "served" are what this application sends to a browser that takes gzip; "gzip" is what a proxy
makes of it. Prints a Markdown table of the heaviest role of each page, and every page that breaks the budget.
"""

import argparse
import contextlib
import gzip
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MOST_QUERIES = 12
MOST_BYTES = 60_000
RUNS = 3
ROLES = {
    "municipality": "large-municipality1@demo.example",
    "core center": "large-core-center1@demo.example",
    "worker": "large-consultation1@demo.example",
    "facility": "large-facility1@demo.example",
    "home": "large-group-home1@demo.example",
    # Comes in by a personal link that this worker hands out.
    "person": "large-consultation1@demo.example",
}
# May cost more, and why.
EXCEPTIONS = {
    "programs:pack": "one document for a meeting: six months with every record, printed once a month",
    "programs:month-sheet": "one document for the city, printed once a month",
    "programs:session-override": "judges a stay against every limit and condition again, and who may pass them",
    "programs:proposal": "the solver's page: reads limits, days, wishes and goals of six months at once",
}
# No pages: they change something, or answer another program.
LEFT_OUT = ("transition:sign-out", "transition:healthz", "transition:styleguide", "calendars:feed")


@dataclass
class Cost:
    name: str
    role: str
    queries: int
    milliseconds: float
    raw: int
    served: int
    zipped: int

    @property
    def breaks(self) -> bool:
        return self.queries > MOST_QUERIES or self.served > MOST_BYTES


def look(client, url: str):
    """(queries, CPU milliseconds, response), the best of some; None where there is no page for this user."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    headers = {"Accept-Encoding": "gzip"}
    client.get(url, headers=headers)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url, headers=headers)
        # The next request empties the log.
        asked = len(queries)
    if response.status_code != 200 or not response.headers.get("Content-Type", "").startswith("text/html"):
        return None
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        client.get(url, headers=headers)
        times.append((time.process_time() - began) * 1000)
    return asked, min(times), response


def measure(role: str, email: str) -> list[Cost]:
    import addresses
    from django.test import Client
    from django.urls import reverse

    from transition.models import Person, User
    from transition.services import links

    user = User.objects.get(email=email)
    client = Client(raise_request_exception=False)
    subjects = addresses.subjects_of(user)
    if role == "person":
        person = Person.objects.get(public_id=subjects.ids["people"][0])
        link = links.issue(person=person, label="計測", by=user)
        client.get(reverse("programs:easy-enter", args=[link.token]))
        subjects = addresses.subjects_of_person(person)
    else:
        client.force_login(user)
    found = []
    for name, pattern in addresses.patterns():
        if name in LEFT_OUT:
            continue
        costs = []
        for url in addresses.candidates(name, pattern, subjects):
            if seen := look(client, url):
                queries, milliseconds, response = seen
                served = response.content
                raw = gzip.decompress(served) if response.headers.get("Content-Encoding") == "gzip" else served
                zipped = len(gzip.compress(raw, 6))
                costs.append(Cost(name, role, queries, milliseconds, len(raw), len(served), zipped))
        if costs:
            found.append(max(costs, key=lambda cost: (cost.breaks, cost.queries, cost.raw)))
    return found


def report(costs: list[Cost]) -> list[Cost]:
    """One line a page, its heaviest role; returns what breaks the budget and is no exception."""
    print("| page | roles | heaviest | queries | CPU ms | KB raw | KB served | KB gzip |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    broken = []
    for name in dict.fromkeys(cost.name for cost in costs):
        rows = [cost for cost in costs if cost.name == name]
        worst = max(rows, key=lambda cost: (cost.breaks, cost.queries, cost.raw))
        mark = ""
        if worst.breaks:
            mark = " (exception)" if name in EXCEPTIONS else " **over**"
        sizes = " | ".join(f"{size / 1000:.1f}" for size in (worst.raw, worst.served, worst.zipped))
        print(f"| {name}{mark} | {len(rows)} | {worst.role} | {worst.queries} | {worst.milliseconds:.0f} | {sizes} |")
        if worst.breaks and name not in EXCEPTIONS:
            broken.append(worst)
    return broken


def run(options) -> int:
    from django.core.management import call_command

    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    call_command("seed", size=options.size)
    print(f"{options.size} people, seeded in {time.perf_counter() - began:.0f} s\n", flush=True)
    roles = {options.role: ROLES[options.role]} if options.role else ROLES
    costs = [cost for role, email in roles.items() for cost in measure(role, email)]
    broken = report(costs)
    for name, reason in EXCEPTIONS.items():
        print(f"\n{name}: {reason}")
    for cost in broken:
        print(f"BROKEN: {cost.name} ({cost.role}): {cost.queries} queries, {cost.served / 1000:.1f} KB served")
    return int(bool(broken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--role", choices=list(ROLES))
    parser.add_argument("--database", type=Path, help="keep the SQLite file, and use it again")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "deploy" / "dev"))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["DATABASE_URL"] = f"sqlite:///{options.database or folder / 'bench.sqlite3'}"
        os.environ["DATA_DIR"] = str(folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "transition.settings.dev")
        import django

        django.setup()
        sys.exit(run(options))


if __name__ == "__main__":
    main()
