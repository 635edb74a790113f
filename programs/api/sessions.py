"""Sessions: listed and looked at, asked for and planned, and tried out without doing anything."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from programs.api.errors import shown
from programs.api.session_filters import SessionFilter
from programs.api.session_outings import Outings, company
from programs.api.session_sent import EXAMPLES, FORMS, SESSION_SENT, OutingSent
from programs.api.session_shown import SessionShown, SessionWholeShown
from programs.api.session_steps import Steps
from programs.domain.problems import Refused
from programs.enums import ROOM_KINDS, Step
from programs.models import Program, Session
from programs.queries import outings as outing_queries
from programs.queries import session_checks, session_page
from programs.queries.limits import LimitBook
from programs.queries.requests import booking_organization
from programs.services import outings, sessions
from transition.api.errors import ProblemSerializer
from transition.api.fields import DayField, MomentField
from transition.api.viewsets import Collection
from transition.models import Person

R = TypeVar("R")

# The names of the screens' fields, and what the same is called here.
RENAMED = {"on": "starts_at", "starts": "starts_at", "ends": "ends_at"}
UNKNOWN = serializers.ErrorDetail("見つかりませんでした。", "does_not_exist")


class AlternativeSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=session_checks.KINDS)
    starts_at = MomentField()
    ends_at = MomentField()
    slot = serializers.UUIDField(allow_null=True, help_text="お泊まりの体験枠。")
    place = serializers.CharField(help_text="お泊まりのホームと居室。")
    check_in = DayField(allow_null=True)
    check_out = DayField(allow_null=True)
    nights = serializers.IntegerField(allow_null=True)
    minutes = serializers.IntegerField(allow_null=True, help_text="おでかけの分数。")
    needs_reason = serializers.BooleanField(help_text="日にちを変えても残る、理由の要ることがあるか。")


class VerdictSerializer(serializers.Serializer[Any]):
    possible = serializers.BooleanField(help_text="申し込める・計画できるか。理由を書けばできるときも true です。")
    needs_reason = serializers.BooleanField(help_text="理由（reason）が要るか。")
    problems = ProblemSerializer(many=True, help_text="問題点のすべて。数といっしょに。")
    alternatives = AlternativeSerializer(many=True, help_text="近くの、できるもの。")


class Sessions(Steps, Outings, Collection):
    """Of the people whom the caller supports, and in the caller's own homes."""

    area = "SESSIONS"
    tag = "体験"
    queryset = Session.objects.none()
    serializer_class = SessionWholeShown
    filterset_class = SessionFilter
    reading_actions = ("check",)
    orderings: ClassVar = {
        "starts_at": ("starts_at", "pk"),
        "-starts_at": ("-starts_at", "-pk"),
        "-changed_at": ("-changed_at", "-pk"),
    }

    def get_queryset(self) -> QuerySet[Session]:
        return session_page.for_reader(self.user)

    def get_serializer_class(self) -> type[SessionShown]:
        return SessionShown if self.action == "list" else SessionWholeShown

    def act(self, service: Callable[..., R], *, of: Model | None = None, **values: Any) -> R:
        try:
            return super().act(service, of=of, **values)
        except Refused as refused:
            problems = refused.problems
            raise Refused(
                dataclasses.replace(one, field=RENAMED.get(one.field, one.field)) for one in problems
            ) from refused

    @extend_schema(summary="体験の一覧", responses=SessionShown(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="体験を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="お泊まりを申し込む・おでかけを計画する",
        request=SESSION_SENT,
        responses={201: SessionWholeShown},
        examples=EXAMPLES,
    )
    def create(self, request: Request) -> Response:
        sent = self._asked_for()
        return self.created(self._plan(sent) if "enrollment" in sent else self._request(sent))

    @extend_schema(
        summary="できるかどうかだけを確かめる（何も変えません）",
        request=SESSION_SENT,
        responses=VerdictSerializer,
        examples=EXAMPLES,
    )
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        sent = self._asked_for()
        verdict = self._try_outing(sent) if "enrollment" in sent else self._try_stay(sent)
        problems = [dataclasses.replace(one, field=RENAMED.get(one.field, one.field)) for one in verdict.problems]
        return Response(
            {
                "possible": verdict.possible,
                "needs_reason": verdict.needs_reason,
                "problems": [shown(one) for one in problems],
                "alternatives": AlternativeSerializer(verdict.alternatives, many=True).data,
            }
        )

    def _asked_for(self) -> dict[str, Any]:
        kind = dict(self.request.data).get("kind")
        form = FORMS.get(kind) if isinstance(kind, str) else None
        if form is None:
            code = "required" if kind is None else "invalid_choice"
            said = serializers.ErrorDetail(f"kind は {' か '.join(FORMS)} です。", code)
            raise serializers.ValidationError({"kind": [said]})
        sent = self.sent(form)
        sent.pop("kind")
        if form is OutingSent:
            self.may("programs.plan_outing", sent["enrollment"])
        else:
            self.may("programs.request_session", sent["person"])
            self._keep_to_programs(sent["person"], sent["program"])
        return sent

    def _keep_to_programs(self, person: Person, program: Program) -> None:
        """Only those of the person's municipality, its own copy where it keeps one."""
        offered = Program.objects.for_municipality(person.municipality_id).filter(kind__in=ROOM_KINDS)
        if not offered.filter(pk=program.pk).exists():
            raise serializers.ValidationError({"program": [UNKNOWN]})

    def _request(self, sent: dict[str, Any]) -> Session:
        organization = booking_organization(self.user, sent["person"], self.office())
        return self.act(sessions.request_stay, organization=organization, **sent)

    def _plan(self, sent: dict[str, Any]) -> Session:
        office, enrollment = self.office(), sent["enrollment"]
        values = sent | company(sent, enrollment.person, enrollment, office)
        return self.act(outings.plan, organization=office, **values)

    def _try_stay(self, sent: dict[str, Any]) -> session_checks.Verdict:
        person = sent["person"]
        dates = (sent["check_in"], sent["check_out"])
        return session_checks.stay(
            person, sent["program"], sent["slot"], *dates, book=LimitBook([person]), by=self.user
        )

    def _try_outing(self, sent: dict[str, Any]) -> session_checks.Verdict:
        enrollment = sent["enrollment"]
        person = enrollment.person
        rows = company(sent, person, enrollment, self.office())
        wanted = outing_queries.Wanted(
            person=person,
            program=enrollment.program,
            enrollment=enrollment,
            step=sent.get("step", Step.OUTING),
            starts_at=sent["starts_at"],
            ends_at=sent["ends_at"],
            escorts=tuple(rows.get("escorts", ())),
        )
        return session_checks.outing(wanted, book=LimitBook([person]), by=self.user)
