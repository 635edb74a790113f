"""Programs and their limits: loaded from the file, copied by a municipality, changed there with a date.

Whose limits hold: those of the person's municipality today, found by the program's code
(`programs.queries.limits`). So adopting a program, or changing a limit, takes effect at once for everybody of that
municipality, also for enrollments and sessions made under the general row; these keep pointing to the row they
were made under, as evidence. Length and target group (`months`, `residences`) matter when an enrollment begins and
change nothing for those that have begun.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from programs.domain.counts import Counts
from programs.domain.problems import Problem, Refused
from programs.domain.program_file import LimitEntry, ProgramEntry, ProgramFileError, combination_mistakes, read
from programs.enums import Certainty, Enforcement, Window
from programs.models import Limit, Override, Program, Session
from transition import clock
from transition.domain.text import clean_line
from transition.enums import OrganizationKind
from transition.models import Organization, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

ONE_DAY: Final = dt.timedelta(days=1)
PROGRAM_FIELDS: Final = tuple(item.name for item in fields(ProgramEntry) if item.name not in ("code", "limits"))
LIMIT_FIELDS: Final = tuple(item.name for item in fields(LimitEntry) if item.name not in ("code", "valid_from"))


@dataclass(slots=True)
class LoadReport:
    """What loading the file did. `closed` and `deleted` limits are no longer in the file; `missing` programs too."""

    programs: Counts = field(default_factory=Counts)
    limits: Counts = field(default_factory=Counts)
    closed: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@writing
def load(data: Any, *, by: User | None = None) -> LoadReport:
    """Bring the general programs in line with the file's plain values; a second time writes nothing.

    A municipality's copies are never touched. A limit that left the file is closed as of yesterday when it may have
    decided something, else deleted; a program that left it stays and is named. Raises ProgramFileError.
    """
    entries = read(data)
    report = LoadReport()
    ids = Program.objects.filter(municipality=None).values_list("pk", flat=True)
    programs = {program.code: program for program in lock(Program, ids)}
    for entry in entries:
        program = programs.pop(entry.code, None) or Program(code=entry.code)
        values = {name: getattr(entry, name) for name in PROGRAM_FIELDS} | {"residences": list(entry.residences)}
        _write(program, values, report.programs, by)
        _load_limits(program, entry.limits, report, by)
    report.missing = sorted(programs)
    return report


def _load_limits(program: Program, entries: Iterable[LimitEntry], report: LoadReport, by: User | None) -> None:
    rows = {(limit.code, limit.valid_from): limit for limit in Limit.objects.filter(program=program)}
    wanted = {(entry.code, entry.valid_from): entry for entry in entries}
    for key in [key for key in rows if key not in wanted]:
        _retire(rows[key], report, by)
    for (code, valid_from), entry in wanted.items():
        limit = rows.get((code, valid_from)) or Limit(program=program, code=code, valid_from=valid_from)
        values = {name: getattr(entry, name) for name in LIMIT_FIELDS}
        _write(limit, values | {"tiers": [list(tier) for tier in entry.tiers]}, report.limits, by)


def _retire(limit: Limit, report: LoadReport, by: User | None) -> None:
    yesterday = clock.today() - ONE_DAY
    if limit.valid_to is not None and limit.valid_to <= yesterday:
        return
    name = f"{limit.program.code}/{limit.code}"
    if not _may_have_decided(limit):
        city = limit.program.municipality_id
        audit.record("limit.delete", limit, by=by, program=limit.program_id, organization=city, amount=limit.amount)
        limit.delete()
        report.deleted.append(name)
        return
    if limit.valid_from is not None and limit.valid_from > yesterday:
        raise ProgramFileError([f"事業 {name}: 今日かそれより後に始まる上限がすでに使われているため、外せません。"])
    limit.valid_to = yesterday
    limit.save(update_fields=["valid_to"])
    audit.record("limit.close", limit, by=by, valid_to=str(yesterday))
    report.closed.append(name)


def _may_have_decided(limit: Limit) -> bool:
    """Somebody went past it, or sessions were checked against it."""
    return (
        Override.objects.filter(limit=limit).exists()
        or Session.objects.filter(program__code=limit.program.code).exists()
    )


def _write(thing: Program | Limit, values: Mapping[str, Any], counts: Counts, by: User | None) -> None:
    adding = thing._state.adding
    changed = [name for name, value in values.items() if getattr(thing, name) != value]
    for name in changed:
        setattr(thing, name, values[name])
    if adding:
        thing.save()
        counts.created += 1
    elif changed:
        thing.save(update_fields=changed)
        counts.changed += 1
    else:
        counts.unchanged += 1
        return
    audit.record(f"{thing._meta.model_name}.{'create' if adding else 'change'}", thing, by=by, fields=changed)


@writing
def adopt(*, program: Program, municipality: Organization, by: User, key: RequestKey | None = None) -> Program:
    """The municipality's own copy of a general program with all its limits; the same copy when it has one.

    From then on its limits hold for the municipality's people, and loading the file changes nothing for them.
    """
    lock(Organization, [municipality.pk])
    if program.municipality_id == municipality.pk:
        return program
    if municipality.kind != OrganizationKind.MUNICIPALITY:
        raise Refused([Problem("program.adopt_by", "自分用の事業を持てるのは市町村だけです。")])
    if program.municipality_id is not None:
        raise Refused([Problem("program.adopt_foreign", "ほかの市町村の事業は写せません。")])
    if own := Program.objects.filter(municipality=municipality, code=program.code).first():
        return own
    program = Program.objects.get(pk=program.pk)
    values = {name: getattr(program, name) for name in PROGRAM_FIELDS}
    own = Program.objects.create(municipality=municipality, code=program.code, **values)
    limits = [
        Limit(
            program=own,
            code=limit.code,
            valid_from=limit.valid_from,
            **{name: getattr(limit, name) for name in LIMIT_FIELDS},
        )
        for limit in Limit.objects.filter(program=program)
    ]
    Limit.objects.bulk_create(limits)
    audit.record("program.adopt", own, by=by, source=program.pk, municipality=municipality.pk, limits=len(limits))
    return own


@writing
def change_limit(
    *,
    limit: Limit,
    amount: int,
    window: str,
    enforcement: str,
    valid_from: dt.date,
    source: str,
    by: User,
    key: RequestKey | None = None,
) -> Limit:
    """Another amount, window or enforcement from a day on, on the municipality's own authority.

    The old row ends the day before and stays; the new one names the municipality's own source and therefore is
    VERIFIED. On a general program it is refused. The same change sent twice makes one row.
    """
    [program] = lock(Program, [limit.program_id])
    limit = Limit.objects.get(pk=limit.pk)
    source = clean_line(source)
    new = {"amount": amount, "window": window, "enforcement": enforcement, "source": source}
    made = Limit.objects.filter(program=program, code=limit.code, valid_from=valid_from).exclude(pk=limit.pk).first()
    if made and all(getattr(made, name) == value for name, value in new.items()):
        return made
    if all(getattr(limit, name) == value for name, value in new.items()) and limit.valid_to is None:
        return limit
    problems = _change_problems(
        limit,
        program,
        amount=amount,
        window=window,
        enforcement=enforcement,
        valid_from=valid_from,
        source=source,
        made=made,
    )
    if problems:
        raise Refused(problems)
    ended, limit.valid_to = limit.valid_to, valid_from - ONE_DAY
    limit.save(update_fields=["valid_to"])
    values = {name: getattr(limit, name) for name in LIMIT_FIELDS} | new
    values |= {"certainty": Certainty.VERIFIED, "valid_to": ended, "tiers": _tiers(limit.tiers, amount)}
    # The note explains the amount that no longer holds.
    values["note"] = ""
    changed = Limit.objects.create(program=program, code=limit.code, valid_from=valid_from, **values)
    audit.record(
        "limit.change_from",
        changed,
        by=by,
        before=limit.pk,
        valid_from=str(valid_from),
        amounts=[limit.amount, amount],
    )
    return changed


def _change_problems(
    limit: Limit,
    program: Program,
    *,
    amount: int,
    window: str,
    enforcement: str,
    valid_from: dt.date,
    source: str,
    made: Limit | None,
) -> list[Problem]:
    if program.municipality_id is None:
        message = "全国共通の上限は変えられません。先に「自分の市町村用に写す」をしてください。"
        return [Problem("limit.general", message)]
    problems = []
    if amount < 1:
        problems.append(Problem("limit.amount", "上限は1以上にしてください。", field="amount"))
    if window not in Window.values or enforcement not in Enforcement.values:
        problems.append(Problem("limit.choice", "選べない値です。", field="window"))
    if window == Window.GRANT and not program.needs_grant:
        message = "支給決定がいらない事業では、支給決定の期間で数えられません。"
        problems.append(Problem("limit.window", message, field="window"))
    if window in (Window.ENROLLMENT, Window.ANNIVERSARY_MONTH) and program.months is None:
        problems.append(Problem("limit.window", "利用期間がない事業では、この期間で数えられません。", field="window"))
    mistakes = combination_mistakes(
        unit=limit.unit,
        window=window,
        counting=limit.counting,
        enforcement=enforcement,
        certainty=Certainty.VERIFIED,
    )
    problems += [Problem("limit.window", "この期間では、この単位を数えられません。", field="window") for _ in mistakes]
    if not source:
        message = "根拠（要綱や通知の名前）を入力してください。"
        problems.append(Problem("limit.source", message, field="source"))
    elif len(source) > 300:
        problems.append(Problem("limit.source", "根拠は300文字までです。", field="source"))
    if limit.valid_from is not None and valid_from <= limit.valid_from:
        message = "適用開始日は、いまの上限の適用開始日よりあとにしてください。"
        problems.append(Problem("limit.valid_from", message, field="valid_from"))
    elif limit.valid_to is not None and valid_from > limit.valid_to:
        problems.append(Problem("limit.ended", "この上限はその日より前に終わっています。", field="valid_from"))
    elif made is not None:
        problems.append(Problem("limit.valid_from", "その日から始まる上限がすでにあります。", field="valid_from"))
    return problems


def _tiers(tiers: list[list[Any]], amount: int) -> list[list[Any]]:
    """Tiers up to the new last day; the last one ends there."""
    if not tiers:
        return []
    kept = [tier for tier in tiers if tier[0] < amount]
    last = next((label for day, label in tiers if day >= amount), tiers[-1][1])
    return [*(kept[:-1] if kept and kept[-1][1] == last else kept), [amount, last]]
