"""`make check` and `make test`: every step runs, whatever failed before it; pytest has the last word."""

import sys
from pathlib import Path

from processes import BIN, ROOT, entrance, environment, run

SETTINGS = "transition.settings.test"
# One worker per core; beyond eight, starting them costs more than they bring. Each begins with a stretch of its own, so
# that what a file builds once is built in one worker, and takes from the others when it has nothing left.
PYTEST = [BIN / "pytest", "--numprocesses=logical", "--maxprocesses=8", "--dist=worksteal"]
NO_BROWSER = 3
# They ask no database, or nothing that two databases answer differently: who may do what, what a page looks like.
ONCE_ON_SQLITE = [
    "tests/domain",
    "tests/test_access.py",
    "tests/test_audit.py",
    "tests/test_csv_everywhere.py",
    "tests/test_edges.py",
    "tests/test_endless_input.py",
    "tests/test_hardening.py",
    "tests/test_lint.py",
    "tests/test_lint_power.py",
    "tests/test_pages_whole.py",
    "tests/test_uploads.py",
    "tests/api/test_access.py",
    "tests/api/test_description.py",
    "tests/calendars/test_addresses_view.py",
    "tests/calendars/test_every_feed.py",
    "tests/calendars/test_family_page.py",
    "tests/calendars/test_grid.py",
    "tests/calendars/test_ical.py",
    "tests/calendars/test_other_parsers.py",
    "tests/calendars/test_window.py",
    "tests/programs/test_cards.py",
    "tests/programs/test_consent_words.py",
    "tests/programs/test_demo.py",
    "tests/programs/test_demo_size.py",
    "tests/programs/test_easy_access.py",
    "tests/programs/test_easy_entry.py",
    "tests/programs/test_easy_language.py",
    "tests/programs/test_easy_screens.py",
    "tests/programs/test_home_lists.py",
    "tests/programs/test_program_views.py",
    "tests/programs/test_programs_file.py",
    "tests/programs/test_rules.py",
    "tests/programs/test_webhook_pages.py",
    "tests/soak/test_checker.py",
    "tests/transition/test_behind_nginx.py",
    "tests/transition/test_demo_accounts.py",
    "tests/transition/test_exports.py",
    "tests/transition/test_fetch.py",
    "tests/transition/test_fields.py",
    "tests/transition/test_guard.py",
    "tests/transition/test_guides.py",
    "tests/transition/test_htmx.py",
    "tests/transition/test_masking.py",
    "tests/transition/test_middleware.py",
    "tests/transition/test_passkey_forms.py",
    "tests/transition/test_settings.py",
    "tests/transition/test_token_pages.py",
    "tests/transition/test_views_noted.py",
]
# PostgreSQL is the stricter one about what it is sent, and says more when it refuses.
ONCE_ON_POSTGRES = [
    "tests/api/test_schemathesis.py",
    "tests/test_foreign_ids.py",
    "tests/test_logs.py",
    "tests/test_nasty_input.py",
    "tests/programs/test_easy_answers.py",
    # From one to the other and back, with either as the test's own.
    "tests/transition/test_moving.py",
]


def check() -> list[str]:
    """Lint, layers, types and migrations; the names of what failed."""
    pages = sorted((ROOT / "templates").rglob("*.html"))
    steps: dict[str, list[str | Path]] = {
        "ruff check": [BIN / "ruff", "check", "--quiet", "."],
        "ruff format": [BIN / "ruff", "format", "--check", "--quiet", "."],
        "djade": [BIN / "djade", "--target-version", "5.2", "--check", *pages],
        "import-linter": [BIN / "lint-imports", "--no-logo"],
        "mypy": [BIN / "mypy"],
        "makemigrations --check": [BIN / "python", "manage.py", "makemigrations", "--check", "--dry-run"],
        "pip-audit": [BIN / "python", "deploy/dev/audit.py"],
    }
    if not pages:
        del steps["djade"]
    env = environment(DJANGO_SETTINGS_MODULE=SETTINGS, DATABASE_URL="sqlite://:memory:")
    return [name for name, command in steps.items() if not passes(name, command, env)]


def test() -> list[str]:
    failed = []
    browser = run(["sh", "deploy/dev/browser.sh"])
    if browser not in {0, NO_BROWSER}:
        failed.append("browser for e2e tests")
    failed += check()
    env = environment(DJANGO_SETTINGS_MODULE=SETTINGS, DATABASE_URL=None)
    server = [BIN / "python", "deploy/dev/postgres.py", "run", "--"]
    postgres = [*server, *PYTEST, "-m", "not e2e", *without(ONCE_ON_SQLITE)]
    if not passes("pytest on PostgreSQL (all but e2e and what runs once, below)", postgres, env):
        failed.append("pytest on PostgreSQL")
    if failed:
        print(f"\nFailed so far: {', '.join(failed)}", flush=True)
    if not passes("pytest on SQLite (all but what ran once, above)", [*PYTEST, *without(ONCE_ON_POSTGRES)], env):
        failed.append("pytest on SQLite")
    return failed


def without(files: list[str]) -> list[str]:
    return [f"--ignore={file}" for file in files]


def passes(name: str, command: list[str | Path], env: dict[str, str]) -> bool:
    print(f"\n── {name}", flush=True)
    return run(command, env=env) == 0


def main() -> None:
    with entrance():
        failed = {"check": check, "test": test}[sys.argv[1]]()
        if failed:
            print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
        sys.exit(bool(failed))


if __name__ == "__main__":
    main()
