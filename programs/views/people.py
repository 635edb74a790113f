from django.http import HttpRequest, HttpResponse


def people(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def person_create(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def person_detail(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def person_update(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def grant_create(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError
