"""Everything the description allows, and much that it does not: no fault, and no answer that it does not describe.

EXAMPLES=200 in the environment looks longer.
"""

import os
import uuid
from typing import Any

import pytest
import schemathesis
import schemathesis.specs.openapi.checks
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS

from tests.access import Place, undone
from tests.api.world import object_of
from transition.enums import TokenScope
from transition.services import api_tokens
from transition.wsgi import application

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXAMPLES = int(os.environ.get("EXAMPLES") or 8)
# What a rule of the field says no to is no fault of the description, so not everything that fits it is accepted.
CHECKED = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
        "ignored_auth",
    )
]
SCHEMA = schemathesis.openapi.from_wsgi("/api/schema/", application)
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
PERSONAS = ("worker", "home", "coordinator")


@pytest.fixture(autouse=True)
def one_connection():
    """The server runs within this test's transaction, so it must not close the connection after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def headers(place: Place, django_db_blocker: Any) -> dict[str, dict[str, str]]:
    """A token for each persona."""
    found = {}
    with django_db_blocker.unblock():
        for persona in PERSONAS:
            user = place.users[persona]
            where = user.memberships.current().select_related("organization")[0].organization
            token = api_tokens.issue(organization=where, label="試し", scopes=TokenScope.values, by=user)
            found[persona] = {"Authorization": f"Bearer {token.token}"}
    return found


def known(place: Place, case: Any, take: bool) -> None:
    """Half of the time the things named are there: in the address and, where it keeps to the description, in what
    is sent."""
    if not take:
        return
    for name in case.path_parameters or {}:
        if row := object_of(place, case.path, name):
            case.path_parameters[name] = str(getattr(row, "public_id", row))
    if isinstance(case.body, dict) and case.meta is not None and case.meta.generation.mode.is_positive:
        for name, value in case.body.items():
            if is_uuid(value) and (row := object_of(place, "", name)):
                case.body[name] = str(row.public_id)


def is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_fault_and_nothing_undescribed(place, headers, settings, operation):
    settings.API_REQUESTS_A_MINUTE = 1_000_000
    strategy = operation.as_strategy()

    @given(case=strategy, persona=st.sampled_from(PERSONAS), take=st.booleans())
    @quick
    def once(case: Any, persona: str, take: bool) -> None:
        known(place, case, take)
        with undone():
            case.call_and_validate(headers=headers[persona], checks=CHECKED)

    once()


quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
