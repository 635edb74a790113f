"""What `manage.py check` says about retention.yaml: every field of every model stands there, and nothing else."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldError
from django.db.models import FileField, Model, QuerySet

from transition.domain.retention import RECORD, Act, Plan, plan
from transition.models import Person

WHERE = "transition/data/retention.yaml"


@register
def retention(**kwargs: Any) -> list[CheckMessage]:
    try:
        read = plan()
    except (KeyError, ValueError, TypeError) as error:
        return [Error(f"{WHERE} cannot be read: {error!r}", id="transition.E010")]
    said = [*unnamed(read), *unknown(read), *ownerless(read), *files(read)]
    return [*(Error(text, id=code) for code, text in said), *years(read)]


def unnamed(read: Plan) -> Iterator[tuple[str, str]]:
    """Fields that nobody has thought of, and fields named twice."""
    named = Counter((model, name) for model, name, _, _ in read.named())
    for model in stored():
        label = model._meta.label
        missing = [field.name for field in model._meta.concrete_fields if (label, field.name) not in named]
        if missing:
            hint = "say how long they are kept, and why"
            yield "transition.E011", f"{label}: {', '.join(missing)} not in {WHERE}: {hint}."
    for (label, name), times in named.items():
        if times > 1:
            yield "transition.E012", f"{label}.{name} stands {times} times in {WHERE}."


def unknown(read: Plan) -> Iterator[tuple[str, str]]:
    """Fields that are gone. Of an app that is not installed here nothing is asked."""
    there = {model._meta.label: {field.name for field in model._meta.concrete_fields} for model in stored()}
    for label, name, act, _ in read.named():
        if label.partition(".")[0] not in {app.label for app in apps.get_app_configs()}:
            continue
        if name not in there.get(label, set()):
            yield "transition.E013", f"{label}.{name} stands in {WHERE}, but does not exist."
        elif act is not Act.KEEP and label not in read.people:
            yield "transition.E014", f"{label}.{name}: {WHERE} says {act}, but not whose it is (people)."


def ownerless(read: Plan) -> Iterator[tuple[str, str]]:
    """Whatever leads to a person has its way to the person in the file, and each way leads there."""
    for model in reachable():
        label = model._meta.label
        if label not in read.people and label not in read.not_of_people:
            yield "transition.E015", f"{label} leads to a person; {WHERE} does not say how (people)."
    for label, owner in read.people.items():
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        try:
            QuerySet(model).filter(**{f"{owner.path}__in": Person.objects.all()})
        except (FieldError, ValueError, TypeError) as error:
            yield "transition.E016", f"{label}: {WHERE}: {error}"


def files(read: Plan) -> Iterator[tuple[str, str]]:
    for model in stored():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField) and field.name not in read.files.get(model._meta.label, ()):
                said = f"{model._meta.label}.{field.name} holds files; {WHERE} does not say so (files)."
                yield "transition.E017", said


def years(read: Plan) -> Iterator[CheckMessage]:
    """A municipality may keep records longer than the law wants, not shorter."""
    least = read.terms[RECORD].years or 0
    for name, value in [("RETENTION_YEARS", settings.RETENTION_YEARS), *settings.RETENTION_YEARS_OF.items()]:
        if value < least:
            yield Error(f"RETENTION_YEARS: {name} is {value}; it is at least {least}.", id="transition.E018")


def stored() -> Iterator[type[Model]]:
    """Every table, also those between two others."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy and model._meta.managed:
            yield model


def reachable() -> list[type[Model]]:
    """Every model that points at a person, or at something that does. What a user wrote is not what a user is."""
    found: list[type[Model]] = [Person]
    for model in found:
        for relation in model._meta.get_fields(include_hidden=True):
            if relation.auto_created and not relation.concrete and relation.related_model not in found:
                found.append(relation.related_model)  # type: ignore[arg-type]
    return found
