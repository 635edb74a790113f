"""What our tasks leave behind when they fail or kill, and what is checked of the settings."""

import logging

import pytest
from django.conf import settings as real
from django.core.management import call_command
from django_q.models import OrmQ, Schedule, Task
from django_q.signals import post_execute, post_execute_in_worker, pre_execute

from tests import factories
from transition import checks, clock, guard, tasks
from transition.enums import NotificationState
from transition.models import Notification, Pulse
from transition.receivers import MOST_TRIES
from transition.services import pulses, pump, waking

pytestmark = pytest.mark.django_db


def begin(task_id: str = "a" * 32) -> dict:
    task = {"id": task_id, "ack_id": 1, "func": "x"}
    pre_execute.send(sender="django_q", func=None, task=task)
    return task


def end(task: dict, success: bool) -> None:
    task["success"] = success
    post_execute_in_worker.send(sender="django_q", func=None, task=task)


@tasks.job
def speaks() -> None:
    raise ValueError("見本 花子")


def test_a_failure_names_the_class_and_nobody(caplog):
    with pytest.raises(tasks.Failed) as failed:
        speaks()
    assert str(failed.value).endswith("test_queue.speaks\nValueError")
    assert failed.value.__suppress_context__
    assert "花子" not in caplog.text + str(failed.value)


def test_a_step_that_fails_does_not_stop_the_next():
    done = []
    tasks.each(speaks.__wrapped__, lambda: done.append(1))
    assert done == [1]


def test_a_task_that_kills_its_worker_is_begun_five_times():
    done = []
    work = tasks.job(lambda: done.append(1))
    for _ in range(MOST_TRIES):
        # It never ends.
        task = begin()
        work()
    assert "ack_failure" not in task
    task = begin()
    with pytest.raises(tasks.Failed):
        work()
    # Out of the queue with this failure.
    assert task["ack_failure"] is True
    end(task, False)
    assert len(done) == MOST_TRIES
    assert not Pulse.objects.filter(name__startswith="task:aaa").exists()
    # The next task of this process is not meant.
    begin("b" * 32)
    work()
    assert len(done) == MOST_TRIES + 1


def test_a_task_that_ends_well_is_forgotten_and_the_canary_is_not_counted():
    end(begin(), True)
    pre_execute.send(sender="django_q", func=None, task={"id": "c" * 32, "ack_id": 1, "save": False})
    assert not Pulse.objects.filter(name__startswith="task:").exists()


def test_the_guard_sees_who_is_at_work(tmp_path, monkeypatch):
    monkeypatch.setenv(guard.FOLDER, str(tmp_path))
    task = begin()
    assert [path.name.partition("-")[0] for path in tmp_path.iterdir()] == ["busy"]
    end(task, True)
    # Done, and not yet noted.
    assert not list(tmp_path.iterdir())
    post_execute.send(sender="django_q", task=task)
    assert [path.name for path in tmp_path.iterdir()] == ["beat"]


def test_the_canary_answers_and_finds_what_a_lost_wake_has_left():
    tasks.canary()
    assert Pulse.objects.get(name=Pulse.CANARY).at == clock.now()
    assert not OrmQ.objects.exists()
    row = factories.NotificationFactory(user=factories.UserFactory(is_superuser=True))
    assert row.state == NotificationState.NEW
    tasks.canary()
    assert [task.func() for task in OrmQ.objects.all()] == [waking.SEND]


def test_every_task_of_ours_can_be_found_and_is_one():
    from pydoc import locate

    from calendars.services import refreshes
    from programs.management.commands.schedules import SCHEDULES
    from programs.services import external
    from transition.services import nightly

    for path in (*SCHEDULES.values(), waking.SEND, nightly.TASK, tasks.CANARY, refreshes.TASK, external.TASK):
        task = locate(path)
        assert callable(task), path
        assert hasattr(task, "__wrapped__"), path


def test_schedules_have_no_arguments():
    Schedule.objects.create(name="programs.sweep", func="x", args="nonsense(")
    call_command("schedules")
    assert set(Schedule.objects.values_list("args", "kwargs")) == {(None, None)}
    assert Schedule.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"retry": 199}, ["transition.E002"]),
        ({"retry": 200}, []),
        ({"timeout": 100}, ["transition.E002"]),
        ({"queue_limit": 20}, ["transition.E002"]),
        ({"queue_limit": None}, ["transition.E001"]),
        ({"catch_up": True}, ["transition.E003"]),
        ({"max_attempts": 0}, ["transition.E004"]),
        ({"redis": "redis://127.0.0.1"}, ["transition.E005"]),
    ],
)
def test_the_settings_of_the_queue_are_checked(settings, changes, expected):
    settings.Q_CLUSTER = {**real.Q_CLUSTER, **changes}
    assert [found.id for found in checks.queue()] == expected


def test_the_log_of_the_queue_names_nobody(caplog):
    """A mail that fails is told of by class: the reader's name and address stay where they are."""
    member = factories.MembershipFactory(user__name="見本 花子", user__email="hanako@example.invalid")
    Notification.objects.create(kind="CONSISTENCY", reason_key="x", user=member.user)
    with caplog.at_level(logging.DEBUG):
        pulses.failed("mail", ValueError("hanako@example.invalid"))
    assert "hanako" not in caplog.text
    assert pump.oldest_due() is not None
    assert not Task.objects.exists()
