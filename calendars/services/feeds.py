"""Issues, renews and revokes the secret addresses of feeds."""

import datetime as dt
from contextlib import suppress

from django.db.models import Exists, OuterRef, Q

from calendars import scopes
from calendars.domain.agents import agent_of
from calendars.domain.levels import variant_of
from calendars.enums import Audience, Detail
from calendars.models import EMPTY_FOR, CalendarFeed, default_expiry
from calendars.services import fragments
from programs.domain.problems import Problem, Refused
from programs.models import Home
from transition import clock
from transition.domain import tokens
from transition.enums import HOSTING_KINDS, ConsentKind
from transition.models import Consent, Membership, Organization, Person, User
from transition.services import audit, consents
from transition.services.transactions import NOT_NOW, RequestKey, lock, writing

# Google does not read what has a longer one, and says nothing.
LONGEST_ADDRESS = 256
NOTED_EVERY = dt.timedelta(hours=1)


@writing
def issue(
    *,
    person: Person,
    label: str,
    by: User,
    detail: str = Detail.NEUTRAL,
    audience: str = Audience.FAMILY,
    means: str = "",
    key: RequestKey | None = None,
) -> CalendarFeed:
    """A new address for one person's sessions. `feed.token` holds the secret this one time; it is empty when
    `key` was used before.

    A family reads along only while the person agrees: `means` records how that was said just now. Raises Refused.
    """
    [person] = lock(Person, [person.pk])
    if audience == Audience.FAMILY and not has_agreed(person):
        if not means:
            message = "本人が「体験の予定を家族などに見せる」に同意したことを、どうやって確かめたか選んでください。"
            raise Refused([Problem("feed.consent", message, field="means")])
        consents.record_given(person=person, kind=ConsentKind.CALENDAR, means=means, by=by)
    return _issue(CalendarFeed(person=person, audience=audience, detail=detail, label=label), by=by)


@writing
def issue_for_home(
    *, home: Home, label: str, by: User, detail: str = Detail.PLACE, key: RequestKey | None = None
) -> CalendarFeed:
    """A new address for all stays of one home. `feed.token` as with `issue`."""
    lock(Home, [home.pk])
    return _issue(CalendarFeed(home=home, audience=Audience.HOME, detail=detail, label=label), by=by)


@writing
def issue_for_organization(
    *, organization: Organization, label: str, by: User, detail: str = Detail.PLACE, key: RequestKey | None = None
) -> CalendarFeed:
    """A new address for everything an organization works with. `feed.token` as with `issue`."""
    lock(Organization, [organization.pk])
    feed = CalendarFeed(organization=organization, audience=Audience.ORGANIZATION, detail=detail, label=label)
    return _issue(feed, by=by)


@writing
def issue_for_worker(
    *, user: User, organization: Organization, label: str, detail: str = Detail.PLACE, key: RequestKey | None = None
) -> CalendarFeed:
    """A new address for one's own people and escorts in one organization. `feed.token` as with `issue`."""
    lock(Organization, [organization.pk])
    feed = CalendarFeed(user=user, organization=organization, audience=Audience.WORKER, detail=detail, label=label)
    return _issue(feed, by=user)


def has_agreed(person: Person) -> bool:
    """Whether the person lets others read along today."""
    return Consent.objects.given(ConsentKind.CALENDAR, clock.today()).filter(person=person).exists()


def _issue(feed: CalendarFeed, *, by: User) -> CalendarFeed:
    hosting = feed.organization is not None and feed.organization.kind in HOSTING_KINDS
    variant_of(feed.audience, feed.detail, hosting=hosting)  # ValueError for a level this audience does not have
    feed.created_by = by
    feed.scope = scopes.fingerprint(feed)
    feed.next_change_at = fragments.next_change_of(feed, clock.now())
    feed.token = _give_token(feed)
    feed.save()
    audit.record("feed.issue", feed, by=by, audience=str(feed.audience), detail=str(feed.detail), **_owner(feed))
    return feed


