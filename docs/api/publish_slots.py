"""自分のシステムの空き室を、体験枠として公開します。

使い方: pip install requests のあと、SITE と TOKEN を環境変数にして
    python publish_slots.py 空き.csv
CSVは1行に1つの枠: 自分のシステムの番号,居室のID,最初の夜,最後の朝
何度動かしても、同じ番号の枠は1つだけです。
"""

import csv
import os
import sys
import time
from pathlib import Path

import requests

SLOTS = os.environ["SITE"] + "/api/v1/slots/"


def publish(session: requests.Session, number: str, room: str, starts_on: str, ends_on: str) -> None:
    while True:
        answer = session.post(
            SLOTS,
            json={"room": room, "starts_on": starts_on, "ends_on": ends_on, "max_nights": 3},
            headers={"Idempotency-Key": f"yoyaku-{number}"},
            timeout=30,
        )
        if answer.status_code not in (429, 503):
            break
        # 混み合っている: 言われた秒数だけ待って、同じ番号で送りなおします。
        time.sleep(int(answer.headers.get("Retry-After", "5")))
    content = answer.json()
    if answer.ok:
        print(f"{number}: 公開しました（{content['home_name']} {content['room_name']}）")
    else:
        reasons = [problem["message"] for problem in content["problems"]] or [content["detail"]]
        print(f"{number}: できませんでした。{' '.join(reasons)}")


def main() -> None:
    with requests.Session() as session, Path(sys.argv[1]).open(encoding="utf-8") as file:
        session.headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
        for row in csv.reader(file):
            publish(session, *row)


main()
