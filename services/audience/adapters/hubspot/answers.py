"""From an HTTP answer of HubSpot to a JSON object or a typed error (HS 3, HS 4.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from audience.adapters.hubspot.troubles import MovingError, NothingThereError, PassingError, UnexpectedAnswerError
from audience.domain.errors import (
    DailyLimitReached,
    HubSpotRateLimited,
    HubSpotRefused,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
    VendorUnavailable,
)

_MOVING = 477
_PASSING = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.LOCKED, _MOVING}
_LOCK = timedelta(seconds=2)  # a bulk write holds its lock that long (HS 3, 423)
_ROLLING_WINDOW = timedelta(seconds=10)
_SEARCH_WINDOW = timedelta(seconds=1)
_CORRELATION_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: 200, or 207 when a batch was done in part."""

    status: int
    body: Document


def read_answer(response: httpx.Response) -> Answer:
    """Return the JSON object of a success, or raise what the failure means. Never assumes JSON.

    Raises:
        HubSpotTokenRefused, HubSpotScopeMissing: the credentials don't serve.
        VendorUnavailable: anything else; `troubles` says of which kinds.

    """
    body = _read_object(response)
    if response.status_code in {httpx.codes.OK, httpx.codes.MULTI_STATUS} and body is not None:
        return Answer(response.status_code, body)
    raise _explain(response, body)


def find_correlation_id(response: httpx.Response) -> str | None:
    """Return HubSpot's name for a failed request, for its support (HS 3); None when it gave none that is plausible."""
    value = (_read_object(response) or {}).get("correlationId")
    return value if isinstance(value, str) and _CORRELATION_ID.fullmatch(value) else None


def _explain(response: httpx.Response, body: Document | None) -> HubSpotRefused | VendorUnavailable:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return _explain_limit(body or {}, _retry_after(response))
    if status in _PASSING or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return _explain_outage(status, _retry_after(response))
    return _explain_refusal(status, body)


def _explain_refusal(status: int, body: Document | None) -> HubSpotRefused | VendorUnavailable:
    """Refusals count as such in HubSpot's own form only: a page comes from somebody in between."""
    if status == httpx.codes.UNAUTHORIZED:
        return HubSpotTokenRefused()
    if status == httpx.codes.FORBIDDEN and body is not None:
        return HubSpotScopeMissing(_missing_scopes(body))
    if status == httpx.codes.NOT_FOUND and body is not None:
        return NothingThereError("404")
    return UnexpectedAnswerError(f"{status} without a known reason")


def _explain_outage(status: int, wait: timedelta | None) -> VendorUnavailable:
    if status == _MOVING:
        return MovingError(retry_after=wait)
    if status == httpx.codes.LOCKED:
        wait = max(wait or _LOCK, _LOCK)
    return PassingError(retry_after=wait)


def _explain_limit(body: Document, wait: timedelta | None) -> HubSpotRateLimited | DailyLimitReached:
    """Tell the limits apart by policy or, in the other body, by the words of the message."""
    said = f"{body.get('policyName', '')} {body.get('message', '')}".upper()
    if "DAILY" in said:
        return DailyLimitReached(retry_after=wait)
    window = _SEARCH_WINDOW if re.search(r"\bSECONDLY\b", said) else _ROLLING_WINDOW
    return HubSpotRateLimited(retry_after=wait or window)


def _read_object(response: httpx.Response) -> Document | None:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _retry_after(response: httpx.Response) -> timedelta | None:
    """`Retry-After` in seconds (HS 10.6); another form counts as absent."""
    value = response.headers.get("Retry-After", "")
    return timedelta(seconds=int(value)) if re.fullmatch(r"[0-9]{1,6}", value) else None


def _missing_scopes(body: Document) -> list[str]:
    """`errors[].context.requiredGranularScopes[]`, each level optional."""
    found: list[str] = []
    for error in _dicts(body.get("errors")):
        context = error.get("context")
        scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
        found += [scope for scope in scopes if _is_scope(scope)] if isinstance(scopes, list) else []
    return found


def _is_scope(scope: Any) -> bool:
    return isinstance(scope, str) and re.fullmatch(r"[a-z0-9._-]{1,100}", scope) is not None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
