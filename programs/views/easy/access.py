"""Who is looking at the easy view: a person through their own link, or signed in.

Every view under /me/ stands behind `easy_view`. A link is asked for again at every request, so a stopped one is gone
at once. When a link and a sign-in are in the same browser, the link's person is shown.
"""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse

from programs.queries.links import live_link
from transition.htmx import redirect_page, render_page
from transition.models import Person, PersonLink, User
from transition.services import links
from transition.services.links import SESSION_KEY

HEADERS = {
    "Cache-Control": "no-store",
    # Not no-referrer: with it browsers send forms with `Origin: null`, which Django refuses. The secret address itself
    # answers no-referrer and leads away at once.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def easy_view(view: View[P]) -> View[P]:
    """Gives the view `request.person`, and `request.person_link` or None. Nobody: how to get in, with 403.

    Three queries: the browser's session, its link or its user, and then the user's person. Writing views pass
    `by=acting_user(request), key=request_key(request)` to services.
    """

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person, link = who(request)
        request.person, request.person_link = person, link  # type: ignore[attr-defined]
        response = view(request, *args, **kwargs) if person else _outside(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return login_not_required(inner)


def who(request: HttpRequest) -> tuple[Person | None, PersonLink | None]:
    """The person who looks, and the link through which; outside the easy view too, as for a picture."""
    pk = request.session.get(SESSION_KEY)
    if pk is not None:
        link = live_link(pk)
        if link is not None:
            links.note_use(link=link)
            return link.person, link
        forget_link(request)
    if request.user.is_authenticated:
        return Person.objects.filter(user=request.user).first(), None
    return None, None


def acting_user(request: HttpRequest) -> User | None:
    """Who stands behind what is done here; None: the person, through their link."""
    link = request.person_link  # type: ignore[attr-defined]
    return None if link or not isinstance(request.user, User) else request.user


def forget_link(request: HttpRequest) -> None:
    """The link goes out of the browser; a sign-in stays, for as long as a sign-in lasts."""
    if not request.user.is_authenticated:
        request.session.flush()
        return
    request.session.pop(SESSION_KEY, None)
    request.session.set_expiry(None)


def _outside(request: HttpRequest) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        # The link ended while a page stood open: the whole page says so.
        return redirect_page(request, request.path if request.method in ("GET", "HEAD") else "/me/")
    return render_page(request, "easy/enter.html", status=403)
