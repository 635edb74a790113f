"""予定表の配信: the secret addresses of a person's, a home's, an organization's and one's own calendar."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from calendars import owners
from calendars.domain.levels import default_level
from calendars.enums import OF_A_PERSON, Audience, Detail
from calendars.models import EMPTY_FOR, CalendarFeed
from calendars.owners import Owner
from calendars.services import feeds
from programs.models import Home
from transition import clock
from transition.api.fields import LineField, PublicIdField
from transition.api.serializers import Sent, Shown
from transition.api.viewsets import Collection
from transition.enums import ConsentMeans
from transition.models import Person

ONCE = "発行した答えのときだけ入っています。あとからは見られません。"


class FeedShown(Shown[CalendarFeed]):
    person = PublicIdField()
    home = PublicIdField()
    organization = PublicIdField()
    created_by = serializers.CharField(source="created_by.name", read_only=True, help_text="発行した人の名前です。")
    address = serializers.SerializerMethodField(help_text=f"予定表アプリに入れるアドレス。{ONCE}")
    page_address = serializers.SerializerMethodField(help_text=f"家族と本人の画面のアドレス。{ONCE}")

    class Meta:
        model = CalendarFeed
        fields = (
            "id",
            "audience",
            "detail",
            "label",
            "person",
            "home",
            "organization",
            "address",
            "page_address",
            "created_at",
            "created_by",
            "expires_on",
            "emptied_at",
            "revoked_at",
            "last_fetched_at",
            "last_agent",
        )

    def get_address(self, feed: CalendarFeed) -> str:
        return ""

    def get_page_address(self, feed: CalendarFeed) -> str:
        return ""


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "母の予定表",
            {
                "audience": "FAMILY",
                "person": "00000000-0000-4000-8000-000000000002",
                "label": "母",
                "detail": "NEUTRAL",
                "means": "WORD",
            },
        ),
        OpenApiExample("わたしの予定表", {"audience": "WORKER", "label": "わたしのスマートフォン"}),
    ]
)
class FeedSent(Sent):
    audience = serializers.ChoiceField(
        choices=Audience.choices,
        help_text="だれが読むか。家族と本人は person が、ホームは home が要ります。職員と組織は、いまの組織です。",
    )
    label = LineField(max_length=40, help_text="だれの予定表か。予定表には出ません。")  # type: ignore[assignment]
    detail = serializers.ChoiceField(
        choices=Detail.choices, required=False, help_text="どこまで見せるか。書かなければ、いちばんひかえめです。"
    )
    means = serializers.ChoiceField(
        choices=ConsentMeans.choices,
        required=False,
        help_text="家族の予定表で、本人の同意がまだないとき、どうやって確かめたか。",
    )
    person = PublicIdField(Person.objects.visible_to, required=False, help_text="だれの予定か（家族と本人）。")
    home = PublicIdField(Home.objects.run_by, required=False, help_text="どのホームの予定か（ホーム）。")

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        audience = sent["audience"]
        wanted = "person" if audience in OF_A_PERSON else "home" if audience == Audience.HOME else ""
        for name in ("person", "home"):
            if name == wanted and name not in sent:
                raise serializers.ValidationError({name: [serializers.ErrorDetail("必要です。", "required")]})
            if name != wanted and name in sent:
                raise serializers.ValidationError({name: "この読む人の立場では使いません。"})
        return sent


class FeedFilter(django_filters.FilterSet):
    audience = django_filters.ChoiceFilter(choices=Audience.choices)
    person = django_filters.UUIDFilter(field_name="person__public_id")
    home = django_filters.UUIDFilter(field_name="home__public_id")
    organization = django_filters.UUIDFilter(field_name="organization__public_id")

    class Meta:
        model = CalendarFeed
        fields = ("audience", "person", "home", "organization")


class Feeds(Collection):
    """Those nobody has stopped; one that was ended gently for as long as it answers as an empty calendar."""

    area = "CALENDARS"
    tag = "予定表の配信"
    # The secret is shown once and stored nowhere, not even as an answer.
    forgotten_actions = ("create", "rotate")
    queryset = CalendarFeed.objects.none()
    serializer_class = FeedShown
    filterset_class = FeedFilter
    orderings = {"-created_at": ("-created_at", "-pk"), "created_at": ("created_at", "pk")}

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        mine = CalendarFeed.objects.visible_to(self.user)
        mine = mine.select_related("person", "home", "organization", "user", "created_by")
        if self.action in ("revoke", "empty"):
            return mine
        return mine.filter(Q(emptied_at=None) | Q(emptied_at__gt=clock.now() - EMPTY_FOR), revoked_at=None)

    def get_object(self) -> CalendarFeed:
        feed: CalendarFeed = super().get_object()
        if feed.person is not None:
            self.may("calendars.manage_feeds", feed.person)
        return feed

    @extend_schema(summary="予定表の配信の一覧")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="予定表の配信を1つ見る")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(summary="予定表の配信を発行する", request=FeedSent, responses={201: FeedShown})
    def create(self, request: Request) -> Response:
        sent = self.sent(FeedSent)
        owner = self._owner(sent.pop("person", None), sent.pop("home", None))
        audience = sent.pop("audience")
        detail = sent.pop("detail", None) or default_level(audience)
        if audience not in owner.audiences:
            raise _refused("audience", "この組織では選べません。")
        if detail not in owner.levels_of(audience):
            raise _refused("detail", "この読む人の立場では選べません。")
        means = sent.pop("means", "") if audience == Audience.FAMILY else ""
        feed = self.act(owner.issue, audience=audience, detail=detail, means=means, **sent)
        return self.created(feed, **self._addresses(feed))

    @extend_schema(
        summary="新しいアドレスにする",
        description="前のアドレスは、すぐに使えなくなります。",
        request=None,
        responses=FeedShown,
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: Any = None) -> Response:
        known = self.get_object()
        feed = self.act(feeds.rotate, of=known, feed=known)
        return self.answer(feed, **self._addresses(feed))

    @extend_schema(
        summary="予定表の配信をすぐに止める",
        description="アドレスは、はじめからなかったのと同じになります。",
        request=None,
        responses=FeedShown,
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, id: Any = None) -> Response:
        feed = self.get_object()
        return self.answer(self.act(feeds.revoke, of=feed, feed=feed))

    @extend_schema(
        summary="予定表の配信を空にして終える",
        description=f"{EMPTY_FOR.days}日のあいだ空の予定表を返し、そのあと止まります。",
        request=None,
        responses=FeedShown,
    )
    @action(detail=True, methods=["post"])
    def empty(self, request: Request, id: Any = None) -> Response:
        feed = self.get_object()
        return self.answer(self.act(feeds.empty, of=feed, feed=feed))

    def _owner(self, person: Person | None, home: Home | None) -> Owner:
        if person is not None:
            self.may("calendars.manage_feeds", person)
            return owners.of_person(person)
        if home is not None:
            self.may("programs.manage_home", home)
            return owners.of_home(home)
        if not self.organization:
            raise PermissionDenied
        return owners.of_user(self.user, self.organization)

    def _addresses(self, feed: CalendarFeed) -> dict[str, Any]:
        """Empty when the same was sent before."""
        if not feed.token:
            return {}
        found = {"address": self.request.build_absolute_uri(reverse("calendars:feed", args=[feed.token]))}
        if feed.audience in OF_A_PERSON:
            page = reverse("calendars:family-page", args=[feed.token])
            found["page_address"] = self.request.build_absolute_uri(page)
        return found


def _refused(field: str, message: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [serializers.ErrorDetail(message, "invalid_choice")]})
