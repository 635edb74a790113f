"""What can be read about people, in words, with the kinds of fields that it shows; and which address shows what."""

from collections.abc import Mapping
from dataclasses import dataclass

NAME = "氏名・よみ・呼び名"
BIRTH = "生年月日・年齢"
DISABILITY = "障害の種類・支援区分"
GRANTS = "受給者証・支給決定"
HOUSING = "いまの住まい"
SESSIONS = "体験の予定と経過"
RECORDS = "体験の記録"
PHOTOS = "写真"
WISHES = "やってみたいこと"
GOALS = "目標とふりかえり"
INTENTIONS = "意向確認"
CARD = "事前情報シート（健康・薬・食事・伝え方など）"
CONTACTS = "家族などの連絡先"
CONSENTS = "同意"
ADDRESSES = "家族の予定表・本人用リンクの一覧"
REMARKS = "家族の声・やめたいの申し出"
OUTCOMES = "利用の結果"


@dataclass(frozen=True, slots=True)
class Thing:
    """`kinds`: what a reader may have learned, at most. `is_list`: several people, noted in one row."""

    label: str
    kinds: tuple[str, ...]
    is_list: bool = False


_BASIC = (NAME, BIRTH, DISABILITY, HOUSING)

THINGS: Mapping[str, Thing] = {
    "person": Thing("本人の画面", (*_BASIC, GRANTS, SESSIONS, CARD)),
    "people": Thing("本人の一覧", (*_BASIC, GRANTS, SESSIONS), is_list=True),
    "grants": Thing("支給決定", (NAME, GRANTS)),
    "allowances": Thing("使える日数・時間", (NAME, GRANTS, SESSIONS)),
    "search": Thing("部屋さがし・申込", (*_BASIC, GRANTS, SESSIONS)),
    "session": Thing("1回の体験", (*_BASIC, SESSIONS, REMARKS)),
    "sessions": Thing("体験の一覧", (NAME, SESSIONS)),
    "all_sessions": Thing("組織の体験の一覧", (*_BASIC, SESSIONS), is_list=True),
    "calendar": Thing("本人の予定表", (NAME, SESSIONS)),
    "calendars": Thing("組織の予定表", (NAME, SESSIONS), is_list=True),
    "today": Thing("きょう", (NAME, SESSIONS, REMARKS), is_list=True),
    "board": Thing("居室の空き", (*_BASIC, SESSIONS), is_list=True),
    "inbox": Thing("申込の一覧", (*_BASIC, SESSIONS, REMARKS), is_list=True),
    "notifications": Thing("お知らせ", (NAME, SESSIONS), is_list=True),
    "plan": Thing("外出の計画", (NAME, SESSIONS, GOALS)),
    "story": Thing("あゆみ", (NAME, SESSIONS, RECORDS, PHOTOS, WISHES, GOALS, OUTCOMES)),
    "record": Thing("体験の記録", (NAME, SESSIONS, RECORDS)),
    "rating": Thing("本人の評価", (NAME, SESSIONS, RECORDS)),
    "photos": Thing("写真の一覧", (NAME, PHOTOS)),
    "photo": Thing("写真", (PHOTOS,)),
    "wishes": Thing("やってみたいこと", (NAME, WISHES)),
    "goals": Thing("目標", (NAME, GOALS)),
    "all_goals": Thing("目標の一覧", (NAME, GOALS), is_list=True),
    "intentions": Thing("意向確認の記録", (NAME, INTENTIONS)),
    "register": Thing("意向確認の台帳", (NAME, HOUSING, INTENTIONS), is_list=True),
    "enrollments": Thing("事業の利用", (NAME, SESSIONS, GOALS, OUTCOMES)),
    "all_enrollments": Thing("事業の利用の一覧", (NAME, SESSIONS, OUTCOMES), is_list=True),
    "documents": Thing("書類の一覧", (NAME, SESSIONS)),
    "pack": Thing("事業のまとめ", (*_BASIC, GRANTS, SESSIONS, RECORDS, PHOTOS, GOALS, OUTCOMES)),
    "month_sheet": Thing("月の記録", (NAME, GRANTS, SESSIONS, RECORDS, PHOTOS)),
    "card": Thing("事前情報シート", (NAME, BIRTH, DISABILITY, CARD, CONTACTS)),
    "contacts": Thing("連絡先", (NAME, CONTACTS)),
    "consents": Thing("同意", (NAME, CONSENTS)),
    "feeds": Thing("予定表の配信", (NAME, ADDRESSES)),
    "links": Thing("本人用リンク", (NAME, ADDRESSES)),
    "views": Thing("だれが見たか", (NAME,)),
    "evidence": Thing("監査", (NAME,), is_list=True),
    "pictures": Thing("絵カード", (NAME, SESSIONS)),
    "disclosures": Thing("開示・訂正の請求", (NAME,)),
    "all_disclosures": Thing("開示・訂正の請求の一覧", (NAME,), is_list=True),
    "own_data": Thing(
        "持っている記録の全部",
        (*_BASIC, GRANTS, SESSIONS, RECORDS, PHOTOS, WISHES, GOALS, INTENTIONS, CARD, CONTACTS, CONSENTS, OUTCOMES),
    ),
    "remarks": Thing("家族の声・やめたいの申し出", (NAME, SESSIONS, REMARKS), is_list=True),
}

