import uuid
from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    """Everybody who has an account gets an id of their own; the default of a new column is one for all."""
    user_model = apps.get_model("transition", "User")
    # Of the database that is migrated, which may be another than the application's own (move_database).
    everybody = user_model.objects.using(schema_editor.connection.alias)
    users = list(everybody.only("pk"))
    for user in users:
        user.public_id = uuid.uuid4()
    everybody.bulk_update(users, ["public_id"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("transition", "0008_api_and_jobs")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True, verbose_name="公開ID"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="user",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="公開ID"),
        ),
    ]
