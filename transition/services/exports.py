"""What leaves the application as a file leaves a row behind: who, what, how many lines; nothing of its content."""

from django.db import models

from transition.models import AuditEvent, User
from transition.services import audit
from transition.services.transactions import writing


@writing
def record(*, what: str, subject: models.Model, rows: int, by: User) -> AuditEvent:
    """`what` reads noun.form: intentions.csv, pack.pdf."""
    return audit.record(f"export.{what}", subject, by=by, rows=rows)
