"""Homes and rooms: registering them from published lists, and keeping rooms."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from programs.domain.counts import Counts
from programs.domain.home_lists import DAMAGE, HomeRow, RefusedRow, SkippedRow
from programs.domain.problems import Problem, Refused
from programs.enums import RoomUse
from programs.models import Home, Room, Session, Slot
from transition import clock
from transition.domain.text import clean_line, search_key
from transition.enums import OrganizationKind
from transition.models import AuditEvent, Organization, User
from transition.services import audit
from transition.services.transactions import ConstraintBroken, RequestKey, broken_constraint, lock, writing

# Rows per transaction: long enough to be fast, short enough to let others write in between.
BATCH: Final = 200
LONGEST_KEY: Final = 400
OFFICE_ONLY: Final = "ホームごとに登録済みの事業所（事業所だけを更新）"


@dataclass(slots=True)
class ImportReport:
    """What an import did; rows = homes created + changed + unchanged, refused and skipped."""

    rows: int = 0
    offices: Counts = field(default_factory=Counts)
    homes: Counts = field(default_factory=Counts)
    refused: list[RefusedRow] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    doubts: list[tuple[int, str]] = field(default_factory=list)
    dry_run: bool = False

    def add(self, part: "ImportReport") -> None:
        self.offices += part.offices
        self.homes += part.homes
        self.refused += part.refused
        self.skipped += part.skipped


def import_rows(
    rows: Iterable[HomeRow | RefusedRow | SkippedRow],
    *,
    by: User | None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Register offices and homes of a published list; what has not changed is not written.

    An office is found by its number, a home by branch or, without one, by name. A value the list does not give, or
    gives with unreadable letters, never replaces one we have; rooms, slots and memberships are left alone. Each
    batch is one transaction and each row a savepoint in it, so one row's refusal is nobody else's. `dry_run` does
    the same and rolls every batch back. `progress` is told (rows done, rows in all).
    """
    report = ImportReport(dry_run=dry_run)
    offices: dict[str, list[HomeRow]] = defaultdict(list)
    for row in rows:
        report.rows += 1
        match row:
            case RefusedRow():
                report.refused.append(row)
            case SkippedRow():
                report.skipped.append(row)
            case HomeRow():
                offices[row.office_number].append(row)
                report.doubts += [(row.line, doubt) for doubt in row.doubts]
    run = uuid.uuid4().hex
    done = report.rows - sum(map(len, offices.values()))
    for batch in _batches(offices.values()):
        report.add(_import_batch(batch=batch, by=by, dry_run=dry_run, run=run))
        done += sum(map(len, batch))
        if progress:
            progress(done, report.rows)
    report.refused.sort(key=lambda row: row.line)
    report.skipped.sort(key=lambda row: row.line)
    if not dry_run:
        _record_run(report=report, run=run, by=by)
    return report


def _batches(offices: Iterable[list[HomeRow]]) -> Iterator[list[list[HomeRow]]]:
    """Whole offices together, about BATCH rows at a time."""
    batch: list[list[HomeRow]] = []
    for rows in offices:
        batch.append(rows)
        if sum(map(len, batch)) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@writing
def _import_batch(*, batch: list[list[HomeRow]], by: User | None, dry_run: bool, run: str) -> ImportReport:
    numbers = [rows[0].office_number for rows in batch]
    known = Organization.objects.filter(kind=OrganizationKind.GROUP_HOME, office_number__in=numbers)
    organizations = {office.office_number: office for office in lock(Organization, known.values_list("pk", flat=True))}
    homes: dict[int, list[Home]] = defaultdict(list)
    for home in Home.objects.filter(organization__in=[office.pk for office in organizations.values()]):
        homes[home.organization_id].append(home)
    part = ImportReport()
    for rows in batch:
        office = organizations.get(rows[0].office_number)
        _Office(office, homes[office.pk] if office else [], by=by, run=run).take(rows, part)
    if dry_run:
        transaction.set_rollback(True)
    return part


