"""Who may hand out and stop the addresses of a person's calendar."""

import rules

from programs.rules import supports_person

rules.add_perm("calendars.manage_feeds", supports_person)
