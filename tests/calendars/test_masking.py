import logging

import pytest

from calendars import masking

TOKEN = "Xy_-" + "z" * 39


@pytest.mark.parametrize(
    "text",
    [
        f"Not Found: /ical/{TOKEN}/yotei.ics",
        f'"GET /ical/{TOKEN}/yotei.ics HTTP/1.1" 200',
        f"/ICAL/{TOKEN}",
        f"/ical/{TOKEN}?x=1",
        f"/%69cal/{TOKEN}/yotei.ics",
        f"https://taiken.invalid/ical/{TOKEN}/",
    ],
)
def test_the_secret_is_masked(text):
    assert TOKEN not in masking.masked(text)
    assert "/ical/***" in masking.masked(text)


def test_other_addresses_stay_readable():
    for text in ("Not Found: /people/1/", "GET /static/ical.css", "/radical/thing/", "100 %s of it"):
        assert masking.masked(text) == text


class Listening(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@pytest.mark.parametrize("name", masking.LOGGERS)
def test_every_logger_of_addresses_masks(name):
    logger, listening = logging.getLogger(name), Listening()
    logger.addHandler(listening)
    try:
        # gunicorn hands over one mapping, Django several arguments.
        logger.error('%(h)s "%(r)s"', {"h": "::1", "r": f"GET /ical/{TOKEN}/yotei.ics HTTP/1.1"})
        logger.error("%s: %s", "Not Found", f"/ical/{TOKEN}/yotei.ics")
        logger.error("%s %%", f"/ical/{TOKEN}/%s")
        logger.error("%s", "/people/")
    finally:
        logger.removeHandler(listening)
    assert listening.heard == [
        '::1 "GET /ical/***/yotei.ics HTTP/1.1"',
        "Not Found: /ical/***/yotei.ics",
        "/ical/***/%s %",
        "/people/",
    ]


def test_installing_twice_masks_once():
    masking.install()
    for name in masking.LOGGERS:
        filters = [found for found in logging.getLogger(name).filters if isinstance(found, masking.MaskFeedTokens)]
        assert len(filters) == 1
