"""Which levels of detail each audience may choose, what they are called there, and in which words they are stored."""

from collections.abc import Mapping

from calendars.enums import OF_A_PERSON, Audience, Detail, Variant

_PERSON = {detail: str(detail.label) for detail in Detail}
_HOME = {
    Detail.BUSY: "予定ありとだけ",
    Detail.PLACE: "居室と時間",
    Detail.NAMES: "居室と時間と呼び名（呼び名は、確定から体験が終わるまで）",
}
_WORKER = {
    Detail.BUSY: "予定ありとだけ",
    Detail.PLACE: "種類と場所と本人の記号（名前なし）",
    Detail.NAMES: "種類と場所と呼び名",
}


def levels(audience: str, *, hosting: bool = False) -> Mapping[Detail, str]:
    """The levels an audience may choose, with their words. `hosting`: an organization that offers rooms."""
    if audience in OF_A_PERSON:
        return _PERSON
    return _HOME if _reads_rooms(audience, hosting) else _WORKER


def default_level(audience: str) -> Detail:
    """Neutral for a family; a room or a code, never a name, for those who work here."""
    return Detail.NEUTRAL if audience in OF_A_PERSON else Detail.PLACE


def variant_of(audience: str, detail: str, *, hosting: bool = False) -> Variant:
    """The stored words that this audience reads at this level. Raises ValueError for a level it does not have."""
    level = Detail(detail)
    if level not in levels(audience, hosting=hosting):
        raise ValueError(f"{audience} has no level {detail}")
    if audience in OF_A_PERSON or level is Detail.BUSY:
        return Variant(level.value)
    if _reads_rooms(audience, hosting):
        return Variant.ROOM if level is Detail.PLACE else Variant.ROOM_NAMES
    return Variant.CODE if level is Detail.PLACE else Variant.STAFF_NAMES


def _reads_rooms(audience: str, hosting: bool) -> bool:
    return audience == Audience.HOME or (audience == Audience.ORGANIZATION and hosting)
