"""What every view that changes something does: name the sending, call one service, put refusals beside fields."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest

from transition.services.transactions import KeyReused, RequestKey

R = TypeVar("R")

STALE = "この画面は古くなっています。内容を確かめて、もう一度送ってください。"


def request_key(request: HttpRequest) -> RequestKey | None:
    """Names this sending of this form by this user, or through this person's link, from the hidden field minted
    into the form."""
    content = {
        name: "\n".join(values)
        for name, values in request.POST.lists()
        if name not in ("idempotency_key", "csrfmiddlewaretoken")
    }
    content["path"] = request.path
    link = getattr(request, "person_link", None)
    user_id, link_id = (None, link.pk) if link else (request.user.pk, None)
    return RequestKey.of(user_id, request.POST.get("idempotency_key", ""), content, link_id)


def attempt(form: forms.Form, act: Callable[[], R]) -> R | None:
    """Call a service. None when it refused: what it said stands beside its field or on top of the form."""
    try:
        return act()
    except ValidationError as error:
        show_validation(form, error)
    except KeyReused:
        form.add_error(None, STALE)
    return None


def show_validation(form: forms.Form, error: ValidationError) -> None:
    """Attach what a service of transition says: beside its field when the form has it, else on top of the form."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for where, said in by_field.items():
        for message in said:
            form.add_error(where if where in form.fields else None, message)
