"""1人の本人が、あと何日・何時間使えるかを表示します。

使い方: pip install requests のあと、SITE と TOKEN を環境変数にして
    python read_allowances.py 本人のID
"""

import os
import sys

import requests

UNITS = {"DAYS": "日", "NIGHTS": "泊", "TIMES": "回"}


def amount(number: int, unit: str) -> str:
    if unit == "MINUTES":
        return f"{number // 60}時間{number % 60:02}分"
    return f"{number}{UNITS[unit]}"


def main() -> None:
    answer = requests.get(
        f"{os.environ['SITE']}/api/v1/people/{sys.argv[1]}/allowances/",
        headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
        timeout=30,
    )
    if not answer.ok:
        sys.exit(answer.json()["detail"])
    for program in answer.json()["programs"]:
        print(program["program"]["name"])
        for limit in program["allowances"]:
            left, cap = (amount(limit[name], limit["unit"]) for name in ("remaining", "cap"))
            sure = "" if limit["certainty"] == "VERIFIED" else "（市町村に確認してください）"
            print(f"  {limit['name']}: あと{left}（上限 {cap}）{sure}")


main()
