"""The tabs of a person: which there are, in which group, and which one is open. A tab is an address."""

from dataclasses import dataclass

from django import template
from django.urls import NoReverseMatch, reverse

from transition.models import Person

register = template.Library()

# (title of the group, its tabs: code, address, label).
GROUPS = (
    (
        "いま",
        (
            ("person", "programs:person-detail", "いま"),
            ("calendar", "calendars:person-calendar", "予定表"),
            ("sessions", "programs:person-sessions", "体験"),
            ("story", "programs:story", "あゆみ"),
        ),
    ),
    (
        "希望と目標",
        (
            ("wishes", "programs:wishes", "やってみたいこと"),
            ("goals", "programs:goal-list", "目標"),
            ("intentions", "programs:intention-history", "意向確認"),
            ("enrollments", "programs:enrollment-list", "事業の利用"),
        ),
    ),
    (
        "書類とつながり",
        (
            ("documents", "programs:document-list", "書類"),
            ("contacts", "programs:contact-list", "連絡先"),
            ("consents", "programs:consent-list", "同意"),
            ("feeds", "calendars:feed-list", "家族の予定表"),
            ("links", "programs:person-link-list", "本人用リンク"),
            ("views", "programs:person-views", "だれが見たか"),
            ("disclosures", "programs:disclosure-list", "開示・訂正"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Menu:
    groups: list[tuple[str, list[Tab]]]

    @property
    def current(self) -> str:
        return next((tab.label for _, tabs in self.groups for tab in tabs if tab.is_current), "えらぶ")


@register.simple_tag
def person_tabs(person: Person, current: str) -> Menu:
    """Without those whose address this installation does not have."""
    return Menu([(title, _tabs(person, current, rows)) for title, rows in GROUPS])


def _tabs(person: Person, current: str, rows: tuple[tuple[str, str, str], ...]) -> list[Tab]:
    found = []
    for code, name, label in rows:
        try:
            url = reverse(name, args=[person.public_id])
        except NoReverseMatch:
            continue
        found.append(Tab(label, url, code == current))
    return found
