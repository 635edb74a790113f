"""Where a worker hands out the addresses of a person's calendar, and stops them.

Like every page of a signed-in user these stay in no cache (PrivatePages), so Back does not show an address again.
"""

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calendars.domain.entries import CANCELLED_FOR
from calendars.forms import FeedForm
from calendars.models import FEED_DAYS, CalendarFeed
from calendars.queries import feeds as queries
from calendars.services import feeds
from programs.views.acting import attempt, request_key
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import Person, User

FORM_ID = "feed-form"


@require_safe
def feed_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    return _list_page(request, person, FeedForm())


@require_POST
def feed_issue(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    form = FeedForm(request.POST)
    if not form.is_valid():
        return _list_page(request, person, form, status=422)
    by, key = _user(request), request_key(request)
    feed = attempt(form, lambda: feeds.issue(person=person, by=by, key=key, **form.cleaned_data))
    if feed is None:
        return _list_page(request, person, form, status=409)
    return _issued_page(request, feed)


@require_http_methods(["GET", "HEAD", "POST"])
def feed_rotate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    feed = _feed(request, public_id)
    if request.method != "POST":
        return render_page(request, "calendars/feed_rotate.html", {"feed": feed, "person": feed.person})
    return _issued_page(request, feeds.rotate(feed=feed, by=_user(request), key=request_key(request)))


@require_http_methods(["GET", "HEAD", "POST"])
def feed_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    feed = _feed(request, public_id)
    if request.method != "POST":
        return render_page(request, "calendars/feed_revoke.html", {"feed": feed, "person": feed.person})
    feeds.revoke(feed=feed, by=_user(request))
    return redirect_page(request, _list_url(feed.person))


def _person(request: HttpRequest, public_id: UUID) -> Person:
    person = get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)
    return _checked(request, person)


def _feed(request: HttpRequest, public_id: UUID) -> CalendarFeed:
    mine = CalendarFeed.objects.visible_to(_user(request)).filter(revoked_at=None)
    feed = get_object_or_404(mine.select_related("person", "created_by"), public_id=public_id)
    _checked(request, feed.person)
    return feed


def _checked(request: HttpRequest, person: Person) -> Person:
    if not _user(request).has_perm("calendars.manage_feeds", person):
        raise PermissionDenied
    return person


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _list_url(person: Person) -> str:
    return reverse("calendars:feed-list", args=[person.public_id])


def _list_page(request: HttpRequest, person: Person, form: FeedForm, status: int = 200) -> HttpResponse:
    context = {
        "person": person,
        "feeds": queries.feed_rows(person),
        "form": form,
        "today": clock.today(),
        "days": FEED_DAYS,
        "cancelled_days": CANCELLED_FOR.days,
    }
    return render_page(request, "calendars/feed_list.html", context, partials={FORM_ID}, status=status)


def _issued_page(request: HttpRequest, feed: CalendarFeed) -> HttpResponse:
    """The only page that ever shows the address; without one when the same form was sent before."""
    address = ""
    if feed.token:
        address = request.build_absolute_uri(reverse("calendars:feed", args=[feed.token]))
    context = {
        "person": feed.person,
        "feed": feed,
        "address": address,
        "webcal_address": f"webcal:{address.partition(':')[2]}" if address else "",
    }
    return render_page(request, "calendars/feed_issued.html", context)
