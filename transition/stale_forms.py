"""A form that was sent before with another content: a page that says so, wherever the view has no form to say it in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from transition.services.transactions import KeyReused


class SayWhatIsStale:
    """Nothing was done then; the first sending holds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render(request, "409.html", status=409) if isinstance(exception, KeyReused) else None
