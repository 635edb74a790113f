"""Words of the accounts and people side. Stored codes are UPPER_CASE, labels are what screens say."""

from django.db.models import IntegerChoices, TextChoices


class OrganizationKind(TextChoices):
    MUNICIPALITY = "MUNICIPALITY", "市町村"
    CORE_CENTER = "CORE_CENTER", "基幹相談支援センター"
    CONSULTATION = "CONSULTATION", "相談支援事業所"
    FACILITY = "FACILITY", "障害者支援施設"
    HOSPITAL = "HOSPITAL", "病院"
    GROUP_HOME = "GROUP_HOME", "グループホーム事業所"
    SHORT_STAY = "SHORT_STAY", "短期入所"
    DAY_ACTIVITY = "DAY_ACTIVITY", "日中活動"


# Who coordinates trials for a whole municipality and may go past a refusing limit.
COORDINATING_KINDS = (OrganizationKind.MUNICIPALITY, OrganizationKind.CORE_CENTER)
# Who supports people and books trials for them.
SUPPORTING_KINDS = (
    OrganizationKind.CORE_CENTER,
    OrganizationKind.CONSULTATION,
    OrganizationKind.FACILITY,
    OrganizationKind.HOSPITAL,
)
# Who publishes rooms.
HOSTING_KINDS = (OrganizationKind.GROUP_HOME, OrganizationKind.SHORT_STAY)


class MembershipRole(TextChoices):
    STAFF = "STAFF", "職員"
    COORDINATOR = "COORDINATOR", "コーディネーター"
    MANAGER = "MANAGER", "管理者"


class Sex(TextChoices):
    FEMALE = "FEMALE", "女性"
    MALE = "MALE", "男性"
    OTHER = "OTHER", "その他"
    UNANSWERED = "UNANSWERED", "答えない"


class SupportLevel(IntegerChoices):
    """障害支援区分; 6 needs the most support. No value: not assessed yet."""

    NOT_APPLICABLE = 0, "非該当"
    LEVEL_1 = 1, "区分1"
    LEVEL_2 = 2, "区分2"
    LEVEL_3 = 3, "区分3"
    LEVEL_4 = 4, "区分4"
    LEVEL_5 = 5, "区分5"
    LEVEL_6 = 6, "区分6"


class DisabilityKind(TextChoices):
    PHYSICAL = "PHYSICAL", "身体"
    INTELLECTUAL = "INTELLECTUAL", "知的"
    MENTAL = "MENTAL", "精神"
    INTRACTABLE = "INTRACTABLE", "難病等"


class Residence(TextChoices):
    """Where the person lives now; decides which programs are open."""

    FAMILY = "FAMILY", "家族と同居"
    FACILITY = "FACILITY", "障害者支援施設"
    HOSPITAL = "HOSPITAL", "病院"
    GROUP_HOME = "GROUP_HOME", "グループホーム"
    ALONE = "ALONE", "一人暮らし"


class GrantService(TextChoices):
    """The service a certificate allows (支給決定)."""

    GROUP_HOME_TRIAL = "GROUP_HOME_TRIAL", "共同生活援助（体験）"
    TRANSITION_SUPPORT = "TRANSITION_SUPPORT", "地域移行支援"
    SHORT_STAY = "SHORT_STAY", "短期入所"


class Expression(TextChoices):
    """How somebody showed what they think (domain 8.1)."""

    WORD = "WORD", "ことば"
    FACE = "FACE", "表情"
    GESTURE = "GESTURE", "身ぶり"
    BEHAVIOR = "BEHAVIOR", "行動"


class WishChoice(TextChoices):
    """Not knowing is a full answer."""

    WANT = "WANT", "やってみたい"
    NOT_NOW = "NOT_NOW", "いまは いい"
    UNKNOWN = "UNKNOWN", "わからない"


class GoalArea(TextChoices):
    ENJOY = "ENJOY", "おでかけを楽しむ"
    CHOOSE = "CHOOSE", "自分で選ぶ"
    SHOP = "SHOP", "買い物"
    EAT_OUT = "EAT_OUT", "外食"
    MONEY = "MONEY", "お金"
    TRANSPORT = "TRANSPORT", "乗り物"
    SLEEP_ELSEWHERE = "SLEEP_ELSEWHERE", "ほかの場所で眠る"
    LIVE_TOGETHER = "LIVE_TOGETHER", "人とくらす"
    ASK_FOR_HELP = "ASK_FOR_HELP", "助けを求める"
    DAILY_LIFE = "DAILY_LIFE", "食事・入浴・薬など毎日のこと"
    DAY_ACTIVITY = "DAY_ACTIVITY", "日中の活動"
    OTHER = "OTHER", "その他"


