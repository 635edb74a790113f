from django.http import HttpRequest, HttpResponse


def slot_search(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_request(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError
