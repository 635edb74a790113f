from django.db import models
from django.db.models import Q

from programs.enums import Face, NextStep
from programs.models.enrollments import Review
from programs.models.sessions import Session
from transition import clock
from transition.enums import Expression
from transition.models import Goal, User
from transition.models.base import AppendOnly, PublicId


class SessionRecord(models.Model):
    """記録: what happened in one session. `version` counts the savings; who saves an older one is shown the newer."""

    session = models.OneToOneField(Session, models.PROTECT, verbose_name="体験", related_name="record")
    place = models.CharField("場所", max_length=120, blank=True)
    companions = models.CharField("いっしょに行った人", max_length=200, blank=True)
    shown = models.TextField("本人が見せたようす", blank=True)
    incident = models.TextField("困ったこと・事故", blank=True)
    helped = models.TextField("役に立ったこと", blank=True)
    family_note = models.TextField("家族へのひとこと", blank=True)
    next_step = models.CharField("次は", max_length=10, choices=NextStep, blank=True)
    next_note = models.TextField("次にすること", blank=True)
    version = models.PositiveIntegerField("版", default=1)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    at = models.DateTimeField("書いた日時", default=clock.now)

    class Meta:
        verbose_name = "記録"
        verbose_name_plural = "記録"

    def __str__(self) -> str:
        return f"{self.session_id} v{self.version}"


class RecordVersion(AppendOnly):
    """What a record said in each version: nothing written is ever lost."""

    record = models.ForeignKey(SessionRecord, models.PROTECT, verbose_name="記録", related_name="versions")
    version = models.PositiveIntegerField("版")
    content = models.JSONField("内容")
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")
    at = models.DateTimeField("書いた日時", default=clock.now)

    class Meta:
        verbose_name = "記録の版"
        verbose_name_plural = "記録の版"
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(
                name="record_version_once",
                fields=["record", "version"],
                violation_error_message="この版はすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} v{self.version}"


class RecordDraft(models.Model):
    """What somebody is typing, kept so that a bad connection loses nothing. Gone once it is saved."""

    session = models.ForeignKey(Session, models.CASCADE, verbose_name="体験", related_name="drafts")
    user = models.ForeignKey(User, models.CASCADE, verbose_name="書いている人", related_name="+")
    content = models.JSONField("内容", default=dict)
    based_on = models.PositiveIntegerField("もとの版", default=0)
    saved_at = models.DateTimeField("保存日時", default=clock.now)

    class Meta:
        verbose_name = "下書き"
        verbose_name_plural = "下書き"
        constraints = [
            models.UniqueConstraint(
                name="record_draft_once_per_user",
                fields=["session", "user"],
                violation_error_message="下書きはすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.user_id}"


class GoalScore(AppendOnly):
    """GAS score of a goal, −2 to +2, in a session's record or at a review; the latest per source holds."""

    goal = models.ForeignKey(Goal, models.PROTECT, verbose_name="目標", related_name="scores")
    session = models.ForeignKey(
        Session, models.PROTECT, verbose_name="体験", null=True, blank=True, related_name="goal_scores"
    )
    review = models.ForeignKey(
        Review, models.PROTECT, verbose_name="振り返り", null=True, blank=True, related_name="goal_scores"
    )
    score = models.SmallIntegerField("点")
    note = models.CharField("ひとこと", max_length=200, blank=True)
    scored_on = models.DateField("日にち")
    by = models.ForeignKey(User, models.PROTECT, verbose_name="つけた人", related_name="+")
    at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        verbose_name = "目標の点"
        verbose_name_plural = "目標の点"
        ordering = ["scored_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="goal_score_on_the_scale",
                condition=Q(score__range=(-2, 2)),
                violation_error_message="点は−2から＋2までです。",
            ),
            models.CheckConstraint(
                name="goal_score_has_one_source",
                condition=Q(session__isnull=False, review=None) | Q(session=None, review__isnull=False),
                violation_error_message="点は、体験か振り返りのどちらか1つにつけます。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal_id} {self.score:+}"


class Rating(AppendOnly):
    """本人の評価: one face, with a picture's or a person's word. `expression` is how it was shown.

    `by_person` False: a supporter noted it, from what stands in `basis`. The latest holds.
    """

    session = models.ForeignKey(Session, models.PROTECT, verbose_name="体験", related_name="ratings")
    face = models.CharField("顔", max_length=6, choices=Face)
    word = models.CharField("ことば", max_length=200, blank=True)
    expression = models.CharField("表しかた", max_length=8, choices=Expression)
    by_person = models.BooleanField("本人が選んだ", default=True)
    basis = models.CharField("何から", max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", null=True, related_name="+")
    at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        verbose_name = "本人の評価"
        verbose_name_plural = "本人の評価"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="rating_noted_with_basis",
                condition=Q(by_person=True) | ~Q(basis=""),
                violation_error_message="支援者が書くときは、何から分かったかを書いてください。",
            ),
        ]

    def __str__(self) -> str:
        return self.get_face_display()


class Photo(PublicId):
    """写真 of a session, already re-encoded: no metadata, two sizes, random names, private storage."""

    session = models.ForeignKey(Session, models.PROTECT, verbose_name="体験", related_name="photos")
    large = models.CharField("大きい写真", max_length=80)
    small = models.CharField("小さい写真", max_length=80)
    width = models.PositiveIntegerField("幅")
    height = models.PositiveIntegerField("高さ")
    caption = models.CharField("説明", max_length=100, blank=True)
    by = models.ForeignKey(User, models.PROTECT, verbose_name="入れた人", related_name="+")
    at = models.DateTimeField("日時", default=clock.now)

    class Meta:
        verbose_name = "写真"
        verbose_name_plural = "写真"
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.public_id)
