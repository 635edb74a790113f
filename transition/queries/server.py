"""The machine below: is there a backup of last night, room on the disk, a certificate that still holds."""

import datetime as dt
import shutil
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from django.conf import settings

from transition import clock, outages
from transition.enums import RunState
from transition.figures import Figure
from transition.models import JobRun, Pulse
from transition.services import pulses

# One a night, and two hours of patience.
BACKUP_LATE = dt.timedelta(hours=26)
DISK_ALARM_SHARE = 0.20
CERTIFICATE_ALARM_DAYS = 14
# The run of the night that looks at every seal of the last 90 days (services/consistency.py).
CHAIN_JOB = "consistency"
CHAIN_LATE = dt.timedelta(hours=50)


def is_safe() -> bool:
    """Whether what is written now would outlive this machine, and still finds room. Where no key is set, such as in
    the demo, no backup is expected."""
    if settings.BACKUP_KEY and not backup_age() < BACKUP_LATE:
        return False
    return outages.is_room_for_uploads()


def backup_age() -> dt.timedelta:
    """Very long when there is none."""
    at = Pulse.objects.filter(name=pulses.BACKUP).values_list("at", flat=True).first()
    return clock.now() - at if at else dt.timedelta.max


def figures() -> Iterable[Figure]:
    """In 2 queries; -1 stands for what nobody knows."""
    age = backup_age()
    never = age == dt.timedelta.max
    yield Figure(
        "backup_age_seconds",
        "最後のバックアップから",
        -1 if never else round(age.total_seconds()),
        alarm=age >= BACKUP_LATE if settings.BACKUP_KEY else False,
        words=_backup_words(age),
    )
    usage = shutil.disk_usage(outages.upload_folder())
    free = usage.free / usage.total
    yield Figure(
        "disk_free_ratio", "ディスクの空き", round(free, 3), alarm=free < DISK_ALARM_SHARE, words=f"{free:.0%}"
    )
    yield Figure("disk_free_bytes", "空きの大きさ", usage.free, words=f"{usage.free / 1_000_000_000:,.1f} GB")
    checked = (
        JobRun.objects.filter(job=CHAIN_JOB, state=RunState.DONE)
        .order_by("-on")
        .values_list("finished_at", flat=True)
        .first()
    )
    since = clock.now() - checked if checked else None
    yield Figure(
        "chain_verified_age_seconds",
        "監査記録の封を確かめてから",
        round(since.total_seconds()) if since else -1,
        alarm=since is not None and since > CHAIN_LATE,
        words=_hours(since) if since else "まだ",
    )
    if (days := certificate_days()) is not None:
        yield Figure("certificate_days", "証明書の残り", days, "日", alarm=days < CERTIFICATE_ALARM_DAYS)


def certificate_days() -> int | None:
    """How long the first certificate in CERTIFICATE_FILE still holds; None when none can be read."""
    if not settings.CERTIFICATE_FILE:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(Path(settings.CERTIFICATE_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return (certificate.not_valid_after_utc - clock.now()).days


def _backup_words(age: dt.timedelta) -> str:
    if age != dt.timedelta.max:
        return _hours(age)
    return "まだありません" if settings.BACKUP_KEY else "設定されていません（BACKUP_KEY）"


def _hours(span: dt.timedelta) -> str:
    return f"{span.total_seconds() / 3600:,.0f}時間"
