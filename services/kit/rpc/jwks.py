"""The public keys of those whose tokens we trust: a JSON Web Key Set (RFC 7517) in a file or behind a URL."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import structlog

from kit.errors import Unavailable

ALGORITHMS = ("EdDSA", "RS256", "ES256")
"""What tokens may be signed with; HMAC and `none` are not among them."""

# A key that was taken out of the set is trusted for this long at most, plus the life of tokens seen before.
_FRESH_S = 300.0
# Tokens with invented key ids must not make us fetch the set each time.
_COOLDOWN_S = 5.0
_FETCH_S = 5.0

SERVICE_PARAMETER = "outreach_service"
"""Of a member of the set: the name of that of our services whose identity key it is; absent on the issuer's keys."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of the set; `service` is whose identity it is, as `delivery`, None for a key of the token issuer."""

    key: jwt.PyJWK
    service: str | None

    def may_sign_for(self, subject: str) -> bool:
        """Tell whether the key speaks for a subject: a service's key for that service alone, and nobody else for it."""
        kind, _, service = subject.partition(":")
        if self.service is None:
            return kind != "service"
        return (kind, service) == ("service", self.service)


class KeySet:
    """Finds keys by id, and reads the set again when it is old or lacks one."""

    def __init__(
        self, source: str, *, cooldown_s: float = _COOLDOWN_S, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Describe it; `source` is the path of a file or an https URL, which `transport` leads to."""
        self._source = source
        self._transport = transport
        self._cooldown_s = cooldown_s
        self._keys: dict[str, TrustedKey] = {}
        self._loaded = float("-inf")
        self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str) -> TrustedKey | None:
        """Return the key, None when the set has none of that id.

        Raises:
            Unavailable: the set could never be read.

        """
        if self._is_stale() or key_id not in self._keys:
            async with self._lock:
                await self._refresh(key_id)
        if self._loaded == float("-inf"):
            raise Unavailable("the token issuer's keys")
        return self._keys.get(key_id)

    async def _refresh(self, key_id: str) -> None:
        now = time.monotonic()
        needed = self._is_stale() or key_id not in self._keys
        if not needed or now - self._tried < self._cooldown_s:
            return
        self._tried = now
        try:
            self._keys = _read_keys(await self._read())
            self._loaded = now
        except (OSError, ValueError, httpx.HTTPError, jwt.PyJWTError) as error:
            _log.warning("jwks_unreadable", reason=type(error).__name__)

    async def _read(self) -> Any:
        if not self._source.startswith("https://"):
            return json.loads(await asyncio.to_thread(Path(self._source).read_bytes))
        async with httpx.AsyncClient(timeout=_FETCH_S, transport=self._transport) as client:
            response = await client.get(self._source)
            return response.raise_for_status().json()

    def _is_stale(self) -> bool:
        return time.monotonic() - self._loaded > _FRESH_S


def _read_keys(document: Any) -> dict[str, TrustedKey]:
    """Take the signature keys that we can use, keyed by their id; others may be for somebody else."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("The document is no JSON Web Key Set.")  # noqa: TRY004 - a bad document, not a bug
    keys = {}
    for member in document["keys"]:
        try:
            key = jwt.PyJWK(member)
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            continue
        if key.key_id and key.algorithm_name in ALGORITHMS and key.public_key_use in (None, "sig"):
            keys[key.key_id] = TrustedKey(key, member.get(SERVICE_PARAMETER))
    return keys
