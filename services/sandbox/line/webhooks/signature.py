"""The signature of a webhook (LP 8.2)."""

import base64
import hashlib
import hmac

HEADER = "X-Line-Signature"
CONTENT_TYPE = "application/json; charset=utf-8"


def sign(secret: str, body: bytes) -> str:
    """Return base64 of HMAC-SHA256 over the raw body, keyed with the channel secret in UTF-8."""
    return base64.b64encode(hmac.digest(secret.encode(errors="replace"), body, hashlib.sha256)).decode()


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """Whether a signature is the one of this body; compared in constant time."""
    return hmac.compare_digest(sign(secret, body), signature)


def make_headers(signature: str) -> dict[str, str]:
    """Return the headers of a POST (LP 8.1, 8.2)."""
    return {"Content-Type": CONTENT_TYPE, HEADER: signature}
