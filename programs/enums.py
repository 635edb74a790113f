"""Words of programs, limits, slots and sessions, and the sets of states that rules talk about."""

from django.db.models import TextChoices


class ProgramKind(TextChoices):
    """What a program offers; decides which screens and checks apply."""

    GROUP_HOME_TRIAL = "GROUP_HOME_TRIAL", "グループホームの体験"
    TRIAL_OVERNIGHT = "TRIAL_OVERNIGHT", "体験宿泊"
    TRIAL_USE = "TRIAL_USE", "日中サービスの体験利用"
    SHORT_STAY_TRIAL = "SHORT_STAY_TRIAL", "体験型短期入所"
    SOLO_LIVING_TRIAL = "SOLO_LIVING_TRIAL", "一人暮らし体験"
    OUTING = "OUTING", "外出体験"
    DAY_TRIAL = "DAY_TRIAL", "日中活動体験"
    FACILITY_VISIT = "FACILITY_VISIT", "施設からの見学"


# Programs whose stays take place in a published room.
ROOM_KINDS = (
    ProgramKind.GROUP_HOME_TRIAL,
    ProgramKind.TRIAL_OVERNIGHT,
    ProgramKind.SHORT_STAY_TRIAL,
    ProgramKind.SOLO_LIVING_TRIAL,
)


class SessionKind(TextChoices):
    STAY = "STAY", "お泊まり"
    OUTING = "OUTING", "おでかけ"
    DAY_VISIT = "DAY_VISIT", "日中の体験"


class SessionState(TextChoices):
    REQUESTED = "REQUESTED", "申込中"
    CONFIRMED = "CONFIRMED", "確定"
    IN_PROGRESS = "IN_PROGRESS", "体験中"
    COMPLETED = "COMPLETED", "終了"
    CUT_SHORT = "CUT_SHORT", "途中で終了"
    DECLINED = "DECLINED", "お断り"
    EXPIRED = "EXPIRED", "期限切れ"
    CANCELLED = "CANCELLED", "取消"
    NO_SHOW = "NO_SHOW", "来られなかった"


class SessionAction(TextChoices):
    REQUEST = "REQUEST", "申込"
    CONFIRM = "CONFIRM", "確定"
    DECLINE = "DECLINE", "お断り"
    EXPIRE = "EXPIRE", "期限切れ"
    CANCEL = "CANCEL", "取消"
    CHECK_IN = "CHECK_IN", "チェックイン"
    CHECK_OUT = "CHECK_OUT", "チェックアウト"
    CUT_SHORT = "CUT_SHORT", "途中で終了"
    NO_SHOW = "NO_SHOW", "来られなかった"
    # These two leave the state as it is, so they are no part of the table of transitions.
    MOVE = "MOVE", "日時の変更"
    CHANGE = "CHANGE", "内容の変更"


# Counts with planned times against every limit and holds its nights.
PLANNED_STATES = (SessionState.REQUESTED, SessionState.CONFIRMED, SessionState.IN_PROGRESS)
# Counts with actual times.
HELD_STATES = (SessionState.COMPLETED, SessionState.CUT_SHORT)
COUNTING_STATES = PLANNED_STATES + HELD_STATES


class Unit(TextChoices):
    MINUTES = "MINUTES", "時間"
    DAYS = "DAYS", "日"
    NIGHTS = "NIGHTS", "泊"
    TIMES = "TIMES", "回"


class Window(TextChoices):
    STAY = "STAY", "続けて"
    CALENDAR_MONTH = "CALENDAR_MONTH", "暦の月"
    ANNIVERSARY_MONTH = "ANNIVERSARY_MONTH", "開始日からの月"
    FISCAL_YEAR = "FISCAL_YEAR", "年度"
    CALENDAR_YEAR = "CALENDAR_YEAR", "1月から12月"
    GRANT = "GRANT", "支給決定の期間"
    ROLLING_12_MONTHS = "ROLLING_12_MONTHS", "直近12か月"
    ENROLLMENT = "ENROLLMENT", "利用期間"
    FROM_FIRST_DAY = "FROM_FIRST_DAY", "使い始めた日から"


