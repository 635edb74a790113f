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
