from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("programs", "0010_webhook_failing")]

    operations = [
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["state", "starts_at"], name="session_state_start"),
        ),
    ]
