"""Where the addresses of a person's, a home's, an organization's and one's own calendar are handed out and stopped.

Like every page of a signed-in user these stay in no cache (PrivatePages), so Back does not show an address again.
"""

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calendars import owners
from calendars.domain.entries import CANCELLED_FOR
from calendars.enums import OF_A_PERSON
from calendars.forms import FeedForm
from calendars.models import EMPTY_FOR, FEED_DAYS, CalendarFeed
from calendars.owners import Owner
from calendars.queries import feeds as queries
from calendars.services import feeds
from programs.models import Home
from programs.views.acting import attempt, request_key
from programs.views.links import drawn
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import Organization, Person, User

FORM_ID = "feed-form"
# A month before an address ends its list says so.
ENDS_SOON_DAYS = 30


@require_safe
def feed_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _list_page(request, _person(request, public_id))


@require_POST
def feed_issue(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _issue(request, _person(request, public_id))


@require_safe
def home_feed_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _list_page(request, _home(request, public_id))


@require_POST
def home_feed_issue(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _issue(request, _home(request, public_id))


@require_safe
def own_feed_list(request: HttpRequest) -> HttpResponse:
    return _list_page(request, _own(request))


@require_POST
def own_feed_issue(request: HttpRequest) -> HttpResponse:
    return _issue(request, _own(request))


@require_http_methods(["GET", "HEAD", "POST"])
def feed_rotate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    feed = _feed(request, public_id)
    if request.method != "POST":
        return render_page(request, "calendars/feed_rotate.html", _words(feed))
    return _issued_page(request, feeds.rotate(feed=feed, by=_user(request), key=request_key(request)))


@require_http_methods(["GET", "HEAD", "POST"])
def feed_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """At once, because others have learned the address; or gently, because it is no longer needed."""
    feed = _feed(request, public_id)
    if request.method != "POST":
        return render_page(request, "calendars/feed_revoke.html", _words(feed))
    if request.POST.get("how") == "gently":
        feeds.empty(feed=feed, by=_user(request))
    else:
        feeds.revoke(feed=feed, by=_user(request))
    return redirect_page(request, owners.owner_of(feed).list_url)


def _issue(request: HttpRequest, owner: Owner) -> HttpResponse:
    form = FeedForm(request.POST, owner=owner)
    if not form.is_valid():
        return _list_page(request, owner, form, status=422)
    by, key = _user(request), request_key(request)
    feed = attempt(form, lambda: owner.issue(by=by, key=key, **form.cleaned_data))
    if feed is None:
        return _list_page(request, owner, form, status=409 if form.non_field_errors() else 422)
    return _issued_page(request, feed)


def _person(request: HttpRequest, public_id: UUID) -> Owner:
    person = get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)
    if not _user(request).has_perm("calendars.manage_feeds", person):
        raise PermissionDenied
    return owners.of_person(person)


def _home(request: HttpRequest, public_id: UUID) -> Owner:
    home = get_object_or_404(Home.objects.run_by(_user(request)), public_id=public_id)
    if not _user(request).has_perm("programs.manage_home", home):
        raise PermissionDenied
    return owners.of_home(home)


def _own(request: HttpRequest) -> Owner:
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    if organization is None:
        raise PermissionDenied
    return owners.of_user(_user(request), organization)


def _feed(request: HttpRequest, public_id: UUID) -> CalendarFeed:
    mine = CalendarFeed.objects.visible_to(_user(request)).filter(revoked_at=None)
    feed = get_object_or_404(
        mine.select_related("person", "home", "organization", "user", "created_by"), public_id=public_id
    )
    if feed.person is not None and not _user(request).has_perm("calendars.manage_feeds", feed.person):
        raise PermissionDenied
    return feed


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _words(feed: CalendarFeed) -> dict:
    owner = owners.owner_of(feed)
    return {"feed": feed, "owner": owner, "level": owner.level_name(feed), "empty_days": EMPTY_FOR.days}


def _list_page(request: HttpRequest, owner: Owner, form: FeedForm | None = None, status: int = 200) -> HttpResponse:
    today = clock.today()
    context = {
        "owner": owner,
        "person": owner.person,
        "feeds": [
            (feed, owner.level_name(feed), (feed.expires_on - today).days, feed.is_emptied)
            for feed in queries.feed_rows(owner.feeds())
        ],
        "form": form or FeedForm(owner=owner),
        "soon": ENDS_SOON_DAYS,
        "days": FEED_DAYS,
        "empty_days": EMPTY_FOR.days,
        "cancelled_days": CANCELLED_FOR.days,
    }
    return render_page(request, "calendars/feed_list.html", context, partials={FORM_ID}, status=status)


def _issued_page(request: HttpRequest, feed: CalendarFeed) -> HttpResponse:
    """The only page that ever shows the address; without one when the same form was sent before."""
    address = page_address = ""
    if feed.token:
        address = request.build_absolute_uri(reverse("calendars:feed", args=[feed.token]))
    if feed.token and feed.audience in OF_A_PERSON:
        page_address = request.build_absolute_uri(reverse("calendars:family-page", args=[feed.token]))
    webcal = f"webcal:{address.partition(':')[2]}" if address else ""
    context = {
        **_words(feed),
        "address": address,
        "webcal_address": webcal,
        # Families get to the calendar by their page; whoever works here adds it to the own programs.
        "calendar_qr": drawn(webcal) if webcal and not page_address else "",
        "google_address": f"https://calendar.google.com/calendar/r?{urlencode({'cid': webcal})}",
        "outlook_address": f"https://outlook.office.com/calendar/0/addfromweb?{urlencode({'url': address})}",
        "too_long": len(address) > feeds.LONGEST_ADDRESS,
        "longest": feeds.LONGEST_ADDRESS,
        "page_address": page_address,
        "qr": drawn(page_address) if page_address else "",
    }
    return render_page(request, "calendars/feed_issued.html", context)