class Counting(TextChoices):
    """Which days of a session count; SPAN: the minutes from leaving to returning."""

    INCLUSIVE = "INCLUSIVE", "初日と最終日を数える"
    EXCLUDE_LAST = "EXCLUDE_LAST", "最終日は数えない"
    INTERIOR = "INTERIOR", "初日と最終日を数えない"
    SPAN = "SPAN", "出発から帰着まで"


class Enforcement(TextChoices):
    REFUSE = "REFUSE", "止める"
    ASK = "ASK", "理由を聞く"
    INFORM = "INFORM", "知らせる"


class Certainty(TextChoices):
    VERIFIED = "VERIFIED", "確認済み"
    ASSUMED = "ASSUMED", "未確認"


class HomeType(TextChoices):
    COMPREHENSIVE = "COMPREHENSIVE", "介護サービス包括型"
    DAY_SUPPORT = "DAY_SUPPORT", "日中サービス支援型"
    EXTERNAL_SERVICE = "EXTERNAL_SERVICE", "外部サービス利用型"
    SATELLITE = "SATELLITE", "サテライト型"


class SexPolicy(TextChoices):
    ANY = "ANY", "どなたでも"
    FEMALE = "FEMALE", "女性のみ"
    MALE = "MALE", "男性のみ"


class RoomUse(TextChoices):
    TRIAL = "TRIAL", "体験に使える"
    RENTED = "RENTED", "入居者がいる（家賃あり）"


class NightUse(TextChoices):
    """Who or what occupies a room's night; only STAY belongs to a session."""

    STAY = "STAY", "体験"
    RENTED = "RENTED", "入居者"
    EMERGENCY = "EMERGENCY", "緊急の受け入れ"
    CLEANING = "CLEANING", "清掃・修理"
    CLOSED = "CLOSED", "お休み"


class DeclineReason(TextChoices):
    STAFFING = "STAFFING", "職員の体制がとれない"
    NIGHT = "NIGHT", "夜間の体制がとれない"
    MEDICAL = "MEDICAL", "医療的ケアに対応できない"
    FIT = "FIT", "ほかの入居者との関係"
    DATES = "DATES", "その日程は都合が悪い"
    ROOM = "ROOM", "部屋が使えなくなった"
    VISIT_FIRST = "VISIT_FIRST", "先に見学に来てほしい"
    OTHER = "OTHER", "その他"


class Step(TextChoices):
    """The ladder toward a move, lowest rung first."""

    OUTING = "OUTING", "外出"
    VISIT = "VISIT", "見学"
    MEAL = "MEAL", "ホームで食事"
    DAY = "DAY", "日中すごす"
    ONE_NIGHT = "ONE_NIGHT", "1泊"
    SEVERAL_NIGHTS = "SEVERAL_NIGHTS", "何泊か"
    MOVE = "MOVE", "引っこし"


# What can be planned without a room; a night needs a home's answer.
OUTING_STEPS = (Step.OUTING, Step.VISIT, Step.MEAL, Step.DAY)


class Transport(TextChoices):
    WALK = "WALK", "徒歩"
    WHEELCHAIR = "WHEELCHAIR", "車いす"
    TRAIN = "TRAIN", "電車"
    BUS = "BUS", "バス"
    TAXI = "TAXI", "タクシー"
    CAR = "CAR", "事業所の車"
    OTHER = "OTHER", "その他"


class EnrollmentEnd(TextChoices):
    WISH = "WISH", "本人の希望"
    ILLNESS = "ILLNESS", "体調"
    MOVED = "MOVED", "引っこした"
    TRANSFER = "TRANSFER", "別の事業に移った"
    OTHER = "OTHER", "その他"


class Face(TextChoices):
    GOOD = "GOOD", "よかった"
    SO_SO = "SO_SO", "ふつう"
    BAD = "BAD", "いやだった"


class NextStep(TextChoices):
    """What came of one session (domain 7.7)."""

    AGAIN = "AGAIN", "続けたい"
    ELSEWHERE = "ELSEWHERE", "別の所を試したい"
    LONGER = "LONGER", "長くしたい"
    NOT_NOW = "NOT_NOW", "いまはしない"
    APPLY = "APPLY", "入居を申し込みたい"
    UNDECIDED = "UNDECIDED", "まだ決めない"


