from django.db import models
from django.db.models import F, Q

from transition import clock
from transition.enums import GoalArea, GoalHorizon, GoalState
from transition.models.base import PublicId
from transition.models.people import Person
from transition.models.users import User


class Goal(PublicId):
    """目標, in the person's words with the supporter's wording beside it.

    The five levels of the GAS scale are written beforehand; 0 is what is expected. "Enjoy an outing" is a goal.
    """

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="本人", related_name="goals")
    words = models.CharField("本人のことば", max_length=200)
    wording = models.CharField("支援者の書きかた", max_length=300, blank=True)
    area = models.CharField("分野", max_length=20, choices=GoalArea)
    horizon = models.CharField("長さ", max_length=5, choices=GoalHorizon, default=GoalHorizon.SHORT)
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name="長期目標", null=True, blank=True, related_name="steps"
    )
    level_minus_2 = models.CharField("−2", max_length=200)
    level_minus_1 = models.CharField("−1", max_length=200)
    level_0 = models.CharField("0（期待する所）", max_length=200)
    level_plus_1 = models.CharField("＋1", max_length=200)
    level_plus_2 = models.CharField("＋2", max_length=200)
    target_on = models.DateField("いつまでに")
    state = models.CharField("状態", max_length=10, choices=GoalState, default=GoalState.ACTIVE)
    state_changed_at = models.DateTimeField("状態が変わった日時", default=clock.now)
    state_reason = models.CharField("状態が変わった理由", max_length=200, blank=True)
    created_at = models.DateTimeField("登録日時", default=clock.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, verbose_name="書いた人", related_name="+")

    class Meta:
        verbose_name = "目標"
        verbose_name_plural = "目標"
        ordering = ["horizon", "target_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="goal_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                violation_error_message="目標を、その目標自身の長期目標にはできません。",
            ),
            models.CheckConstraint(
                name="goal_long_has_no_parent",
                condition=Q(parent=None) | Q(horizon=GoalHorizon.SHORT),
                violation_error_message="長期目標に、上の目標はありません。",
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def levels(self) -> list[tuple[int, str]]:
        """(score, what it looks like) from −2 to +2."""
        texts = (self.level_minus_2, self.level_minus_1, self.level_0, self.level_plus_1, self.level_plus_2)
        return list(zip(range(-2, 3), texts, strict=True))
