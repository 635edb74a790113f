"""Documents as files: the same as on the screens, with the same rights and the same trace."""

import pytest

from transition.models import AuditEvent

pytestmark = pytest.mark.django_db


def urls(place):
    enrollment, person = place.enrollment.public_id, place.world.person.public_id
    return {
        f"/api/v1/enrollments/{enrollment}/pack/": f"/enrollments/{enrollment}/pack/",
        f"/api/v1/people/{person}/months/2026-11/": f"/people/{person}/months/2026-11/",
    }


def test_the_same_file_as_on_the_screen(place, caller):
    client = caller(place.world.worker)
    for api, page in urls(place).items():
        by_api, by_screen = client.get(f"{api}csv/"), place.client("worker").get(f"{page}?format=csv")
        assert by_api.status_code == 200
        assert b"".join([by_api.content]) == by_screen.content
        assert by_api["Content-Disposition"] == by_screen["Content-Disposition"]


def test_a_pdf_is_a_pdf_and_leaves_a_trace(place, caller):
    client = caller(place.world.worker)
    for api in urls(place):
        before = AuditEvent.objects.count()
        assert client.get(f"{api}pdf/", headers={"Accept": "application/json"}).content.startswith(b"%PDF")
        assert AuditEvent.objects.count() == before + 1


def test_a_month_that_does_not_exist_and_a_stranger_find_nothing(place, caller):
    for api in urls(place):
        assert caller(place.world.stranger).get(f"{api}csv/").json()["code"] == "not_found"
    person = place.world.person.public_id
    assert caller(place.world.worker).get(f"/api/v1/people/{person}/months/2026-13/csv/").status_code == 404


def test_the_register_is_for_whoever_keeps_it(place, caller):
    url = "/api/v1/intentions/csv/"
    assert caller(place.world.coordinator).get(url)["Content-Type"].startswith("text/csv")
    refused = caller(place.world.home_staff).get(url)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
