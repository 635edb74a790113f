"""Nothing unprintable comes in, the organization costs one query at most, private pages are not kept."""

import gzip
import json
from types import SimpleNamespace

import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.urls import path, re_path

from transition.middleware import REFUSAL, CompressedPages, CurrentOrganization, PrivatePages

BOUNDARY = "BoUnDaRy"


@login_not_required
def echo(request, rest=""):
    """What the view sees after the middleware, read the way views read it."""
    files = {name: file.read().hex() for name, file in request.FILES.items()}
    body = "" if request.content_type == "multipart/form-data" else request.body.decode("utf-8", "replace")
    return JsonResponse({"rest": rest, "get": request.GET, "post": request.POST, "files": files, "body": body})


def closed_page(request):
    return HttpResponse("ひみつ")


@login_not_required
def stream(request):
    return HttpResponse(b"".join(iter(lambda: request.read(4), b"")), content_type="application/octet-stream")


@login_not_required
def page(request, rest=""):
    return HttpResponse("<p>こんにちは</p>")


@login_not_required
def personal_page(request):
    return HttpResponse("はい" if request.user.is_authenticated else "いいえ")


urlpatterns = [
    path("stream/", stream),
    path("page/", page),
    path("personal/", personal_page),
    path("closed/", closed_page),
    path("sign-in/", page),
    re_path("^ical/(?P<rest>.*)$", page),
    re_path("^(?P<rest>(?s:.*))$", echo),
]


@pytest.fixture
def client(settings) -> Client:
    settings.ROOT_URLCONF = __name__
    ours = {"django.contrib.auth.middleware.LoginRequiredMiddleware": "transition.middleware.LoginRequired"}
    settings.MIDDLEWARE = [ours.get(name, name) for name in settings.MIDDLEWARE]
    return Client()


def multipart(name: str, value: bytes) -> bytes:
    return b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n--%b--\r\n' % (
        BOUNDARY.encode(),
        name.encode(),
        value,
        BOUNDARY.encode(),
    )


def assert_refused(response) -> None:
    assert response.status_code == 400
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == REFUSAL


ENCODED = ["%00", "a%00b", "%01", "%08", "%0B", "%0c", "%0E", "%1b%5B31m", "%1F", "%ED%A0%80", "%ed%bf%bf"]
ALLOWED = ["%09", "%0A", "%0D%0A", "%E5%B1%B1", "%F0%A0%AE%B7", "%ED%9F%BF", "%EE%80%80", "%7F", "%2500", "%FF", "100%"]


@pytest.mark.parametrize("encoded", ENCODED)
def test_refused_in_the_path(client, encoded):
    assert_refused(client.get(f"/people/{encoded}/"))


@pytest.mark.parametrize("encoded", ENCODED)
def test_refused_in_the_query(client, encoded):
    assert_refused(client.get(f"/people/?q={encoded}"))
    assert_refused(client.get(f"/people/?{encoded}=q"))


@pytest.mark.parametrize("encoded", ENCODED)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_refused_in_a_form(client, method, encoded):
    kind = "application/x-www-form-urlencoded"
    assert_refused(getattr(client, method)("/people/", f"name={encoded}", content_type=kind))
    assert_refused(getattr(client, method)("/people/", f"{encoded}=name", content_type=kind))


@pytest.mark.parametrize("raw", [b"\x00", b"a\x1bb", b"\x0b"])
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_refused_in_the_text_of_a_multipart_form(client, method, raw):
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    assert_refused(getattr(client, method)("/people/", multipart("name", raw), content_type=kind))


@pytest.mark.parametrize(
    "body",
    [
        rb'{"name": "\u0000"}',
        rb'{"name": "a\u001Fb"}',
        rb'{"name": "\b"}',
        rb'{"name": "\f"}',
        rb'{"name": "\ud800"}',
        rb'{"name": "\uDFFF"}',
        rb'{"name": "\ud83d \ude00"}',
        rb'{"name": "\ud83d\ud83d\ude00"}',
        rb'{"name": "\ud83d\u0041"}',
        rb'{"name": "\\\u0000"}',
        rb'{"\u0000": 1}',
        b'{"name": "\x00"}',
        b'{"name": "\xed\xa0\x80"}',
        '{"name": "山"}'.encode("utf-16"),
    ],
)
def test_refused_in_json(client, body):
    assert_refused(client.post("/people/", body, content_type="application/json"))
    assert_refused(client.put("/people/", body, content_type="application/merge-patch+json; charset=utf-8"))


