import datetime as dt

from django.db import models
from django.db.models import F, Q

from programs.enums import EnrollmentEnd, FollowUpKind, NextService, OutcomeCode
from programs.models.programs import Program
from transition import clock
from transition.models import Consent, Organization, Person, User
from transition.models.base import AppendOnly, PublicId


class EnrollmentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "EnrollmentQuerySet":
        return self.filter(person__in=Person.objects.visible_to(user).values("pk"))

    def running(self, on: dt.date) -> "EnrollmentQuerySet":
        return self.filter(starts_on__lte=on, ends_on__gte=on)


class Enrollment(PublicId):
    """利用（参加）: a person in a program, first and last day included.

    Three stages: the program is made (until `support_from`), support, review (from `review_on`). `ends_on` moves
    with an extension or an early end; `EnrollmentChange` tells why.
    """

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="enrollments")
    program = models.ForeignKey(Program, models.PROTECT, verbose_name="体験事業", related_name="enrollments")
    organization = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="支援する組織", related_name="enrollments"
    )
    facility = models.ForeignKey(
        Organization, models.PROTECT, verbose_name="入所している施設", null=True, blank=True, related_name="+"
    )
    lead = models.ForeignKey(
        User, models.PROTECT, verbose_name="担当", null=True, blank=True, related_name="enrollments"
    )
    consent = models.ForeignKey(
        Consent, models.PROTECT, verbose_name="同意", null=True, blank=True, related_name="enrollments"
    )
    purpose = models.TextField("目的", blank=True)
    starts_on = models.DateField("開始日")
    support_from = models.DateField("外出支援の開始日", null=True, blank=True)
    review_on = models.DateField("振り返りの開始日", null=True, blank=True)
    ends_on = models.DateField("終了日")
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = "利用"
        verbose_name_plural = "利用"
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="enrollment_ends_after_start",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message="終了日は開始日よりあとにしてください。",
            ),
            models.CheckConstraint(
                name="enrollment_stages_in_order",
                condition=(Q(support_from=None) | Q(support_from__gte=F("starts_on"), support_from__lte=F("ends_on")))
                & (Q(review_on=None) | Q(review_on__gte=F("starts_on"), review_on__lte=F("ends_on")))
                & (Q(support_from=None) | Q(review_on=None) | Q(review_on__gte=F("support_from"))),
                violation_error_message="計画づくり、外出支援、振り返りの順に、利用期間のなかの日にしてください。",
            ),
            models.UniqueConstraint(
                name="enrollment_person_program_start_unique",
                fields=["person", "program", "starts_on"],
                violation_error_message="同じ開始日の利用がすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.starts_on}–{self.ends_on}"


class EnrollmentChange(AppendOnly):
    """An extension or an early end: from which last day to which, why, by whom."""

    enrollment = models.ForeignKey(Enrollment, models.PROTECT, verbose_name="利用", related_name="changes")
    ended_on = models.DateField("それまでの終了日")
    ends_on = models.DateField("新しい終了日")
    end = models.CharField("早く終わる理由", max_length=10, choices=EnrollmentEnd, blank=True)
    reason = models.TextField("理由")
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        verbose_name = "利用期間の変更"
        verbose_name_plural = "利用期間の変更"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="enrollment_change_has_reason",
                condition=~Q(reason=""),
                violation_error_message="期間を変える理由を書いてください。",
            ),
            models.CheckConstraint(
                name="enrollment_change_moves_the_end",
                condition=~Q(ends_on=F("ended_on")),
                violation_error_message="終了日が変わっていません。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ended_on} → {self.ends_on}"


class Review(PublicId):
    """振り返り of an enrollment at a month of it (1, 3, 6); `held_on` empty: still to come."""

    enrollment = models.ForeignKey(Enrollment, models.PROTECT, verbose_name="利用", related_name="reviews")
    month = models.PositiveSmallIntegerField("何か月目")
    due_on = models.DateField("予定日")
    held_on = models.DateField("行った日", null=True, blank=True)
    present = models.CharField("出席した人", max_length=300, blank=True)
    wishes = models.TextField("出てきた希望", blank=True)
    helped = models.TextField("役に立ったこと", blank=True)
    person_said = models.TextField("本人のことば・様子", blank=True)
    decision = models.TextField("これからどうするか", blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", null=True, blank=True, related_name="+")
    at = models.DateTimeField("書いた日時", null=True, blank=True)

    class Meta:
        verbose_name = "振り返り"
        verbose_name_plural = "振り返り"
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(
                name="review_once_per_month",
                fields=["enrollment", "month"],
                violation_error_message="この月の振り返りはすでにあります。",
            ),
            models.CheckConstraint(
                name="review_held_with_decision",
                condition=Q(held_on=None) | ~Q(decision="") & Q(by__isnull=False, at__isnull=False),
                violation_error_message="これからどうするかを書いてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.month}"


class Outcome(PublicId):
    """結果 of an enrollment. A move has a date and may name the next service; its follow-ups are rows of their own."""

    enrollment = models.OneToOneField(Enrollment, models.PROTECT, verbose_name="利用", related_name="outcome")
    code = models.CharField("結果", max_length=20, choices=OutcomeCode)
    decided_on = models.DateField("決めた日")
    moved_on = models.DateField("引っこした日", null=True, blank=True)
    next_service = models.CharField("次の支援", max_length=30, choices=NextService, blank=True)
    note = models.TextField("どうしてそうなったか", blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    at = models.DateTimeField("書いた日時", default=clock.now)

    class Meta:
        verbose_name = "結果"
        verbose_name_plural = "結果"
        constraints = [
            models.CheckConstraint(
                name="outcome_move_has_date",
                condition=Q(code__startswith="MOVED_", moved_on__isnull=False)
                | ~Q(code__startswith="MOVED_") & Q(moved_on=None),
                violation_error_message="引っこしたときだけ、引っこした日を書いてください。",
            ),
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class FollowUp(models.Model):
    """One look after a move: the visit within 30 days, and whether the person still lives there after 6 months."""

    outcome = models.ForeignKey(Outcome, models.CASCADE, verbose_name="結果", related_name="follow_ups")
    kind = models.CharField("種類", max_length=20, choices=FollowUpKind)
    due_on = models.DateField("いつまで")
    done_on = models.DateField("行った日", null=True, blank=True)
    still_there = models.BooleanField("いまもくらしている", null=True, blank=True)
    note = models.TextField("様子", blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "その後"
        verbose_name_plural = "その後"
        ordering = ["due_on"]
        constraints = [
            models.UniqueConstraint(
                name="follow_up_once_per_kind",
                fields=["outcome", "kind"],
                violation_error_message="この確認はすでにあります。",
            ),
            models.CheckConstraint(
                name="follow_up_done_with_answer",
                condition=Q(done_on=None, still_there=None)
                | Q(done_on__isnull=False, still_there__isnull=False, by__isnull=False),
                violation_error_message="行った日と、いまもくらしているかを、いっしょに書いてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_on}"