@writing
def _record_run(*, report: ImportReport, run: str, by: User | None) -> None:
    AuditEvent.objects.create(
        action="home_list.import",
        subject_type="home_list",
        subject_id=run,
        actor=by.pk if by else None,
        data={
            "rows": report.rows,
            "offices_created": report.offices.created,
            "offices_changed": report.offices.changed,
            "homes_created": report.homes.created,
            "homes_changed": report.homes.changed,
            "refused": len(report.refused),
        },
    )


class _Office:
    """One office of the list with its homes, as far as we know them."""

    def __init__(self, office: Organization | None, homes: list[Home], *, by: User | None, run: str) -> None:
        self.office = office or Organization(kind=OrganizationKind.GROUP_HOME)
        # The name under which a list of offices would have registered the only home.
        self.name_before = self.office.name
        self.homes = homes
        self.by, self.run = by, run

    def take(self, rows: Sequence[HomeRow], part: ImportReport) -> None:
        first = rows[0]
        refusal = self._write(
            self.office,
            {
                "office_number": first.office_number,
                "name": first.office_name,
                "corporation_name": first.corporation_name,
                "postal_code": first.postal_code,
                "address": first.address,
                "phone": first.phone,
            },
            part.offices,
        )
        if refusal:
            part.refused += [RefusedRow(row.line, refusal) for row in rows]
            return
        for row in rows:
            home = self._find(row, alone=len(rows) == 1)
            if home is None:
                part.skipped.append(SkippedRow(row.line, OFFICE_ONLY))
            elif refusal := self._write(home, _values_of(row), part.homes):
                part.refused.append(RefusedRow(row.line, refusal))

    def _find(self, row: HomeRow, *, alone: bool) -> Home | None:
        """The row's home, taken out of the known ones; a new one; or None when the list knows only the office."""
        without_branch = [home for home in self.homes if not home.branch]
        same_name = [home for home in self.homes if search_key(home.name) == search_key(row.name)]
        if row.branch:
            found = [home for home in self.homes if home.branch == row.branch]
            found = found or [home for home in same_name if not home.branch]
        else:
            found = [home for home in without_branch if home.name == row.name]
            found = found or [home for home in same_name if not home.branch] or same_name
        if not found and not row.names_home and self.homes:
            renamed = alone and len(self.homes) == 1 and self.homes[0].name == self.name_before
            if renamed and without_branch:
                found = self.homes[:]
            elif alone or without_branch != self.homes:
                return None
        if found:
            self.homes.remove(found[0])
            return found[0]
        return Home(organization=self.office)

    def _write(self, thing: Organization | Home, values: Mapping[str, Any], counts: Counts) -> str:
        """Create or change a row in a savepoint of its own. Returns why not, "" when all is well."""
        adding = thing._state.adding
        changed = [name for name, value in values.items() if _replaces(getattr(thing, name), value)]
        for name in changed:
            setattr(thing, name, values[name])
        texts = [thing.name, thing.corporation_name] if isinstance(thing, Organization) else [thing.name]
        key = search_key(" ".join(texts))[:LONGEST_KEY]
        if thing.search_key != key:
            thing.search_key = key
            changed.append("search_key")
        if not changed and not adding:
            counts.unchanged += 1
            return ""
        try:
            thing.clean_fields(exclude=["organization", "municipality", "public_id"])
            with transaction.atomic():
                thing.save(update_fields=None if adding else changed)
                kind = thing._meta.model_name
                verb = "create" if adding else "change"
                audit.record(f"{kind}.{verb}", thing, by=self.by, run=self.run, fields=changed)
        except ValidationError as error:
            return "".join(error.messages)
        except IntegrityError as error:
            return _meaning(type(thing), broken_constraint(error))
        if adding:
            counts.created += 1
        else:
            counts.changed += 1
        return ""


