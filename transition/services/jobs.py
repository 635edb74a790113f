"""Sets right what the queue could not do."""

from django.core.exceptions import ValidationError
from django_q.models import Task
from django_q.tasks import async_task

from transition.models import AuditEvent, User
from transition.services import audit
from transition.services.transactions import writing


@writing
def retry(*, task_id: str, by: User) -> AuditEvent | None:
    """Put a failed task into the queue once more; None when it is not there any more.

    Raises ValidationError for a task with arguments: ours have none, and those of others are not run twice.
    """
    task = Task.objects.select_for_update(of=("self",)).filter(pk=task_id, success=False).first()
    if task is None:
        return None
    if task.args or task.kwargs:
        raise ValidationError("引数のある仕事は、ここからはやり直せません。")
    func = task.func
    event = audit.record("task.retry", by, by=by, func=func)
    # In this transaction: the task is in the queue when the failure is gone, and not otherwise.
    task.delete()
    async_task(func)
    return event
