from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@login_not_required
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing: a slow database must not get it killed."""
    return HttpResponse("ok", content_type="text/plain")
