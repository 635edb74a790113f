"""`make screens`: every main page as a picture, from a demo of its own, for docs/screens/.

    python deploy/dev/screens.py [--only worker] [--to docs/screens]

A new page is one line of PAGES. What a page is about (which person, which session) is found by `addresses`: the
busiest there is. Pictures are taken at 360, 768 and 1280 px; the pages of LOOKS also dark, grey (nothing may hang on
color alone) and as they print. Each is WebP of 30 KB at most.
"""

import argparse
import os
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import postgres
from processes import BIN, ROOT, Refused, entrance, environment, group

WIDTHS = (360, 768, 1280)
HEIGHT = 800
# What is further down is more of the same.
LONGEST = 3_600
MOST_BYTES = 30_000
MOST_TOTAL = 7_000_000
QUALITIES = (60, 45, 30, 18)
# Pictures are looked at in a table; a phone's keeps its size.
SHRINK_TO = {360: 360, 768: 540, 1280: 800}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one role; `which`: the first thing worth showing, the second, and so on."""

    role: str
    name: str
    caption: str
    which: int = 0
    query: str = ""
    file: str = ""

    @property
    def stem(self) -> str:
        return self.file or self.name.partition(":")[2]


ROLES = {
    "worker": ("worker@demo.example", "相談支援専門員"),
    "home": ("home@demo.example", "グループホーム"),
    "facility": ("facility@demo.example", "障害者支援施設"),
    "municipality": ("city@demo.example", "市町村・基幹相談支援センター"),
    "administrator": ("admin@demo.example", "ソフトの管理者"),
    "person": ("worker@demo.example", "本人（やさしい画面）"),
    "family": ("worker@demo.example", "家族（サインインなし）"),
    "everybody": ("", "サインインの前"),
}
PAGES = [
    Page("everybody", "transition:sign-in", "サインイン"),
    Page("everybody", "account_reset_password", "パスワードをわすれたとき", file="forgotten"),
    Page("everybody", "transition:guide", "はじめての方へ"),
    Page("everybody", "api:docs", "APIの説明"),
    Page("worker", "programs:today", "きょう"),
    Page("worker", "programs:people", "本人の一覧"),
    Page("worker", "programs:person-detail", "本人"),
    Page("worker", "programs:person-sessions", "本人の体験"),
    Page("worker", "programs:document-list", "本人の書類"),
    Page("worker", "programs:contact-list", "本人の連絡先"),
    Page("worker", "programs:card", "事前情報シート"),
    Page("worker", "programs:card-edit", "事前情報シートを書く"),
    Page("worker", "programs:slot-search", "部屋をさがす"),
    Page("worker", "programs:session-request", "申込"),
    Page("worker", "programs:session-detail", "おでかけ", 2),
    Page("worker", "programs:session-detail", "お泊まり", -1, file="session-stay"),
    Page("worker", "programs:enrollment-detail", "利用"),
    Page("worker", "programs:planner", "計画"),
    Page("worker", "programs:proposal", "計画の案"),
    Page("worker", "programs:record-edit", "記録"),
    Page("worker", "programs:consent-list", "同意"),
    Page("worker", "programs:person-views", "だれが見たか"),
    Page("worker", "programs:wishes", "やってみたいこと"),
    Page("worker", "programs:goal-list", "目標"),
    Page("worker", "programs:story", "あゆみ"),
    Page("worker", "programs:pack", "会議の資料"),
    Page("worker", "programs:person-link-list", "本人用リンク"),
    Page("worker", "programs:home-list", "ホームの一覧"),
    Page("worker", "programs:home-detail", "ホームの紹介"),
    Page("worker", "calendars:person-calendar", "本人の予定表"),
    Page("worker", "calendars:my-calendar", "自分の予定表"),
    Page("worker", "calendars:organization-calendar", "みんなの予定表（月）"),
    Page("worker", "calendars:organization-calendar", "みんなの予定表（週）", query="view=week", file="calendar-week"),
    Page("worker", "calendars:feed-list", "家族と本人の予定表の配信"),
    Page("worker", "calendars:own-feed-list", "わたしと組織の予定表の配信"),
    Page("worker", "transition:notification-list", "お知らせ"),
    Page("worker", "transition:notification-choices", "お知らせの受け取り方"),
    Page("worker", "transition:token-list", "アクセストークン"),
    Page("worker", "transition:account", "アカウント"),
    Page("worker", "mfa_index", "2つめの確認", file="second-factors"),
    Page("worker", "mfa_activate_totp", "認証アプリを登録する", file="authenticator-app"),
    Page("worker", "mfa_add_webauthn", "パスキーを登録する", file="passkey"),
    Page("worker", "transition:own-sign-ins", "サインインしている所"),
    Page("home", "programs:today", "きょう"),
    Page("home", "programs:board", "居室の空き"),
    Page("home", "programs:board", "夜を選ぶ", query="pick=1", file="board-pick"),
    Page("home", "programs:inbox", "申込"),
    Page("home", "programs:session-detail", "体験"),
    Page("home", "programs:slot-create", "枠を公開する"),
    Page("home", "programs:home-detail", "ホームの紹介"),
    Page("home", "programs:home-edit", "ホームの案内を書く"),
    Page("home", "programs:home-photo-list", "ホームの写真"),
    Page("home", "programs:external-list", "外の予定表"),
    Page("home", "calendars:home-calendar", "ホームの予定表"),
    Page("facility", "programs:today", "きょう"),
    Page("facility", "programs:people", "本人の一覧"),
    Page("facility", "programs:intention-list", "意向確認"),
    Page("facility", "programs:escort-days", "付き添える日"),
    Page("facility", "calendars:organization-calendar", "みんなの予定表"),
    Page("municipality", "programs:today", "きょう"),
    Page("municipality", "programs:people", "本人の一覧"),
    Page("municipality", "programs:intention-list", "意向確認"),
    Page("municipality", "programs:program-list", "事業と上限"),
    Page("municipality", "programs:webhook-list", "ウェブフック"),
    Page("municipality", "transition:member-list", "職員と招待"),
    Page("municipality", "programs:evidence", "監査"),
    Page("municipality", "programs:disclosure-overview", "開示・訂正の請求"),
    Page("administrator", "transition:operations", "運用"),
    Page("administrator", "transition:second-factor-reset", "2つめの確認をなくした方へ"),
    Page("person", "programs:easy-today", "きょう"),
    Page("person", "programs:easy-next", "つぎ"),
    Page("person", "programs:easy-session", "体験"),
    Page("person", "programs:easy-rating", "どうだった？", 2),
    Page("person", "programs:easy-stop", "やめたい"),
    Page("person", "programs:easy-wishes", "やってみたいこと"),
    Page("person", "programs:easy-choices", "わたしの えらんだ こと"),
    Page("person", "programs:easy-cards", "カード"),
    Page("family", "calendars:family-page", "家族のページ"),
]
# Seen also dark, grey and on paper.
LOOKS = {
    ("worker", "person-detail"),
    ("worker", "organization-calendar"),
    ("worker", "slot-search"),
    ("worker", "card"),
    ("home", "board"),
    ("facility", "today"),
    ("person", "easy-today"),
    ("person", "easy-cards"),
    ("family", "family-page"),
}
# Addresses that are their own key, made for this run.
SECRET: dict[str, str] = {}
VARIANTS = {"dark": "暗い画面", "grey": "色なし", "print": "印刷"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=list(ROLES), action="append", help="these roles only")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "screens")
    options = parser.parse_args()
    with entrance(), tempfile.TemporaryDirectory() as folder:
        port = postgres.free_port()
        settings = {
            "DJANGO_SETTINGS_MODULE": "transition.settings.dev",
            "DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "DEBUG": "0",
            # Playwright runs an event loop in this thread; the database is asked from it only.
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        }
        os.environ.update(settings)
        prepare()
        server = [BIN / "gunicorn", "transition.wsgi", "--config", "deploy/gunicorn.py", "--no-control-socket"]
        with group([*server, "--bind", f"127.0.0.1:{port}"], env=environment(**settings)):
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            taken = take(address, options.to, options.only or list(ROLES))
        total = sum(path.stat().st_size for path in options.to.rglob("*.webp"))
        write_index(options.to, taken)
        print(f"{len(taken)} pictures, {total / 1e6:.1f} MB in {options.to}")
        if total > MOST_TOTAL:
            raise Refused(f"the pictures take {total / 1e6:.1f} MB, more than {MOST_TOTAL / 1e6:.0f} MB.")


def prepare() -> None:
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed")
    connections.close_all()


def wait_for(address: str) -> None:
    import time

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(150):
        try:
            opener.open(f"{address}/healthz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise Refused("the web server did not answer; the reason stands above.")


def take(address: str, to: Path, roles: list[str]) -> list[tuple[Page, str, Path]]:
    """(page, what of it, file) of every picture; a page that is not there is told and left out."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.browser import launch_options

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        for role in roles:
            with signed_in(browser, address, role) as (page, subjects):
                for one in PAGES:
                    if one.role == role:
                        found += list(pictures(page, address, one, subjects, to))
        browser.close()
    return found


