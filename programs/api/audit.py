"""監査記録: what was done, by whom, on which row. Read only; nothing in it names anybody but who acted."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from programs.queries import audit as queries
from transition import clock
from transition.api.fields import FIRST_YEAR, LAST_YEAR, MomentField
from transition.api.viewsets import Lists, Resource
from transition.domain import acts
from transition.models import AuditEvent, Organization, Person, User

# Numbers that count something; every other number is of the database's own numbering.
COUNTS = frozenset({"amount", "count", "limits", "minutes", "month", "nights", "rows", "scores", "version"})
YEARS = [MinValueValidator(dt.date(FIRST_YEAR, 1, 1)), MaxValueValidator(dt.date(LAST_YEAR, 12, 31))]


class ActorShown(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()


class AuditEventShown(serializers.Serializer[Any]):
    at = MomentField()
    action = serializers.CharField(help_text="何をしたか。名詞.動詞 の形です。")
    words = serializers.CharField(help_text="何をしたか（ことば）。")
    actor = ActorShown(allow_null=True, help_text="だれがしたか。本人、家族、ソフトがしたことは空です。")
    subject_type = serializers.CharField(help_text="何に。")
    subject_id = serializers.CharField(allow_null=True, help_text="その公開ID。ないこともあります。")
    person = serializers.UUIDField(allow_null=True, help_text="だれのことか（本人の公開ID）。")
    organization = serializers.UUIDField(allow_null=True, help_text="どの組織のことか。")
    data = serializers.DictField(help_text="数、コード、変わった項目の名前。文は入っていません。")  # type: ignore[assignment]


class AuditFilter(django_filters.FilterSet):
    action = django_filters.CharFilter(max_length=60, help_text="例: session.confirm")
    subject_type = django_filters.CharFilter(max_length=40, help_text="例: session")
    subject = django_filters.UUIDFilter(method="by_subject", help_text="対象の公開IDです。")
    actor = django_filters.UUIDFilter(method="by_actor", help_text="した人の公開IDです。")
    person = django_filters.UUIDFilter(method="by_person", help_text="本人の公開ID。その人のどの行のことも。")
    since = django_filters.DateFilter(method="by_first_day", validators=YEARS, help_text="この日から（日本の日付）。")
    until = django_filters.DateFilter(method="by_last_day", validators=YEARS, help_text="この日まで（日本の日付）。")

    class Meta:
        model = AuditEvent
        fields = ("action", "subject_type", "subject", "actor", "person", "since", "until")

    def by_subject(self, events: QuerySet[AuditEvent], name: str, subject: Any) -> QuerySet[AuditEvent]:
        return events.filter(subject_id=str(subject))

    def by_actor(self, events: QuerySet[AuditEvent], name: str, actor: Any) -> QuerySet[AuditEvent]:
        return events.filter(actor__in=User.objects.filter(public_id=actor).values("pk"))

    def by_person(self, events: QuerySet[Any], name: str, person: Any) -> QuerySet[AuditEvent]:
        people = Person.objects.visible_to(self.request.user).filter(public_id=person).order_by().values("pk")
        return events.filter(of_person__in=people)

    def by_first_day(self, events: QuerySet[AuditEvent], name: str, day: dt.date) -> QuerySet[AuditEvent]:
        return events.filter(at__gte=clock.at(day, dt.time.min))

    def by_last_day(self, events: QuerySet[AuditEvent], name: str, day: dt.date) -> QuerySet[AuditEvent]:
        return events.filter(at__lt=clock.at(day + dt.timedelta(days=1), dt.time.min))


class AuditEvents(Lists, Resource):
    area = "AUDIT"
    tag = "監査記録"
    queryset = AuditEvent.objects.none()
    serializer_class = AuditEventShown
    filterset_class = AuditFilter
    orderings = {"-at": ("-pk",), "at": ("pk",)}

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return queries.visible_to(self.user)

    def paginate_queryset(self, queryset: Any) -> Any:
        return shown(super().paginate_queryset(queryset) or [])

    @extend_schema(
        summary="監査記録を見る",
        description="自分のしたこと。市町村のコーディネーターと管理者は、本人と組織のことも。",
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


def shown(events: Iterable[AuditEvent]) -> list[dict[str, Any]]:
    """With public ids instead of serial numbers; three queries, however many."""
    events = list(events)
    actors = User.objects.in_bulk({event.actor for event in events if event.actor})
    people = _public_ids(Person, events, "person")
    organizations = _public_ids(Organization, events, "organization")
    return [
        {
            "at": event.at,
            "action": event.action,
            "words": acts.label(event.action),
            "actor": actors.get(event.actor) if event.actor else None,
            "subject_type": event.subject_type,
            # A serial number where the row has no public id.
            "subject_id": None if event.subject_id.isdecimal() else event.subject_id,
            "person": people.get(event.data.get("person")),
            "organization": organizations.get(event.data.get("organization")),
            "data": {name: value for name, value in event.data.items() if _may_go_out(name, value)},
        }
        for event in events
    ]


def _public_ids(model: Any, events: list[AuditEvent], name: str) -> Mapping[Any, Any]:
    known = {event.data[name] for event in events if isinstance(event.data.get(name), int)}
    return dict(model.objects.filter(pk__in=known).values_list("pk", "public_id"))


def _may_go_out(name: str, value: Any) -> bool:
    return name in COUNTS if isinstance(value, int) and not isinstance(value, bool) else not isinstance(value, dict)
