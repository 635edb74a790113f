import logging

import pytest

from transition import masking

TOKEN = "Xy_-" + "z" * 39
# A static file: its name has another length, or a dot after it.
LONG_NAME = f"GET /static/{'x' * 43}.0123456789ab.css and /people/{'0' * 36}/"


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


@pytest.mark.parametrize(
    "text",
    [
        f"Not Found: /me/enter/{TOKEN}/",
        "Not Found: /me/enter/short/",
        f'"GET /me/enter/{TOKEN}/ HTTP/1.1" 302',
        f"/ME/ENTER/{TOKEN}",
        f"/me/enter/{TOKEN}?x=1",
        f'"GET /me/ HTTP/1.1" 200 0 "https://taiken.invalid/me/enter/{TOKEN}/" "Fictional/1.0"',
    ],
)
def test_the_secret_of_a_personal_link_is_masked(text):
    assert TOKEN not in masking.masked(text)
    assert "short" not in masking.masked(text)
    assert "/me/enter/***" in masking.masked(text)


@pytest.mark.parametrize("text", [f"/me/%65nter/{TOKEN}/", f"/me//enter/{TOKEN}", f"//me/enter//{TOKEN}/ HTTP/1.1"])
def test_a_secret_is_known_by_its_length_under_any_path(text):
    assert TOKEN not in masking.masked(text)


def test_other_addresses_stay_readable():
    for text in ("Not Found: /people/1/", "GET /static/ical.css", "/radical/thing/", "100 %s of it", LONG_NAME):
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
        filters = [found for found in logging.getLogger(name).filters if isinstance(found, masking.MaskTokens)]
        assert len(filters) == 1
