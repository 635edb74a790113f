import datetime as dt
from typing import Any, ClassVar

import django_filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet

from programs.enums import SessionKind, SessionState
from programs.models import Session
from transition import clock
from transition.api.fields import FIRST_YEAR, LAST_YEAR

# A day more at either end than any moment that comes in.
YEARS = (MinValueValidator(dt.date(FIRST_YEAR, 1, 1)), MaxValueValidator(dt.date(LAST_YEAR, 12, 31)))
DAY = dt.timedelta(days=1)


def day_filter(method: str, said: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(method=method, validators=YEARS, input_formats=["%Y-%m-%d"], help_text=said)


class SessionFilter(django_filters.FilterSet):
    person = django_filters.UUIDFilter(method="of_person", help_text="本人のIDです。")
    home = django_filters.UUIDFilter(field_name="room__home__public_id", help_text="ホームのIDです。")
    program = django_filters.UUIDFilter(field_name="program__public_id", help_text="体験事業のIDです。")
    enrollment = django_filters.UUIDFilter(method="of_enrollment", help_text="利用のIDです。")
    state = django_filters.MultipleChoiceFilter(choices=SessionState.choices, help_text="状態です。いくつでも。")
    kind = django_filters.MultipleChoiceFilter(choices=SessionKind.choices, help_text="種類です。いくつでも。")

    class Meta:
        model = Session
        fields: ClassVar[list[str]] = []

    @classmethod
    def get_filters(cls) -> Any:
        """`from` is a word of Python's own, so it cannot stand above."""
        first = day_filter("since", "この日からあとに終わるもの。")
        last = day_filter("until", "この日までに始まるもの。")
        return {**super().get_filters(), "from": first, "to": last}

    def of_person(self, found: Any, name: str, value: Any) -> Any:
        """A home that knows an id does not learn whose request it is."""
        return found.filter(person__public_id=value, sees_person=True)

    def of_enrollment(self, found: Any, name: str, value: Any) -> Any:
        return found.filter(enrollment__public_id=value, sees_person=True)

    def since(self, found: QuerySet[Session], name: str, value: dt.date) -> QuerySet[Session]:
        return found.filter(ends_at__gt=clock.at(value, dt.time()))

    def until(self, found: QuerySet[Session], name: str, value: dt.date) -> QuerySet[Session]:
        return found.filter(starts_at__lt=clock.at(value, dt.time()) + DAY)
