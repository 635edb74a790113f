"""Words of the calendars and of their feeds."""

from django.db.models import TextChoices


class Audience(TextChoices):
    """Who reads a feed. Decides whose sessions it carries; further audiences come with their own scope."""

    FAMILY = "FAMILY", "家族"


class Detail(TextChoices):
    """How much a feed tells; part of the address, so a link can never be widened.

    BUSY     times only: 「予定あり」.
    NEUTRAL  the default: what kind of trial, 「お泊まり」「おでかけ」「日中の体験」, and nothing else.
    PLACE    NEUTRAL, and where: name and municipality of the home. The name of a group home tells that
             its guest has a disability, so somebody has to choose this knowingly.
    NAMES    PLACE, and the person as they wish to be called: 「はなさん お泊まり」. Never the full name;
             without such a name the title stays as in PLACE.
    """

    BUSY = "BUSY", "予定ありとだけ"
    NEUTRAL = "NEUTRAL", "お泊まり・おでかけなどの種類"
    PLACE = "PLACE", "種類と場所"
    NAMES = "NAMES", "種類と場所と呼び名"


class Agent(TextChoices):
    """The program that last fetched a feed, by family only: the exact version would be a fingerprint."""

    GOOGLE = "GOOGLE", "Googleカレンダー"
    APPLE = "APPLE", "iPhone・iPad・Mac"
    OUTLOOK = "OUTLOOK", "Outlook"
    THUNDERBIRD = "THUNDERBIRD", "Thunderbird"
    NEXTCLOUD = "NEXTCLOUD", "Nextcloud"
    ICSX5 = "ICSX5", "ICSx⁵（Android）"
    BROWSER = "BROWSER", "ブラウザー"
    OTHER = "OTHER", "そのほか"


class CalendarView(TextChoices):
    """How much of a calendar is looked at; the code stands in the address."""

    MONTH = "month", "月"
    WEEK = "week", "週"
    DAY = "day", "日"