class GoalHorizon(TextChoices):
    LONG = "LONG", "長期"
    SHORT = "SHORT", "短期"


class GoalState(TextChoices):
    ACTIVE = "ACTIVE", "取り組み中"
    ACHIEVED = "ACHIEVED", "達成"
    CHANGED = "CHANGED", "変更"
    STOPPED = "STOPPED", "とりやめ"


class IntentionAnswer(TextChoices):
    GROUP_HOME = "GROUP_HOME", "グループホーム"
    ALONE = "ALONE", "一人暮らし"
    FAMILY = "FAMILY", "家族とくらす"
    STAY = "STAY", "いまの所がいい"
    OTHER = "OTHER", "その他"
    UNKNOWN = "UNKNOWN", "わからない"
    NO_ANSWER = "NO_ANSWER", "まだ答えがない"


class IntentionWish(TextChoices):
    """What the person would like to try next."""

    VISIT = "VISIT", "見学"
    MEAL = "MEAL", "食事"
    STAY = "STAY", "お泊まり"
    DAY = "DAY", "外の日中活動"


class ConsentKind(TextChoices):
    PHOTO = "PHOTO", "写真を撮って残す"
    PROGRAM = "PROGRAM", "事業の利用と情報の共有"
    CARD = "CARD", "事前情報シートをホームに見せる"
    CALENDAR = "CALENDAR", "体験の予定を家族などに見せる"
    REPORT = "REPORT", "体験のようすと写真を家族などに見せる"


class ConsentMeans(TextChoices):
    SIGNED = "SIGNED", "署名"
    WORD = "WORD", "ことば"
    GESTURE = "GESTURE", "身ぶり・表情"
    GUARDIAN = "GUARDIAN", "後見人など"


class AccountMail(TextChoices):
    """What somebody is written to about the own account."""

    INVITATION = "INVITATION", "招待"
    RESET = "RESET", "新しいパスワード"
    PASSWORD = "PASSWORD", "パスワードの変更"
    FACTOR_ADDED = "FACTOR_ADDED", "2つめの確認の登録"
    FACTOR_REMOVED = "FACTOR_REMOVED", "2つめの確認の削除"
    RECOVERY_CODES = "RECOVERY_CODES", "予備のコード"


class TokenScope(TextChoices):
    """What a program with a token may do, at most: never more than the user whose token it is."""

    HOMES_READ = "HOMES_READ", "ホーム・居室・体験枠を見る"
    HOMES_WRITE = "HOMES_WRITE", "体験枠を公開し、居室とホームの案内を直す"
    PEOPLE_READ = "PEOPLE_READ", "本人の情報を見る"
    PEOPLE_WRITE = "PEOPLE_WRITE", "本人の情報を書く"
    SESSIONS_READ = "SESSIONS_READ", "体験を見る"
    SESSIONS_WRITE = "SESSIONS_WRITE", "体験を申し込む・返事する・記録する"
    PROGRAMS_READ = "PROGRAMS_READ", "体験事業と上限を見る"
    PROGRAMS_WRITE = "PROGRAMS_WRITE", "体験事業と上限を直す"
    CALENDARS_READ = "CALENDARS_READ", "予定表の配信を見る"
    CALENDARS_WRITE = "CALENDARS_WRITE", "予定表の配信を作る・止める"
    AUDIT_READ = "AUDIT_READ", "監査記録を見る"
    OFFICE_READ = "OFFICE_READ", "お知らせ・通知先・組織を見る"
    OFFICE_WRITE = "OFFICE_WRITE", "お知らせ・通知先を直す"


