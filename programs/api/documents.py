"""The documents of the screens as files: the pack of an enrollment, a month's sheet, the register of 意向確認.

The views of the screens make them, with the same rights and the same trace of who took what.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request

from programs.api.pictures import AsItComes
from programs.models import Enrollment
from programs.views import intentions, packs
from transition.api.errors import refusal
from transition.api.viewsets import Resource
from transition.models import Person

CSV, PDF = "csv", "pdf"
CSV_FILE: Any = {(200, "text/csv"): OpenApiTypes.BINARY}
PDF_FILE: Any = {(200, "application/pdf"): OpenApiTypes.BINARY}
MONTH = OpenApiParameter("month", OpenApiTypes.STR, "path", description="年と月です（例: 2026-11）。")


class Documents(Resource):
    tag = "書類"
    content_negotiation_class = AsItComes

    def as_file(self, view: Callable[..., HttpResponse], form: str, **named: Any) -> Any:
        """What the view gives as a file; where no PDF can be made it says so in the words of the API."""
        asked = self.request._request
        asked.GET = QueryDict(f"format={form}")
        answer = view(asked, **named)
        if answer.status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
            return refusal("no_pdf", "このサーバーではPDFを作れません。", answer.status_code)
        return answer


class Packs(Documents):
    area = "SESSIONS"
    queryset = Enrollment.objects.none()

    @extend_schema(summary="体験のまとめをCSVで", responses=CSV_FILE)
    def csv(self, request: Request, enrollment: Any = None) -> Any:
        return self.as_file(packs.pack, CSV, public_id=enrollment)

    @extend_schema(summary="体験のまとめをPDFで", responses=PDF_FILE)
    def pdf(self, request: Request, enrollment: Any = None) -> Any:
        return self.as_file(packs.pack, PDF, public_id=enrollment)


class MonthSheets(Documents):
    area = "PEOPLE"
    queryset = Person.objects.none()

    @extend_schema(summary="1か月の記録をCSVで", parameters=[MONTH], responses=CSV_FILE)
    def csv(self, request: Request, person: Any = None, month: str = "") -> Any:
        return self.as_file(packs.month_sheet, CSV, public_id=person, month=month)

    @extend_schema(summary="1か月の記録をPDFで", parameters=[MONTH], responses=PDF_FILE)
    def pdf(self, request: Request, person: Any = None, month: str = "") -> Any:
        return self.as_file(packs.month_sheet, PDF, public_id=person, month=month)


class IntentionFiles(Documents):
    area = "PEOPLE"
    queryset = Person.objects.none()

    @extend_schema(summary="意向確認の台帳をCSVで", responses=CSV_FILE)
    def csv(self, request: Request) -> Any:
        return self.as_file(intentions.intention_list, CSV)