@pytest.mark.parametrize(
    "value",
    ["山田\n\t\r花子", "𠮷", "葛\U000e0100", "😀👨\u200d👩\u200d👧", "\\u0000", "\\\\ud800", "\\b", '"', "\x7f"],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_passes_unchanged(client, value, ascii_only):
    body = json.dumps({"name": value}, ensure_ascii=ascii_only)
    response = client.post("/people/", body.encode(), content_type="application/json")
    assert response.json()["body"] == body


def test_refused_in_other_text(client):
    assert_refused(client.post("/people/", b"BEGIN:VCALENDAR\x00", content_type="text/calendar"))


@pytest.mark.parametrize(
    "header",
    ["HX-Target", "HX-Trigger", "HX-Current-URL", "HX-Prompt", "X-Idempotency-Key", "Referer", "If-None-Match"],
)
@pytest.mark.parametrize("value", ["a\x00b", "\x1b", "\ud800"])
def test_refused_in_headers(client, header, value):
    assert_refused(client.get("/people/", headers={header: value}))


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "\xed\xa0\x80"])
def test_refused_in_headers_of_htmx_percent_encoded(client, value):
    assert_refused(client.get("/people/", headers={"HX-Prompt": value, "HX-Prompt-URI-AutoEncoded": "true"}))


def test_refused_in_a_quoted_cookie(client):
    assert_refused(client.get("/people/", headers={"Cookie": r'sessionid="abcdefgh\000"'}))


def test_the_api_answers_in_its_own_shape(client):
    response = client.post("/api/v1/sessions/", rb'{"note": "\u0000"}', content_type="application/json")
    assert response.status_code == 400
    assert response.json() == {"code": "forbidden_characters", "detail": REFUSAL, "problems": []}


@pytest.mark.parametrize("charset", ["utf-16", "shift_jis", "unicode_escape", "nonsense"])
def test_another_charset_cannot_smuggle(client, charset):
    kind = f"text/plain; charset={charset}"
    response = client.generic("POST", "/people/?q=%5Cu0000", b"name=%5Cu0000", content_type=kind)
    assert response.status_code == 400
    assert "UTF-8" in response.content.decode()


@pytest.mark.parametrize("encoded", ALLOWED)
def test_everything_else_passes_in_the_query_and_in_forms(client, encoded):
    query = client.get(f"/people/?q={encoded}")
    form = client.post("/people/", f"q={encoded}", content_type="application/x-www-form-urlencoded; charset=UTF-8")
    assert query.status_code == form.status_code == 200
    assert query.json()["get"] == form.json()["post"]


@pytest.mark.parametrize("encoded", sorted(set(ALLOWED) - {"%2500"}))
def test_everything_else_passes_in_the_path(client, encoded):
    assert client.get(f"/people/{encoded}/").status_code == 200


def test_an_uploaded_file_reaches_the_view_whole(client):
    every_byte = bytes(range(256)) * 20_000  # larger than what stays in memory, and than any other body may be
    photo = SimpleUploadedFile("写真.jpg", every_byte, "image/jpeg")
    seen = client.post("/photos/", {"caption": "窓\n辺", "photo": photo}).json()
    assert seen["post"] == {"caption": "窓\n辺"} or seen["post"] == {"caption": ["窓\n辺"]}
    assert bytes.fromhex(seen["files"]["photo"]) == every_byte


def test_a_control_character_beside_a_file_is_refused(client):
    assert_refused(client.post("/photos/", {"caption": "\x00", "photo": SimpleUploadedFile("a.jpg", b"\x00")}))


def test_a_body_of_no_text_is_left_to_the_view(client):
    body = bytes(range(256)) * 8_000
    response = client.post("/stream/", body, content_type="application/octet-stream")
    assert response.content == body


def test_a_view_may_still_read_a_checked_body_as_a_stream(client):
    response = client.post("/stream/", b'{"a": 1}', content_type="application/json")
    assert response.content == b'{"a": 1}'


