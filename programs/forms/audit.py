"""What the administrator of a municipality looks for in the evidence."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from transition import clock
from transition.domain import acts, looks
from transition.domain.text import search_key
from transition.fields import JapaneseDateField, LineField
from transition.models import AuditEvent, Membership, Organization, Person, User, ViewLog

EVENTS, VIEWS = "events", "views"
KINDS = ((EVENTS, "したこと"), (VIEWS, "見たこと"))
LONGEST = 100


class EvidenceForm(forms.Form):
    kind = forms.ChoiceField(label="どちらの記録", choices=KINDS, required=False)
    who = LineField(label="だれが（名前かメール）", max_length=LONGEST, required=False)
    office = LineField(label="どの組織の職員が", max_length=LONGEST, required=False)
    what = forms.ChoiceField(label="何を", required=False)
    person = LineField(label="だれのことを（名前）", max_length=LONGEST, required=False)
    since = JapaneseDateField(label="この日から", required=False)
    until = JapaneseDateField(label="この日まで", required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_views = data.get("kind") == VIEWS
        things = [(code, thing.label) for code, thing in looks.THINGS.items()]
        self.fields["what"].choices = [("", "すべて"), *(things if self.is_views else acts.WORDS.items())]  # type: ignore[attr-defined]

    @property
    def is_narrowed(self) -> bool:
        """Whether the conditions that stand folded away say anything."""
        return any(self.data.get(name) for name in ("office", "what", "since", "until"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error(
                "until", ValidationError("「この日まで」が「この日から」より前になっています。", code="order")
            )
        return cleaned

    def views(self, rows: QuerySet[ViewLog], people: QuerySet[Person]) -> QuerySet[ViewLog]:
        rows = self._alike(rows)
        if office := self.cleaned_data.get("office"):
            offices = Organization.objects.filter(name__icontains=office).order_by()
            rows = rows.filter(organization__in=offices.values("pk"))
        if what := self.cleaned_data.get("what"):
            rows = rows.filter(what=what)
        if (ids := self._people(people)) is not None:
            rows = rows.filter(person__in=ids)
        return rows

    def events(self, rows: QuerySet[Any], people: QuerySet[Person]) -> QuerySet[AuditEvent]:
        """`rows` from `audit.visible_to`. An event does not say for whom its actor worked: any membership counts."""
        rows = self._alike(rows).order_by("-pk")
        if office := self.cleaned_data.get("office"):
            members = Membership.objects.filter(organization__name__icontains=office).order_by()
            rows = rows.filter(actor__in=members.values("user"))
        if what := self.cleaned_data.get("what"):
            rows = rows.filter(action=what)
        if (ids := self._people(people)) is not None:
            rows = rows.filter(of_person__in=ids)
        return rows

    def _alike(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if who := self.cleaned_data.get("who"):
            users = User.objects.filter(Q(name__icontains=who) | Q(email__iexact=who)).order_by()
            rows = rows.filter(actor__in=users.values("pk"))
        if since := self.cleaned_data.get("since"):
            rows = rows.filter(at__gte=clock.at(since, dt.time.min))
        if until := self.cleaned_data.get("until"):
            rows = rows.filter(at__lt=clock.at(until + dt.timedelta(days=1), dt.time.min))
        return rows

    def _people(self, people: QuerySet[Person]) -> QuerySet[Any] | None:
        key = search_key(self.cleaned_data.get("person") or "")
        return people.filter(search_key__contains=key).order_by().values("pk") if key else None
