from django.http import HttpRequest, HttpResponse


def board(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def inbox(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def room_create(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def room_nights(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError
