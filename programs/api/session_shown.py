"""A session as it goes out: what its page shows to this reader, and nothing more."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from programs.enums import SessionAction
from programs.models import Session
from programs.queries import session_page
from programs.queries.disclosure import guest_of, is_named
from transition import clock
from transition.api.fields import MomentField, PublicIdField
from transition.api.serializers import Shown
from transition.models import User


@extend_schema_serializer(component_name="IdAndName")
class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()


class GuestSerializer(serializers.Serializer[Any]):
    """The person as this reader may see them."""

    label = serializers.CharField(help_text="呼びかた。名前がわからないあいだは、年代・性別・区分です。")  # type: ignore[assignment]
    name = serializers.CharField(help_text="名前。確定する前のホームには空です。")
    kana = serializers.CharField()
    called = serializers.CharField(help_text="呼び名。")
    age = serializers.CharField(help_text="年代。")
    sex = serializers.CharField()
    level = serializers.CharField(help_text="障害支援区分。")
    kinds = serializers.CharField(help_text="障害種別。")
    medical_care = serializers.BooleanField(help_text="医療的ケアが必要か。")
    wheelchair = serializers.BooleanField(help_text="車いすを使うか。")
    residence = serializers.CharField(help_text="いまの住まい。")


class EventSerializer(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=SessionAction.choices)
    state = serializers.CharField(help_text="そのあとの状態。")
    at = MomentField()
    by = serializers.CharField(source="by.name", default="", help_text="行った人。空なら自動です。")
    reason = serializers.CharField()


class OverrideSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(source="problem_code")
    message = serializers.CharField()
    reason = serializers.CharField()
    by = serializers.CharField(source="by.name")
    at = MomentField()


class PriceSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    per_day = serializers.IntegerField(help_text="1日の円。")
    total = serializers.IntegerField(help_text="全部の円。初日と最終日も1日と数えます。")


class GoalNameSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    words = serializers.CharField(help_text="本人のことば。")


class SessionShown(Shown[Session]):
    person = serializers.SerializerMethodField(help_text="本人を支援する組織だけに見えます。")
    guest = serializers.SerializerMethodField(help_text="本人のこと。読む人に見える分だけです。")
    program = PublicIdField()
    program_name = serializers.CharField(source="program.name", read_only=True)
    enrollment = serializers.SerializerMethodField(help_text="利用。本人を支援する組織だけに見えます。")
    slot = PublicIdField()
    room = PublicIdField()
    room_name = serializers.CharField(source="room.name", default="", read_only=True)
    home = PublicIdField(source="room.home", default=None)
    home_name = serializers.CharField(source="room.home.name", default="", read_only=True)
    home_address = serializers.CharField(source="room.home.address", default="", read_only=True)
    home_phone = serializers.CharField(source="room.home.phone", default="", read_only=True)
    organization = PublicIdField(help_text="申し込んだ組織。")
    organization_name = serializers.CharField(source="organization.name", read_only=True)
    organization_phone = serializers.CharField(source="organization.phone", read_only=True)
    requested_by = serializers.CharField(source="requested_by.name", read_only=True, help_text="申し込んだ人。")
    nights = serializers.IntegerField(read_only=True, help_text="泊数。おでかけは0です。")
    actions = serializers.SerializerMethodField(help_text="いま、読む人にできること。")
    can_override = serializers.SerializerMethodField(help_text="上限や条件をこえる理由を書けるか。")

    class Meta:
        model = Session
        fields: tuple[str, ...] = (
            "id",
            "kind",
            "state",
            "person",
            "guest",
            "program",
            "program_name",
            "enrollment",
            "slot",
            "room",
            "room_name",
            "home",
            "home_name",
            "home_address",
            "home_phone",
            "step",
            "activity",
            "place",
            "transport",
            "transport_cost",
            "check_in",
            "check_out",
            "nights",
            "starts_at",
            "ends_at",
            "actual_starts_at",
            "actual_ends_at",
            "note",
            "decline_reason",
            "organization",
            "organization_name",
            "organization_phone",
            "requested_by",
            "expires_at",
            "created_at",
            "changed_at",
            "actions",
            "can_override",
        )

    @property
    def reader(self) -> User:
        user: User = self.context["request"].user
        return user

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_person(self, session: Any) -> str | None:
        return str(session.person.public_id) if session.sees_person else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_enrollment(self, session: Any) -> str | None:
        return str(session.enrollment.public_id) if session.enrollment and session.sees_person else None

    @extend_schema_field(GuestSerializer)
    def get_guest(self, session: Any) -> Any:
        today = clock.today()
        named = session.sees_person or is_named(session, today)
        return GuestSerializer(guest_of(session, today, named=named)).data

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=SessionAction.choices)))
    def get_actions(self, session: Any) -> list[str]:
        found = session_page.actions(session, self.reader, clock.now())
        more = [SessionAction.MOVE, SessionAction.CHANGE] if session_page.can_change(session, found) else []
        return [str(action) for action in (*found, *more)]

    def get_can_override(self, session: Any) -> bool:
        return session_page.can_override(session, self.reader)


class SessionWholeShown(SessionShown):
    """One session with its history. `page` costs a bounded number of queries, so lists go without."""

    escorts = NamedSerializer(many=True, read_only=True, help_text="付き添う人。")
    wishes = NamedSerializer(many=True, read_only=True, help_text="かなえる「やってみたいこと」。")
    goals = GoalNameSerializer(many=True, read_only=True, help_text="めざす目標。")
    prices = PriceSerializer(many=True, read_only=True, help_text="料金のめやす。")
    events = EventSerializer(many=True, read_only=True, help_text="これまでのこと。")
    overrides = OverrideSerializer(many=True, read_only=True, help_text="上限や条件をこえる判断。")
    wants_to_stop = serializers.BooleanField(read_only=True, help_text="本人が「やめたい」と言い、まだ聞いていません。")
    unread_remarks = serializers.IntegerField(read_only=True, help_text="まだ読んでいない家族の声の数。")

    class Meta(SessionShown.Meta):
        fields = (
            *SessionShown.Meta.fields,
            "escorts",
            "wishes",
            "goals",
            "prices",
            "events",
            "overrides",
            "wants_to_stop",
            "unread_remarks",
        )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        page = session_page.page(instance, clock.today())
        parts = {
            "escorts": NamedSerializer(page.escorts, many=True),
            "wishes": NamedSerializer(page.wishes, many=True),
            "goals": GoalNameSerializer(page.goals, many=True),
            "prices": PriceSerializer(page.prices, many=True),
            "events": EventSerializer(page.events, many=True),
            "overrides": OverrideSerializer(page.overrides, many=True),
        }
        row = SessionShown(instance, context=self.context).data
        return {
            **row,
            **{name: part.data for name, part in parts.items()},
            "wants_to_stop": page.open_stop is not None,
            "unread_remarks": len(page.new_remarks),
        }
