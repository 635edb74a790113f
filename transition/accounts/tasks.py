"""What the queue runs for accounts. Sent again after a failure; nothing personal is left of one."""

from transition.receivers import has_been_given_up
from transition.services import account_mails, pulses
from transition.tasks import Failed


def send(kind: str, pk: int) -> None:
    """One mail about an account; `pk` of the user, or of the invitation."""
    if has_been_given_up():
        raise Failed("tried too often\nGivenUp")
    try:
        account_mails.send(kind, pk)
    except Exception as error:
        pulses.failed("task:transition.account_mail", error)
        raise Failed(f"transition.accounts.tasks.send\n{type(error).__name__}") from None
