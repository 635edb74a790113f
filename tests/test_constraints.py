"""Every constraint is broken once, past all forms and services, on the database itself."""

import datetime as dt
import re
import uuid
from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from calendars.models import CalendarFeed, FeedEntry, FeedRefresh
from programs.enums import NightUse, SessionKind, SessionState
from programs.models import (
    BusyTime,
    DoneMark,
    EnrollmentChange,
    Escort,
    EscortDay,
    ExternalCalendar,
    FamilyRemark,
    GoalScore,
    HomePhoto,
    Override,
    Rating,
    RecordDraft,
    RecordVersion,
    RoomNight,
    SessionGoal,
    SessionRecord,
    SessionWish,
    StopRequest,
)
from tests import factories
from transition.models import (
    Contact,
    IdempotencyKey,
    IntentionCheck,
    JobRun,
    NotificationChoice,
    PersonCard,
    PersonLink,
    RateCount,
    Wish,
    WishItem,
)
from transition.services.transactions import broken_constraint

pytestmark = pytest.mark.django_db

OURS = ("transition", "programs", "calendars")
DAY = dt.date(2026, 12, 1)
EARLIER = dt.date(2026, 11, 30)
EARLY = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def twice(factory, **values) -> Callable[[], object]:
    def act():
        factory(**values)
        factory(**values)

    return act


def same_choice():
    twice(NotificationChoice.objects.create, user=factories.UserFactory(), kind="DIGEST", delivery="OFF")()


def same_webhook():
    factories.WebhookFactory(organization=factories.WebhookFactory().organization)


def same_grant():
    factories.GrantFactory(person=factories.GrantFactory().person)


def stay(**changes):
    room = factories.RoomFactory()
    values = {"kind": SessionKind.STAY, "room": room, "check_in": DAY, "check_out": DAY + dt.timedelta(days=1)}
    return factories.SessionFactory(**(values | changes))


def night(**changes):
    session = stay()
    values = {"room": session.room, "date": DAY, "session": session, "person": session.person}
    return RoomNight.objects.create(**(values | changes))


def same_room_night():
    night(room=night().room)


def same_person_night():
    night(person=night().person)


def membership(**values):
    return factories.MembershipFactory(**values)


def same_membership():
    one = membership()
    membership(user=one.user, organization=one.organization)


def same_link():
    one = factories.SupportLinkFactory()
    factories.SupportLinkFactory(person=one.person, organization=one.organization)


def same_certificate():
    one = factories.PersonFactory(certificate_number="0000000017")
    factories.PersonFactory(certificate_number="0000000017", municipality=one.municipality)


def same_home(**values):
    one = factories.HomeFactory(**values)
    factories.HomeFactory(organization=one.organization, **values)


def same_room():
    one = factories.RoomFactory()
    factories.RoomFactory(home=one.home, name=one.name)


def same_limit(valid_from):
    one = factories.LimitFactory(valid_from=valid_from)
    factories.LimitFactory(program=one.program, code=one.code, valid_from=valid_from)


def same_program_copy():
    city = factories.MunicipalityFactory()
    twice(factories.ProgramFactory, code="outing", municipality=city)()


def same_enrollment():
    one = factories.EnrollmentFactory()
    factories.EnrollmentFactory(person=one.person, program=one.program)


def same_key():
    user = factories.UserFactory()
    twice(IdempotencyKey.objects.create, user=user, key="k", fingerprint="f")()


def same_key_of_a_link():
    twice(IdempotencyKey.objects.create, link=person_link(), key="k", fingerprint="f")()


def override_without_reason():
    session = factories.SessionFactory()
    Override.objects.create(session=session, problem_code="x", message="x", reason="", by=session.requested_by)


def feed(**changes):
    values = {
        "person": factories.PersonFactory(),
        "label": "母",
        "token_hash": "0" * 64,
        "created_by": factories.UserFactory(),
    }
    return CalendarFeed.objects.create(**(values | changes))


def entry(**changes):
    session = factories.SessionFactory()
    values = {
        "session": session,
        "person": session.person,
        "variant": "NEUTRAL",
        "uid": "a@b",
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "changed_at": session.changed_at,
        "body": "",
    }
    return FeedEntry.objects.create(**(values | changes))


def same_entry():
    entry(session=entry().session)


def moved_enrollment(**values):
    enrollment = factories.EnrollmentFactory()
    values = {
        "ended_on": enrollment.ends_on,
        "ends_on": DAY,
        "reason": "体調のため",
        "by": factories.UserFactory(),
    } | values
    return EnrollmentChange.objects.create(enrollment=enrollment, **values)


