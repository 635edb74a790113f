"""A mail server on this machine that counts what arrives, by Message-ID."""

import asyncio
import email
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller


class Sink:
    """Takes some time for each mail, so that a kill finds somebody at work."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.arrived: Counter[str] = Counter()

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        # Whose sender dies now has not sent it.
        await asyncio.sleep(self.seconds / 2)
        self.arrived[email.message_from_bytes(envelope.content)["Message-ID"]] += 1
        # Taken: it counts, although its sender may not live to hear of it.
        await asyncio.sleep(self.seconds / 2)
        return "250 OK"

    @property
    def extra(self) -> int:
        return sum(self.arrived.values()) - len(self.arrived)


@contextmanager
def sink(seconds: float) -> Iterator[tuple[Sink, int]]:
    """The sink and its port."""
    handler = Sink(seconds)
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
