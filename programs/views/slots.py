from django.http import HttpRequest, HttpResponse


def slot_create(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def slot_detail(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def slot_withdraw(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def slot_confirm_free(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError
