"""`make check` looks for known holes in what we install, and never takes silence for an answer."""

import importlib.util
import json
import subprocess
import sys

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "deploy" / "dev"


@pytest.fixture(scope="module")
def audit():
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("audit", FOLDER / "audit.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["audit"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.pop("audit", None)


def answer(*rows) -> str:
    return json.dumps({"dependencies": list(rows), "fixes": []})


CLEAN = {"name": "fine", "version": "1.0", "vulns": []}
HOLE = {
    "name": "holed",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-0", "aliases": ["CVE-0"], "fix_versions": ["1.1"], "description": ""}],
}
UNKNOWN = {"name": "stranger", "skip_reason": "not found"}


def test_a_known_hole_is_named_with_what_mends_it(audit):
    found = audit.judge(answer(CLEAN, HOLE))
    assert found == audit.Found(["holed 1.0: PYSEC-0 CVE-0 → 1.1"], [])


@pytest.mark.parametrize("name", ["PYSEC-0", "CVE-0"])
def test_what_does_not_concern_us_is_left_out_by_its_id(audit, monkeypatch, name):
    monkeypatch.setitem(audit.IGNORED, name, "never called")
    assert audit.judge(answer(HOLE)).holes == []


def test_a_package_nobody_knows_is_not_a_package_without_holes(audit):
    assert audit.judge(answer(CLEAN, UNKNOWN)) == audit.Found([], ["stranger"])


@pytest.mark.parametrize("output", ["", "Traceback …", "[]", "{}", "null"])
def test_no_answer_is_no_answer(audit, output):
    assert audit.judge(output) is None


def run(audit, monkeypatch, tmp_path, answers) -> int:
    """With an index that answers so: first about the control, then about the lock."""
    given = iter(answers)
    monkeypatch.setattr(audit, "REMEMBERED", tmp_path / "audit.json")
    monkeypatch.setattr(audit, "ask", lambda requirements: audit.judge(next(given)))
    return audit.main()


@pytest.mark.parametrize(
    ("answers", "status", "said", "remembered"),
    [
        ([answer(HOLE), answer(CLEAN)], 0, "No known hole.", True),
        ([answer(HOLE), answer(CLEAN, HOLE)], 1, "holed 1.0", False),
        # The index answers, but knows about no hole: then its "none" about ours is worth nothing.
        ([answer(UNKNOWN)], 0, "NOT CHECKED", False),
        ([answer(CLEAN)], 0, "NOT CHECKED", False),
        ([""], 0, "NOT CHECKED", False),
        ([answer(HOLE), ""], 0, "NOT CHECKED", False),
        ([answer(HOLE), answer(CLEAN, UNKNOWN)], 0, "stranger", False),
    ],
)
def test_what_make_check_says(audit, monkeypatch, tmp_path, capsys, answers, status, said, remembered):
    assert run(audit, monkeypatch, tmp_path, answers) == status
    assert said in capsys.readouterr().out
    assert (tmp_path / "audit.json").exists() is remembered


@pytest.mark.real_time
def test_it_asks_once_a_day(audit, monkeypatch, tmp_path, capsys):
    assert run(audit, monkeypatch, tmp_path, [answer(HOLE), answer(CLEAN)]) == 0
    assert run(audit, monkeypatch, tmp_path, []) == 0
    assert "earlier today" in capsys.readouterr().out


def test_without_network_it_says_so_and_does_not_fail(audit, tmp_path):
    """The real pip-audit, behind a proxy that is not there."""
    script = f"import sys, pathlib; sys.path.insert(0, {str(FOLDER)!r}); import audit; "
    script += f"audit.REMEMBERED = pathlib.Path({str(tmp_path)!r}) / 'audit.json'; sys.exit(audit.main())"
    proxy = "http://127.0.0.1:9"
    env = {"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", "HOME": str(tmp_path), "https_proxy": proxy, "http_proxy": proxy}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "NOT CHECKED" in done.stdout
    assert "確かめられませんでした" in done.stdout
