"""Who takes out a lot at once shows anew who they are, unless they did so within ten minutes: an open screen that
somebody left must not be enough."""

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode

from transition.accounts.adapter import AccountAdapter
from transition.htmx import redirect_page


def is_fresh(request: HttpRequest) -> bool:
    return bool(did_recently_reauthenticate(request))


def ask(request: HttpRequest, back: str) -> HttpResponse:
    """To the page that asks, which leads to `back`, an address of this site, afterwards."""
    ways = AccountAdapter(request).get_reauthentication_methods(request.user)
    return redirect_page(request, f"{ways[0]['url']}?{urlencode({'next': back})}")
