"""Sends what people are to be told. The truth is in the rows; whoever kills this anywhere loses nothing.

One pump runs at a time (`sole`). Before the mail server is spoken to, the row is SENDING and one try more, and that
is committed; afterwards it is SENT. A pump that finds a row SENDING therefore knows that its sender is no more: what
may go out only once is then UNCERTAIN and a person decides, anything else goes out again under the same Message-ID.
A mail server that cannot be reached costs nobody a try: it is asked before a row is taken.
"""

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from transition import clock, guard
from transition.enums import Delivery, NotificationKind, NotificationState
from transition.models import Notification
from transition.notifications import MOST_TRIES, Semantics, registry
from transition.services import addressing, digests, mails, pulses
from transition.services.mails import Answer
from transition.services.sole import sole
from transition.services.transactions import lock, writing
from transition.services.waking import sending_anyway

# Of the time that a task of the queue may take: the last mail begun must still be able to end. The next task goes on.
PATIENCE = 2 / 3
# Before the second, third, … try of a mail that the server did not want now.
PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
# A mail whose sender died is sent again twice; whatever kills its sender a third time is left to a person.
MOST_INTERRUPTED = 3
MAIL = "mail"
REST = dt.timedelta(minutes=1)


def plan() -> None:
    """Let every planner write what has come due. One that fails does not stop the others."""
    now = clock.now()
    with sending_anyway():
        for planner in registry.planners:
            try:
                planner(now)
            except Exception as error:
                pulses.failed(f"plan:{getattr(planner, '__name__', 'planner')}", error)


def run() -> int:
    """Send what is due, as long as the patience lasts; how many mails went out. 0 when another pump is at it."""
    timeout: Any = settings.Q_CLUSTER["timeout"]
    until = time.monotonic() + timeout * PATIENCE
    with sole("pump") as alone:
        if not alone:
            return 0
        take_up()
        settle()
        digests.bundle(clock.now())
        return _send_all(until)


def is_due() -> bool:
    """Whether a pump would find something to do. Not while the mail server was found silent a moment ago."""
    now = clock.now()
    if pulses.has_failed_since(MAIL, now - REST):
        return False
    return _ready(now).exists() or Notification.objects.filter(state=NotificationState.SENDING).exists()


def oldest_due() -> dt.datetime | None:
    """Since when the oldest mail waits that could go out now: not what waits for the morning or for its next try."""
    return _ready(clock.now()).order_by("due_at").values_list("due_at", flat=True).first()


@writing
def take_up() -> None:
    """What a sender that is no more left half done. Only for whoever is alone."""
    left = Notification.objects.filter(state=NotificationState.SENDING).values_list("pk", flat=True)
    for row in lock(Notification, list(left)):
        notice = addressing.notices().get(row.kind)
        again = notice is not None and notice.semantics == Semantics.AT_LEAST_ONCE and row.tries < MOST_INTERRUPTED
        row.state = NotificationState.NEW if again else NotificationState.UNCERTAIN
        row.failure = "" if again else "interrupted"
        row.save(update_fields=["state", "failure"])


@writing
def settle() -> None:
    """What is due and goes by no mail: chosen so, or its reader does not work here any more."""
    now = clock.now()
    due = addressing.waiting(now)
    off = due.filter(Q(delivery=Delivery.OFF)).values("pk")
    Notification.objects.filter(pk__in=off).update(state=NotificationState.UNMAILED, read_at=now)
    silent = due.filter(Q(delivery=Delivery.IN_APP) | Q(reachable=False)).values("pk")
    Notification.objects.filter(pk__in=silent).update(state=NotificationState.UNMAILED)


def _send_all(until: float) -> int:
    sent = 0
    with mails.Post() as post:
        while time.monotonic() < until and not guard.is_stopping() and _ready(clock.now()).exists():
            try:
                post.make_ready()
            except mails.Unreachable as error:
                pulses.failed(MAIL, error.__cause__ or error)
                break
            row = _claim()
            if row is None:
                break
            sent += _send(row, post)
    return sent


def _ready(now: dt.datetime) -> QuerySet[Notification]:
    """What may go out by mail now. A mail that failed rests a while before its next try."""
    rested = Q(failure="") | Q(tries=0)
    for tries, pause in enumerate(PAUSES, start=1):
        rested |= Q(tries=tries, claimed_at__lte=now - pause)
    due = addressing.waiting(now).filter(rested, Q(reachable=True), kind__in=addressing.awake(now))
    return due.filter(Q(delivery=Delivery.MAIL) | Q(kind=NotificationKind.DIGEST))


@writing
def _claim() -> Notification | None:
    """Take one, those tried least first, and write down the try before it is made."""
    now = clock.now()
    ready = _ready(now).order_by("tries", "due_at", "pk").select_related("user")
    row = ready.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if row is not None:
        row.state, row.tries, row.claimed_at = NotificationState.SENDING, row.tries + 1, now
        row.message_id = row.message_id or mails.message_id(row.reason_key)
        row.save(update_fields=["state", "tries", "claimed_at", "message_id"])
    return row


def _send(row: Notification, post: mails.Post) -> bool:
    """Ask once more whether it still holds, send it, and write down what came of it."""
    try:
        if row.kind == NotificationKind.DIGEST:
            items = digests.told(row)
            message = mails.compose_digest(row, items) if items else None
        else:
            told = registry.tell([row]).get(row.pk)
            message = mails.compose(row, told) if told else None
    except Exception as error:
        # One that cannot be put into words must not stop the others.
        pulses.failed(f"tell:{row.kind}", error)
        return _mark(row=row, state=_after_failure(row), failure=type(error).__name__)
    if message is None:
        return _mark(row=row, state=NotificationState.OBSOLETE)
    answer, failure = post.hand_over(message)
    once = addressing.notices()[row.kind].semantics == Semantics.ONCE
    match answer:
        case Answer.SENT:
            return _mark(row=row, state=NotificationState.SENT)
        case Answer.REFUSED:
            return _mark(row=row, state=NotificationState.FAILED, failure=failure)
        case Answer.UNKNOWN if once:
            return _mark(row=row, state=NotificationState.UNCERTAIN, failure=failure)
    return _mark(row=row, state=_after_failure(row), failure=failure)


def _after_failure(row: Notification) -> NotificationState:
    return NotificationState.NEW if row.tries < MOST_TRIES else NotificationState.FAILED


@writing
def _mark(*, row: Notification, state: NotificationState, failure: str = "") -> bool:
    """Whether it was sent. Only for this very try: should another pump have taken it for abandoned, we know better."""
    sent = state == NotificationState.SENT
    mine = Notification.objects.filter(
        pk=row.pk, tries=row.tries, state__in=(NotificationState.SENDING, NotificationState.UNCERTAIN)
    )
    mine.update(state=state, failure=failure, sent_at=clock.now() if sent else None)
    return sent
