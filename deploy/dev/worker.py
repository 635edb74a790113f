"""The worker, stopped the way it stops well.

honcho sends SIGTERM to the whole process group; that kills the parts of a qcluster at once, and its main process
then waits for them for ever. On SIGINT only the main process reacts, and ends its parts in order.
"""

import sys

from processes import ROOT, entrance, group

# honcho itself waits five seconds, then uses force.
PATIENCE_SECONDS = 4

if __name__ == "__main__":
    with (
        entrance(runs_until_stopped=True),
        group([sys.executable, ROOT / "manage.py", "qcluster"], patience=PATIENCE_SECONDS) as cluster,
    ):
        sys.exit(cluster.wait())
