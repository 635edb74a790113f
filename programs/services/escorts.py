"""The days on which a worker can go along. Everyone keeps their own."""

import datetime as dt
from collections.abc import Mapping

from programs.domain.problems import Problem, Refused
from programs.models import EscortDay
from transition.models import User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

Hours = tuple[dt.time, dt.time]


@writing
def keep_days(*, days: Mapping[dt.date, Hours | None], by: User, key: RequestKey | None = None) -> User:
    """Write these days anew: from when to when the worker is free, None for not at all. Other days stay."""
    [user] = lock(User, [by.pk])
    problems = [
        Problem(
            "escort_day.order",
            f"{date.month}月{date.day}日：終わりは始まりよりあとにしてください。",
            field=f"to_{date}",
        )
        for date, hours in days.items()
        if hours and hours[1] <= hours[0]
    ]
    if problems:
        raise Refused(problems)
    present = {row.date: row for row in EscortDay.objects.filter(user=user, date__in=list(days))}
    changed = 0
    for date in sorted(days):
        hours, row = days[date], present.get(date)
        if hours is None and row is not None:
            row.delete()
        elif hours is not None and row is None:
            EscortDay.objects.create(user=user, date=date, starts=hours[0], ends=hours[1])
        elif hours is not None and row is not None and hours != (row.starts, row.ends):
            row.starts, row.ends = hours
            row.save(update_fields=["starts", "ends"])
        else:
            continue
        changed += 1
    if changed:
        audit.record("escort_days.keep", user, by=by, days=changed, first=str(min(days)))
    return user
