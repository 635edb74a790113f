"""The family of a calendar program, from what it says about itself."""

from calendars.enums import Agent

# First match wins; every browser and several calendars call themselves Mozilla, so that comes last.
_MARKS = (
    ("google-calendar", Agent.GOOGLE),
    ("thunderbird", Agent.THUNDERBIRD),
    ("nextcloud", Agent.NEXTCLOUD),
    ("icsx5", Agent.ICSX5),
    ("outlook", Agent.OUTLOOK),
    ("microsoft", Agent.OUTLOOK),
    ("exchange", Agent.OUTLOOK),
    ("dataaccessd", Agent.APPLE),
    ("calendaragent", Agent.APPLE),
    ("ios/", Agent.APPLE),
    ("macos/", Agent.APPLE),
    ("mac os x/", Agent.APPLE),
    ("mac_os_x/", Agent.APPLE),
    ("mozilla/", Agent.BROWSER),
)


def agent_of(user_agent: str) -> Agent:
    """OTHER for what is not known, also for nothing at all."""
    lowered = user_agent.lower()
    return next((agent for mark, agent in _MARKS if mark in lowered), Agent.OTHER)
