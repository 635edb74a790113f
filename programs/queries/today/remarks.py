"""家族の声 that nobody on the reader's side has read: one line for each session, with what was written first."""

import datetime as dt
from collections.abc import Callable, Iterable

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from programs.models import FamilyRemark, Session
from programs.models.sessions import SessionQuerySet
from programs.queries.today.parts import Action, Item, Section, nights_of, session_url, what_of, when

LONGEST = 80
FIELDS = ("at", "who", "text", "public_id")


def with_remark(sessions: SessionQuerySet, *, at_home: bool) -> SessionQuerySet:
    """`remark_at` and the rest of the oldest unread remark; part of the caller's one query."""
    remarks = FamilyRemark.objects.filter(session=OuterRef("pk")).order_by("at", "pk")
    unread = remarks.unseen_at_home() if at_home else remarks.unseen()
    return sessions.annotate(**{f"remark_{name}": Subquery(unread.values(name)[:1]) for name in FIELDS})


def section(rows: Iterable[Session], today: dt.date, name: Callable[[Session], str]) -> Section:
    waiting = sorted((row for row in rows if row.remark_at), key=lambda row: (row.remark_at, row.pk))  # type: ignore[attr-defined]
    return Section("remarks", "家族からの声", [_item(row, today, name(row)) for row in waiting])


def _item(session: Session, today: dt.date, name: str) -> Item:
    text: str = " ".join(session.remark_text.split())  # type: ignore[attr-defined]
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    said = f"{session.remark_who}・{when(session.remark_at, today)}"  # type: ignore[attr-defined]
    seen = reverse("programs:remark-seen", args=[session.remark_public_id])  # type: ignore[attr-defined]
    return Item(
        title=f"{name}「{shown}」",
        meta=f"{said}・{nights_of(session) or f'{what_of(session)} {when(session.starts_at, today)}'}",
        url=session_url(session),
        actions=(Action("読みました", seen, post=True),),
    )
