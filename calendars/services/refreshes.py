"""Rewrites what many calendars show at once: few entries with the change itself, many in the background.

The truth is the row of FeedRefresh, written with the change; the queue is only woken. New texts are made ready
beside the old ones, some sessions at a time, and take effect together in one transaction: whoever fetches a
calendar reads either all of the old or all of the new. Running it twice, or killing it anywhere, changes nothing.

Whoever writes entries of a session holds its person first and then the pending rows, so that nothing made ready
is older than what it replaces. An edit does not wait for the background: it lets take effect what is pending and
shows in the same entry. Only a new format is left to its own time; an edited session then speaks it a little earlier.
"""

import datetime as dt
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django_q.tasks import async_task

from calendars.domain.ical import FORMAT_VERSION
from calendars.domain.window import window_on
from calendars.models import CalendarFeed, FeedEntry, FeedRefresh, PreparedEntry
from calendars.services import fragments
from calendars.services.fragments import Touched
from programs.models import Home, Room, Session
from transition import clock
from transition.models import Person
from transition.services.transactions import lock, writing

# Up to so many sessions change together with what they show.
AT_ONCE = 50
# So many are made ready in one transaction, a tenth of a second.
BATCH = 50
# So many entries take effect by one statement, which PostgreSQL lets run for ten seconds: also where it knows nothing
# yet of the rows that have just been prepared, and reads all of them for each entry.
STATEMENT = 500
# A task of the queue may take 60 seconds; the next one goes on where this one stops.
PATIENCE_SECONDS = 40
TASK = "calendars.tasks.refresh_feeds"
_PREPARED = tuple(name for name in fragments.FIELDS if name != "home")


def session_changed(session: Session) -> None:
    """In the transaction of the change, which holds the person."""
    _follow(Session.objects.filter(pk=session.pk))


def session_leaves(session: Session) -> None:
    """Its entries go with it, and nothing else would tell whoever has them."""
    entries = FeedEntry.objects.filter(session=session)
    fragments.move(fragments.feeds_of(map(Touched.by, entries)), clock.now())


