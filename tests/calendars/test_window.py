import datetime as dt

import pytest

from calendars.domain.agents import agent_of
from calendars.domain.window import slid_on, window_on
from calendars.enums import Agent


@pytest.mark.parametrize(
    ("today", "start", "end"),
    [
        ("2026-11-22", "2026-08-01", "2027-12-01"),
        ("2026-11-01", "2026-08-01", "2027-12-01"),
        ("2026-11-30", "2026-08-01", "2027-12-01"),
        ("2026-12-01", "2026-09-01", "2028-01-01"),
        ("2027-01-31", "2026-10-01", "2028-02-01"),
        ("2028-02-29", "2027-11-01", "2029-03-01"),
        ("2027-03-31", "2026-12-01", "2028-04-01"),
    ],
)
def test_window_is_cut_at_month_starts(today, start, end):
    assert window_on(dt.date.fromisoformat(today)) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))


def test_window_slides_on_the_first_of_the_month():
    assert slid_on(dt.date(2026, 11, 30)) == dt.date(2026, 11, 1)
    assert slid_on(dt.date(2026, 12, 1)) == dt.date(2026, 12, 1)


@pytest.mark.parametrize(
    ("user_agent", "agent"),
    [
        ("Google-Calendar-Importer", Agent.GOOGLE),
        ("Mozilla/5.0 (compatible; Google-Calendar-Importer)", Agent.GOOGLE),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", Agent.THUNDERBIRD),
        ("iOS/18.1 (22B83) dataaccessd/1.0", Agent.APPLE),
        ("macOS/15.1 (24B83) CalendarAgent/1.0", Agent.APPLE),
        ("Microsoft Office/16.0 (Microsoft Outlook Mail 16.0)", Agent.OUTLOOK),
        ("Mozilla/5.0 (Windows NT 10.0) Microsoft.Exchange", Agent.OUTLOOK),
        ("ICSx5/2.2.1 (ical4j/3) Android/14", Agent.ICSX5),
        ("Nextcloud Calendar", Agent.NEXTCLOUD),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604.1", Agent.BROWSER),
        ("curl/8", Agent.OTHER),
        ("", Agent.OTHER),
    ],
)
def test_agent_is_named_by_family(user_agent, agent):
    assert agent_of(user_agent) == agent