def _owner(feed: CalendarFeed) -> dict[str, int]:
    """Whose it is when it is no person's, as evidence says it."""
    organization = feed.home.organization_id if feed.home else feed.organization_id
    owner = {"home": feed.home_id, "organization": organization}
    return {name: pk for name, pk in owner.items() if pk}


@writing
def rotate(*, feed: CalendarFeed, by: User, key: RequestKey | None = None) -> CalendarFeed:
    """Another address for the same reader; the old one is dead at once. `feed.token` as with `issue`."""
    (feed,) = lock(CalendarFeed, [feed.pk])
    if feed.revoked_at is not None or feed.is_emptied:
        return feed
    feed.token = _give_token(feed)
    feed.expires_on = default_expiry()
    feed.last_fetched_at, feed.last_agent = None, ""
    feed.save()
    # It may have run out meanwhile, and then nobody has moved it along with the entries.
    fragments.move(CalendarFeed.objects.filter(pk=feed.pk), clock.now())
    audit.record("feed.rotate", feed, by=by, **_owner(feed))
    return feed


@writing
def revoke(*, feed: CalendarFeed, by: User, key: RequestKey | None = None) -> CalendarFeed:
    """The address is dead at once, as if it had never been. What was fetched before cannot be called back."""
    (feed,) = lock(CalendarFeed, [feed.pk])
    if feed.revoked_at is None:
        feed.revoked_at, feed.revoked_by = clock.now(), by
        feed.save()
        audit.record("feed.revoke", feed, by=by, **_owner(feed))
    return feed


@writing
def empty(*, feed: CalendarFeed, by: User, key: RequestKey | None = None) -> CalendarFeed:
    """End gently: an empty calendar for a month, so that readers drop what they hold; then as if it had never been."""
    (feed,) = lock(CalendarFeed, [feed.pk])
    if feed.revoked_at is None and feed.emptied_at is None:
        _empty(feed, by=by)
    return feed


def _empty(feed: CalendarFeed, *, by: User) -> None:
    now = clock.now()
    feed.emptied_at, feed.emptied_by = now, by
    feed.expires_on = max(feed.expires_on, clock.local_date(now + EMPTY_FOR))
    feed.save()
    fragments.move(CalendarFeed.objects.filter(pk=feed.pk), now)
    audit.record("feed.empty", feed, by=by, **_owner(feed))


def empty_of_member(*, user: User, organization: Organization, by: User | None) -> None:
    """Within the caller's transaction: somebody leaves, and every calendar of theirs there ends for good.

    Gently, so that telephones drop what they hold instead of keeping it; revoked after a month.
    """
    own = CalendarFeed.objects.filter(user=user, organization=organization, revoked_at=None, emptied_at=None)
    for feed in own.select_related("created_by").order_by("pk"):
        _empty(feed, by=by or feed.created_by)


def revoke_of_former_members() -> int:
    """Whoever left an organization a month ago: that calendar has been empty since, and now is no more. Returns how
    many there were."""
    left = Membership.objects.filter(user=OuterRef("user"), organization=OuterRef("organization"))
    found = CalendarFeed.objects.filter(
        ~Exists(left.filter(Q(ended_at=None) | Q(ended_at__gt=clock.now() - EMPTY_FOR))),
        audience=Audience.WORKER,
        revoked_at=None,
    )
    ended = list(found.select_related("created_by"))
    for feed in ended:
        revoke(feed=feed, by=feed.created_by)
    return len(ended)


def note_fetch(*, feed: CalendarFeed, user_agent: str) -> None:
    """Remember, once an hour at most, that a program has read the feed.

    A single statement outside any transaction; a database too busy for it must not cost anybody the calendar.
    """
    now = clock.now()
    if feed.last_fetched_at is None or now - feed.last_fetched_at >= NOTED_EVERY:
        with suppress(*NOT_NOW):
            CalendarFeed.objects.filter(pk=feed.pk).update(last_fetched_at=now, last_agent=agent_of(user_agent))


def _give_token(feed: CalendarFeed) -> str:
    token, feed.token_hash = tokens.new()
    return token
