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
