"""Taking part in a program, and changing the period."""

from typing import Any

from django import forms

from programs.enums import EnrollmentEnd
from programs.forms.base import ServiceForm, text_field
from programs.models import Enrollment, Program
from transition import clock
from transition.domain import wareki
from transition.enums import ConsentMeans, OrganizationKind
from transition.fields import JapaneseDateField, LineField
from transition.models import Organization, Person, SupportLink, User

FACILITY_KINDS = (OrganizationKind.FACILITY, OrganizationKind.HOSPITAL)
INLINE = {"class": "choices-inline"}


class EnrollForm(ServiceForm):
    """`open_to` are the programs that the person can begin here; the others are refused with their reason."""

    program = forms.ModelChoiceField(
        label="どの事業を使いますか",
        queryset=Program.objects.none(),
        to_field_name="public_id",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "事業を選んでください。"},
    )
    starts_on = JapaneseDateField(label="開始日", help_text=wareki.DATE_EXAMPLE)
    ends_on = JapaneseDateField(
        label="終了日", required=False, help_text="長さの決まっている事業では、空けておきます。自動で決まります。"
    )
    lead = forms.ModelChoiceField(
        label="担当", queryset=User.objects.none(), to_field_name="email", required=False, empty_label="まだ決めない"
    )
    facility = forms.ModelChoiceField(
        label="入所している施設・病院",
        queryset=Organization.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label="選ばない",
    )
    purpose = text_field(
        label="目的",
        required=False,
        help_text="例：外出を楽しみ、やってみたいことを見つける。「楽しむ」も、りっぱな目的です。",
    )
    consent_means = forms.ChoiceField(
        label="本人は、どうやって同意しましたか",
        choices=ConsentMeans.choices,
        widget=forms.RadioSelect(attrs=INLINE),
        help_text="事業を使うことと、支援する人たちで情報を共有することについて。いつでも、やめられます。",
        error_messages={"required": "利用には本人の同意が要ります。どうやって同意したかを選んでください。"},
    )
    consent_on = JapaneseDateField(label="同意した日", required=False, help_text="空なら、きょうです。")
    consent_note = LineField(
        label="説明したこと・様子", max_length=300, required=False, help_text="例：写真を見せて説明した。うなずいた。"
    )

    def __init__(
        self,
        *args: Any,
        person: Person,
        organization: Organization,
        programs: list[Program],
        open_to: list[Program],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        program = self.fields["program"]
        program.queryset = Program.objects.filter(pk__in=[row.pk for row in programs])  # type: ignore[attr-defined]
        program.choices = [(row.public_id, _program_label(row)) for row in open_to]  # type: ignore[attr-defined]
        if len(open_to) == 1:
            program.initial = open_to[0].public_id
        members = User.objects.filter(
            is_active=True, memberships__organization=organization, memberships__ended_at=None
        ).order_by("name", "pk")
        lead = self.fields["lead"]
        lead.queryset = members  # type: ignore[attr-defined]
        lead.label_from_instance = lambda user: user.name  # type: ignore[attr-defined]
        facility = self.fields["facility"]
        facility.queryset = Organization.objects.filter(kind__in=FACILITY_KINDS).order_by("name", "pk")  # type: ignore[attr-defined]
        facility.initial = (
            SupportLink.objects.on(clock.today())
            .filter(person=person, organization__kind__in=FACILITY_KINDS)
            .values_list("organization__public_id", flat=True)
            .first()
        )


class PeriodForm(ServiceForm):
    """About one enrollment."""

    def __init__(self, *args: Any, enrollment: Enrollment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.enrollment = enrollment


class ExtendForm(PeriodForm):
    ends_on = JapaneseDateField(label="新しい終了日", help_text=wareki.DATE_EXAMPLE)
    reason = text_field(label="延ばす理由")


class EndForm(PeriodForm):
    ends_on = JapaneseDateField(label="最後の日", help_text=wareki.DATE_EXAMPLE)
    end = forms.ChoiceField(
        label="どうして早く終わりますか",
        choices=EnrollmentEnd.choices,
        widget=forms.RadioSelect(attrs=INLINE),
        error_messages={"required": "早く終わる理由を選んでください。"},
    )
    reason = text_field(label="くわしい理由", help_text="責めるためではなく、次の支援を考えるために書きます。")
    cancel_sessions = forms.BooleanField(label="最後の日よりあとの予定も、いっしょに取り消す", required=False)


class StagesForm(PeriodForm):
    support_from = JapaneseDateField(
        label="外出支援を始める日", required=False, help_text="その前の日までが、計画づくりです。"
    )
    review_on = JapaneseDateField(label="振り返りを始める日", required=False)

    def __init__(self, *args: Any, enrollment: Enrollment, **kwargs: Any) -> None:
        initial = {"support_from": enrollment.support_from, "review_on": enrollment.review_on}
        super().__init__(*args, enrollment=enrollment, initial=initial, **kwargs)


def _program_label(program: Program) -> str:
    return f"{program.name}（{program.months}か月）" if program.months else program.name
