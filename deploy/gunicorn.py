"""How gunicorn starts, in the demo and in production alike."""

import importlib
import os
import shutil
import tempfile
import threading

from prometheus_client import multiprocess

from transition import logs

worker_class = "gthread"
workers = 2
threads = 4
# A PDF of many pages takes seconds on a small machine.
timeout = 90
loglevel = "warning"
# gunicorn's own words leave as Django's do: what failed, never for whose address.
logconfig_dict = logs.config()
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": [], "level": "WARNING", "propagate": True}

# All workers count their requests together, in files that go when the server stops.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="taiken-metrics-")

# What takes seconds to load and only few pages need.
SLOW_TO_LOAD = ("ortools.sat.python.cp_model", "weasyprint")


def post_worker_init(worker):
    """Load the slow libraries beside the first requests instead of within one of them."""
    threading.Thread(target=_load, args=(worker,), daemon=True).start()


def child_exit(server, worker):
    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def _load(worker):
    for name in SLOW_TO_LOAD:
        try:
            importlib.import_module(name)
        except (ImportError, OSError) as error:
            # Without Pango there is no PDF; the page that needs it says so.
            worker.log.warning("%s cannot be loaded: %s", name, type(error).__name__)
