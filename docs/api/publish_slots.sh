#!/bin/sh
# 体験枠を1つ公開する: SITE と TOKEN（できること: 体験枠を公開する）と ROOM（居室のID）を環境変数で渡します。
# KEY には自分のシステムの番号を使います。同じ番号でもう一度送っても、枠は1つだけです。
set -eu

curl --fail-with-body --silent --show-error \
  -X POST "$SITE/api/v1/slots/" \
  -H "Authorization: Bearer $TOKEN" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: ${KEY:-yoyaku-1042}" \
  -d "{
    \"room\": \"$ROOM\",
    \"starts_on\": \"${STARTS_ON:-2026-12-01}\",
    \"ends_on\": \"${ENDS_ON:-2026-12-08}\",
    \"min_nights\": 1,
    \"max_nights\": 3,
    \"price_rent\": 1200,
    \"price_food\": 1100
  }"
