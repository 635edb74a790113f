"""What no reviewer should have to look for: rows fetched past their scope, doors left open, words that say too much.

Each table names the few exceptions with their reasons; one that is no longer needed fails here as well.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR)
APPS = ("transition", "programs", "calendars")

# Rows that tell something of a person, or of who works where and reads what.
SENSITIVE = {
    *(
        "ApiToken",
        "AuditEvent",
        "AuditSeal",
        "BusyTime",
        "CalendarFeed",
        "Consent",
        "Contact",
        "Disclosure",
        "DoneMark",
    ),
    *(
        "Enrollment",
        "EnrollmentChange",
        "Escort",
        "ExternalCalendar",
        "FamilyRemark",
        "FeedEntry",
        "FeedRefresh",
        "FollowUp",
        "Goal",
    ),
    *("GoalScore", "Grant", "HomePhoto", "IdempotencyKey", "IntentionCheck", "Invitation", "Membership"),
    *("Notification", "Outcome", "Override", "Person", "PersonCard", "PersonLink", "Photo", "Portrait", "Rating"),
    *("RecordDraft", "RecordVersion", "Review", "Room", "RoomNight", "Session", "SessionEvent", "SessionGoal"),
    *("SessionRecord", "Slot", "StopRequest", "SupportLink", "User", "UserSession", "ViewLog", "Webhook"),
    *("WebhookDelivery", "Wish"),
}
# What ties rows to the reader. A method of the manager…
SCOPES = {"visible_to", "run_by", "kept_by", "of", "supported_by", "none", "for_reader"}
# …or a condition on something that was found through one before.
TIES = {
    *(
        "person",
        "person_id",
        "person__in",
        "session",
        "session__in",
        "enrollment",
        "enrollment__in",
        "home",
        "home__in",
    ),
    *(
        "room",
        "room__in",
        "goal",
        "webhook",
        "user",
        "user_id",
        "organization",
        "organization__in",
        "outcome__enrollment__in",
        "feed",
    ),
}
# Module and model: why the rows may be fetched without either.
UNSCOPED: dict[tuple[str, str], str] = {
    ("programs/api/audit.py", "User"): "names of those who did what the caller may read",
    ("programs/api/enrollments.py", "User"): "members of the organization that leads the enrollment",
    ("programs/api/goals.py", "GoalScore"): "the newest scores of one goal that was found, by their ids",
    ("programs/api/homes.py", "HomePhoto"): "goes with homes, which everybody who works anywhere finds",
    ("programs/api/outcomes.py", "FollowUp"): "narrowed to an outcome that was found, on the next line",
    ("programs/api/proposals.py", "Goal"): "named by a plan of an enrollment that was found",
    ("programs/api/proposals.py", "User"): "named by a plan of an enrollment that was found",
    ("programs/api/session_outings.py", "Session"): "asks whether the one that was found has changed",
    ("programs/api/session_outings.py", "User"): "who goes along on an outing that was found",
    ("programs/api/session_sent.py", "Slot"): "open slots are for everybody; the service refuses others",
    ("programs/api/slot_search.py", "Slot"): "open slots are for everybody who may search for a person",
    ("programs/api/slots.py", "RoomNight"): "which nights of found rooms are taken, never by whom",
    ("programs/api/slots.py", "Slot"): "narrowed to open ones or one's own on the next line",
    ("programs/api/views.py", "User"): "names of those who looked at what the caller may read",
    ("programs/views/external.py", "ExternalCalendar"): "narrowed to the home or the user on the next line",
    ("programs/views/outcomes.py", "FollowUp"): "narrowed to an enrollment that was found, on the next line",
    ("programs/views/outings.py", "User"): "who goes along on an outing that was found",
    ("programs/views/photos.py", "Photo"): "asked on the next line whether its session is the reader's",
    ("programs/views/search.py", "Slot"): "open slots are for everybody; the service refuses others",
    ("transition/views/members.py", "User"): "whether the invited address has an account, for whoever holds the secret",
    ("transition/views/sign_ins.py", "Session"): "Django's sessions, by the keys of one's own",
}
# Modules that may be without CSRF: the address itself is the key, or nothing can be done there.
WITHOUT_CSRF = {
    "calendars/views/feed.py": "calendars and the family's page: no session that could be ridden on",
    "programs/views/easy/entry.py": "answers no POST",
    "transition/views/csp_reports.py": "counts, and browsers send no token",
}
# Where text becomes HTML without being escaped, and why that is right.
MARKS_SAFE = {
    "programs/views/links.py": "a drawing of our own address, percent-encoded",
    "transition/guides.py": "our own guides; raw HTML in them is escaped",
    "transition/templatetags/easy.py": "every piece is escaped before; only ruby marks become elements",
    "transition/templatetags/words.py": "format_html with a fresh UUID",
    "transition/views/second_factors.py": "drawn squares",
}
# Where SQL is written by hand: only with placeholders.
HAND_WRITTEN_SQL = {
    "calendars/prepared.py": "SQL that the ORM composed once",
    "calendars/queries/feeds.py": "one statement for a poll",
    "transition/append_only.py": "triggers",
    "transition/services/anonymization.py": "the triggers stand aside",
    "transition/services/backups/databases.py": "snapshots and checksums",
    "transition/services/backups/postgres.py": "snapshots and checksums",
    "transition/services/moving.py": "from one database into another",
    "transition/services/rates.py": "counts in one statement",
    "transition/services/sole.py": "advisory locks",
    "transition/services/views.py": "an impatient insert",
}
# Views that look at uploaded files, and the service each of them hands the bytes to.
UPLOADS = {
    "programs/views/homes.py": "home_guides",
    "programs/views/photos.py": "photos",
    "programs/views/portraits.py": "portraits",
    "programs/views/wishes.py": "wish_photos",
}


@cache
def tree(path: Path) -> ast.Module:
    parsed = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(parsed):
        for child in ast.iter_child_nodes(node):
            child.above = node
    return parsed


def modules(*folders: str) -> list[Path]:
    """Python files of the apps, or of these folders within them."""
    wanted = [ROOT / app / folder for app in APPS for folder in folders or ("",)]
    found = {path for folder in wanted if folder.exists() for path in folder.rglob("*.py")}
    return sorted(path for path in found if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path, kind: type) -> Iterator:
    return (node for node in ast.walk(tree(path)) if isinstance(node, kind))


def called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


SCREENS = modules("views", "api")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_there_is_something_to_look_at():
    assert len(SCREENS) > 80
    assert len(TEMPLATES) > 100


# Rows past their scope


def chain(manager: ast.Attribute) -> tuple[set[str], set[str]]:
    """Methods and conditions that follow on `Model.objects`, also in a get_object_or_404 around it."""
    methods, conditions, node = set(), set(), manager
    while isinstance(above := node.above, ast.Attribute | ast.Call):
        if isinstance(above, ast.Attribute):
            methods.add(above.attr)
        elif above.func is node or called(above) in {"get_object_or_404", "get_list_or_404"}:
            conditions |= {word.arg for word in above.keywords if word.arg}
        else:
            break
        node = above
    return methods, conditions


def unscoped(path: Path) -> Iterator[str]:
    """The sensitive models whose rows this module fetches without a scope."""
    for node in nodes(path, ast.Attribute):
        model = getattr(node.value, "id", "")
        if node.attr not in {"objects", "_default_manager", "_base_manager"} or model not in SENSITIVE:
            continue
        methods, conditions = chain(node)
        if not methods & SCOPES and not conditions & TIES:
            yield model
    for node in nodes(path, ast.Call):
        if called(node) not in {"get_object_or_404", "get_list_or_404"} or not node.args:
            continue
        model = getattr(node.args[0], "id", "")
        if model in SENSITIVE and not {word.arg for word in node.keywords} & TIES:
            yield model


def test_every_sensitive_model_exists_and_every_model_of_a_person_is_sensitive():
    models = {model.__name__: model for model in apps.get_models()}
    assert models.keys() >= SENSITIVE
    about = {
        model.__name__
        for model in models.values()
        if model.__module__.startswith(APPS)
        and any(getattr(field.related_model, "__name__", "") == "Person" for field in model._meta.fields)
    }
    assert about <= SENSITIVE


def test_no_screen_fetches_rows_past_their_scope():
    found = {(name_of(path), model) for path in SCREENS for model in unscoped(path)}
    assert found - UNSCOPED.keys() == set(), "scope it (visible_to, run_by, …), or say why not in UNSCOPED"
    assert UNSCOPED.keys() - found == set(), "no longer needed"


# Doors


def csrf_exempt(patterns: list | None = None) -> Iterator:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from csrf_exempt(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and getattr(pattern.callback, "csrf_exempt", False):
            yield pattern.callback


def test_only_the_api_and_what_has_a_key_of_its_own_is_without_csrf():
    """The API asks for the token itself wherever a session signs the caller in."""
    outside = {callback.__module__ for callback in csrf_exempt() if not hasattr(callback, "cls")}
    known = {path.removesuffix(".py").replace("/", ".") for path in WITHOUT_CSRF}
    # The family's views are open through the feed's decorator.
    third_party = {name for name in outside if not name.startswith(APPS)}
    assert outside - known - {"calendars.views.family", "calendars.views.robots"} - third_party == set()
    assert third_party == set(), "say why in WITHOUT_CSRF"
    named = {
        name_of(path)
        for path in modules()
        if any(alias.name == "csrf_exempt" for node in nodes(path, ast.ImportFrom) for alias in node.names)
    }
    assert named == WITHOUT_CSRF.keys()


def test_text_becomes_html_only_where_it_is_listed():
    words = {"mark_safe", "SafeString", "SafeText", "format_html", "format_html_join", "html_safe"}
    found = set()
    for path in modules():
        for node in nodes(path, ast.Call):
            if called(node) in words:
                found.add(name_of(path))
            if called(node) in {"format_html", "format_html_join"} and node.args:
                assert isinstance(node.args[0], ast.Constant), f"{name_of(path)}: the format is put together"
    assert found == MARKS_SAFE.keys()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_leaves_nothing_unescaped_and_nothing_inline(path):
    text = path.read_text(encoding="utf-8")
    html = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    assert not re.search(r"\|\s*safe\b|\|\s*safeseq\b|\{%-?\s*autoescape", text)
    assert not re.search(r"\shx-on\b|\shx-on:|\bjs:|javascript:", html, re.IGNORECASE)
    assert not re.search(r"<[^>]*\s(?:on[a-z]+|style)\s*=", html, re.IGNORECASE)
    assert not re.search(r"<style\b|<base\b|<iframe\b|<object\b|<embed\b", html, re.IGNORECASE)
    for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.DOTALL):
        assert script.strip() == "", "a script of its own file"
    assert not re.search(r"<script\b(?![^>]*\ssrc=)", html, re.IGNORECASE)
    # A filter on a trigger is code; a swap that runs scripts is as well.
    assert not re.search(r'hx-trigger="[^"]*(?<!target:)\[', html)
    # Elsewhere there is nothing for our pages to load or to send.
    for address in re.findall(r'\s(?:src|action|formaction|hx-(?:get|post|put|patch|delete))="([^"]*)"', html):
        assert not re.match(r"(?:https?:)?//", address), address
    for link in re.findall(r"<a\b[^>]*\starget=[^>]*>", html):
        assert "noopener" in link, link


def test_the_page_locks_htmx():
    config = (ROOT / "templates/base.html").read_text(encoding="utf-8")
    for said in ('"allowEval": false', '"historyCacheSize": 0', '"allowScriptTags": false', '"selfRequestsOnly": true'):
        assert said in config
    easy = (ROOT / "templates/base_easy.html").read_text(encoding="utf-8")
    assert "htmx" not in easy or "extends" in easy


def test_sql_is_written_by_hand_only_where_it_is_listed():
    found = set()
    for path in modules():
        for node in nodes(path, ast.Call):
            word = called(node)
            of_manager = isinstance(node.func, ast.Attribute) and "objects" in ast.dump(node.func.value)
            if word in {"cursor", "RawSQL"} or (word in {"raw", "extra"} and of_manager):
                found.add(name_of(path))
    assert found == HAND_WRITTEN_SQL.keys()


def test_every_upload_goes_through_a_photo_service():
    looking = {
        name_of(path): path
        for path in SCREENS
        if any(node.attr == "FILES" for node in nodes(path, ast.Attribute)) and "viewing" not in path.name
    }
    assert looking.keys() == UPLOADS.keys()
    for name, path in looking.items():
        imported = {alias.name for node in nodes(path, ast.ImportFrom) for alias in node.names}
        assert UPLOADS[name] in imported, name
        assert "default_storage" not in imported or not any(
            called(node) == "save" and "default_storage" in ast.dump(node.func) for node in nodes(path, ast.Call)
        )
    decoding = {name_of(path) for path in modules() if "from PIL" in path.read_text(encoding="utf-8")}
    assert all("photos" in name or "portrait" in name or "demo" in name for name in decoding), decoding
    # Who keeps bytes: services that decoded and wrote the picture anew.
    keeping = {
        name_of(path)
        for path in modules()
        for node in nodes(path, ast.Call)
        if called(node) == "save" and "default_storage" in ast.dump(node.func)
    }
    assert all("/services/" in name for name in keeping), keeping


FROM_REQUEST = re.compile(r"request\.(?:GET|POST|META|headers|COOKIES|query_params|data|body|get_full_path)\b")


def test_no_redirect_leads_where_the_request_says():
    """Not at once and not by a variable that holds it; what chooses among our own addresses is no redirect to it."""
    wrong = []
    for path in SCREENS:
        for node in nodes(path, ast.Call):
            if called(node) in {"redirect", "HttpResponseRedirect", "redirect_page", "HttpResponsePermanentRedirect"}:
                said = " ".join(ast.unparse(argument) for argument in node.args)
                if re.match(r"\s*request\s+", said):
                    said = said.partition(" ")[2]
                said = said.replace("_only(request.GET, 'program').urlencode()", "")
                if FROM_REQUEST.search(said) and "_url(" not in said and "reverse(" not in said:
                    wrong.append(f"{name_of(path)}:{node.lineno} {said}")
    assert wrong == []


def safe_only(function: ast.FunctionDef) -> bool:
    return any("require_safe" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_reading_writes_nothing():
    """A view that only answers GET calls no service, but those that only count or note."""
    wrong = []
    for path in modules("views"):
        services = {
            alias.asname or alias.name
            for node in nodes(path, ast.ImportFrom)
            if node.module and node.module.endswith(".services")
            for alias in node.names
        }
        for function in nodes(path, ast.FunctionDef):
            if not safe_only(function):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    of = getattr(node.func.value, "id", "")
                    if of in services and f"{of}.{node.func.attr}" not in READING_SERVICES:
                        wrong.append(f"{name_of(path)}: {function.name} calls {of}.{node.func.attr}")
    assert wrong == []


# Services that a GET may call: they read, or note that somebody looked.
READING_SERVICES = {
    "exports.record",  # the trace of a file that was taken
    "links.note_use",  # the way in by a card: a link, as it must be
    "ratings.has_begun",
    "services.viewed",  # the trace of a card that was opened
    "voices.can_stop",
}


# Words


PERSONAL = re.compile(
    r"(?:family|given|full|called)_?(?:name|kana)|\.name\b|\.label\b|\.email\b|\.phone|\.note\b|\.text\b|\.reason\b"
    r"|\.token\b|password|\.address\b|\.words\b|person\b(?!\.pk|\.public_id)|request\.path|get_full_path|body|str\(error"
)


def test_nothing_is_printed():
    """Commands speak through self.stdout; the rest through the log."""
    assert [name_of(path) for path in modules() for node in nodes(path, ast.Call) if called(node) == "print"] == []


def test_the_log_is_told_nothing_personal():
    wrong = []
    for path in modules():
        for node in nodes(path, ast.Call):
            of = getattr(getattr(node.func, "value", None), "id", "")
            if of not in {"logger", "log", "logging"} or called(node) == "getLogger":
                continue
            said = [ast.unparse(argument) for argument in node.args[1:]]
            if called(node) in {"addFilter", "addHandler", "setLevel", "isEnabledFor"}:
                continue
            if not isinstance(node.args[0], ast.Constant):
                wrong.append(f"{name_of(path)}:{node.lineno} the message is put together")
            wrong += [f"{name_of(path)}:{node.lineno} {one}" for one in said if PERSONAL.search(_without_class(one))]
            if any(word.arg == "exc_info" for word in node.keywords) or called(node) == "exception":
                wrong.append(f"{name_of(path)}:{node.lineno} the text of an error may name somebody")
    assert wrong == []


def _without_class(said: str) -> str:
    return said.replace("type(error).__name__", "")


def test_only_one_module_writes_tables():
    """CSV and Excel leave through transition/exports.py, which defuses formulas."""
    writing = {
        name_of(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"writer", "DictWriter"} and _of(node) == "csv")
        or (
            isinstance(node, ast.Import | ast.ImportFrom)
            and _names(node) & {"openpyxl", "xlsxwriter", "xlwt", "pandas"}
        )
    }
    assert writing == {"transition/exports.py"}
    typed = {name_of(path) for path in modules() if re.search(r'"text/csv|spreadsheetml', path.read_text("utf-8"))}
    assert typed <= {"transition/exports.py", *DESCRIBES_CSV}


# Says in the API's description that an answer is CSV.
DESCRIBES_CSV = {"programs/api/documents.py", "programs/api/intentions.py"}


def _of(node: ast.Attribute) -> str:
    return getattr(node.value, "id", "")


def _names(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {alias.name.partition(".")[0] for alias in node.names} | {getattr(node, "module", None) or ""}


def test_pickles_are_read_by_nobody_but_the_queue():
    found = {
        name_of(path)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom) and _names(node) & {"pickle", "marshal", "shelve", "dill"}
    }
    assert found == set()
    unsafe = {
        name_of(path)
        for path in modules()
        if re.search(r"yaml\.(?:unsafe_load|full_load|load\((?!text, Loader=_Loader\)))", path.read_text("utf-8"))
    }
    assert unsafe == set()
