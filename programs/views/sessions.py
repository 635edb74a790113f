from django.http import HttpRequest, HttpResponse


def session_detail(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_confirm(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_decline(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_cancel(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_override(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_check_in(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_check_out(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_cut_short(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError


def session_no_show(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise NotImplementedError
