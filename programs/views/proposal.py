"""A proposed plan beside the present one: what it obeys, why each piece stands there, and taking it over."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from programs.domain.proposal import NoPlan
from programs.enums import SessionState
from programs.forms.proposal import Pieces, WantedForm
from programs.models import Enrollment, Session
from programs.queries import proposal as queries
from programs.services import proposals as services
from programs.views.acting import STALE, request_key
from transition.htmx import redirect_page, render_page, say
from transition.models import Organization, User
from transition.services.transactions import KeyReused

TEMPLATE, PART = "programs/proposal.html", "proposal"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    rows = Enrollment.objects.visible_to(user).select_related("person", "program")
    enrollment = get_object_or_404(rows, public_id=public_id)
    if request.method == "POST" and not user.has_perm("programs.plan_outing", enrollment):
        raise PermissionDenied
    form, anew = WantedForm(request.GET), request.GET.get("anew") == "1"
    context: dict[str, Any] = {
        "enrollment": enrollment,
        "person": enrollment.person,
        "tab": "enrollments",
        "form": form,
        "anew": anew,
        "address": request.get_full_path(),
        "chosen": None,
        "problem": "",
        "result": None,
        "page": None,
    }
    if not form.is_valid():
        return render_page(request, TEMPLATE, context, partials={PART}, status=422)
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    pieces = Pieces(str(enrollment.public_id), user.pk)
    status = 200
    if request.method == "POST":
        if organization is None:
            raise PermissionDenied
        answer = _accept(request, enrollment, organization, pieces, context)
        if answer is not None:
            return answer
        status = 422
    page = queries.page(enrollment, organization, form.wanted(), anew=anew, token=pieces.token)
    context |= {"page": page, "reasons": _reasons(page.refusal, form, anew=anew)}
    response = render_page(request, TEMPLATE, context, partials={PART}, status=status)
    if request.htmx and page.plan:  # type: ignore[attr-defined]
        return say(response, f"{len(page.plan.outings)}件の案ができました")
    return response


def _accept(
    request: HttpRequest, enrollment: Enrollment, organization: Organization, pieces: Pieces, context: dict[str, Any]
) -> HttpResponse | None:
    """Take over what was ticked. None when something stands against a part of it: the page shows what."""
    tokens = request.POST.getlist("piece")
    chosen = [pieces.piece(token) for token in tokens]
    context["chosen"] = set(tokens)
    if None in chosen:
        context["problem"] = STALE
        return None
    if not chosen:
        context["problem"] = "予定に入れるものを、1つは選んでください。"
        return None
    try:
        result = services.accept(
            enrollment=enrollment,
            pieces=[piece for piece in chosen if piece],
            replaced=_replaced(request, enrollment),
            organization=organization,
            by=cast(User, request.user),
            key=request_key(request),
        )
    except KeyReused:
        context["problem"] = STALE
        return None
    if result.refused or result.not_cancelled:
        context["result"] = result
        return None
    said = f"{len(result.accepted)}件を計画に入れました。"
    if result.cancelled:
        said += f"前の計画から{len(result.cancelled)}件を取り消しました。"
    messages.success(request, said)
    return redirect_page(request, reverse("programs:planner", args=[enrollment.public_id]))


def _replaced(request: HttpRequest, enrollment: Enrollment) -> list[Session]:
    """What the new plan takes the place of, also what a first sending of the same form has called off already."""
    ids = []
    for text in request.POST.getlist("replace"):
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    states = [SessionState.REQUESTED, SessionState.CANCELLED]
    return list(enrollment.sessions.filter(public_id__in=ids, room=None, state__in=states).order_by("starts_at"))


def _reasons(refusal: NoPlan | None, form: WantedForm, *, anew: bool) -> list[tuple[str, str]]:
    """Each reason with the address that loosens its rule, "" where that is done elsewhere."""
    if refusal is None:
        return []
    return [
        (reason.text, form.address(dict(reason.change), anew=anew) if reason.change else "")
        for reason in refusal.reasons
    ]