@contextmanager
def signed_in(browser: Any, address: str, role: str) -> Iterator[tuple[Any, Any]]:
    import addresses
    from django.conf import settings
    from django.urls import reverse

    from transition.models import Person, User

    context = browser.new_context(base_url=address, locale="ja-JP", timezone_id="Asia/Tokyo")
    page = context.new_page()
    email, _ = ROLES[role]
    subjects = addresses.Subjects({})
    if email:
        user = User.objects.get(email=email)
        subjects = addresses.subjects_of(user)
    if role == "person":
        from transition.services import links

        person = Person.objects.get(certificate_number="0000000017")
        link = links.issue(person=person, label="画面の見本", by=user)
        page.goto(reverse("programs:easy-enter", args=[link.token]))
        subjects = addresses.subjects_of_person(person)
    elif role == "family":
        from calendars.services import feeds

        person = Person.objects.get(certificate_number="0000000017")
        feed = feeds.issue(person=person, label="母", detail="NAMES", means="WORD", by=user)
        SECRET["calendars:family-page"] = reverse("calendars:family-page", args=[feed.token])
    elif email:
        page.goto("/sign-in/")
        page.get_by_label("メールアドレス").fill(email)
        page.get_by_label("パスワード").fill(settings.DEMO_PASSWORD)
        page.get_by_role("button", name="サインイン").click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
    if role == "administrator":
        page.goto("/operations/staff-mode/")
        page.get_by_role("button", name="管理モードをはじめる").click()
        page.wait_for_url("**/operations/")
    try:
        yield page, subjects
    finally:
        context.close()


