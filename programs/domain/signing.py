"""Signs what is sent to other systems, in the shape of Standard Webhooks (www.standardwebhooks.com, version 1).

The other side proves with its secret that a call is ours, is whole, and is of now: the signature is over
"id.timestamp.body", and goes out as `v1,<base64 of HMAC-SHA-256>`. A secret reads `whsec_<base64 of 32 bytes>`.
"""

import base64
import hashlib
import hmac
from typing import Final

PREFIX: Final = "whsec_"
SCHEME: Final = "v1"
_PURPOSE: Final = "webhook"


def secret(server_key: str, name: str, version: int) -> str:
    """The secret of the webhook of that name: always the same, another one for each version, stored nowhere."""
    made = hmac.new(server_key.encode(), f"{_PURPOSE}|{name}|{version}".encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(made).decode()


def headers(secret: str, *, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes along with `body`; `message` stays the same when it is sent again, `timestamp` does not."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Webhook-Id": message,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": f"{SCHEME},{signature}",
    }
