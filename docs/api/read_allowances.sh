#!/bin/sh
# 1人の本人が、あと何日・何時間使えるか: SITE と TOKEN（できること: 本人の情報を見る）と PERSON（本人のID）を渡します。
set -eu

curl --fail-with-body --silent --show-error "$SITE/api/v1/people/$PERSON/allowances/" \
  -H "Authorization: Bearer $TOKEN"
