"""A family's own page, at the same secret as their calendar. No account, no session, no cookie, no script.

The secret is all the authority there is, so a form needs no other token: whoever can send it can read the page.
"""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from calendars.domain.family_words import day
from calendars.enums import OF_A_PERSON
from calendars.forms import RemarkForm
from calendars.models import CalendarFeed
from calendars.queries import family_page as queries
from calendars.queries.family_parts import FamilyPage
from calendars.queries.feeds import live_feed
from calendars.services import visits
from calendars.views.feed import NOT_ALLOWED, PRIVATE, SAFE_METHODS, TEXT, not_found, open_to_all
from programs.models import Session
from programs.services import voices
from programs.views.acting import attempt
from programs.views.photos import picture
from transition import clock
from transition.domain.networks import network_of
from transition.services.transactions import RequestKey

METHODS = (*SAFE_METHODS, "POST")
NO_STORE = {**PRIVATE, "Cache-Control": "private, no-store"}


@open_to_all
@sensitive_variables("token")
def family_page(request: HttpRequest, token: str) -> HttpResponse:
    """The page, or the feed's own 404 for everything that is not a live address of a person."""
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS, NOT_ALLOWED, content_type=TEXT, headers=PRIVATE)
    found = live_feed(token, now=clock.now())
    if found is None or found.audience not in OF_A_PERSON:
        return not_found(request)
    sends = request.method == "POST"
    if seconds := _wait(request, found, visits.SENDINGS if sends else visits.PAGES):
        return _busy(request, seconds)
    feed = queries.page_feed(found)
    if not queries.is_shown(feed):
        return _answer(request, "calendars/family_closed.html", {"ended": feed.is_emptied})
    if sends:
        return _take_remark(request, token, feed)
    if request.method == "GET":
        visits.note_look(feed=feed)
    return _page(request, token, feed, RemarkForm)


@open_to_all
@sensitive_variables("token")
def family_photo(request: HttpRequest, token: str, public_id: UUID, size: str) -> HttpResponse:
    """One photo of a report; whether it may be seen is asked at each look."""
    if request.method not in SAFE_METHODS:
        return HttpResponseNotAllowed(SAFE_METHODS, NOT_ALLOWED, content_type=TEXT, headers=PRIVATE)
    found = live_feed(token, now=clock.now())
    if found is None or found.audience not in OF_A_PERSON:
        return not_found(request)
    if seconds := _wait(request, found, visits.PHOTOS):
        return _busy(request, seconds)
    photo = queries.reported_photo(queries.page_feed(found), public_id)
    name = {"large": photo.large, "small": photo.small}.get(size) if photo else None
    if name is None:
        return not_found(request)
    try:
        response = picture(name)
    except Http404:
        return not_found(request)
    for header, value in NO_STORE.items():
        response.headers[header] = value
    return response


def _take_remark(request: HttpRequest, token: str, feed: CalendarFeed) -> HttpResponse:
    page = queries.family_page(feed)
    form = RemarkForm(request.POST, sessions=page.open_to_remarks)
    if form.is_valid():
        text = form.cleaned_data["text"]
        session = Session.objects.get(public_id=form.cleaned_data["session"], person=feed.person_id)
        content = {"session": str(session.public_id), "text": text}
        key = RequestKey.of(None, request.POST.get("idempotency_key", ""), content, sender=feed.public_id)
        if attempt(
            form,
            lambda: voices.leave_remark(session=session, sender=feed.public_id, who=feed.label, text=text, key=key),
        ):
            url = reverse("calendars:family-page", args=[token])
            return HttpResponseRedirect(f"{url}?sent=1#remarks", headers=NO_STORE)
    return _page(request, token, feed, form, page, status=422)


def _page(
    request: HttpRequest,
    token: str,
    feed: CalendarFeed,
    form: Any,
    page: FamilyPage | None = None,
    status: int = 200,
) -> HttpResponse:
    page = page or queries.family_page(feed, request.GET.get("month", ""))
    address = request.build_absolute_uri(reverse("calendars:feed", args=[token]))
    context = {
        "page": page,
        "form": form(sessions=page.open_to_remarks) if form is RemarkForm else form,
        "token": token,
        "page_url": reverse("calendars:family-page", args=[token]),
        "webcal_address": f"webcal:{address.partition(':')[2]}",
        "sent": "sent" in request.GET,
        "until": day(page.ends_on, page.today) if page.ends_on else "",
        "longest": voices.LONGEST_REMARK,
    }
    return _answer(request, "calendars/family_page.html", context, status=status)


def _busy(request: HttpRequest, seconds: int) -> HttpResponse:
    response = _answer(request, "calendars/family_busy.html", {"minutes": -(-seconds // 60)}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _answer(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    for header, value in NO_STORE.items():
        response.headers[header] = value
    return response


def _wait(request: HttpRequest, feed: CalendarFeed, kind: str) -> int:
    network = network_of(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    return visits.wait_for(feed=feed, kind=kind, network=network)
