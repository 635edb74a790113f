"""市のページにのせる、空いている体験枠の表（HTML）を作ります。

使い方: pip install requests のあと、SITE と TOKEN を環境変数にして
    python show_open_slots.py 2026-12-01 2026-12-31 > aki.html
前の答えの ETag はいりません。1時間に1回くらい動かせば十分です。
"""

import html
import os
import sys

import requests


def open_slots(first: str, last: str) -> list[dict]:
    """すべてのページを順に読みます。"""
    found: list[dict] = []
    url: str | None = os.environ["SITE"] + "/api/v1/slots/"
    asked: dict | None = {"from": first, "to": last, "nights": 1, "page_size": 100}
    while url:
        answer = requests.get(url, params=asked, headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}, timeout=30)
        answer.raise_for_status()
        page = answer.json()
        found += page["results"]
        # 続きのアドレスには、さがした条件も入っています。
        url, asked = page["next"], None
    return found


def main() -> None:
    print("<table><tr><th>ホーム</th><th>市区町村</th><th>空いている夜</th><th>1日の費用</th></tr>")
    for slot in open_slots(sys.argv[1], sys.argv[2]):
        cells = (slot["home_name"], slot["area"], f"{len(slot['free_nights'])}夜", f"{slot['price_per_day']:,}円")
        print("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    print("</table>")


main()
