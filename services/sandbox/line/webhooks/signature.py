"""The signature of a webhook (LP 8.2)."""

import base64
import hashlib
import hmac

HEADER = "X-Line-Signature"


def sign(secret: str, body: bytes) -> str:
    """Return base64 of HMAC-SHA256 over the raw body, keyed with the channel secret in UTF-8."""
    return base64.b64encode(hmac.digest(secret.encode(errors="replace"), body, hashlib.sha256)).decode()


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """Whether a signature is the one of this body; compared in constant time."""
    return hmac.compare_digest(sign(secret, body), signature)
