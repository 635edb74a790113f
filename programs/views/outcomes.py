"""What came of an enrollment, and the looks after a move."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from programs.domain import wording
from programs.enums import FollowUpKind
from programs.forms.outcomes import FollowUpForm, OutcomeForm
from programs.models import FollowUp
from programs.services import outcomes as services
from programs.views.acting import request_key
from programs.views.enrollments import enrollment_of, posted, step, user_of


@require_http_methods(["GET", "HEAD", "POST"])
def outcome_decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    enrollment = enrollment_of(request, public_id, to_change=True)
    form = OutcomeForm(posted(request), outcome=getattr(enrollment, "outcome", None))
    words = {
        "title": "結果を書く",
        "lead": f"{enrollment.program.name}（{wording.date(enrollment.starts_on)}から）の結果です。",
        "button": "保存する",
        "done": "結果を書きました。引っこしたときは、本人の「いまの住まい」も直してください。",
    }
    return step(
        request,
        enrollment,
        form,
        words,
        lambda: services.decide(
            enrollment=enrollment, by=user_of(request), key=request_key(request), **form.cleaned_data
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_record(request: HttpRequest, public_id: UUID, kind: str) -> HttpResponse:
    enrollment = enrollment_of(request, public_id, to_change=True)
    if kind not in FollowUpKind.values:
        raise Http404
    rows = FollowUp.objects.select_related("outcome__enrollment")
    row = get_object_or_404(rows, outcome__enrollment=enrollment, kind=kind)
    form = FollowUpForm(posted(request), follow_up=row)
    words = {
        "title": row.get_kind_display(),
        "lead": f"引っこしたのは{wording.date(row.outcome.moved_on)}です。"  # type: ignore[arg-type]
        f"めやすは{wording.date(row.due_on)}です。おくれても、そのまま書いてください。",
        "button": "記録する",
        "done": "記録しました。",
    }
    return step(
        request,
        enrollment,
        form,
        words,
        lambda: services.follow_up(follow_up=row, by=user_of(request), key=request_key(request), **form.cleaned_data),
    )
