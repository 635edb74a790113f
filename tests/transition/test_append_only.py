"""Evidence: the database refuses what the models refuse, whoever asks and however."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import IntegrityError, connection, transaction

from programs.models import Override, RecordVersion, SessionEvent, SessionRecord
from tests import factories
from transition import append_only
from transition.models import AuditEvent, AuditSeal, ViewLog
from transition.models.base import AppendOnly

pytestmark = pytest.mark.django_db
TABLES = sorted(append_only.TABLES)
TEXTS = [(table, text) for table, texts in sorted(append_only.TABLES.items()) for text in texts]


@pytest.fixture(autouse=True)
def rows():
    session = factories.SessionFactory()
    user = factories.UserFactory()
    SessionEvent.objects.create(session=session, action="REQUEST", state="REQUESTED", by=user, reason="理由")
    Override.objects.create(session=session, problem_code="x", message="内容", reason="理由", by=user)
    record = SessionRecord.objects.create(session=session, by=user)
    RecordVersion.objects.create(record=record, version=1, content={"did": "見本"}, by=user)
    event = AuditEvent.objects.create(action="a.b", subject_type="x", subject_id="1")
    AuditSeal.objects.create(number=1, event_id=event.pk, code="0" * 64)
    ViewLog.objects.create(person=1, what="person")


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_each_table_belongs_to_a_model_that_refuses_too():
    models = {model._meta.db_table: model for model in apps.get_models()}
    assert all(issubclass(models[table], AppendOnly) for table in TABLES)
    for table, text in TEXTS:
        models[table]._meta.get_field(text)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id + 1000", "UPDATE {} SET id = id", "DELETE FROM {}"])
def test_a_row_is_never_changed_and_never_deleted(table, act):
    with pytest.raises(IntegrityError, match=append_only.REFUSAL):
        run(act.format(table))


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_never_emptied(table):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    # What still waits for the end of the transaction would be refused for another reason.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=append_only.REFUSAL):
        run(f"TRUNCATE {table} CASCADE")


def test_not_through_the_models_back_doors_either():
    for model in (AuditEvent, SessionEvent, RecordVersion):
        row = model.objects.earliest("pk")
        with pytest.raises(IntegrityError), transaction.atomic():
            model._base_manager.filter(pk=row.pk)._raw_delete("default")
        with pytest.raises(TypeError):
            model.objects.all().delete()


def test_texts_whose_time_is_over_may_be_erased_and_nothing_else():
    with transaction.atomic(), append_only.erasing():
        for table, text in TEXTS:
            value = "'{}'" if text == "content" else "'（消去）'"
            run(f"UPDATE {table} SET {text} = {value}")
        for table in TABLES:
            with pytest.raises(IntegrityError, match=append_only.REFUSAL):
                run(f"UPDATE {table} SET id = id + 1000")
            with pytest.raises(IntegrityError, match=append_only.REFUSAL):
                run(f"DELETE FROM {table}")
        for table, kept in (("transition_auditevent", "action"), ("transition_viewlog", "what")):
            with pytest.raises(IntegrityError, match=append_only.REFUSAL):
                run(f"UPDATE {table} SET {kept} = ''")
    assert SessionEvent.objects.get().reason == "（消去）"
    for table, text in TEXTS:
        with pytest.raises(IntegrityError, match=append_only.REFUSAL):
            run(f"UPDATE {table} SET {text} = {text}")


def test_what_fails_while_erasing_leaves_the_guard_in_place():
    with pytest.raises(ZeroDivisionError), transaction.atomic(), append_only.erasing():
        raise ZeroDivisionError
    with pytest.raises(IntegrityError, match=append_only.REFUSAL):
        run("UPDATE programs_sessionevent SET reason = ''")


@pytest.mark.django_db(transaction=True)
def test_erasing_needs_a_transaction():
    with pytest.raises(RuntimeError), append_only.erasing():
        pass


def test_the_guards_come_back_with_every_migrate():
    append_only.release()
    run("UPDATE transition_auditevent SET action = 'x'")
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    with pytest.raises(IntegrityError, match=append_only.REFUSAL):
        run("UPDATE transition_auditevent SET action = 'y'")


@pytest.mark.django_db(transaction=True)
def test_a_table_that_sqlite_rebuilds_is_guarded_again():
    call_command("migrate", "transition", "0010", verbosity=0)
    call_command("migrate", "transition", verbosity=0)
    with pytest.raises(IntegrityError, match=append_only.REFUSAL):
        run("DELETE FROM transition_viewlog")
