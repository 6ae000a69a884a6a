"""The signatures of HubSpot's webhooks (HS 8)."""

import base64
import hashlib
import hmac


def sign_v1(secret: str, body: bytes) -> str:
    """Return SHA-256 in hex of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def sign_v3(secret: str, method: str, uri: str, body: bytes, timestamp_ms: int) -> str:
    """Return HMAC-SHA256 in Base64 of method, URI, body and timestamp, keyed by the secret."""
    text = method.encode() + uri.encode() + body + str(timestamp_ms).encode()
    return base64.b64encode(hmac.digest(secret.encode(), text, hashlib.sha256)).decode()


def sign_post(secret: str, uri: str, body: bytes, timestamp_ms: int, *, with_v3: bool) -> dict[str, str]:
    """Return the headers that sign a POST: always v1, and v3 where asked for."""
    headers = {"X-HubSpot-Signature": sign_v1(secret, body), "X-HubSpot-Signature-Version": "v1"}
    if with_v3:
        headers["X-HubSpot-Request-Timestamp"] = str(timestamp_ms)
        headers["X-HubSpot-Signature-v3"] = sign_v3(secret, "POST", uri, body, timestamp_ms)
    return headers
