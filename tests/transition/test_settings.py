"""Every answer carries the headers; production starts whole or not at all."""

import json
import os
import runpy
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from transition.settings import accounts, refusals

WHOLE = {
    "SECRET_KEY": "fictional-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "AUDIT_KEY": "fictional-9876543210zyxwvutsrqponmlkjihgfedcba",
    "ALLOWED_HOSTS": "taiken.invalid",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "CALENDAR_UID_HOST": "taiken.invalid",
    "MEDIA_ROOT": "/nonexistent",
    "EMAIL_URL": "smtp://127.0.0.1",
    "MAIL_FROM": "taiken@taiken.invalid",
    "SITE_ADDRESS": "https://taiken.invalid",
}
# What must not be in the environment, and what is said about it.
WRONG = {
    "the secret of the demo": ({"SECRET_KEY": "development-only-" + "x" * 40}, "SECRET_KEY が推測できる値です"),
    "the secret of a new project": ({"SECRET_KEY": "django-insecure-" + "a1b2c3d4e5" * 5}, "SECRET_KEY が推測できる値"),
    "a monotonous secret": ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY が推測できる値です"),
    "a short secret": ({"SECRET_KEY": WHOLE["SECRET_KEY"][:49]}, "SECRET_KEY が短すぎます（50文字以上）"),
    "two secrets alike": ({"METRICS_TOKEN": WHOLE["SECRET_KEY"]}, "SECRET_KEY と METRICS_TOKEN が同じです"),
    "a secret that is the database's": (
        {"DATABASE_URL": f"postgres://nobody:{WHOLE['SECRET_KEY']}@127.0.0.1:1/none"},
        "SECRET_KEY と DATABASE_URL が同じです",
    ),
    "a secret that is the mail server's": (
        {"EMAIL_URL": f"smtp://me:{WHOLE['SECRET_KEY']}@127.0.0.1"},
        "SECRET_KEY と EMAIL_URL が同じです",
    ),
    "figures for everybody": ({"METRICS_TOKEN": "metrics"}, "METRICS_TOKEN が短すぎます（20文字以上）"),
    "debug": ({"DEBUG": "1"}, "DEBUG は本番では使えません"),
    "debug in words": ({"DEBUG": "True"}, "DEBUG は本番では使えません"),
    "every host": ({"ALLOWED_HOSTS": "taiken.invalid,*"}, "ALLOWED_HOSTS には"),
    "hosts below": ({"ALLOWED_HOSTS": "taiken.invalid,.invalid"}, "ALLOWED_HOSTS には"),
    "no https": ({"SITE_ADDRESS": "http://taiken.invalid"}, "SITE_ADDRESS は https:// で始めてください"),
    "no scheme": ({"SITE_ADDRESS": "taiken.invalid"}, "SITE_ADDRESS は https:// で始めてください"),
    "a slash at its end": ({"SITE_ADDRESS": "https://taiken.invalid/"}, "最後の / もつけません"),
    "somebody in the address": ({"SITE_ADDRESS": "https://a@taiken.invalid"}, "https://ホスト名 だけに"),
    "another host": ({"SITE_ADDRESS": "https://other.invalid"}, "SITE_ADDRESS のホストが ALLOWED_HOSTS にありません"),
    "a kind of organization that is none": (
        {"SECOND_FACTOR_KINDS": "GROUP_HOMES"},
        "SECOND_FACTOR_KINDS に書けるのは、",
    ),
    "one of them": ({"SECOND_FACTOR_KINDS": "GROUP_HOME, FACILTY"}, "MUNICIPALITY、CORE_CENTER、"),
    "small letters": ({"SECOND_FACTOR_KINDS": "facility"}, "SECOND_FACTOR_KINDS に書けるのは、"),
    "another comma": ({"SECOND_FACTOR_KINDS": "GROUP_HOME、FACILITY"}, "（コンマで区切ります）"),
    "a sender that is none": ({"MAIL_FROM": "taiken@localhost"}, "MAIL_FROM は、返事の届くメールアドレス"),
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
    missing = [name for name in refusals.NEEDED if name != "SECRET_KEY"]
    assert len(missing) == 8
    assert done.stderr == f"始められません。環境変数がありません: {'、'.join(missing)}\n"


@pytest.mark.parametrize("name", WRONG)
def test_each_thing_that_must_not_be_is_named_without_its_value(name):
    changes, said = WRONG[name]
    found = "".join(refusals.problems(WHOLE | changes))
    assert said in found
    assert not [value for value in changes.values() if len(value) > 20 and value in found]


@pytest.mark.parametrize("written", [None, "", "GROUP_HOME", "FACILITY,GROUP_HOME", "FACILITY, GROUP_HOME ,"])
def test_the_environment_adds_to_those_who_need_a_second_factor_and_takes_none_away(monkeypatch, written):
    if written is None:
        monkeypatch.delenv("SECOND_FACTOR_KINDS", raising=False)
    else:
        monkeypatch.setenv("SECOND_FACTOR_KINDS", written)
    more = [kind.strip() for kind in (written or "").split(",") if kind.strip()]
    assert runpy.run_path(accounts.__file__)["SECOND_FACTOR_KINDS"] == ["MUNICIPALITY", "CORE_CENTER", *more]


def test_a_whole_environment_has_no_problem():
    assert refusals.missing(WHOLE) == []
    assert list(refusals.problems(WHOLE | {"METRICS_TOKEN": "fictional0123456789xyz", "DEBUG": "0"})) == []
    assert list(refusals.problems(WHOLE | {"SECOND_FACTOR_KINDS": " GROUP_HOME, FACILITY,"})) == []


@pytest.mark.parametrize(
    "name",
    ["the secret of the demo", "a short secret", "two secrets alike", "debug", "no https", "one of them"],
)
def test_production_does_not_start_with(name):
    changes, said = WRONG[name]
    done = check_for_production(**WHOLE | changes)
    assert done.returncode == 1
    assert done.stderr.startswith("始められません。")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_server_itself_does_not_start_either():
    done = subprocess.run(
        [sys.executable, "-c", "import transition.wsgi"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **WHOLE, "DEBUG": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ImproperlyConfigured: DEBUG は本番では使えません。" in done.stderr


def test_production_is_closed():
    """What `check --deploy` does not look at."""
    names = (
        "SESSION_COOKIE_NAME CSRF_COOKIE_NAME SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_HTTPONLY "
        "CSRF_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE CSRF_COOKIE_SAMESITE SESSION_COOKIE_DOMAIN CSRF_COOKIE_DOMAIN "
        "SESSION_COOKIE_PATH CSRF_COOKIE_PATH USE_X_FORWARDED_HOST USE_X_FORWARDED_PORT ADMINS MANAGERS DEMO DEBUG"
    )
    script = "import sys, json; from django.conf import settings; "
    script += "print(json.dumps({name: getattr(settings, name) for name in sys.argv[1].split()}))"
    done = subprocess.run(
        [sys.executable, "-c", script, names],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "transition.settings.prod", **WHOLE},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        # __Host- demands these.
        "SESSION_COOKIE_DOMAIN": None,
        "CSRF_COOKIE_DOMAIN": None,
        "SESSION_COOKIE_PATH": "/",
        "CSRF_COOKIE_PATH": "/",
        "USE_X_FORWARDED_HOST": False,
        "USE_X_FORWARDED_PORT": False,
        "ADMINS": [],
        "MANAGERS": [],
        "DEMO": False,
        "DEBUG": False,
    }


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
