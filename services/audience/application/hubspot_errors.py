"""Puts what HubSpot answered into the words of this service's callers."""

from collections.abc import Iterator
from contextlib import contextmanager

from audience.application.hubspot_port import (
    AccessRefusedError,
    ContactSourceError,
    DayLimitReachedError,
    ListGoneError,
    ListUnsuitableError,
    PropertyMissingError,
    ScopeMissingError,
    SourceUnavailableError,
)
from audience.domain.errors import (
    DailyLimitReached,
    HubSpotListNotFound,
    HubSpotListUnsuitable,
    HubSpotPropertyMissing,
    HubSpotRefused,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
    VendorUnavailable,
)


@contextmanager
def hubspot_errors() -> Iterator[None]:
    """Raise the service's own errors instead of the port's.

    Raises:
        HubSpotRefused: the credentials don't serve.
        HubSpotListNotFound, HubSpotListUnsuitable: the list can't be used.
        VendorUnavailable: HubSpot gave no useful answer.

    """
    try:
        yield
    except AccessRefusedError as error:
        raise _refusal(error) from error
    except ListGoneError as error:
        raise HubSpotListNotFound(error.list_id) from error
    except ListUnsuitableError as error:
        raise HubSpotListUnsuitable(error.list_id, object_type=error.object_type_id) from error
    except DayLimitReachedError as error:
        raise DailyLimitReached("hubspot", retry_after=error.retry_after) from error
    except SourceUnavailableError as error:
        raise VendorUnavailable("hubspot", retry_after=error.retry_after) from error
    except ContactSourceError as error:
        raise VendorUnavailable("hubspot") from error


def _refusal(error: AccessRefusedError) -> HubSpotRefused:
    if isinstance(error, ScopeMissingError):
        return HubSpotScopeMissing(error.missing_scopes)
    if isinstance(error, PropertyMissingError):
        return HubSpotPropertyMissing(error.property_name)
    return HubSpotTokenRefused()
