"""One mail: its words, its header, and what the mail server said to it. It names nobody."""

import smtplib
import uuid
from collections.abc import Sequence
from enum import StrEnum
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from transition.models import Notification
from transition.notifications import Told

# Longer ones are cut short in lists of mails anyway.
LONGEST_SUBJECT = 70
# So many stand in one digest with their own words.
MOST_ITEMS = 30


class Answer(StrEnum):
    """What came of handing a mail over. UNKNOWN: the connection ended before the server had answered."""

    SENT = "SENT"
    AGAIN = "AGAIN"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


class Unreachable(Exception):  # noqa: N818 - reads as what happened
    """No mail server; nothing was handed over. Its cause says why."""


def message_id(reason_key: str) -> str:
    """The same for the same reason, so that a mail sent again can be told to be the same."""
    host = urlsplit(settings.SITE_ADDRESS).hostname or settings.CALENDAR_UID_HOST
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, reason_key)}@{host}>"


def compose(notification: Notification, told: Told) -> EmailMessage:
    values = {"told": told, "link": _link(told.url)}
    return _message(notification, told.subject, "emails/notification.txt", values)


def compose_digest(notification: Notification, items: Sequence[Told]) -> EmailMessage:
    shown = [(told, _link(told.url)) for told in items[:MOST_ITEMS]]
    values = {"items": shown, "more": max(0, len(items) - MOST_ITEMS)}
    return _message(notification, f"お知らせのまとめ（{len(items)}件）", "emails/digest.txt", values)


def _message(notification: Notification, subject: str, template: str, values: dict[str, Any]) -> EmailMessage:
    values |= {"site_name": settings.SITE_NAME, "choices_link": _link(_choices())}
    # One line, whatever it was put together from.
    subject = " ".join(f"【{settings.SITE_NAME}】{subject}".split())[:LONGEST_SUBJECT]
    return EmailMessage(
        subject=subject,
        body=render_to_string(template, values),
        to=[notification.user.email],
        headers={"Message-ID": notification.message_id, "Auto-Submitted": "auto-generated"},
    )


def _link(path: str) -> str:
    return f"{settings.SITE_ADDRESS}{path}"


def _choices() -> str:
    try:
        return reverse("transition:notification-choices")
    except NoReverseMatch:
        return "/"


class Post:
    """A connection to the mail server, kept open from mail to mail."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def __enter__(self) -> "Post":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def make_ready(self) -> None:
        """Be sure that the server listens before anything is handed over. Raises Unreachable."""
        try:
            if not self._listens():
                self._close()
                self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable from error

    def hand_over(self, message: EmailMessage) -> tuple[Answer, str]:
        """(answer, class or code of what went wrong)."""
        try:
            sent = self._connection.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            return _answer(min(code for code, _ in error.recipients.values()))
        except smtplib.SMTPSenderRefused as error:
            # Not the reader's fault: somebody may put it right.
            return Answer.AGAIN, f"SMTP {error.smtp_code}"
        except smtplib.SMTPResponseException as error:
            return _answer(error.smtp_code)
        except smtplib.SMTPNotSupportedError as error:
            return Answer.REFUSED, type(error).__name__
        except (OSError, smtplib.SMTPException) as error:
            self._close()
            return Answer.UNKNOWN, type(error).__name__
        return (Answer.SENT, "") if sent else (Answer.AGAIN, "nothing sent")

    def _listens(self) -> bool:
        server = getattr(self._connection, "connection", None)
        if not isinstance(server, smtplib.SMTP):
            return False
        try:
            return server.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _close(self) -> None:
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException):
            # Already gone; the next mail opens a new one.
            self._connection = get_connection()


def _answer(code: int) -> tuple[Answer, str]:
    return (Answer.REFUSED if code >= 500 else Answer.AGAIN), f"SMTP {code}"
