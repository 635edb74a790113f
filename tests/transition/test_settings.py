"""Every answer carries the headers; production starts whole or not at all."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

WHOLE = {
    "SECRET_KEY": "fictional-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "taiken.invalid",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "CALENDAR_UID_HOST": "taiken.invalid",
    "MEDIA_ROOT": "/nonexistent",
    "EMAIL_URL": "smtp://127.0.0.1",
}


def check_for_production(**environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"]
    return subprocess.run(
        [*command, "--settings=transition.settings.prod"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_is_clean():
    done = check_for_production(**WHOLE)
    assert done.returncode == 0, done.stderr


def test_production_says_in_one_line_all_that_is_missing():
    done = check_for_production(SECRET_KEY=WHOLE["SECRET_KEY"], ALLOWED_HOSTS="")
    assert done.returncode == 1
    missing = "ALLOWED_HOSTS、DATABASE_URL、CALENDAR_UID_HOST、MEDIA_ROOT、EMAIL_URL"
    assert done.stderr == f"始められません。環境変数がありません: {missing}\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/sign-in/", 200),
        ("/people/", 302),
        ("/people", 301),
        ("/people/?q=%00", 400),
        ("/nothing/", 404),
        ("/healthz", 200),
        ("/readyz", 503),
        ("/metrics", 404),
        ("/api/v1/tokens/", 401),
        ("/api/v1/nothing/", 404),
        ("/ical/nothing/yotei.ics", 404),
        ("/static/transition/app.css", 200),
        ("/static/nothing.css", 404),
    ],
)
def test_every_answer_carries_the_headers(address, status):
    response = Client().get(address)
    assert response.status_code == status
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] in {"same-origin", "no-referrer"}
    if not address.startswith("/ical/"):
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    response.close()
