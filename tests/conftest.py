"""The house is harder on itself in tests: no network, no undefined template variable, time stands still."""

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.core.cache import cache
from django.test import override_settings

from tests.transition import https

# 2026-11-22 is a Sunday; 10:00 in Japan.
NOW = dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def frozen_time(request):
    """Time stands still at NOW unless the test is marked `real_time` or runs in a browser."""
    if request.node.get_closest_marker("real_time") or request.node.get_closest_marker("e2e"):
        yield None
        return
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """A file, as in real life: an SQLite database in memory locks in another way. It goes with this run."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "tests.sqlite3")


@pytest.fixture(autouse=True, scope="session")
def media_of_the_run(tmp_path_factory):
    """Pictures of whoever does not ask for `media` go with this run as well."""
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield


@pytest.fixture(autouse=True, scope="session")
def tables_may_be_emptied():
    """Tests with real transactions empty every table afterwards; the triggers of evidence would refuse that. What
    empties them says so with a signal, and the triggers are back (transition/apps.py)."""
    from django.db import connection
    from django.test import TransactionTestCase

    from transition import append_only

    usual = TransactionTestCase._fixture_teardown

    def teardown(self):
        append_only.release()
        usual(self)
        append_only.protect(connection.alias)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = usual


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def media(settings, tmp_path) -> Path:
    """Where this test's pictures go."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture(scope="session")
def https_server(tmp_path_factory):
    """A server of this machine that speaks TLS and answers what a test puts into it."""
    server, stop = https.start(tmp_path_factory.mktemp("tls"))
    yield server
    stop()


@pytest.fixture
def server(https_server, settings, monkeypatch):
    """That server, empty, under a public name; inside.example.invalid is the name of a private machine."""
    settings.FETCH_EXCEPTIONS = frozenset({(https.LOCAL, https_server.port)})
    settings.FETCH_CA_FILE = https_server.ca_file
    for kept in (https_server.pages, https_server.asked, https_server.received):
        kept.clear()
    names = https.Names()
    names.lead(https.HOST, [https.LOCAL])
    names.lead("inside.example.invalid", ["10.0.0.1"])
    monkeypatch.setattr("socket.getaddrinfo", names.getaddrinfo)
    return https_server


@pytest.fixture(scope="module")
def place(django_db_setup, django_db_blocker, tmp_path_factory):
    """Something of everything, once for a file of tests: each is rolled back to here."""
    from tests.access import make_place, undone

    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), media, undone():
        with time_machine.travel(NOW, tick=False):
            made = make_place()
        yield made
