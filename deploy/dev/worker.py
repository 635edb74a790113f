"""The worker under its guard, for a terminal: `make demo` and `make run` start it, and Ctrl-C ends it.

honcho waits five seconds for its programs and then uses force; the guard's worker dies with the guard, so even that
leaves nothing behind.
"""

import sys

from processes import ROOT, entrance, group

# Less than what honcho waits.
PATIENCE_SECONDS = 4

if __name__ == "__main__":
    with (
        entrance(runs_until_stopped=True),
        group([sys.executable, ROOT / "manage.py", "worker"], patience=PATIENCE_SECONDS) as guard,
    ):
        sys.exit(guard.wait())