def _values_of(row: HomeRow) -> dict[str, str | int | dt.date | None]:
    values = {
        "name": row.name,
        "branch": row.branch,
        "home_type": row.home_type,
        "area": row.area,
        "capacity": row.capacity,
        "designated_on": row.designated_on,
    }
    if not row.names_home:
        # A list of offices gives the place itself; a list of homes gives only where the office is.
        values |= {"postal_code": row.postal_code, "address": row.address, "phone": row.phone}
    return values


def _replaces(old: Any, new: Any) -> bool:
    if new in ("", None) or old == new:
        return False
    return not (old and isinstance(new, str) and DAMAGE in new)


def _meaning(model: type[models.Model], constraint: str) -> str:
    for known in model._meta.constraints:
        if known.name == constraint:
            return str(known.get_violation_error_message())
    return "ほかの登録とぶつかりました。もう一度お試しください。"


def add_room(*, home: Home, name: str, use: str = RoomUse.TRIAL, by: User, key: RequestKey | None = None) -> Room:
    """One bed more in a home. Refused when the home has a room of that name, or as many as its capacity."""
    try:
        return _add_room(home=home, name=clean_line(name), use=use, by=by, key=key)
    except ConstraintBroken as broken:
        if broken.name != "room_name_unique_per_home":
            raise
        raise Refused([Problem("room.name_taken", _meaning(Room, broken.name), field="name")]) from broken


def capacity_problem(home: Home) -> Problem | None:
    """Why the home takes no further room, if it does not."""
    rooms = home.rooms.count()
    if home.capacity is None or rooms < home.capacity:
        return None
    message = (
        f"{home.name}の定員は{home.capacity}人で、居室がもう{rooms}室あります。"
        "定員が変わったときは、市町村に登録を直してもらってください。"
    )
    return Problem("room.capacity", message, numbers={"capacity": home.capacity, "rooms": rooms})


@writing
def _add_room(*, home: Home, name: str, use: str, by: User, key: RequestKey | None) -> Room:
    [home] = lock(Home, [home.pk])
    if problem := capacity_problem(home):
        raise Refused([problem])
    if not name:
        raise Refused([Problem("room.name", "居室の名称を入力してください。", field="name")])
    room = Room(home=home, name=name, use=use)
    try:
        room.clean_fields(exclude=["home", "public_id"])
    except ValidationError as error:
        problems = [
            Problem(f"room.{where}", message, field=where)
            for where, messages in error.message_dict.items()
            for message in messages
        ]
        raise Refused(problems) from error
    room.save()
    audit.record("room.create", room, by=by, home=home.pk, use=str(use))
    return room


@writing
def change_room_use(*, room: Room, use: str, by: User, key: RequestKey | None = None) -> Room:
    """Say whether a resident pays for the room. Refused while the room is still offered or has stays ahead."""
    [room] = lock(Room, [room.pk])
    if room.use == use:
        return room
    if use == RoomUse.RENTED and (problems := _still_promised(room)):
        raise Refused(problems)
    before, room.use = room.use, RoomUse(use)
    room.save(update_fields=["use"])
    audit.record("room.change_use", room, by=by, before=str(before), after=str(use))
    return room


def _still_promised(room: Room) -> list[Problem]:
    today = clock.today()
    problems = []
    if stays := Session.objects.planned().filter(room=room, check_out__gt=today).count():
        message = f"この居室には、これからの体験が{stays}件あります。先に日程か居室を変えてください。"
        problems.append(Problem("room.stays_ahead", message, field="use", numbers={"stays": stays}))
    if slots := Slot.objects.open().filter(room=room, ends_on__gt=today).count():
        message = f"この居室には、公開中の体験枠が{slots}件あります。先に取り下げてください。"
        problems.append(Problem("room.still_offered", message, field="use", numbers={"slots": slots}))
    return problems
