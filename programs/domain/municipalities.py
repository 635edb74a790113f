"""市区町村 at the start of an address, without the prefecture: 大阪市都島区, 阿蘇郡小国町, 世田谷区."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 40
_PREFECTURE: Final = re.compile(
    "北海道|東京都|京都府|大阪府|"
    "(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|"
    "滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県"
)
# Cities with wards, then names that hold 市, 郡, 町 or 村 before their end, then the rule.
_MUNICIPALITY: Final = re.compile(
    "(?:札幌|仙台|さいたま|千葉|横浜|川崎|相模原|新潟|静岡|浜松|名古屋|京都|大阪|堺|神戸|岡山|広島|北九州|福岡|熊本)市"
    "(?:[^市町村0-9]{1,4}?区)?"
    "|(?:四日市|廿日市|野々市|郡山|大和郡山|蒲郡|小郡|郡上)市"
    "|(?:余市|市貝|市川三郷|上市|下市|玉村|大町)町"
    "|[^市区]{1,6}?郡(?:玉村町|大町町|[^0-9]{1,7}?[町村])"
    "|余市郡[^0-9]{1,7}?[町村]|高市郡[^0-9]{1,7}?[町村]"
    "|[^市0-9]{1,6}区"
    "|[^0-9]{1,6}?市"
    "|[^0-9]{1,7}?[町村]"
)


def municipality_in(address: str) -> str:
    """The municipality an address starts with; a short text without one is returned whole, "" when too long."""
    text = unicodedata.normalize("NFKC", address).strip()
    text = _PREFECTURE.sub("", text, count=1) if _PREFECTURE.match(text) else text
    text = text.replace(" ", "")
    if found := _MUNICIPALITY.match(text):
        return found[0]
    return text if len(text) <= LONGEST else ""