def same_review():
    factories.ReviewFactory(enrollment=factories.ReviewFactory().enrollment)


def same_follow_up():
    factories.FollowUpFactory(outcome=factories.FollowUpFactory().outcome)


def goal_under_itself():
    goal = factories.GoalFactory()
    goal.parent = goal
    goal.save()


def goal_score(**values):
    session = factories.SessionFactory()
    values = {"session": session, "score": 0, "scored_on": DAY, "by": session.requested_by} | values
    return GoalScore.objects.create(goal=factories.GoalFactory(person=session.person), **values)


def intention(**changes):
    values = {
        "person": factories.PersonFactory(),
        "organization": factories.OrganizationFactory(),
        "asked_on": DAY,
        "asker": "x",
        "method": "x",
        "answer": "UNKNOWN",
        "next_on": DAY + dt.timedelta(days=1),
        "by": factories.UserFactory(),
    }
    return IntentionCheck.objects.create(**(values | changes))


def same_escort():
    session = factories.SessionFactory()
    twice(Escort.objects.create, session=session, user=session.requested_by)()


def escort_day(**changes):
    values = {"user": factories.UserFactory(), "date": DAY, "starts": dt.time(9), "ends": dt.time(17)}
    return EscortDay.objects.create(**(values | changes))


def same_escort_day():
    escort_day(user=escort_day().user)


def same_session_wish():
    item = WishItem.objects.create(code="shopping", name="買い物")
    twice(SessionWish.objects.create, session=factories.SessionFactory(), item=item)()


def same_session_goal():
    goal = factories.GoalFactory()
    twice(SessionGoal.objects.create, session=factories.SessionFactory(person=goal.person), goal=goal)()


def record():
    session = factories.SessionFactory()
    return SessionRecord.objects.create(session=session, by=session.requested_by)


def same_record_version():
    one = record()
    twice(RecordVersion.objects.create, record=one, version=1, content={}, by=one.by)()


def same_record_draft():
    session = factories.SessionFactory()
    twice(RecordDraft.objects.create, session=session, user=session.requested_by)()


def wish_without_basis():
    item = WishItem.objects.create(code="shopping", name="買い物")
    Wish.objects.create(person=factories.PersonFactory(), item=item, choice="WANT", expression="FACE", inferred=True)


def rating_without_basis():
    Rating.objects.create(session=factories.SessionFactory(), face="GOOD", expression="FACE", by_person=False)


def same_page_of_an_office():
    twice(WishItem.objects.create, code="bath", name="ふろ", organization=factories.OrganizationFactory())()


def same_card():
    one = card()
    card(person=one.person, by=one.by)


def card(**changes):
    values = {"person": factories.PersonFactory(), "version": 1, "by": factories.UserFactory()}
    return PersonCard.objects.create(**(values | changes))


def person_link(**changes):
    values = {
        "person": factories.PersonFactory(),
        "label": "本人のタブレット",
        "token_hash": "0" * 64,
        "created_by": factories.UserFactory(),
    }
    return PersonLink.objects.create(**(values | changes))


def photo_of_a_house_with_a_room():
    room = factories.RoomFactory()
    HomePhoto.objects.create(
        home=room.home, room=room, kind="HOUSE", caption="x", width=1, height=1, by=factories.UserFactory()
    )


def same_stop_request():
    twice(StopRequest.objects.create, session=factories.SessionFactory())()


def same_done_mark():
    twice(DoneMark.objects.create, session=factories.SessionFactory(), date=DAY)()


def external_calendar(**changes):
    values = {
        "home": factories.HomeFactory(),
        "label": "職員の予定",
        "url": "https://calendar.example.invalid/a.ics",
        "created_by": factories.UserFactory(),
    }
    return ExternalCalendar.objects.create(**(values | changes))


def busy_time_backwards():
    moment = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    BusyTime.objects.create(calendar=external_calendar(), starts_at=moment, ends_at=moment)


def remark(**changes):
    values = {"session": factories.SessionFactory(), "who": "母", "text": "夜が心配です。"}
    return FamilyRemark.objects.create(**(values | changes))


