"""Words of the easy view: readings above them, dates and times as people say them (`domain.md` 8.2)."""

import datetime as dt

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from transition.clock import TOKYO
from transition.domain import ruby
from transition.domain.readings import annotate, counted_day
from transition.domain.wareki import weekday_of
from transition.models import Person

register = template.Library()


class Furigana(template.Node):
    def __init__(self, nodes: NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: Context) -> SafeString:
        # What comes in is the rendered page, escaped already; only marks become elements.
        return mark_safe(ruby.in_html(self.nodelist.render(context)))  # noqa: S308


@register.tag
def furigana(parser: Parser, token: Token) -> Furigana:
    """{% furigana %}…{% endfurigana %}: ｜漢字《かんじ》 becomes a ruby element; base_easy.html does it for a page."""
    nodes = parser.parse(("endfurigana",))
    parser.delete_first_token()
    return Furigana(nodes)


@register.filter
def name(value: object) -> SafeString:
    """A name or another word that was typed somewhere, with readings; a typed reading wins."""
    # Every piece is escaped on its way in.
    html = mark_safe(ruby.to_html(annotate(str(value))))  # noqa: S308
    return format_html('<bdi class="name">{}</bdi>', html)


@register.filter
def called(person: Person) -> SafeString:
    """The person as everybody calls them, with readings."""
    return name(person.called) if person.called else format_html("{}さん", name(person.given_kana))


@register.filter
def plain(value: object) -> str:
    """The word without its typed readings."""
    return ruby.plain(str(value))


@register.filter
def easy_date(value: dt.date | None) -> str:
    """12月 5日 土曜日, with readings."""
    if not value:
        return ""
    day = _date(value)
    weekday = f"{weekday_of(day)}曜日"
    return f"{day.month}月《がつ》 {counted_day(day.day)} {weekday}《{_WEEKDAYS[day.weekday()]}ようび》"


@register.filter
def easy_time(value: dt.datetime | dt.time | None) -> str:
    """午前 10時30分; noon is 昼の 12時, because that is what the clock on the wall shows."""
    if not value:
        return ""
    time = value.astimezone(TOKYO).time() if isinstance(value, dt.datetime) else value
    half = "午前《ごぜん》" if time.hour < 12 else "午後《ごご》"
    hour = time.hour % 12
    if time.hour == 12:
        half, hour = "昼《ひる》の", 12
    minute = f"{time.minute}分《{'ふん' if time.minute % 10 in (2, 5, 7, 9) else 'ぷん'}》" if time.minute else ""
    return f"{half} {hour}時《じ》{minute}"


@register.filter
def easy_yen(value: int) -> str:
    """7,440円, with its reading."""
    return f"{value:,}円《えん》"


_WEEKDAYS = ("げつ", "か", "すい", "もく", "きん", "ど", "にち")


def _date(value: dt.date) -> dt.date:
    return value.astimezone(TOKYO).date() if isinstance(value, dt.datetime) else value
