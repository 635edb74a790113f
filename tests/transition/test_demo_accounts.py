"""The people of the demo sign in with a published password in one step; nowhere but in the demo."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests import factories
from tests.transition.signing_in import sign_in
from tests.transition.test_settings import WHOLE

ASKED = """
import django; django.setup()
from django.conf import settings
from transition.models import User
from transition.queries.second_factors import is_required
print(settings.DEMO, is_required(User(is_superuser=True)), *settings.SECOND_FACTOR_KINDS)
"""


@pytest.mark.django_db
@pytest.mark.parametrize("is_superuser", [False, True])
def test_one_step_in_the_demo_and_no_way_in_elsewhere(settings, is_superuser):
    user = factories.UserFactory(is_demo=True, is_superuser=is_superuser)
    assert sign_in(Client(), user)["Location"] == "/"
    settings.DEMO = False
    client = Client()
    assert sign_in(client, user).status_code == 422
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_others_sign_in_as_ever(settings):
    settings.DEMO = False
    assert sign_in(Client(), factories.UserFactory())["Location"] == "/"


def test_no_variable_makes_production_a_demo():
    written = dict.fromkeys(("DEMO", "DJANGO_DEMO", "IS_DEMO"), "1") | {"SECOND_FACTOR_KINDS": ""}
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=django_settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "transition.settings.prod", **WHOLE, **written},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "True", "MUNICIPALITY", "CORE_CENTER"]
