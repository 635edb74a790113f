"""How gunicorn starts, in the demo and in production alike."""

import importlib
import threading

worker_class = "gthread"
workers = 2
threads = 4
# A PDF of many pages takes seconds on a small machine.
timeout = 90
loglevel = "warning"

# What takes seconds to load and only few pages need.
SLOW_TO_LOAD = ("ortools.sat.python.cp_model", "weasyprint")


def post_worker_init(worker):
    """Load the slow libraries beside the first requests instead of within one of them."""
    threading.Thread(target=_load, args=(worker,), daemon=True).start()


def _load(worker):
    for name in SLOW_TO_LOAD:
        try:
            importlib.import_module(name)
        except (ImportError, OSError) as error:
            # Without Pango there is no PDF; the page that needs it says so.
            worker.log.warning("%s cannot be loaded: %s", name, type(error).__name__)
