from django.http import HttpRequest, HttpResponse


def program_list(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def program_adopt(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def limit_change(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError
