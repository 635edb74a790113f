"""What a home says of itself, its photos, and what a reader of its page asks for."""

import datetime as dt
from typing import Any

from django import forms

from programs.domain.problems import Problem
from programs.enums import HomePhotoKind, RoomUse
from programs.forms.base import ServiceForm, text_field
from programs.forms.photos import PhotosField, SeveralFiles
from programs.models import Home, HomeGuide
from programs.queries.home_page import Asked
from transition import clock
from transition.fields import JapaneseDateField, JapaneseIntegerField, LineField

LONGEST_STAY = 60
# What homes ask for and have (domain 7.4): whoever writes takes out what is not so and adds what is missing.
USUAL_BRING = (
    *("着がえ", "下着", "パジャマ", "タオル・バスタオル", "歯みがきセット・コップ", "上ばき（スリッパ）", "くし"),
    *("ひげそり（使う人）", "飲んでいる薬", "受給者証・障害者手帳", "マイナ保険証または資格確認書・診察券"),
    *("メガネ・補聴器など、いつも使うもの", "おこづかい", "かさ"),
)
USUAL_PROVIDED = (
    *("ベッド・ふとん", "シャンプー・せっけん", "せんざい", "ドライヤー", "ハンガー", "ごみばこ", "食器", "れいぞうこ"),
)
GUIDE_FIELDS = ("easy_name", "introduction", "day", "bring", "provided", "rules", "access", "night_contact")


class HomeGuideForm(ServiceForm):
    introduction = text_field(
        label="どんなホームか",
        required=False,
        rows=4,
        help_text="どんな建物か、何人でくらしているか、どんな人がはたらいているか。住んでいる人のことは書かないでください。",
    )
    day = text_field(
        label="1日の流れ",
        required=False,
        rows=6,
        help_text="1行に1つずつ。例：7:00 朝ごはん（みんなで食べます。部屋で食べてもかまいません）",
    )
    bring = text_field(
        label="持ってくるもの",
        required=False,
        rows=10,
        help_text="1行に1つずつ。いらない行を消し、たりないものを足してください。",
    )
    provided = text_field(
        label="ホームにあるもの",
        required=False,
        rows=8,
        help_text="1行に1つずつ。持ってこなくてよいものです。",
    )
    rules = text_field(
        label="きまり",
        required=False,
        rows=4,
        help_text="門限、たばこ、お酒、お客さん、スマートフォンなど。なければ空けてください。",
    )
    access = text_field(
        label="行きかた・送迎", required=False, rows=3, help_text="駅やバス停から。送り迎えができるかどうか。"
    )
    easy_name = LineField(
        label="やさしい名前",
        required=False,
        max_length=30,
        help_text="本人の画面に出る名前です。漢字のよみは、東《ひがし》のように書きます。空けるとホームの名称が出ます。",
    )
    night_contact = LineField(
        label="夜の連絡先",
        required=False,
        max_length=60,
        help_text="夜9時から朝7時までの電話など。体験が確定した人の支援者だけに見えます。",
    )

    field_order = ("introduction",)


def initial_of(guide: HomeGuide | None) -> dict[str, str]:
    """What the form begins with: the guide, or for a new one the usual checklists."""
    if guide is None:
        return {"bring": "\n".join(USUAL_BRING), "provided": "\n".join(USUAL_PROVIDED)}
    return {name: getattr(guide, name) for name in GUIDE_FIELDS}


class HomePhotoForm(ServiceForm):
    photos = PhotosField(
        label="写真を選ぶ",
        help_text="JPEG・PNG・WebP・HEIC、1枚20MBまで。撮った場所などの情報は消して保存します。"
        "入居者や体験に来た人が写っていないものを選んでください。",
        widget=SeveralFiles(attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"}),
    )
    kind = forms.ChoiceField(
        label="何の写真か",
        choices=HomePhotoKind.choices,
        initial=HomePhotoKind.HOUSE,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
    )
    caption = LineField(
        label="説明",
        max_length=40,
        help_text="何が写っているか。目の見えない人には、この説明が読まれます。例：1階の食堂。6人がけのテーブル",
    )

    def __init__(self, *args: Any, home: Home, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms = {str(room.public_id): room for room in home.rooms.all() if room.use == RoomUse.TRIAL}
        self.fields["room"] = forms.ChoiceField(
            label="どの居室か",
            required=False,
            choices=[("", "決めない"), *((key, room.name) for key, room in self.rooms.items())],
            help_text="居室の写真のときだけ選びます。",
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("room") and cleaned.get("kind") != HomePhotoKind.ROOM:
            self.add_error("room", "居室を選べるのは、居室の写真だけです。")
        if len(cleaned.get("photos") or []) > 1:
            self.add_error("photos", "説明をつけるため、1枚ずつ選んでください。")
        return cleaned

    def refuse(self, problems: list[Problem]) -> None:
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.message)


class StayForm(forms.Form):
    """Which stay the page shows prices for: two dates, or only a number of nights."""

    use_required_attribute = False

    check_in = JapaneseDateField(label="チェックイン日", required=False)
    check_out = JapaneseDateField(label="チェックアウト日", required=False)
    nights = JapaneseIntegerField(label="または泊数", required=False, min_value=1, max_value=LONGEST_STAY)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        check_in, check_out, nights = cleaned.get("check_in"), cleaned.get("check_out"), cleaned.get("nights")
        if check_in and check_in < clock.today():
            self.add_error("check_in", "すぎた日です。今日からあとの日を入力してください。")
        if check_in and check_out:
            length = (check_out - check_in).days
            if length < 1:
                self.add_error("check_out", "チェックアウト日はチェックイン日よりあとにしてください。")
            elif length > LONGEST_STAY:
                self.add_error("check_out", f"一度に計算できるのは{LONGEST_STAY}泊までです。")
        elif check_out and "check_in" not in self.errors:
            self.add_error("check_in", "チェックイン日も入力してください。")
        elif check_in and not nights and not self.errors:
            self.add_error("check_out", "チェックアウト日か泊数も入力してください。")
        return cleaned

    def asked(self) -> Asked:
        if not self.is_valid():
            return Asked()
        check_in, check_out = self.cleaned_data["check_in"], self.cleaned_data["check_out"]
        nights = self.cleaned_data["nights"] or 1
        if check_in and not check_out:
            check_out = check_in + dt.timedelta(days=nights)
        if check_in and check_out:
            return Asked((check_out - check_in).days, check_in, check_out)
        return Asked(nights)


class HomesForm(forms.Form):
    """Words and area of the list of all homes."""

    q = LineField(label="名前・住所", required=False, max_length=60)

    def __init__(self, *args: Any, areas: list[tuple[str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"] = forms.ChoiceField(
            label="市区町村",
            required=False,
            choices=[("", "すべて"), *((area, f"{area}（{count}）") for area, count in areas)],
        )
