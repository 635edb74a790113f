"""Signing in: how often one may try, and ending what was begun.

A lock holds for an e-mail address in one network: a stranger elsewhere cannot lock anybody out, and one home behind
one address does not lock its colleagues out. Over all networks an address is only slowed down, and not where it has
signed in before.
"""

import datetime as dt
import math
from collections.abc import Iterable

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from transition.models import User
from transition.services import audit, rates
from transition.services.transactions import RequestKey, lock, writing

# So many tries in such a stretch; whoever goes on after the first wait meets the longer one.
TRIES = ((10, dt.timedelta(minutes=15)), (20, dt.timedelta(hours=1)))
# From all networks together, so that a guess spread over many machines takes years.
SLOWLY = (12, dt.timedelta(minutes=5))
# Letters with an address for a new password.
RESETS_PER_ADDRESS = (3, dt.timedelta(hours=1))
RESETS_PER_NETWORK = (20, dt.timedelta(hours=1))


def wait_for(*, email: str, network: str) -> int:
    """Count one try with a password, before the password is looked at; seconds to wait, or 0.

    Counted first, so that no number of processes at once tries more often than one.
    """
    if wait := _wait_for(f"{email} {network}"):
        return wait
    if UserSession.objects.filter(user__email=email, ip=network.partition("/")[0]).exists():
        return 0
    return _count("sign-in everywhere", email, *SLOWLY)


def succeeded(*, email: str, network: str) -> None:
    """The tries before were the user's own."""
    rates.forget(_name("sign-in", f"{email} {network}", stretch) for _, stretch in TRIES)


def wait_for_code(*, user: User) -> int:
    """The same for codes: whoever gets so far knows the password, so the account itself is locked."""
    return _wait_for(f"code {user.pk}")


def code_succeeded(*, user: User) -> None:
    rates.forget(_name("sign-in", f"code {user.pk}", stretch) for _, stretch in TRIES)


def may_ask_for_reset(*, email: str, network: str) -> bool:
    """Whether a letter goes out; the page says the same either way."""
    by_network = _count("reset from", network, *RESETS_PER_NETWORK)
    return not by_network and not _count("reset for", email, *RESETS_PER_ADDRESS)


def words(seconds: int) -> str:
    """How long to wait, as people say it."""
    wait = f"{seconds}秒" if seconds < 60 else f"{math.ceil(seconds / 60)}分"
    return f"まちがいが続いたため、いまはサインインできません。あと{wait}ほど待ってから、もう一度ためしてください。"


@writing
def end(*, sessions: Iterable[int], by: User, key: RequestKey | None = None) -> None:
    """End some of one's own sign-ins, by their ids; other people's stay."""
    lock(User, [by.pk])
    _end(by, sessions=list(sessions), by=by)


def end_all_of(user: User, *, by: User | None) -> int:
    """Within the caller's transaction: no browser is signed in any more. How many there were."""
    return _end(user, sessions=None, by=by)


def _end(user: User, *, sessions: list[int] | None, by: User | None) -> int:
    found = UserSession.objects.filter(user_id=user.pk)
    if sessions is not None:
        found = found.filter(pk__in=sessions)
    keys = list(found.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    found.delete()
    if keys:
        audit.record("user.end_sign_ins", user, by=by, count=len(keys))
    return len(keys)


def _wait_for(whom: str) -> int:
    return next((wait for allowed, stretch in TRIES if (wait := _count("sign-in", whom, allowed, stretch))), 0)


def _count(what: str, whom: str, allowed: int, stretch: dt.timedelta) -> int:
    return rates.wait_for({_name(what, whom, stretch): allowed}, stretch=stretch)


def _name(what: str, whom: str, stretch: dt.timedelta) -> str:
    # Stretches of different length may begin at the same moment.
    return f"{what} {stretch.total_seconds():.0f} {whom}"
