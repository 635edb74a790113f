import datetime as dt

from django.db import models
from django.db.models import F, Q

from programs.domain import wording
from programs.enums import (
    COUNTING_STATES,
    PLANNED_STATES,
    DeclineReason,
    NightUse,
    SessionAction,
    SessionKind,
    SessionState,
    Step,
    Transport,
)
from programs.models.enrollments import Enrollment
from programs.models.homes import Home, Room, Slot
from programs.models.programs import Limit, Program
from transition import clock
from transition.models import Organization, Person, User
from transition.models.base import AppendOnly, PublicId


class SessionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "SessionQuerySet":
        """Sessions of people the user may see, and stays in the user's own homes."""
        return self.filter(
            Q(person__in=Person.objects.visible_to(user).values("pk"))
            | Q(room__home__in=Home.objects.run_by(user).values("pk"))
        )

    def counting(self) -> "SessionQuerySet":
        """Those that use up limits."""
        return self.filter(state__in=COUNTING_STATES)

    def planned(self) -> "SessionQuerySet":
        return self.filter(state__in=PLANNED_STATES)

    def overlapping(self, start: dt.datetime, end: dt.datetime) -> "SessionQuerySet":
        return self.filter(starts_at__lt=end, ends_at__gt=start)


class Session(PublicId):
    """体験（1回）: a stay, outing or day visit. A stay is half-open: nights [check_in, check_out)."""

    kind = models.CharField("種類", max_length=10, choices=SessionKind)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="sessions")
    program = models.ForeignKey(Program, models.PROTECT, verbose_name="体験事業", related_name="sessions")
    enrollment = models.ForeignKey(
        Enrollment, models.PROTECT, verbose_name="利用", null=True, blank=True, related_name="sessions"
    )
    slot = models.ForeignKey(
        Slot, models.PROTECT, verbose_name="体験枠", null=True, blank=True, related_name="sessions"
    )
    room = models.ForeignKey(Room, models.PROTECT, verbose_name="居室", null=True, blank=True, related_name="sessions")
    step = models.CharField("段階", max_length=14, choices=Step, blank=True)
    activity = models.CharField("すること", max_length=80, blank=True)
    place = models.CharField("場所", max_length=120, blank=True)
    transport = models.CharField("行きかた", max_length=12, choices=Transport, blank=True)
    transport_cost = models.PositiveIntegerField("交通費（円）", default=0)
    check_in = models.DateField("チェックイン日", null=True, blank=True)
    check_out = models.DateField("チェックアウト日", null=True, blank=True)
    starts_at = models.DateTimeField("開始")
    ends_at = models.DateTimeField("終了")
    actual_starts_at = models.DateTimeField("実際の開始", null=True, blank=True)
    actual_ends_at = models.DateTimeField("実際の終了", null=True, blank=True)
    state = models.CharField("状態", max_length=12, choices=SessionState, default=SessionState.REQUESTED)
    note = models.TextField("ホームに伝えること", blank=True)
    decline_reason = models.CharField("お断りの理由", max_length=12, choices=DeclineReason, blank=True)
    organization = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="申し込んだ組織", related_name="requested_sessions"
    )
    requested_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="申し込んだ人", related_name="requested_sessions"
    )
    expires_at = models.DateTimeField("返事の期限", null=True, blank=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    changed_at = models.DateTimeField("変更日時", default=clock.now)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "体験"
        verbose_name_plural = "体験"
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["person", "starts_at"], name="session_person_start"),
            models.Index(fields=["room", "check_in"], name="session_room_check_in"),
            models.Index(fields=["state", "expires_at"], name="session_state_expiry"),
            models.Index(fields=["state", "starts_at"], name="session_state_start"),
        ]
        constraints = [
            models.CheckConstraint(
                name="session_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="終了は開始よりあとにしてください。",
            ),
            models.CheckConstraint(
                name="session_actual_end_after_actual_start",
                condition=Q(actual_ends_at=None)
                | Q(actual_starts_at__isnull=False, actual_ends_at__gte=F("actual_starts_at")),
                violation_error_message="実際の終了は実際の開始よりあとにしてください。",
            ),
            models.CheckConstraint(
                name="session_stay_has_nights_and_room",
                condition=Q(
                    kind=SessionKind.STAY,
                    room__isnull=False,
                    check_in__isnull=False,
                    check_out__isnull=False,
                    check_out__gt=F("check_in"),
                )
                | ~Q(kind=SessionKind.STAY) & Q(room=None, check_in=None, check_out=None),
                violation_error_message="お泊まりには居室と、1泊以上の日にちが必要です。",
            ),
            models.CheckConstraint(
                name="session_request_has_deadline",
                condition=~Q(state=SessionState.REQUESTED) | Q(expires_at__isnull=False),
                violation_error_message="申込には返事の期限が必要です。",
            ),
            models.CheckConstraint(
                name="session_declined_with_reason",
                condition=Q(state=SessionState.DECLINED, decline_reason__in=DeclineReason.values)
                | ~Q(state=SessionState.DECLINED) & Q(decline_reason=""),
                violation_error_message="お断りには理由が必要です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_at:%Y-%m-%d}"

    @property
    def state_word(self) -> str:
        """Its state in words; of an outing 計画中 instead of 申込中."""
        return wording.state(self.kind, self.state)

    @property
    def nights(self) -> int:
        """Nights of a stay, 0 otherwise."""
        return (self.check_out - self.check_in).days if self.check_in and self.check_out else 0


class SessionEvent(AppendOnly):
    """One change of state: who, when, why. Shown as the session's history."""

    session = models.ForeignKey(Session, models.PROTECT, verbose_name="体験", related_name="events")
    action = models.CharField("動作", max_length=12, choices=SessionAction, editable=False)
    state = models.CharField("状態", max_length=12, choices=SessionState, editable=False)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="行った人", null=True, editable=False, related_name="+")
    at = models.DateTimeField("日時", default=clock.now, editable=False)
    reason = models.TextField("理由", blank=True, editable=False)

    class Meta:
        verbose_name = "体験の履歴"
        verbose_name_plural = "体験の履歴"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def action_word(self) -> str:
        return wording.action(self.session.kind, self.action)


class Override(AppendOnly):
    """A limit or condition was knowingly passed: which, by whom, why, with the numbers of that moment."""

    session = models.ForeignKey(Session, models.PROTECT, verbose_name="体験", related_name="overrides")
    problem_code = models.CharField("問題点", max_length=60, editable=False)
    limit = models.ForeignKey(Limit, models.PROTECT, verbose_name="上限", null=True, editable=False, related_name="+")
    message = models.TextField("内容", editable=False)
    reason = models.TextField("理由", editable=False)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="判断した人", editable=False, related_name="+")
    at = models.DateTimeField("日時", default=clock.now, editable=False)

    class Meta:
        verbose_name = "上限をこえる判断"
        verbose_name_plural = "上限をこえる判断"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="override_has_reason",
                condition=~Q(reason=""),
                violation_error_message="上限をこえるには理由が必要です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem_code} {self.at:%Y-%m-%d}"


