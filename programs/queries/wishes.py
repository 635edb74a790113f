"""The wish book of one person: its pages, and what was said to each."""

from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Q

from transition.enums import WishChoice
from transition.models import Person, Wish, WishItem


@dataclass(frozen=True, slots=True)
class Page:
    """One page with its answers, the latest first."""

    item: WishItem
    answers: list[Wish] = field(default_factory=list)

    @property
    def latest(self) -> Wish | None:
        return self.answers[0] if self.answers else None

    @property
    def choice(self) -> str:
        return self.answers[0].choice if self.answers else ""


@dataclass(frozen=True, slots=True)
class Book:
    pages: list[Page]

    def chosen(self, choice: str) -> list[Page]:
        """Pages whose latest answer is this one; "" for those nobody has asked about."""
        return [page for page in self.pages if page.choice == choice]

    @property
    def groups(self) -> list[tuple[str, list[Page]]]:
        named = [(choice.label, self.chosen(choice)) for choice in WishChoice]
        return [*named, ("まだ聞いていない", self.chosen(""))]

    @property
    def next_page(self) -> Page | None:
        """The first page nobody has asked about."""
        return next(iter(self.chosen("")), None)

    def after(self, page: Page) -> Page | None:
        """The page that follows, if any."""
        place = self.pages.index(page)
        return self.pages[place + 1] if place + 1 < len(self.pages) else None

    def before(self, page: Page) -> Page | None:
        place = self.pages.index(page)
        return self.pages[place - 1] if place else None


def pages_for(person: Person) -> list[WishItem]:
    """The general pages, an office's own page in place of the general one of the same code."""
    offices = person.support_links.filter(ends_on=None).values("organization")
    rows = WishItem.objects.filter(Q(organization=None) | Q(organization__in=offices), retired_at=None)
    by_code: dict[str, WishItem] = {}
    for item in sorted(rows, key=lambda item: item.organization_id is not None):
        by_code[item.code] = item
    return sorted(by_code.values(), key=lambda item: (item.order, item.pk))


def book_of(person: Person) -> Book:
    """Two queries, whatever the number of pages and answers."""
    wishes = Wish.objects.filter(person=person).select_related("item", "by").order_by("item__code", "-at", "-pk")
    answers = {code: list(said) for code, said in groupby(wishes, key=lambda wish: wish.item.code)}
    return Book([Page(item, answers.get(item.code, [])) for item in pages_for(person)])
