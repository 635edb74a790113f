"""外の予定表: the addresses of homes' and workers' own calendars elsewhere, and what is read from them.

Reading takes seconds and depends on others, so it happens outside of any transaction; what came of it is written in
one. A calendar is claimed before it is read, so that two workers never read it at once and one that brings a worker
down is not the first again. What was read last stays when a reading fails.
"""

import datetime as dt
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django_q.tasks import async_task

from programs.domain.busy import Span
from programs.domain.problems import Problem, Refused
from programs.enums import ReadProblem
from programs.models import BusyTime, ExternalCalendar, Home
from programs.notifications import events
from transition import clock, fetch
from transition.domain import months
from transition.models import User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

TASK = "programs.tasks.read_external_calendars"
MOST = 5
EVERY = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=24)
# How long a calendar belongs to whoever reads it.
CLAIM = dt.timedelta(minutes=10)
# By hand, not more often than this.
PAUSE = dt.timedelta(minutes=1)
# A worker of the queue has a minute: a reading takes 5 seconds at most, understanding it as many as these.
UNDERSTAND_SECONDS = 12
RUN_SECONDS = 30.0
MOST_A_RUN = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading an address. `spans` None: nothing has changed, or `problem` says why there are none."""

    spans: list[Span] | None = None
    etag: str = ""
    modified: str = ""
    problem: str = ""


def add(
    *,
    label: str,
    url: str,
    by: User,
    home: Home | None = None,
    key: RequestKey | None = None,
) -> ExternalCalendar:
    """Keep the address of a calendar of this home, else of `by`, and read it at once.

    Raises Refused for an address that may never be asked; one that does not answer is kept with its problem.
    """
    url = https_of(url)
    reading = _read(url)
    if reading.problem == ReadProblem.ADDRESS:
        message = "このアドレスは使えません。https:// で始まる、だれでも開けるアドレスを入れてください。"
        raise Refused([Problem("external.address", message, field="url")])
    return _add(home=home, label=label, url=url, reading=reading, by=by, key=key)


@writing
def remove(*, calendar: ExternalCalendar, by: User, key: RequestKey | None = None) -> ExternalCalendar:
    """Never read again; what was read is gone, and so is the address."""
    [calendar] = lock(ExternalCalendar, [calendar.pk])
    if calendar.removed_at is None:
        calendar.removed_at = clock.now()
        calendar.url, calendar.etag, calendar.modified = "https://removed.invalid/", "", ""
        calendar.save()
        calendar.busy_times.all().delete()
        audit.record("external.remove", calendar, by=by)
    return calendar


def read_now(*, calendar: ExternalCalendar, by: User, key: RequestKey | None = None) -> ExternalCalendar:
    """Read it while somebody waits. Raises Refused when that was a moment ago."""
    claimed = _claim_now(calendar=calendar, by=by, key=key)
    return _keep(calendar=claimed, reading=_read(claimed.url))


def read_due(*, most: int = MOST_A_RUN) -> int:
    """Read what is due, one after the other, as far as the time goes. Returns how many."""
    begun, count = time.monotonic(), 0
    while count < most and time.monotonic() - begun < RUN_SECONDS:
        calendar = _claim_due()
        if calendar is None:
            break
        _keep(calendar=calendar, reading=_read(calendar.url, *_conditions(calendar)))
        count += 1
    return count


def wake_if_due() -> None:
    """Have the queue read, if there is anything to read."""
    if ExternalCalendar.objects.due(clock.now()).exists():
        async_task(TASK)


def https_of(url: str) -> str:
    """What calendar programs hand out for subscribing (webcal:) is the same address by https."""
    url = url.strip()
    scheme, colon, rest = url.partition(":")
    return f"https:{rest}" if colon and scheme.lower() in ("webcal", "webcals", "https") else url


def window(today: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """What is kept of a calendar: from a month ago to thirteen months ahead."""
    first, last = months.months_later(today, -1), months.months_later(today, 13)
    return clock.at(first, dt.time()), clock.at(last, dt.time())


@writing
def _add(
    *, home: Home | None, label: str, url: str, reading: Reading, by: User, key: RequestKey | None = None
) -> ExternalCalendar:
    # The owner's row is locked, so that two forms at once do not make one too many.
    if home is not None:
        lock(Home, [home.pk])
        own = ExternalCalendar.objects.current().filter(home=home)
    else:
        lock(User, [by.pk])
        own = ExternalCalendar.objects.current().filter(user=by)
    present = list(own)
    if len(present) >= MOST:
        message = f"登録できるのは{MOST}つまでです。使っていないものを外してください。"
        raise Refused([Problem("external.many", message)])
    if any(calendar.url == url for calendar in present):
        raise Refused([Problem("external.twice", "このアドレスは、もう登録されています。", field="url")])
    calendar = ExternalCalendar(home=home, user=None if home else by, label=label, url=url, created_by=by)
    calendar.full_clean()
    calendar.save()
    owner = {"home": home.pk} if home else {"user": by.pk}
    audit.record("external.add", calendar, by=by, **owner)
    _write(calendar, reading)
    return calendar


@writing
def _claim_due() -> ExternalCalendar | None:
    """The calendar that waits longest, which nobody else will take for a while; None when none is due."""
    now = clock.now()
    for calendar in ExternalCalendar.objects.due(now)[:1]:
        (fresh,) = lock(ExternalCalendar, [calendar.pk])
        if fresh.removed_at is None and fresh.due_at <= now:
            fresh.due_at = now + CLAIM
            fresh.save(update_fields=["due_at"])
            return fresh
    return None


@writing
def _claim_now(*, calendar: ExternalCalendar, by: User, key: RequestKey | None) -> ExternalCalendar:
    [calendar] = lock(ExternalCalendar, [calendar.pk])
    now = clock.now()
    if calendar.removed_at is not None:
        raise Refused([Problem("external.removed", "この予定表は、もう外されています。")])
    if calendar.read_at is not None and now - calendar.read_at < PAUSE:
        raise Refused([Problem("external.soon", "さきほど読んだところです。1分たってから、もう一度押してください。")])
    calendar.read_at, calendar.due_at = now, now + CLAIM
    calendar.save(update_fields=["read_at", "due_at"])
    audit.record("external.read", calendar, by=by)
    return calendar


@writing
def _keep(*, calendar: ExternalCalendar, reading: Reading) -> ExternalCalendar:
    """Write down what came of a reading, unless the calendar has been removed meanwhile."""
    [calendar] = lock(ExternalCalendar, [calendar.pk])
    if calendar.removed_at is None:
        _write(calendar, reading)
    return calendar


def _write(calendar: ExternalCalendar, reading: Reading) -> None:
    now = clock.now()
    calendar.read_at, calendar.problem = now, reading.problem
    if reading.problem:
        calendar.failures = min(calendar.failures + 1, 100)
    else:
        calendar.failures, calendar.good_at = 0, now
        calendar.etag, calendar.modified = reading.etag, reading.modified
    calendar.due_at = now + _wait(calendar.failures)
    calendar.save()
    events.calendar_read(calendar)
    if reading.spans is not None:
        _replace(calendar, reading.spans)


def _replace(calendar: ExternalCalendar, spans: Sequence[Span]) -> None:
    """The busy times, written only where they differ."""
    before = set(calendar.busy_times.values_list("starts_at", "ends_at"))
    after = {(span.start, span.end) for span in spans}
    if before != after:
        calendar.busy_times.all().delete()
        BusyTime.objects.bulk_create(
            (
                BusyTime(calendar=calendar, starts_at=span.start, ends_at=span.end, all_day=span.all_day)
                for span in spans
            ),
            batch_size=200,
        )


def _wait(failures: int) -> dt.timedelta:
    """Half an hour, twice as long after each failure up to a day; spread, so that not all come due at once."""
    wait = min(EVERY * (1 << min(failures, 10)), LONGEST)
    return wait * random.uniform(0.9, 1.0)  # noqa: S311 - not a secret


def _conditions(calendar: ExternalCalendar) -> tuple[str, str]:
    """What lets the other side answer "unchanged". Once a day it is read whole: the window has moved on."""
    if calendar.good_at is None or clock.local_date(calendar.good_at) != clock.today():
        return "", ""
    return calendar.etag, calendar.modified


def _read(url: str, etag: str = "", modified: str = "") -> Reading:
    """Fetch and understand, whatever it takes; nothing is written."""
    fetched = fetch.get(url, etag=etag, modified=modified)
    if fetched.failure is not None:
        return Reading(problem=ReadProblem(fetched.failure.value))
    if fetched.body is None:
        return Reading(etag=fetched.etag, modified=fetched.modified)
    found = _understood(fetched.body)
    if isinstance(found, ReadProblem):
        return Reading(problem=found)
    return Reading(found, fetched.etag, fetched.modified)


def _understood(body: bytes) -> list[Span] | ReadProblem:
    """The busy times, worked out in a process of its own: see programs/domain/busy.py."""
    first, last = window(clock.today())
    command = [sys.executable, "-m", "programs.domain.busy", first.isoformat(), last.isoformat()]
    try:
        done = subprocess.run(  # noqa: S603 - our own module; the stranger's file is only its input
            command, input=body, capture_output=True, check=True, timeout=UNDERSTAND_SECONDS, cwd=settings.BASE_DIR
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return ReadProblem.TOO_MANY
    answer = json.loads(done.stdout)
    if "problem" in answer:
        return ReadProblem(answer["problem"])
    return [Span(dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)) for start, end in answer["spans"]]
