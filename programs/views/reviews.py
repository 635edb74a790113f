"""Looking back: what was reached, shown with its scores, and the review that is held on it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from programs.forms.reviews import ReviewForm
from programs.queries import reviews as queries
from programs.services import reviews as services
from programs.views.acting import attempt, request_key
from programs.views.enrollments import posted, url_of, user_of
from transition import clock
from transition.htmx import redirect_page, render_page


@require_http_methods(["GET", "HEAD", "POST"])
def review_hold(request: HttpRequest, public_id: UUID, month: int) -> HttpResponse:
    """Everybody who sees the enrollment may read; those who may change it hold the review, once."""
    rows = queries.for_reader(user_of(request))
    review = get_object_or_404(rows, enrollment__public_id=public_id, month=month)
    if request.method == "POST" and not request.user.has_perm("programs.change_enrollment", review.enrollment):
        raise PermissionDenied
    page = queries.page(review, clock.today())
    form = ReviewForm(posted(request), goals=page.goals)
    if form.is_bound and form.is_valid():
        held = attempt(
            form,
            lambda: services.hold(review=review, by=user_of(request), key=request_key(request), **form.values()),
        )
        if held is not None:
            messages.success(request, f"{held.month}か月の振り返りを記録しました。")
            return redirect_page(request, url_of(review.enrollment))
    context = {
        "person": review.enrollment.person,
        "tab": "enrollments",
        "enrollment": review.enrollment,
        "review": review,
        "page": page,
        "form": form,
        "goal_fields": [(goal, *form.goal_fields(goal)) for goal in page.goals],
        "asks": (review.may_hold and review.held_on is None) or form.is_bound,  # type: ignore[attr-defined]
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/review.html", context, partials={"form"}, status=status)
