"""What HubSpot answers instead of a result: the bodies of HS 3 and HS 4.3."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.hubspot.settings import HubSpotSettings, RateLimitBody

SCOPES_PAGE = "https://developers.hubspot.com/scopes"


@dataclass(frozen=True, slots=True)
class Failure:
    """An error answer: status, the body without its ids, extra headers."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class RequestRefusedError(Exception):
    """Ends the handling of a request with an error answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.status)
        self.failure = failure


def refuse_value(message: str, **detail: Any) -> RequestRefusedError:
    """Make the 400 for a bad value or format."""
    return RequestRefusedError(Failure(400, _envelope(message, "VALIDATION_ERROR", **detail)))


def refuse_status(status: int, message: str) -> RequestRefusedError:
    """Make a refusal whose status is a switch."""
    return RequestRefusedError(Failure(status, _envelope(message, "VALIDATION_ERROR")))


def refuse_token(settings: HubSpotSettings, *, absent: bool) -> RequestRefusedError:
    """Make the 401; only the beginning of the message for an absent token is known."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication."
        if absent
        else "The access token is not valid."
    )
    return RequestRefusedError(Failure(401, _envelope(message, settings.unauthorized_category)))


def refuse_scopes(missing: Iterable[str]) -> RequestRefusedError:
    """Make the 403 naming the scopes that the app lacks."""
    message = "This app hasn't been granted all required scopes to make this call."
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": sorted(missing)},
    }
    body = _envelope(message, "MISSING_SCOPES", errors=[detail], links={"scopes": SCOPES_PAGE})
    return RequestRefusedError(Failure(403, body))


def refuse_list(list_id: str, settings: HubSpotSettings) -> RequestRefusedError:
    """Make the 404 for a list that does not exist, the same for its memberships."""
    message = f"List does not exist with ID {list_id}."
    body = _envelope(message, settings.not_found_category, context={"listId": [list_id]})
    return RequestRefusedError(Failure(404, body))


def refuse_contact(record_id: str, settings: HubSpotSettings) -> RequestRefusedError:
    """Make the 404 for a contact that is not there (its text is ours)."""
    body = _envelope("Object not found.", settings.not_found_category, context={"id": [record_id]})
    return RequestRefusedError(Failure(404, body))


def refuse_conflict(record_id: int, settings: HubSpotSettings) -> RequestRefusedError:
    """Make the 409 for a unique value that a contact has already; clients read the id in its message (HS 3)."""
    message = f"Contact already exists. Existing ID: {record_id}"
    return RequestRefusedError(Failure(409, _envelope(message, settings.conflict_category)))


def refuse_properties(names: Iterable[str], code: str) -> RequestRefusedError:
    """Make the 400 for properties that are unknown or can't be written (HS 3, OBJ)."""
    errors = [
        {"message": f"Property {name}: {code}", "code": code, "in": name, "context": {"propertyName": [name]}}
        for name in names
    ]
    return refuse_value("Property values were not valid.", errors=errors)


def refuse_property(name: str, settings: HubSpotSettings) -> RequestRefusedError:
    """Make the 404 for a property that is not defined."""
    message = f"Property {name} does not exist."
    body = _envelope(message, settings.not_found_category, context={"propertyName": [name]})
    return RequestRefusedError(Failure(404, body))


def refuse_duplicate_property(name: str, settings: HubSpotSettings) -> RequestRefusedError:
    """Make the 409 for a property name in use (its text is ours)."""
    message = f"A property named {name} already exists."
    return RequestRefusedError(Failure(409, _envelope(message, settings.conflict_category)))


def refuse_webhook(message: str, settings: HubSpotSettings) -> RequestRefusedError:
    """Make the 404 for an app, settings or a subscription that are not there (text unconfirmed)."""
    return RequestRefusedError(Failure(404, _envelope(message, settings.not_found_category)))


def refuse_rate(policy: str, settings: HubSpotSettings) -> RequestRefusedError:
    """Make the 429 for a policy of HS 4.3: TEN_SECONDLY_ROLLING, SECONDLY or DAILY."""
    body: dict[str, Any] = {"status": "error", "message": f"You have reached your {policy.lower()} limit."}
    if settings.rate_limit_body is RateLimitBody.POLICY:
        body |= {"errorType": "RATE_LIMIT", "policyName": policy}
    else:
        body |= {"category": "RATE_LIMITS"}
    wait = settings.retry_after_seconds
    return RequestRefusedError(Failure(429, body, {} if wait is None else {"Retry-After": str(wait)}))


def _envelope(message: str, category: str, **detail: Any) -> dict[str, Any]:
    return {"status": "error", "message": message, "category": category, **detail}