class NotificationKind(TextChoices):
    """What people are told; each kind has its words and rules in the app that knows what it is about."""

    REQUEST_ARRIVED = "REQUEST_ARRIVED", "体験の申込が届いたとき"
    REQUEST_EXPIRED = "REQUEST_EXPIRED", "申込の期限がすぎたとき"
    SESSION_CONFIRMED = "SESSION_CONFIRMED", "体験が確定したとき"
    SESSION_DECLINED = "SESSION_DECLINED", "申込が断られたとき"
    SESSION_CANCELLED = "SESSION_CANCELLED", "体験が取り消されたとき"
    STOP_ASKED = "STOP_ASKED", "本人が「やめたい」と言ったとき"
    REMARK_LEFT = "REMARK_LEFT", "家族の声が届いたとき"
    STAY_IN_7_DAYS = "STAY_IN_7_DAYS", "お泊まりの7日前"
    STAY_TOMORROW = "STAY_TOMORROW", "お泊まりの前の日"
    OUTING_TOMORROW = "OUTING_TOMORROW", "おでかけの前の日"
    RECORD_MISSING = "RECORD_MISSING", "記録が2日たっても書かれていないとき"
    REVIEW_DUE = "REVIEW_DUE", "振り返りの時期がきたとき"
    GRANT_ENDS_60 = "GRANT_ENDS_60", "支給決定が終わる60日前"
    GRANT_ENDS_14 = "GRANT_ENDS_14", "支給決定が終わる14日前"
    ALLOWANCE_LAPSING = "ALLOWANCE_LAPSING", "月末で使えなくなる分があるとき"
    SLOT_UNCONFIRMED = "SLOT_UNCONFIRMED", "体験枠の空きを30日確かめていないとき"
    INTENTION_DUE = "INTENTION_DUE", "意向確認の時期がきたとき"
    FOLLOW_UP_30_DAYS = "FOLLOW_UP_30_DAYS", "移ってから30日"
    FOLLOW_UP_6_MONTHS = "FOLLOW_UP_6_MONTHS", "移ってから6か月"
    FEED_ENDING = "FEED_ENDING", "予定表のアドレスの期限が近いとき"
    CALENDAR_UNREADABLE = "CALENDAR_UNREADABLE", "ほかのカレンダーが読めないとき"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED", "ウェブフックを止めたとき"
    CONSISTENCY = "CONSISTENCY", "夜の点検で食いちがいが見つかったとき"
    DIGEST = "DIGEST", "1日1通のまとめ"


class Delivery(TextChoices):
    """How somebody wants to hear of one kind of thing."""

    MAIL = "MAIL", "メールと画面"
    DIGEST = "DIGEST", "1日1通のまとめと画面"
    IN_APP = "IN_APP", "画面だけ"
    OFF = "OFF", "受け取らない"


class NotificationState(TextChoices):
    """Of the mail. SENDING is written before the mail server is spoken to, so that a crash leaves a trace."""

    NEW = "NEW", "これから送る"
    SENDING = "SENDING", "送っているところ"
    SENT = "SENT", "送った"
    BUNDLED = "BUNDLED", "まとめに入れた"
    FAILED = "FAILED", "送れなかった"
    UNCERTAIN = "UNCERTAIN", "送れたか分からない"
    UNMAILED = "UNMAILED", "メールなし"
    OBSOLETE = "OBSOLETE", "もう要らない"


class RunState(TextChoices):
    """Of one job on one day."""

    RUNNING = "RUNNING", "しているところ"
    DONE = "DONE", "終わった"
    FAILED = "FAILED", "できなかった"


class ViewedBy(TextChoices):
    """Through which door something about a person was read."""

    SCREEN = "SCREEN", "画面"
    API = "API", "API"
    FILE = "FILE", "書き出し"


class DisclosureKind(TextChoices):
    """What a person may ask of whoever keeps records about them (個人情報保護法)."""

    DISCLOSE = "DISCLOSE", "開示"
    CORRECT = "CORRECT", "訂正"
    STOP = "STOP", "利用停止"
    COMPLAINT = "COMPLAINT", "苦情"


class DisclosurePurpose(TextChoices):
    """Why everything that is held about somebody is taken out."""

    CHECK = "CHECK", "渡す前に、内容を確かめる"
    PERSON = "PERSON", "本人に渡す"
    AGENT = "AGENT", "代理人に渡す"


class DisclosureAnswer(TextChoices):
    WAITING = "WAITING", "まだ答えていない"
    DONE = "DONE", "応じた"
    PARTLY = "PARTLY", "一部に応じた"
    REFUSED = "REFUSED", "応じなかった"
