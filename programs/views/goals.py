"""A person's goals: the list, writing one with its levels, closing it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.forms.goals import CloseGoalForm, GoalForm
from programs.queries import goals as queries
from programs.views.acting import attempt, request_key
from programs.views.enrollments import ask, person_of, posted, user_of
from transition.htmx import redirect_page, render_page
from transition.models import Goal, Person
from transition.services import goals as services


@require_safe
def goal_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    context = {
        "person": person,
        "tab": "goals",
        "tree": queries.goal_tree(person),
        "may_change": request.user.has_perm("programs.change_goals", person),
    }
    return render_page(request, "programs/goal_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def goal_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    if not request.user.has_perm("programs.change_goals", person):
        raise PermissionDenied
    return _write(request, person, None)


@require_http_methods(["GET", "HEAD", "POST"])
def goal_update(request: HttpRequest, public_id: UUID) -> HttpResponse:
    goal = _goal(request, public_id)
    return _write(request, goal.person, goal)


@require_http_methods(["GET", "HEAD", "POST"])
def goal_close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    goal = _goal(request, public_id)
    form = CloseGoalForm(posted(request))
    words = {
        "title": "目標を終える",
        "lead": f"「{goal.words}」",
        "button": "終える",
        "done": "目標を終えました。点と記録は残ります。",
    }
    return ask(
        request,
        form,
        words,
        lambda: services.close(goal=goal, by=user_of(request), key=request_key(request), **form.cleaned_data),
        person=goal.person,
        tab="goals",
        back=_list(goal.person),
    )


def _write(request: HttpRequest, person: Person, goal: Goal | None) -> HttpResponse:
    """Write a goal. The button `suggest` only shows the examples of another area; what was typed stays."""
    suggesting = "suggest" in request.POST
    scored = goal is not None and queries.is_scored(goal)
    if suggesting:
        form = GoalForm(person=person, scored=scored, initial=request.POST.dict())
    else:
        form = GoalForm(posted(request), person=person, goal=goal, scored=scored)
    if form.is_bound and form.is_valid():
        key, user = request_key(request), user_of(request)
        written = attempt(
            form,
            lambda: (
                services.add(person=person, by=user, key=key, **form.cleaned_data)
                if goal is None
                else services.change(goal=goal, by=user, key=key, **form.cleaned_data)
            ),
        )
        if written is not None:
            messages.success(request, "目標を保存しました。")
            return redirect_page(request, _list(person))
    context = {"person": person, "tab": "goals", "form": form, "goal": goal}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/goal_form.html", context, partials={"form"}, status=status)


def _goal(request: HttpRequest, public_id: UUID) -> Goal:
    """One that may be changed."""
    goal = get_object_or_404(queries.visible_to(user_of(request)), public_id=public_id)
    if not request.user.has_perm("programs.change_goals", goal.person):
        raise PermissionDenied
    return goal


def _list(person: Person) -> str:
    return reverse("programs:goal-list", args=[person.public_id])