class RoomNight(models.Model):
    """居室の1泊: who or what occupies a room on the evening of a date. Unique per room and per person."""

    room = models.ForeignKey(Room, models.PROTECT, verbose_name="居室", related_name="occupied_nights")
    date = models.DateField("夜の日付")
    use = models.CharField("使い方", max_length=10, choices=NightUse, default=NightUse.STAY)
    session = models.ForeignKey(
        Session, models.PROTECT, verbose_name="体験", null=True, blank=True, related_name="room_nights"
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "居室の夜"
        verbose_name_plural = "居室の夜"
        ordering = ["date", "room"]
        constraints = [
            models.UniqueConstraint(
                name="room_night_once_per_room",
                fields=["room", "date"],
                violation_error_message="その夜はもう埋まっています。",
            ),
            models.UniqueConstraint(
                name="room_night_once_per_person",
                fields=["person", "date"],
                condition=Q(person__isnull=False),
                violation_error_message="その夜は本人に別の予定があります。",
            ),
            models.CheckConstraint(
                name="room_night_stay_has_session",
                condition=Q(use=NightUse.STAY, session__isnull=False, person__isnull=False)
                | ~Q(use=NightUse.STAY) & Q(session=None, person=None),
                violation_error_message="体験の夜には体験と本人が必要です。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.date}"
