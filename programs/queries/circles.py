"""Whoever runs the home of a stay belongs to the person's daily circle while it is coming, going on, or just over."""

import datetime as dt

from django.db.models import Exists, OuterRef

from programs.models import Session
from programs.queries.disclosure import DAYS_AFTER
from transition.services import views


def hosts(organization: int, today: dt.date) -> Exists:
    sessions = Session.objects.filter(person=OuterRef("pk"), room__home__organization=organization)
    return Exists(sessions.filter(check_out__gte=today - dt.timedelta(days=DAYS_AFTER)))


def register() -> None:
    if hosts not in views.circles:
        views.circles.append(hosts)
