"""Words of the calendars and of their feeds."""

from django.db.models import TextChoices


class Audience(TextChoices):
    """Who reads a feed. Decides whose sessions it carries (calendars.scopes)."""

    FAMILY = "FAMILY", "家族"
    PERSON = "PERSON", "本人"
    HOME = "HOME", "ホーム"
    WORKER = "WORKER", "職員"
    ORGANIZATION = "ORGANIZATION", "組織"


# Audiences that read the sessions of one person.
OF_A_PERSON = (Audience.FAMILY, Audience.PERSON)


class Detail(TextChoices):
    """How much a feed tells; part of the address, so a link can never be widened.

    BUSY     times only: 「予定あり」.
    NEUTRAL  the default for families: what kind of trial, 「お泊まり」「おでかけ」「日中の体験」, and nothing else.
    PLACE    NEUTRAL, and where. The name of a group home tells that its guest has a disability, so a family
             has to choose this knowingly. For a home the room; for workers also the person's code, no name.
    NAMES    PLACE, and the person as they wish to be called: 「はなさん お泊まり」. Never the full name;
             without such a name the title stays as in PLACE.
    """

    BUSY = "BUSY", "予定ありとだけ"
    NEUTRAL = "NEUTRAL", "お泊まり・おでかけなどの種類"
    PLACE = "PLACE", "種類と場所"
    NAMES = "NAMES", "種類と場所と呼び名"


class Variant(TextChoices):
    """In which words one session is stored; what each audience sees at each level: calendars.domain.levels."""

    BUSY = "BUSY", "予定あり"
    NEUTRAL = "NEUTRAL", "種類"
    PLACE = "PLACE", "種類と場所"
    NAMES = "NAMES", "種類と場所と呼び名"
    CODE = "CODE", "種類と場所と記号"
    STAFF_NAMES = "STAFF_NAMES", "種類と場所と呼び名（職員）"
    ROOM = "ROOM", "居室と種類"
    ROOM_NAMES = "ROOM_NAMES", "居室と種類と呼び名"


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