def renamed(*, home: Home | None = None, room: Room | None = None, person: Person | None = None) -> None:
    """What these show may have changed. In the transaction of the change."""
    refresh = FeedRefresh(home=home, room=room, person=person)
    sessions = _shown_by(refresh)
    with transaction.atomic():
        ids = list(sessions.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(ids) > AT_ONCE:
            _note(refresh)
        elif ids:
            lock(Person, sessions.order_by().values_list("person", flat=True))
            _follow(sessions)


def is_due() -> bool:
    """Whether there is something to do in the background, a new format of the software included."""
    return _is_format_new() or FeedRefresh.objects.pending().exists()


def run(*, patience: float = PATIENCE_SECONDS) -> int:
    """Make ready what is noted and let it take effect. Returns how many entries changed."""
    if _is_format_new():
        note_format()
    until, changed = time.monotonic() + patience, 0
    while pending := list(FeedRefresh.objects.pending().values_list("pk", flat=True)):
        for pk in pending:
            while _prepare(refresh_id=pk):
                if time.monotonic() > until:
                    return changed
        changed += _publish_all()
    return changed


def rebuild_all() -> int:
    """Bring every entry to the text this version writes, and wait for it. Returns how many changed."""
    note_format()
    return run(patience=float("inf"))


@writing
def note_format() -> FeedRefresh:
    """All entries are to be written in the words of this version of the software."""
    now = clock.now()
    FeedRefresh.objects.pending().exclude(format=None).exclude(format=FORMAT_VERSION).delete()
    PreparedEntry.objects.filter(refresh__format=FORMAT_VERSION).delete()
    again = {"site": settings.SITE_ADDRESS, "noted_at": now, "position": 0, "done_at": None}
    refresh, _ = FeedRefresh.objects.update_or_create(format=FORMAT_VERSION, defaults=again)
    return refresh


def _is_format_new() -> bool:
    """Whether what is stored was last written by another version, newer or older, or leads to another address."""
    last = FeedRefresh.objects.exclude(format=None).order_by("-noted_at", "-pk").values_list("format", "site")
    return last.first() != (FORMAT_VERSION, settings.SITE_ADDRESS)


def _note(refresh: FeedRefresh) -> None:
    """The same thing noted before begins anew: what was made ready may hold the name before this one."""
    about = {"home": refresh.home, "room": refresh.room, "person": refresh.person, "format": None}
    same = lock(FeedRefresh, FeedRefresh.objects.pending().filter(**about).values_list("pk", flat=True))
    pending = [known for known in same if known.done_at is None]
    for known in pending:
        known.prepared.all().delete()
        known.noted_at, known.position = clock.now(), 0
        known.save()
    if not pending:
        refresh.save()
    transaction.on_commit(wake, robust=True)


def wake() -> None:
    async_task(TASK)


def _follow(sessions: QuerySet[Session]) -> None:
    """Bring sessions up to date whose persons the caller holds, and with them what is pending and shows in them."""
    if pending := list(FeedRefresh.objects.pending()):
        renames = [refresh for refresh in pending if refresh.format is None]
        shown = [_shown_by(refresh) for refresh in renames]
        if any(found.filter(pk__in=sessions.values("pk")).exists() for found in shown):
            # Out of order, as far as others are concerned: should two such edits meet, one of them is tried again.
            lock(Person, {pk for found in shown for pk in found.values_list("person", flat=True)})
        else:
            renames = []
        now_pending = [row for row in lock(FeedRefresh, [row.pk for row in pending]) if row.done_at is None]
        PreparedEntry.objects.filter(entry__session__in=sessions.values("pk")).delete()
        if finished := [row for row in now_pending if row in renames]:
            for refresh in finished:
                while _prepare_next(refresh):
                    pass
            _publish(finished)
    fragments.refresh(sessions)


@writing
def _prepare(*, refresh_id: int) -> bool:
    """Make some more sessions ready; False when there are none left."""
    seen = FeedRefresh.objects.pending().filter(pk=refresh_id).first()
    if seen is None:
        return False
    batch = _rest(seen).order_by("pk").values_list("person", flat=True)[:BATCH]
    lock(Person, list(batch))
    refresh = next(iter(lock(FeedRefresh, [refresh_id])), None)
    if refresh is None or refresh.done_at is not None:
        return False
    # Somebody else was here meanwhile: the locks are on other persons than the next ones.
    return _prepare_next(refresh) if refresh.position == seen.position else True


def _prepare_next(refresh: FeedRefresh) -> bool:
    ids = list(_rest(refresh).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return False
    added, changed = fragments.rewritten(Session.objects.filter(pk__in=ids), refresh.noted_at)
    ready = [
        PreparedEntry(refresh=refresh, entry=entry, **{name: getattr(entry, name) for name in _PREPARED})
        for entry in [*added, *changed]
    ]
    for entry in added:
        # No calendar shows an event of no text.
        entry.body = ""
    FeedEntry.objects.bulk_create(added)
    PreparedEntry.objects.filter(entry__in=[entry.pk for entry in changed]).delete()
    PreparedEntry.objects.bulk_create(ready)
    refresh.position = ids[-1]
    refresh.save(update_fields=["position"])
    return True


@writing
def _publish_all() -> int:
    """Let everything noted take effect, unless some of it is not ready yet."""
    pending = lock(FeedRefresh, FeedRefresh.objects.pending().values_list("pk", flat=True))
    pending = [refresh for refresh in pending if refresh.done_at is None]
    if any(_rest(refresh).exists() for refresh in pending):
        return 0
    return _publish(pending)


def _publish(refreshes: Sequence[FeedRefresh]) -> int:
    """In one transaction: a reader sees all of it or nothing, and every calendar moves once."""
    now = clock.now()
    ready = FeedEntry.objects.filter(prepared__refresh__in=refreshes)
    touched = [Touched(*row) for row in ready.values_list("session", "person", "home", "variant")]
    first = 0
    prepared = PreparedEntry.objects.filter(entry=OuterRef("pk"))
    while part_ids := list(ready.filter(pk__gt=first).order_by("pk").values_list("pk", flat=True)[:STATEMENT]):
        last = part_ids[-1]
        part = ready.filter(pk__gt=first, pk__lte=last)
        part.update(**{name: Subquery(prepared.values(name)) for name in _PREPARED})
        first = last
    PreparedEntry.objects.filter(refresh__in=refreshes).delete()
    if touched and any(refresh.format is not None for refresh in refreshes):
        fragments.move(CalendarFeed.objects.live(clock.today()), now)
    else:
        fragments.move(fragments.feeds_of(touched), now)
    FeedRefresh.objects.filter(pk__in=[refresh.pk for refresh in refreshes]).update(done_at=now)
    return len(touched)


def _rest(refresh: FeedRefresh) -> QuerySet[Session]:
    return _shown_by(refresh).filter(pk__gt=refresh.position)


def _shown_by(refresh: FeedRefresh) -> QuerySet[Session]:
    """The sessions it is about, without those that have left every calendar for good."""
    start = clock.at(window_on(clock.today()).start, dt.time.min)
    about = Q(room__home=refresh.home) if refresh.home else Q()
    about &= Q(room=refresh.room) if refresh.room else Q()
    about &= Q(person=refresh.person) if refresh.person else Q()
    return Session.objects.filter(about, ends_at__gt=start)
