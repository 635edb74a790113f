"""What needs an organization today, in the order in which people wait for it. One module per kind of reader."""

from types import ModuleType

from programs.queries.today import coordinating, hosting, supporting
from programs.queries.today.parts import Action, Hint, Item, Section
from transition import clock
from transition.enums import COORDINATING_KINDS, HOSTING_KINDS, SUPPORTING_KINDS
from transition.models import Organization

__all__ = ["CODES", "Action", "Hint", "Item", "Section", "hint", "sections"]

# A core center supports people as well; as a reader of this page it coordinates.
READERS = ((HOSTING_KINDS, hosting), (COORDINATING_KINDS, coordinating), (SUPPORTING_KINDS, supporting))
# Every section that any reader may have.
CODES = frozenset(
    {
        "stops",
        "remarks",
        "answers",
        "requests",
        "stays",
        "outings",
        "records",
        "lapsing",
        "certificates",
        "residents",
        "due",
    }
    | {"slots", "lost", "homes"}
)


def sections(organization: Organization) -> list[Section]:
    """Every section that has something in it. Eight queries at most, whatever the number of rows."""
    reader = _reader(organization)
    found: list[Section] = reader.sections(organization, clock.now()) if reader else []
    return [section for section in found if section.items]


def hint(organization: Organization) -> Hint:
    """What one could do next when nothing is urgent. Two queries at most."""
    reader = _reader(organization)
    if reader is None:
        return Hint("この所属ですることは、まだありません。体験の予定は、相談支援事業所か施設に聞いてください。")
    found: Hint = reader.hint(organization, clock.today())
    return found


def _reader(organization: Organization) -> ModuleType | None:
    return next((reader for kinds, reader in READERS if organization.kind in kinds), None)
