from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transition", "0010_trust")]

    operations = [
        migrations.AlterField(
            model_name="viewlog",
            name="person",
            field=models.BigIntegerField(editable=False, null=True, verbose_name="本人"),
        ),
    ]