def test_too_large_a_form_is_refused_and_no_fault(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    for kind in ("application/x-www-form-urlencoded", "application/json"):
        assert client.post("/people/", b"a" * 101, content_type=kind).status_code == 400


def test_a_broken_multipart_form_is_refused_and_no_fault(client):
    for method in (client.post, client.put):
        assert method("/people/", b"nonsense", content_type="multipart/form-data").status_code == 400


@pytest.mark.parametrize("address", ["/ical/secret.ics", "/ical/", "/page/"])
def test_a_stranger_gets_the_same_answer_as_everybody(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert "Cookie" not in response.get("Vary", "")
    assert "Cache-Control" not in response
    assert client.cookies == {}


def test_a_page_that_asks_for_the_user_varies(client):
    response = client.get("/personal/")
    assert response["Vary"] == "Cookie"
    assert "Cache-Control" not in response


def test_every_other_page_needs_a_sign_in(client, settings):
    settings.LOGIN_URL = "/sign-in/"
    assert client.get("/closed/")["Location"] == "/sign-in/?next=/closed/"


class Session(dict):
    accessed = True


class Memberships(list):
    """Stands in for the related manager and counts how often it is asked."""

    asked = 0

    def current(self):
        self.asked += 1
        return self

    def select_related(self, *names):
        assert names == ("organization",)
        return self

    def order_by(self, *names):
        assert names == ("pk",)
        return self

    def annotate(self, **more):
        assert set(more) == {"unread"}
        return self


def a_membership(pk: int) -> SimpleNamespace:
    return SimpleNamespace(pk=pk, organization_id=pk + 10, organization=SimpleNamespace(pk=pk + 10))


def request_of(user, *, address: str = "/", **session):
    request = RequestFactory().get(address)
    request.user, request.session = user, Session(session)
    CurrentOrganization(lambda _: HttpResponse())(request)
    return request


def signed_in(*memberships) -> SimpleNamespace:
    return SimpleNamespace(is_authenticated=True, memberships=Memberships(memberships))


def test_the_oldest_organization_unless_another_is_chosen():
    user = signed_in(a_membership(1), a_membership(2))
    assert request_of(user).organization.pk == 11
    assert request_of(user, organization=12).organization.pk == 12
    assert request_of(user, organization="12").membership.pk == 2
    assert request_of(user, organization=99).organization.pk == 11
    assert request_of(user, organization=None).organization.pk == 11


def test_the_organization_is_looked_up_once_and_only_when_asked_for():
    user = signed_in(a_membership(1))
    request = request_of(user)
    assert user.memberships.asked == 0
    assert [request.membership.pk, request.organization.pk, request.organization.pk] == [1, 11, 11]
    assert user.memberships.asked == 1


@pytest.mark.parametrize("user", [AnonymousUser(), signed_in()])
def test_nobody_and_nowhere_are_falsy(user):
    request = request_of(user)
    assert not request.membership
    assert not request.organization


@pytest.mark.django_db
def test_a_real_membership_costs_one_query(django_assert_num_queries):
    from transition.enums import OrganizationKind
    from transition.models import Membership, Organization, User

    user = User.objects.create_user("hanako@example.jp", None, name="山田花子")
    offices = [
        Organization.objects.create(kind=OrganizationKind.CONSULTATION, name=name) for name in ("昔", "今", "次")
    ]
    past, present, later = [Membership.objects.create(user=user, organization=office) for office in offices]
    Membership.objects.filter(pk=past.pk).update(ended_at=past.started_at)
    with django_assert_num_queries(1):
        request = request_of(user)
        assert request.organization.name == "今"
        assert request.membership == present
    assert request_of(user, organization=offices[2].pk).membership == later
    assert request_of(user, organization=offices[0].pk).membership == present


def private(response: HttpResponse, *, address: str = "/", accessed: bool = True) -> HttpResponse:
    request = request_of(signed_in(), address=address)
    request.session.accessed = accessed
    return PrivatePages(lambda _: response)(request)


def test_pages_of_a_signed_in_user_are_stored_nowhere():
    assert private(HttpResponse("<p>"))["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", ["text/csv; charset=utf-8", "application/pdf", "application/zip"])
def test_neither_are_their_files(kind):
    assert private(HttpResponse(b"", content_type=kind))["Cache-Control"] == "no-store"


def test_a_view_may_decide_for_itself():
    assert private(HttpResponse("<p>", headers={"Cache-Control": "private"}))["Cache-Control"] == "private"


@pytest.mark.parametrize(
    ("response", "more"),
    [
        (HttpResponse(b"", content_type="image/jpeg"), {}),
        (HttpResponse(), {"address": "/ical/secret.ics"}),
        (HttpResponse(), {"address": "/static/site.css"}),
        (HttpResponse(), {"accessed": False}),
    ],
)
def test_what_says_nothing_about_a_user_is_left_alone(response, more):
    assert "Cache-Control" not in private(response, **more)


@pytest.mark.parametrize(("kind", "small"), [("text/html; charset=utf-8", True), ("text/calendar", False)])
def test_pages_go_out_compressed_and_nothing_else(kind, small):
    body = "ひみつではない。" * 100
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    response = CompressedPages(lambda request: HttpResponse(body, content_type=kind))(request)
    assert (response.headers.get("Content-Encoding") == "gzip") is small
    assert (gzip.decompress(response.content) if small else response.content).decode() == body
