from django.db import migrations


class Migration(migrations.Migration):
    """The words of an entry get their own name: a level is what an address shows, a variant what is stored."""

    dependencies = [("calendars", "0002_cancelled_index")]

    operations = [
        migrations.RemoveConstraint("feedentry", "feed_entry_once_per_session_and_detail"),
        migrations.RemoveIndex("feedentry", "feed_entry_person_detail_start"),
        migrations.RenameField("feedentry", "detail", "variant"),
    ]
