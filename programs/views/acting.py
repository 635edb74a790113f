"""What every view that changes something does, where a service may refuse with problems."""

from collections.abc import Callable
from typing import TypeVar

from django import forms

from programs.domain.problems import Problem, Refused
from transition.views import sending
from transition.views.sending import STALE, request_key, show_validation

__all__ = ["STALE", "attempt", "request_key", "show", "show_validation"]

R = TypeVar("R")


def attempt(form: forms.Form, act: Callable[[], R]) -> R | None:
    """Call a service. None when it refused: problems that name a field stand beside it, all others in
    `form.problems` for components/problems.html, or on top of the form where transition's services refuse."""
    try:
        return sending.attempt(form, act)
    except Refused as refused:
        show(form, refused.problems)
    return None


def show(form: forms.Form, problems: list[Problem]) -> None:
    """Attach problems to a form: beside their field when the form has it, else in `form.problems`."""
    beside = [problem for problem in problems if problem.field in form.fields]
    for problem in beside:
        form.add_error(problem.field, problem.message)
    form.problems = [problem for problem in problems if problem not in beside]  # type: ignore[attr-defined]
