"""管理モード: what an administrator may do opens for half an hour at a time, and leaves a trace."""

from transition.models import User
from transition.services import audit
from transition.services.transactions import RequestKey, writing


@writing
def begin(*, by: User, key: RequestKey | None = None) -> None:
    audit.record("staff_mode.begin", by, by=by)


@writing
def end(*, by: User, key: RequestKey | None = None) -> None:
    audit.record("staff_mode.end", by, by=by)
