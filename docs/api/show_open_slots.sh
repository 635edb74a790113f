#!/bin/sh
# 空いている体験枠をさがす: SITE と TOKEN（できること: 体験枠を見る）を環境変数で渡します。
set -eu

curl --fail-with-body --silent --show-error --get "$SITE/api/v1/slots/" \
  -H "Authorization: Bearer $TOKEN" \
  --data-urlencode "from=${FROM:-2026-12-01}" \
  --data-urlencode "to=${TO:-2026-12-31}" \
  --data-urlencode "nights=2" \
  --data-urlencode "fields=home_name,area,starts_on,ends_on,price_per_day,free_nights"
