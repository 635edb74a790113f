"""The wish book: what a person says to each picture, kept over time."""

from dataclasses import dataclass

from transition.enums import Expression, WishChoice
from transition.models import Person, User, Wish, WishItem
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@dataclass(frozen=True, slots=True)
class Answer:
    """How a wish was shown; `basis` says from what a supporter concluded it."""

    choice: WishChoice
    expression: Expression = Expression.WORD
    inferred: bool = False
    basis: str = ""
    present: str = ""


@writing
def answer(*, person: Person, item: WishItem, answer: Answer, by: User | None, key: RequestKey | None = None) -> Wish:
    """Keep one answer. Earlier ones stay; the latest holds. `by` None: the person, through their own link.

    Raises ValidationError for what a constraint forbids.
    """
    lock(Person, [person.pk])
    wish = Wish(
        person=person,
        item=item,
        choice=answer.choice,
        expression=answer.expression,
        inferred=answer.inferred,
        basis=answer.basis if answer.inferred else "",
        present=answer.present,
        by=by,
    )
    wish.full_clean(exclude=["by"] if by is None else None)
    wish.save()
    audit.record("wish.answer", wish, by=by, item=item.pk, choice=str(answer.choice))
    return wish


@writing
def load_book(pages: list[dict[str, str]]) -> int:
    """Put the pages of the general book in place, by code; answers and own pages stay. Returns how many changed."""
    changed = 0
    for order, page in enumerate(pages):
        values = {"name": page["name"], "drawing": page["drawing"], "order": order}
        item, made = WishItem.objects.get_or_create(code=page["code"], organization=None, defaults=values)
        if made or any(getattr(item, name) != value for name, value in values.items()):
            WishItem.objects.filter(pk=item.pk).update(**values)
            changed += 1
    return changed
