"""事前情報シート: what a home must know before the first night, field by field.

The limits are such that the fullest card still prints on one A4 sheet. Nothing asks for a diagnosis, a
certificate or goals: the receiving home does not need them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from transition.domain import text

# Contacts that find room on the sheet.
MOST_CONTACTS: Final = 4


@dataclass(frozen=True, slots=True)
class Field:
    """One answer of the card. `limit` counts what a reader counts; line ends become spaces."""

    code: str
    label: str
    hint: str
    limit: int = 60


@dataclass(frozen=True, slots=True)
class Group:
    code: str
    title: str
    fields: tuple[Field, ...]


VOICE: Final = Field("voice", "わたしから", "本人が言ったとおりに。例：よるは ろうかの でんきを つけて ください。")
ALLERGY: Final = Field("allergy", "アレルギー", "食べ物、薬、ほか。ないことを確かめたら「なし」と書きます。")

GROUPS: Final = (
    Group("first", "はじめに", (VOICE, ALLERGY)),
    Group(
        "talk",
        "伝えかた",
        (
            Field("yes_no", "「はい」「いいえ」の表しかた", "例：「はい」は手を上げる。「いいえ」は顔をそむける。"),
            Field("tell_me", "わたしへの伝えかた", "例：写真を見せて、みじかく。「まず、つぎ」の順で。"),
            Field("i_tell", "わたしの気持ちの伝えかた", "例：困ると耳をふさぐ。うれしいと手をたたく。"),
        ),
    ),
    Group(
        "feel",
        "すきなこと・おちつくこと",
        (
            Field("likes", "すきなこと", "例：電車の本、あまいコーヒー。"),
            Field("calms", "おちつくこと", "例：静かなへやで、ひとりで音楽をきく。"),
            Field("hard", "苦手なこと", "例：大きな音、急な予定の変更。"),
        ),
    ),
    Group(
        "health",
        "からだと薬",
        (
            Field("medicine", "薬", "何を、いつ、だれが持つか。例：朝食後に白い錠剤1つ。職員があずかる。", 90),
            Field("care", "医療的ケア・発作のとき", "起きたらどうするか、だれに電話するか。", 90),
            Field("doctor", "かかりつけ医", "病院の名前と電話番号。"),
        ),
    ),
    Group(
        "days",
        "毎日のこと",
        (
            Field("night", "夜", "心配なこと、明かり、トイレ、エアコン。例：夜中に1回トイレ。声をかける。", 90),
            Field("meals", "食事", "形、量、苦手なもの。例：ひと口の大きさに切る。"),
            Field("bath", "入浴", "例：ひとりで入れる。湯かげんは職員が見る。"),
            Field("mobility", "移動", "例：外では車いす。段差は手をそえる。"),
            Field("belongings", "持ち物", "いつものもの、めがね、補聴器。例：青いまくら。"),
            Field("money", "お金", "いくら持つか、だれが持つか。"),
            Field("smoking", "たばこ", "吸わないときは「吸わない」。", 30),
        ),
    ),
    Group(
        "out",
        "日中と、気をつけること",
        (
            Field("day", "日中の活動と送りむかえ", "どこへ、何時に、だれの車で。", 90),
            Field("risks", "気をつけること", "けが、ひとりで外に出る、など。起きたらどうするかも。", 90),
        ),
    ),
)
FIELDS: Final = tuple(field for group in GROUPS for field in group.fields)
BY_CODE: Final = {field.code: field for field in FIELDS}
# How the person says yes and no, what calms: what whoever meets the person reads first.
AT_A_GLANCE: Final = ("yes_no", "tell_me", "i_tell", "calms", "hard")


def cleaned(content: Mapping[str, str]) -> dict[str, str]:
    """What is written, in the order of the card; a code without text, or unknown, is left out."""
    written = {field.code: text.clean_line(content.get(field.code, "")) for field in FIELDS}
    return {code: said for code, said in written.items() if said}


def too_long(content: Mapping[str, str]) -> dict[str, str]:
    """A message for every text beyond its limit."""
    lengths = {code: text.graphemes(said) for code, said in content.items()}
    return {
        code: f"{BY_CODE[code].limit}文字以内で入力してください（いま{length:,}文字）。"
        for code, length in lengths.items()
        if length > BY_CODE[code].limit
    }


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The codes whose text differs, in the order of the card."""
    return [field.code for field in FIELDS if old.get(field.code, "") != new.get(field.code, "")]