def pictures(page: Any, address: str, one: Page, subjects: Any, to: Path) -> Iterator[tuple[Page, str, Path]]:
    url = address_of(one, subjects)
    if url is None:
        print(f"  {one.role} {one.name}: no such page yet, or nothing to show", file=sys.stderr)
        return
    page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
    response = page.goto(url)
    if response is None or response.status != 200:
        print(f"  {one.role} {one.name}: answers {response and response.status}", file=sys.stderr)
        return
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        yield one, str(width), store(shot(page), width, to / one.role / f"{one.stem}-{width}.webp")
    if (one.role, one.stem) not in LOOKS:
        return
    page.emulate_media(color_scheme="dark")
    yield one, "dark", store(shot(page), 1280, to / one.role / f"{one.stem}-dark.webp")
    page.emulate_media(color_scheme="light")
    yield one, "grey", store(shot(page), 1280, to / one.role / f"{one.stem}-grey.webp", grey=True)
    # A4 at 96 dots an inch.
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    yield one, "print", store(shot(page), 768, to / one.role / f"{one.stem}-print.webp")
    page.emulate_media(media="screen")


def address_of(one: Page, subjects: Any) -> str | None:
    import addresses

    if one.name in SECRET:
        return SECRET[one.name]
    pattern = dict(addresses.patterns()).get(one.name)
    found = addresses.candidates(one.name, pattern, subjects) if pattern else []
    if not found:
        return None
    url = found[one.which] if -len(found) <= one.which < len(found) else found[0]
    return f"{url}?{one.query}" if one.query else url


def shot(page: Any) -> bytes:
    """The whole page from its top, once photos that wait until they are in sight are there too."""
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    page.wait_for_load_state("networkidle")
    # What sticks to the edge of the screen would lie over the middle of the page.
    size = page.viewport_size
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(HEIGHT, min(height, LONGEST))})
    data: bytes = page.screenshot(full_page=True, animations="disabled")
    return data


def store(png: bytes, width: int, path: Path, *, grey: bool = False) -> Path:
    """As WebP, made coarser and then shorter until it is small enough."""
    from PIL import Image

    image = Image.open(BytesIO(png)).convert("L" if grey else "RGB")
    wide = SHRINK_TO[width]
    if image.width > wide:
        image = image.resize((wide, image.height * wide // image.width), Image.Resampling.LANCZOS)
    length = min(image.height, LONGEST)
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        cut = image.crop((0, 0, image.width, length))
        for quality in QUALITIES:
            data = BytesIO()
            cut.save(data, "WEBP", quality=quality, method=6)
            if data.tell() <= MOST_BYTES:
                path.write_bytes(data.getvalue())
                return path
        length = length * 3 // 4


def write_index(to: Path, taken: list[tuple[Page, str, Path]]) -> None:
    """A contact sheet by role. Pictures of roles left out this time stay where they are, and out of the sheet."""
    lines = ["# 画面の見本", "", "架空のデータです。`make screens` で作り直します。", ""]
    for role, (_, title) in ROLES.items():
        pages = dict.fromkeys(page for page, _, _ in taken if page.role == role)
        if not pages:
            continue
        lines += [f"## {title}", "", f"| 画面 | {' | '.join(f'{width} px' for width in WIDTHS)} | ほか |"]
        lines += ["| --- " * (len(WIDTHS) + 2) + "|"]
        for page in pages:
            files = {what: path.relative_to(to).as_posix() for one, what, path in taken if one == page}
            cells = [image(files.get(str(width), ""), f"{page.caption} {width} px") for width in WIDTHS]
            more = " ".join(f"[{VARIANTS[what]}]({path})" for what, path in files.items() if what in VARIANTS)
            lines.append(f"| {page.caption} | {' | '.join(cells)} | {more} |")
        lines.append("")
    (to / "README.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def image(path: str, alt: str) -> str:
    return f'<a href="{path}"><img src="{path}" alt="{alt}" width="160"></a>' if path else ""


if __name__ == "__main__":
    main()
