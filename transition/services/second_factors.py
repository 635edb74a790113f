"""Codes of authenticator apps and recovery codes: each is good once, whoever asks at the same moment."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.core.exceptions import ValidationError

from transition import clock
from transition.domain.text import normalize_digits
from transition.enums import AccountMail
from transition.models import User
from transition.services import account_mails, audit, sign_ins
from transition.services.transactions import RequestKey, lock, writing

LAST_STEP = "last_step"


def steps_of(secret: str, code: str) -> list[int]:
    """The half minutes for which an app shows this code now, one to either side for a clock that is off."""
    now = int(clock.now().timestamp()) // app_settings.TOTP_PERIOD
    near = range(now - app_settings.TOTP_TOLERANCE, now + app_settings.TOTP_TOLERANCE + 1)
    return [
        step for step in near if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
    ]


@writing
def use_code(*, user: User, code: str, by: User) -> Authenticator | None:
    """The factor that the code belongs to, and the code is used up; None when it is wrong or was used before."""
    lock(User, [user.pk])
    code = plain(code)
    factors = Authenticator.objects.filter(user_id=user.pk)
    totp = factors.filter(type=Authenticator.Type.TOTP).first()
    if totp is not None and _use_step(totp, code):
        return totp
    recovery = factors.filter(type=Authenticator.Type.RECOVERY_CODES).first()
    if recovery is not None and RecoveryCodes(recovery).validate_code(code):
        audit.record("user.use_recovery_code", user, by=by)
        return recovery
    return None


@writing
def remember_step(*, user: User, code: str, by: User) -> None:
    """The code with which an app was registered is used up as well."""
    lock(User, [user.pk])
    totp = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).first()
    if totp is not None:
        _use_step(totp, plain(code))


@writing
def reset(*, user: User, by: User | None, key: RequestKey | None = None) -> User:
    """For somebody who has lost everything, after it was made sure who asks: no second factor, no sign-in is left.

    Raises ValidationError for one's own: whoever found an administrator's screen open would get in for good.
    """
    if by is not None and by.pk == user.pk:
        raise ValidationError({"email": "自分のものは、ここでは消せません。ほかの管理者に頼んでください。"})
    lock(User, [user.pk])
    factors = Authenticator.objects.filter(user_id=user.pk)
    count = int(factors.count())
    # Past the signals: they would say that the user has done it.
    factors._raw_delete(factors.db)
    audit.record("user.reset_second_factors", user, by=by, count=count)
    account_mails.tell_of_change(AccountMail.FACTOR_REMOVED, user)
    sign_ins.end_all_of(user, by=by)
    return user


def plain(code: str) -> str:
    """As apps show it, typed in any width and with spaces."""
    return "".join(normalize_digits(code).split()).replace("-", "")


def _use_step(totp: Authenticator, code: str) -> bool:
    later = [step for step in steps_of(decrypt(totp.data["secret"]), code) if step > totp.data.get(LAST_STEP, 0)]
    if not later:
        return False
    totp.data[LAST_STEP] = max(later)
    totp.save(update_fields=["data"])
    return True