_PAGES: Mapping[str, str] = {
    "programs": """
        today:today board:board inbox:inbox people:people
        session-detail:session session-confirm:session session-decline:session session-cancel:session
        session-override:session session-check-in:session session-check-out:session session-cut-short:session
        session-no-show:session
        person-detail:person person-update:person grant-create:grants slot-search:search session-request:search
        wishes:wishes wish-page:wishes wish-photo:wishes rating:rating
        intention-list:register intention-history:intentions intention-create:intentions
        record-edit:record record-hours:record photo-list:photos photo:photo
        planner:plan outing-create:plan proposal:plan session-update:plan session-move:plan session-copy:plan
        session-repeat:plan story:story month-sheet:month_sheet pack:pack
        person-sessions:sessions document-list:documents
        contact-list:contacts contact-create:contacts contact-update:contacts contact-retire:contacts
        card:card card-edit:card card-version:card session-card:card
        enrollment-list:enrollments enrollment-create:enrollments enrollment-detail:enrollments
        enrollment-extend:enrollments enrollment-end:enrollments enrollment-stages:enrollments
        review-hold:enrollments outcome-decide:enrollments follow-up-record:enrollments
        goal-list:goals goal-create:goals goal-update:goals goal-close:goals
        consent-list:consents consent-create:consents consent-withdraw:consents consent-easy:consents
        person-link-list:links person-link-issue:links person-link-revoke:links
        disclosure-list:disclosures disclosure-create:disclosures disclosure-answer:disclosures
        disclosure-file:disclosures disclosure-take:own_data disclosure-overview:all_disclosures
        stop-request-answer:session person-cards:pictures person-picture:pictures
        person-views:views evidence:evidence""",
    "calendars": """
        organization-calendar:calendars my-calendar:calendars person-calendar:calendar home-calendar:calendars
        feed-list:feeds feed-issue:feeds feed-rotate:feeds feed-revoke:feeds""",
    "transition": "notification-list:notifications",
    "api": """
        person-list:people person-detail:person allowances:allowances grant-list:grants grant-detail:grants
        contact-list:contacts contact-detail:contacts contact-retire:contacts
        consent-list:consents consent-detail:consents consent-withdraw:consents
        person-link-list:links person-link-detail:links person-link-revoke:links
        disclosure-list:disclosures disclosure-detail:disclosures disclosure-write-answer:disclosures
        disclosure-file:own_data all-disclosure-list:all_disclosures all-disclosure-detail:disclosures
        card:card card-version-list:card card-version-detail:card session-card:card
        intention-list:intentions intention-detail:intentions register-list:register intentions-csv:register
        session-list:all_sessions session-detail:session session-check:search session-check-in:session
        session-check-out:session session-confirm:session session-decline:session session-cancel:session
        session-cut-short:session session-no-show:session session-override:session session-move:session
        session-copy:plan session-repeat:plan proposal-proposal:plan proposal-companions:plan
        enrollment-list:all_enrollments enrollment-detail:enrollments enrollment-choices:enrollments
        enrollment-end:enrollments enrollment-extend:enrollments enrollment-hours:enrollments
        enrollment-stages:enrollments review-list:all_enrollments review-detail:enrollments
        review-hold:enrollments outcome-list:all_enrollments outcome-detail:enrollments
        outcome-follow-up:enrollments
        goal-list:all_goals goal-detail:goals goal-close:goals goal-score-list:goals
        rating-list:rating record:record record-hours:record record-draft:record
        session-photo-list:photos session-photo-detail:photos session-photo-large:photo session-photo-small:photo
        wish-list:wishes wish-page-list:wishes wish-page-detail:wishes wish-page-photo:wishes
        stop-request-list:remarks stop-request-detail:session stop-request-write-answer:session
        remark-list:remarks remark-detail:session remark-seen:session
        feed-list:feeds feed-detail:feeds feed-rotate:feeds feed-revoke:feeds feed-empty:feeds
        pack-csv:pack pack-pdf:pack month-sheet-csv:month_sheet month-sheet-pdf:month_sheet
        notification-list:notifications notification-detail:notifications
        person-view-list:views""",
}
# Name of an address → code of what it shows. An address that is not here shows nobody (test_views_noted.py).
OF_ADDRESS: Mapping[str, str] = {
    f"{space}:{name}": what
    for space, lines in _PAGES.items()
    for name, _, what in (pair.partition(":") for pair in lines.split())
}


def label(what: str) -> str:
    return THINGS[what].label if what in THINGS else what


def kinds(whats: set[str]) -> list[str]:
    """Everything that somebody who saw these may have learned."""
    return sorted({kind for what in whats if what in THINGS for kind in THINGS[what].kinds})
