"""Which browser the e2e tests drive, and how it is started. `python -m tests.e2e.browser` names it, or fails.

For tests/e2e/conftest.py:

    @pytest.fixture(scope="session")
    def browser_type_launch_args(browser_type_launch_args):
        return {**browser_type_launch_args, **launch_options()}

and `require_browser()` in a session fixture that every e2e test uses: it skips loudly, and fails when CI=true.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGS = (
    "--headless",
    # Chromium's sandbox does not start for root; the tests open only our own pages.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # It would ask its maker's servers for news at every start.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> Path | None:
    """The system's Chromium, or the one that Playwright downloaded for itself."""
    for name in NAMES:
        # Ubuntu's `chromium-browser` without its snap is a note that says so.
        if (path := shutil.which(name)) and starts(path):
            return Path(path)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return Path(path) if starts(path) else None


def starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def launch_options() -> dict[str, Any]:
    """What pytest-playwright needs to start it."""
    return {"executable_path": find_browser(), "args": list(ARGS)}


def require_browser() -> None:
    if find_browser() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: in CI the e2e tests may not be skipped")
        pytest.skip("no Chromium: `make test` says how to get one")


if __name__ == "__main__":
    found = find_browser()
    sys.stdout.write(f"{found}\n")
    sys.exit(found is None)
