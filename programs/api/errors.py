"""Refusals of this app, in the shape that all apps share."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rest_framework import status
from rest_framework.response import Response

from programs.domain.problems import Problem, Refused
from transition.api import errors

REFUSED = "できない理由があります。problems を見てください。"
# Of the database's own numbering, and of no use to anybody outside.
_HIDDEN = ("limit_id",)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """409 with every reason and its numbers for what a service refused; else what all apps answer."""
    if isinstance(error, Refused):
        return errors.refusal("refused", REFUSED, status.HTTP_409_CONFLICT, map(shown, error.problems))
    return errors.handle(error, context)


def shown(problem: Problem) -> dict[str, Any]:
    """One reason, as `ProblemSerializer` describes it."""
    values = {name: value for name, value in dataclasses.asdict(problem).items() if name not in _HIDDEN}
    if problem.frees_up_on is not None:
        values["frees_up_on"] = problem.frees_up_on.isoformat()
    return values


@contextmanager
def called(**names: str) -> Iterator[None]:
    """A refusal names the fields as they are called here: `names` says so for those that a service calls otherwise."""
    try:
        yield
    except Refused as refused:
        renamed = [dataclasses.replace(one, field=names.get(one.field, one.field)) for one in refused.problems]
        raise Refused(renamed) from refused
