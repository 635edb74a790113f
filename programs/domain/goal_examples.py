"""Examples that help to write a goal: for each area the words, the supporter's wording and the five levels.

Shown as pale examples in empty boxes, never filled in: a goal is the person's own.
"""

from dataclasses import dataclass

from transition.enums import GoalArea


@dataclass(frozen=True, slots=True)
class GoalExample:
    """`levels` from −2 to +2; the one in the middle is what is expected."""

    words: str
    wording: str
    levels: tuple[str, str, str, str, str]


EXAMPLES: dict[str, GoalExample] = {
    GoalArea.ENJOY: GoalExample(
        "そとで ごはんが たべたい",
        "月に2回出かけ、おわりまで楽しくすごす",
        (
            "出かけるのをいやがる",
            "出かけるが、すぐ帰りたがる",
            "おわりまで楽しくすごす",
            "「また行きたい」と伝える",
            "行きたい所を自分から言う",
        ),
    ),
    GoalArea.CHOOSE: GoalExample(
        "じぶんで きめたい",
        "2つの写真から、行き先やメニューを自分で選ぶ",
        (
            "選ばない",
            "支援者がすすめたほうにする",
            "2つから自分で選ぶ",
            "3つ以上から自分で選ぶ",
            "ほかのものがいいと言う",
        ),
    ),
    GoalArea.SHOP: GoalExample(
        "おかしを かいたい",
        "ほしい物を選び、レジに出す",
        ("店に入らない", "店に入るが、選ばない", "選んで、レジに出す", "お金をわたして受け取る", "一人で買ってくる"),
    ),
    GoalArea.EAT_OUT: GoalExample(
        "ファミレスに いきたい",
        "メニューを選び、店で食べる",
        (
            "店に入らない",
            "支援者が頼んだ物を食べる",
            "メニューから選んで食べる",
            "自分で店の人に頼む",
            "食べたあと自分で払う",
        ),
    ),
    GoalArea.MONEY: GoalExample(
        "おこづかいで かいたい",
        "1,000円の中で、買う物を決める",
        ("お金にさわらない", "支援者が払う", "いっしょに数えて払う", "自分で数えて払う", "残りを考えて買う"),
    ),
    GoalArea.TRANSPORT: GoalExample(
        "でんしゃに のりたい",
        "支援者といっしょに電車で往復する",
        ("駅に近づかない", "駅まで行く", "いっしょに乗って往復する", "切符を自分で買う", "降りる駅を自分で言う"),
    ),
    GoalArea.SLEEP_ELSEWHERE: GoalExample(
        "おとまり してみたい",
        "グループホームに1泊して、朝まですごす",
        ("ホームに行かない", "夕食のあとに帰る", "1泊して朝まですごす", "よく眠れる", "「もう1泊したい」と言う"),
    ),
    GoalArea.LIVE_TOGETHER: GoalExample(
        "ともだちと たべたい",
        "ホームの人と同じ部屋で食事をする",
        ("部屋から出ない", "同じ部屋にいる", "いっしょに食事をする", "話をする", "手伝いや誘いを自分からする"),
    ),
    GoalArea.ASK_FOR_HELP: GoalExample(
        "こまったら いいたい",
        "困ったときに、カードか言葉で伝える",
        ("一人でがまんする", "聞かれたら伝える", "カードを出して伝える", "言葉や身ぶりで伝える", "だれに頼むかも選ぶ"),
    ),
    GoalArea.DAILY_LIFE: GoalExample(
        "じぶんで おふろに はいりたい",
        "声かけで、洗う順番を自分で進める",
        ("入らない", "手伝ってもらって入る", "声かけで自分で洗う", "用意も自分でする", "時間も自分で決める"),
    ),
    GoalArea.DAY_ACTIVITY: GoalExample(
        "パンやさんで はたらきたい",
        "事業所を見学し、半日すごす",
        ("見学に行かない", "見学して帰る", "半日すごす", "1日すごす", "また行く日を自分で決める"),
    ),
    GoalArea.OTHER: GoalExample(
        "えいがを みたい",
        "本人のことばを、支援者が目標の形に書きます",
        ("いまの様子", "少し近づいた", "ここまでできたら目標どおり", "期待より少しよい", "期待よりずっとよい"),
    ),
}