class OutcomeCode(TextChoices):
    """What came of an enrollment (domain 7.7). A new wish is an outcome."""

    NEW_WISH = "NEW_WISH", "新しい希望が出た"
    NEXT_SERVICE = "NEXT_SERVICE", "次の支援が始まった"
    MOVED_GROUP_HOME = "MOVED_GROUP_HOME", "グループホームへ移った"
    MOVED_FLAT = "MOVED_FLAT", "アパートなどへ移った"
    MOVED_FAMILY = "MOVED_FAMILY", "家族のもとへ移った"
    STAYS_BY_CHOICE = "STAYS_BY_CHOICE", "自分で選んで、いまの所にいる"
    UNABLE_TO_JUDGE = "UNABLE_TO_JUDGE", "まだ判断できない"


MOVED_CODES = (OutcomeCode.MOVED_GROUP_HOME, OutcomeCode.MOVED_FLAT, OutcomeCode.MOVED_FAMILY)


class NextService(TextChoices):
    TRANSITION_SUPPORT = "TRANSITION_SUPPORT", "地域移行支援"
    INDEPENDENT_LIVING_SUPPORT = "INDEPENDENT_LIVING_SUPPORT", "自立生活援助"
    COMMUNITY_RETENTION = "COMMUNITY_RETENTION", "地域定着支援"
    OTHER = "OTHER", "その他"


class FollowUpKind(TextChoices):
    VISIT_30_DAYS = "VISIT_30_DAYS", "移って30日以内の訪問"
    SIX_MONTHS = "SIX_MONTHS", "6か月後もくらしているか"


class HomePhotoKind(TextChoices):
    HOUSE = "HOUSE", "建物"
    ROOM = "ROOM", "居室"
    MEAL = "MEAL", "食事"
    STAFF = "STAFF", "職員"
    OTHER = "OTHER", "そのほか"


class ReadProblem(TextChoices):
    """Why a calendar elsewhere could not be read."""

    ADDRESS = "ADDRESS", "このアドレスは使えません（公開されたhttpsのアドレスではありません）"
    UNREACHABLE = "UNREACHABLE", "相手につながりません"
    TIMEOUT = "TIMEOUT", "5秒以内に読めませんでした"
    STATUS = "STATUS", "相手が予定表を返しませんでした"
    TOO_LARGE = "TOO_LARGE", "予定表が大きすぎます（2MBまで）"
    TOO_MANY = "TOO_MANY", "予定が多すぎます（5,000件まで）"
    NOT_ICAL = "NOT_ICAL", "予定表（iCalendar）として読めません"


class WebhookEvent(TextChoices):
    """What other systems may be told of."""

    SESSION_CHANGED = "SESSION_CHANGED", "体験が変わったとき"
    SLOT_PUBLISHED = "SLOT_PUBLISHED", "体験枠が公開されたとき"
    TEST = "TEST", "テスト"


# A test is sent when somebody asks for it.
CHOSEN_EVENTS = (WebhookEvent.SESSION_CHANGED, WebhookEvent.SLOT_PUBLISHED)


class DeliveryState(TextChoices):
    """Of one call to one webhook."""

    NEW = "NEW", "これから送る"
    SENDING = "SENDING", "送っているところ"
    DELIVERED = "DELIVERED", "届いた"
    FAILED = "FAILED", "届かなかった"


class DeliveryProblem(TextChoices):
    """Why a call has not arrived."""

    ADDRESS = "ADDRESS", "このアドレスは使えません（公開されたhttpsのアドレスではありません）"
    UNREACHABLE = "UNREACHABLE", "相手につながりません"
    TIMEOUT = "TIMEOUT", "5秒以内に答えがありません"
    STATUS = "STATUS", "相手が受け取りませんでした"
    BROKEN_OFF = "BROKEN_OFF", "送っているとちゅうで何度も止まりました"
    HIDDEN = "HIDDEN", "送る前に、見てよい組織ではなくなりました"
    REMOVED = "REMOVED", "ウェブフックが外されました"
