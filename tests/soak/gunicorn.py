"""The shipped settings, but for one thing: the application is loaded once, before the processes part, so that one that
was killed is back at once. Else a small machine would spend the whole run on starts, and ask for little.
"""

import runpy
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "gunicorn.py"

globals().update(
    {name: value for name, value in runpy.run_path(str(SHIPPED)).items() if not name.startswith(("__", "post_worker"))}
)
preload_app = True
