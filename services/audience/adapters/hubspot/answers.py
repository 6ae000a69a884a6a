"""From an HTTP answer of HubSpot to a JSON object or a typed error (HS 3, HS 4.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from audience.application.hubspot_port import (
    ContactSourceError,
    DayLimitReachedError,
    ScopeMissingError,
    SourceMovingError,
    SourceThrottledError,
    SourceUnavailableError,
    TokenRefusedError,
    UnexpectedAnswerError,
)

_MOVING = 477
_PASSING = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.LOCKED, _MOVING}
_LOCK = timedelta(seconds=2)  # a bulk write holds its lock that long (HS 3, 423)
_ROLLING_WINDOW = timedelta(seconds=10)
_SEARCH_WINDOW = timedelta(seconds=1)
_CORRELATION_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

Document = Mapping[str, Any]


class NothingThereError(UnexpectedAnswerError):
    """A 404 in HubSpot's own form; the caller knows what is missing. A 404 page means a wrong address instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: 200, or 207 when a batch was done in part."""

    status: int
    body: Document


def read_answer(response: httpx.Response) -> Answer:
    """Return the JSON object of a success, or raise what the failure means. Never assumes JSON."""
    body = _read_object(response)
    if response.status_code in {httpx.codes.OK, httpx.codes.MULTI_STATUS} and body is not None:
        return Answer(response.status_code, body)
    raise _explain(response, body)


def _explain(response: httpx.Response, body: Document | None) -> ContactSourceError:
    status, correlation_id = response.status_code, _correlation_id(body)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return _explain_limit(body or {}, _retry_after(response), correlation_id)
    if status in _PASSING or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return _explain_outage(status, _retry_after(response), correlation_id)
    return _explain_refusal(status, body, correlation_id)


def _explain_refusal(status: int, body: Document | None, correlation_id: str | None) -> ContactSourceError:
    """Refusals count as such in HubSpot's own form only: a page comes from somebody in between."""
    if status == httpx.codes.UNAUTHORIZED:
        return TokenRefusedError(correlation_id=correlation_id)
    if status == httpx.codes.FORBIDDEN and body is not None:
        return ScopeMissingError(_missing_scopes(body), correlation_id=correlation_id)
    if status == httpx.codes.NOT_FOUND and body is not None:
        return NothingThereError("HubSpot has no such thing", status=status, correlation_id=correlation_id)
    message = f"HubSpot answers {status} without a known reason"
    return UnexpectedAnswerError(message, status=status, correlation_id=correlation_id)


def _explain_outage(status: int, wait: timedelta | None, correlation_id: str | None) -> SourceUnavailableError:
    if status == _MOVING:
        message = "the HubSpot account moves to another data centre"
        return SourceMovingError(message, retry_after=wait, correlation_id=correlation_id)
    if status == httpx.codes.LOCKED:
        wait = max(wait or _LOCK, _LOCK)
    return SourceUnavailableError(f"HubSpot answers {status}", retry_after=wait, correlation_id=correlation_id)


def _explain_limit(
    body: Document, wait: timedelta | None, correlation_id: str | None
) -> SourceThrottledError | DayLimitReachedError:
    """Tell the limits apart by policy or, in the other body, by the words of the message."""
    said = f"{body.get('policyName', '')} {body.get('message', '')}".upper()
    if "DAILY" in said:
        return DayLimitReachedError(
            "HubSpot's limit of the day is reached", retry_after=wait, correlation_id=correlation_id
        )
    window = _SEARCH_WINDOW if re.search(r"\bSECONDLY\b", said) else _ROLLING_WINDOW
    return SourceThrottledError(
        "HubSpot's rate limit is reached", retry_after=wait or window, correlation_id=correlation_id
    )


def _read_object(response: httpx.Response) -> Document | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _correlation_id(body: Document | None) -> str | None:
    value = (body or {}).get("correlationId")
    return value if isinstance(value, str) and _CORRELATION_ID.fullmatch(value) else None


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
        found += [scope for scope in scopes or () if isinstance(scope, str)] if isinstance(scopes, list) else []
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
