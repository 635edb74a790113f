"""Words and drawings of the easy view that stand for what others have typed. Marked with readings.

A drawing is a path below static/transition/.
"""

from dataclasses import dataclass
from typing import Final

from programs.enums import Step
from transition.enums import Residence

NIGHT_DRAWING: Final = "wishes/sleep.svg"
HOME_DRAWING: Final = "wishes/group-home.svg"
LEAVING_DRAWING: Final = "easy/home.svg"

_STEPS: Final[dict[str, tuple[str, str]]] = {
    Step.OUTING: ("おでかけ", "wishes/bus.svg"),
    Step.VISIT: ("ホームを 見《み》に 行《い》く", HOME_DRAWING),
    Step.MEAL: ("ホームで ごはんを 食《た》べる", "wishes/eating-out.svg"),
    Step.DAY: ("昼間《ひるま》を すごす", "easy/sun.svg"),
}
# The first word that is in the thing's name gives the drawing.
_THINGS: Final = (
    (("パジャマ", "ねまき", "寝間着", "寝巻"), "easy/pajamas.svg"),
    (("歯ブラシ", "はブラシ", "はみがき", "歯みがき", "歯磨"), "easy/toothbrush.svg"),
    (("タオル", "ハンカチ"), "easy/towel.svg"),
    (("薬", "くすり"), "easy/medicine.svg"),
    (("コップ", "カップ", "水筒", "すいとう"), "easy/cup.svg"),
    (("くつ", "靴", "スリッパ", "うわばき", "上履"), "easy/shoes.svg"),
    (("手帳", "受給者証", "保険", "診察券", "カード", "資格確認"), "easy/card.svg"),
    (("お金", "おかね", "こづかい", "小遣", "さいふ", "財布"), "easy/coin.svg"),
    (("服", "ふく", "きがえ", "着替", "下着", "くつ下", "上着"), "wishes/clothes.svg"),
    (("時計", "とけい"), "easy/clock.svg"),
    (("本", "ざっし"), "wishes/library.svg"),
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word to choose after a session, with its drawing; `text` is what is kept."""

    code: str
    text: str
    drawing: str


WORDS: Final = (
    Word("FUN", "たのしかった", "wishes/music.svg"),
    Word("TASTY", "おいしかった", "wishes/eating-out.svg"),
    Word("AGAIN", "また したい", "easy/again.svg"),
    Word("TIRED", "つかれた", "wishes/sleep.svg"),
    Word("LOUD", "うるさかった", "easy/ear.svg"),
    Word("SCARED", "こわかった", "wishes/face-bad.svg"),
)


def called(name: str) -> str:
    """The first part of a name, as the person knows who goes along: 相談 of 相談 しえん."""
    return (name.split() or [""])[0]


def step(code: str) -> tuple[str, str]:
    """Words and drawing for what is done on a rung of the ladder."""
    return _STEPS.get(code, _STEPS[Step.OUTING])


def leaving(residence: str) -> str:
    """Where somebody goes back to, in their own word."""
    return "家《いえ》に かえる" if residence in (Residence.FAMILY, Residence.ALONE) else "いつもの ところに かえる"


def thing_drawing(thing: str) -> str:
    """A drawing for what to bring; a bag for what has none."""
    return next((drawing for words, drawing in _THINGS if any(word in thing for word in words)), "easy/bag.svg")
