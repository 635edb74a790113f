"""Two tabs of a person: every session, and every document."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from programs.queries import person_sessions as queries
from programs.views.enrollments import person_of
from transition.enums import COORDINATING_KINDS, OrganizationKind
from transition.htmx import render_page
from transition.models import Organization

# Who keeps the register of residents' wishes.
REGISTER_KINDS = (OrganizationKind.FACILITY, *COORDINATING_KINDS)


@require_safe
def person_sessions(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    page = queries.sessions_page(person, request.GET.get("page", 1))
    return render_page(request, "programs/person_sessions.html", {"person": person, "tab": "sessions", "page": page})


@require_safe
def document_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    context = {
        "person": person,
        "tab": "documents",
        "documents": queries.documents(person),
        "keeps_register": organization is not None and organization.kind in REGISTER_KINDS,
    }
    return render_page(request, "programs/document_list.html", context)