BREAKS: dict[str, Callable[[], object]] = {
    "intention_check_next_after_asked": lambda: intention(next_on=DAY),
    "intention_check_inferred_with_basis": lambda: intention(inferred=True),
    "user_email_lower_case": lambda: factories.UserFactory(email="Upper@example.invalid"),
    "idempotency_key_once_per_user": same_key,
    "idempotency_key_once_per_link": same_key_of_a_link,
    "idempotency_key_once_per_sender": twice(
        IdempotencyKey.objects.create, sender=uuid.UUID(int=1), key="k", fingerprint="f"
    ),
    "invitation_email_lower_case": lambda: factories.InvitationFactory(email="Upper@example.invalid"),
    "invitation_accepted_at_with_by": lambda: factories.InvitationFactory(accepted_at=EARLY),
    "disclosure_answered_on_with_answer": lambda: factories.DisclosureFactory(answer="DONE"),
    "disclosure_answered_on_with_by": lambda: factories.DisclosureFactory(answer="DONE", answered_on=DAY),
    "job_run_once_a_day": twice(JobRun.objects.create, job="nightly", on=DAY),
    "job_run_done_is_finished": lambda: JobRun.objects.create(job="nightly", on=DAY, state="DONE"),
    "notification_sent_has_moment": lambda: factories.NotificationFactory(state="SENT"),
    "notification_sending_is_claimed": lambda: factories.NotificationFactory(state="SENDING"),
    "notification_bundled_has_bundle": lambda: factories.NotificationFactory(state="BUNDLED"),
    "notification_choice_once_per_kind": same_choice,
    "webhook_url_once_per_organization": same_webhook,
    "webhook_delivery_delivered_has_moment": lambda: factories.WebhookDeliveryFactory(state="DELIVERED"),
    "rate_count_once_per_stretch": twice(
        RateCount.objects.create, key="k", since=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    ),
    "family_remark_home_seen_at_with_by": lambda: remark(home_seen_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)),
    "idempotency_key_has_one_sender": lambda: IdempotencyKey.objects.create(key="k", fingerprint="f"),
    "record_version_once": same_record_version,
    "record_draft_once_per_user": same_record_draft,
    "organization_kind_office_number_unique": twice(factories.OrganizationFactory, office_number="9920000011"),
    "organization_office_number_10_digits": lambda: factories.OrganizationFactory(office_number="９９２０００００１１"),
    "organization_municipality_number_unique": twice(factories.MunicipalityFactory, municipality_number="990010"),
    "organization_municipality_number_6_digits": lambda: factories.OrganizationFactory(municipality_number="990010"),
    "membership_one_current_per_organization": same_membership,
    "membership_ends_after_start": lambda: membership(ended_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
    "person_certificate_number_10_digits": lambda: factories.PersonFactory(certificate_number="123"),
    "person_certificate_number_unique": same_certificate,
    "person_support_level_known": lambda: factories.PersonFactory(support_level=7),
    "support_link_one_open_per_organization": same_link,
    "support_link_ends_after_start": lambda: factories.SupportLinkFactory(starts_on=DAY, ends_on=EARLIER),
    "grant_ends_after_start": lambda: factories.GrantFactory(starts_on=DAY, ends_on=EARLIER),
    "grant_person_service_start_unique": same_grant,
    "home_branch_unique_per_office": lambda: same_home(branch="1"),
    "home_name_unique_per_office_without_branch": lambda: same_home(name="みほん"),
    "room_name_unique_per_home": same_room,
    "slot_ends_after_start": lambda: factories.SlotFactory(starts_on=DAY, ends_on=DAY),
    "slot_nights_in_order": lambda: factories.SlotFactory(min_nights=3, max_nights=2),
    "slot_levels_in_order": lambda: factories.SlotFactory(level_min=4, level_max=3),
    "slot_withdrawn_at_with_by": lambda: factories.SlotFactory(withdrawn_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)),
    "program_code_unique_general": twice(factories.ProgramFactory, code="outing"),
    "program_code_unique_per_municipality": same_program_copy,
    "limit_code_unique_per_start": lambda: same_limit(DAY),
    "limit_code_unique_without_start": lambda: same_limit(None),
    "limit_amount_positive": lambda: factories.LimitFactory(amount=0),
    "limit_ends_after_start": lambda: factories.LimitFactory(valid_from=DAY, valid_to=EARLIER),
    "limit_assumed_never_refuses": lambda: factories.LimitFactory(certainty="ASSUMED", enforcement="REFUSE"),
    "enrollment_ends_after_start": lambda: factories.EnrollmentFactory(starts_on=DAY, ends_on=EARLIER),
    "enrollment_person_program_start_unique": same_enrollment,
    "enrollment_stages_in_order": lambda: factories.EnrollmentFactory(support_from=DAY, review_on=EARLIER),
    "enrollment_change_has_reason": lambda: moved_enrollment(reason=""),
    "enrollment_change_moves_the_end": lambda: moved_enrollment(ended_on=DAY),
    "review_once_per_month": same_review,
    "review_held_with_decision": lambda: factories.ReviewFactory(held_on=DAY),
    "outcome_move_has_date": lambda: factories.OutcomeFactory(moved_on=DAY),
    "follow_up_once_per_kind": same_follow_up,
    "follow_up_done_with_answer": lambda: factories.FollowUpFactory(done_on=DAY),
    "consent_ends_after_given": lambda: factories.ConsentFactory(given_on=DAY, ends_on=EARLIER),
    "consent_withdrawn_at_with_by": lambda: factories.ConsentFactory(
        withdrawn_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    ),
    "goal_not_its_own_parent": goal_under_itself,
    "wish_item_code_unique_general": twice(WishItem.objects.create, code="bath", name="ふろ"),
    "wish_item_code_unique_per_organization": same_page_of_an_office,
    "wish_inferred_with_basis": wish_without_basis,
    "rating_noted_with_basis": rating_without_basis,
    "goal_long_has_no_parent": lambda: factories.GoalFactory(horizon="LONG", parent=factories.GoalFactory()),
    "goal_score_on_the_scale": lambda: goal_score(score=3),
    "goal_score_has_one_source": lambda: goal_score(session=None),
    "session_ends_after_start": lambda: factories.SessionFactory(ends_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    "session_actual_end_after_actual_start": lambda: factories.SessionFactory(
        actual_ends_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    ),
    "session_stay_has_nights_and_room": lambda: stay(check_out=None),
    "session_request_has_deadline": lambda: factories.SessionFactory(state=SessionState.REQUESTED),
    "session_declined_with_reason": lambda: factories.SessionFactory(state=SessionState.DECLINED),
    "override_has_reason": override_without_reason,
    "escort_once_per_session": same_escort,
    "escort_day_once_per_date": same_escort_day,
    "escort_day_ends_after_start": lambda: escort_day(ends=dt.time(9)),
    "session_wish_once": same_session_wish,
    "session_goal_once": same_session_goal,
    "room_night_once_per_room": same_room_night,
    "room_night_once_per_person": same_person_night,
    "room_night_stay_has_session": lambda: night(use=NightUse.CLEANING),
    "feed_refresh_of_one_thing": FeedRefresh.objects.create,
    "feed_refresh_once_per_format": twice(FeedRefresh.objects.create, format=99),
    "calendar_feed_token_hash_sha256": lambda: feed(token_hash="a-token-in-clear"),
    "calendar_feed_has_label": lambda: feed(label=""),
    "calendar_feed_belongs_to_its_audience": lambda: feed(audience="HOME"),
    "calendar_feed_emptied_at_with_by": lambda: feed(emptied_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)),
    "calendar_feed_revoked_at_with_by": lambda: feed(revoked_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)),
    "feed_entry_once_per_session_and_variant": same_entry,
    "person_card_version_once": same_card,
    "contact_has_name_and_relation": lambda: Contact.objects.create(
        person=factories.PersonFactory(), name="見本", relation=""
    ),
    "person_link_token_hash_sha256": lambda: person_link(token_hash="a-token-in-clear"),
    "person_link_has_label": lambda: person_link(label=""),
    "home_photo_room_only_of_rooms": photo_of_a_house_with_a_room,
    "stop_request_one_open_per_session": same_stop_request,
    "stop_request_handled_with_answer": lambda: StopRequest.objects.create(
        session=factories.SessionFactory(), handled_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    ),
    "external_calendar_of_home_or_user": lambda: external_calendar(home=None),
    "external_calendar_https": lambda: external_calendar(url="http://calendar.example.invalid/a.ics"),
    "busy_time_ends_after_start": busy_time_backwards,
    "family_remark_has_text": lambda: remark(text=""),
    "family_remark_seen_at_with_by": lambda: remark(seen_at=dt.datetime(2026, 12, 1, tzinfo=dt.UTC)),
    "done_mark_once_per_day": same_done_mark,
    "feed_entry_ends_after_start": lambda: entry(ends_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
}


def constraints():
    models = [model for model in apps.get_models() if model._meta.app_label in OURS]
    return {constraint.name: constraint for model in models for constraint in model._meta.constraints}


def test_every_constraint_is_broken_here_and_speaks_japanese():
    assert set(constraints()) == set(BREAKS)
    for constraint in constraints().values():
        assert re.search(r"[ぁ-ん]", constraint.violation_error_message), constraint.name


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_the_database_itself_refuses(name):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        BREAKS[name]()
    assert broken_constraint(caught.value) == name


@pytest.mark.parametrize("changes", [{"room": None}, {"check_in": None}, {"check_out": DAY}])
def test_a_stay_has_a_room_and_a_night(changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        stay(**changes)
