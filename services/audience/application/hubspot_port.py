"""The port to HubSpot: where contact lists, their members and the members' LINE user ids come from.

Every method raises errors of this tree only::

    ContactSourceError
    ├── AccessRefusedError        the credentials don't serve
    │   ├── TokenRefusedError         invalid, expired or revoked
    │   ├── ScopeMissingError         lacks scopes
    │   └── PropertyMissingError      no such contact property
    ├── ListGoneError             the list does not exist, or is in the recycle bin
    ├── ListUnsuitableError       the list does not hold contacts, or is of a kind that can't be read
    ├── SourceUnavailableError    transient; attempts are used up, try again later
    │   ├── SourceThrottledError      the limit of seconds
    │   ├── DayLimitReachedError      the account's limit of the day
    │   └── SourceMovingError         the account moves to another data centre
    └── UnexpectedAnswerError     no rule fits: wrong address, changed contract or a bug here
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

# Most contacts that one call reads (HS 6.1).
LARGEST_READ: Final = 100
# Most lists in one page of `list_lists` (HS 5.1).
LARGEST_LIST_PAGE: Final = 500


class ContactSourceError(Exception):
    """HubSpot did not do what was asked. Holds no token, no body, nobody's data.

    Attributes:
        correlation_id: HubSpot's name for the failed request, for its support; None when it gave none (HS 3).

    """

    def __init__(self, message: str, *, correlation_id: str | None = None) -> None:
        super().__init__(message)
        self.correlation_id = correlation_id

    def __str__(self) -> str:
        return f"{self.args[0]} [correlation {self.correlation_id}]" if self.correlation_id else str(self.args[0])


class AccessRefusedError(ContactSourceError):
    """The credentials don't serve; a person has to act."""


class TokenRefusedError(AccessRefusedError):
    """HubSpot refuses the token (HS 3, 401)."""

    def __init__(self, *, correlation_id: str | None = None) -> None:
        super().__init__("HubSpot refuses the access token", correlation_id=correlation_id)


class ScopeMissingError(AccessRefusedError):
    """The token lacks scopes, or the account a subscription tier (HS 3, 403).

    Attributes:
        missing_scopes: The scopes to grant, in alphabetical order; empty when HubSpot names none.

    """

    def __init__(self, missing_scopes: Sequence[str], *, correlation_id: str | None = None) -> None:
        self.missing_scopes = tuple(sorted(set(missing_scopes)))
        super().__init__(
            f"the HubSpot access token lacks scopes: {', '.join(self.missing_scopes) or 'not named'}",
            correlation_id=correlation_id,
        )


class PropertyMissingError(AccessRefusedError):
    """The account has no contact property of this internal name."""

    def __init__(self, property_name: str, *, correlation_id: str | None = None) -> None:
        self.property_name = property_name
        super().__init__(f"HubSpot has no contact property {property_name!r}", correlation_id=correlation_id)


class ListGoneError(ContactSourceError):
    """The list does not exist, or lies in the recycle bin (HS 10.10)."""

    def __init__(self, list_id: str, *, correlation_id: str | None = None) -> None:
        self.list_id = list_id
        super().__init__(f"HubSpot has no list {list_id}", correlation_id=correlation_id)


class ListUnsuitableError(ContactSourceError):
    """The list can't be used here: other objects than contacts, or an unknown processing type (HS 10.9)."""

    def __init__(self, list_id: str, *, object_type_id: str, processing_type: str) -> None:
        self.list_id = list_id
        self.object_type_id = object_type_id
        self.processing_type = processing_type
        super().__init__(f"HubSpot list {list_id} is {processing_type} of {object_type_id}, not a list of contacts")


class SourceUnavailableError(ContactSourceError):
    """A passing trouble outlasted all attempts: overload, outage, broken connection, locked records (HS 3).

    Attributes:
        retry_after: How long to wait at least; None when nothing is known.

    """

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, correlation_id: str | None = None
    ) -> None:
        super().__init__(message, correlation_id=correlation_id)
        self.retry_after = retry_after


class SourceThrottledError(SourceUnavailableError):
    """The limit per seconds stays used up, by others too (HS 4.3)."""


class DayLimitReachedError(SourceUnavailableError):
    """The account's day is used up, or down to the share that is left to others; ends at its midnight (HS 4.1)."""


class SourceMovingError(SourceUnavailableError):
    """The account moves between data centres, for up to about 24 hours (HS 3, 477)."""


class UnexpectedAnswerError(ContactSourceError):
    """An answer that no rule fits; repeating it does not help.

    Attributes:
        status: The HTTP status.

    """

    def __init__(self, message: str, *, status: int, correlation_id: str | None = None) -> None:
        super().__init__(message, correlation_id=correlation_id)
        self.status = status


@dataclass(frozen=True, slots=True)
class HubSpotCredentials:
    """A static token: private app or service key (HS 2.1). Never shown in a repr."""

    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSignals:
    """What moves when members move (HS 5.5); signals that are equal before and after a walk make it sharp.

    Attributes:
        member_added_time: When a record last joined; None = never, or not told.
        member_removed_time: When a record last left; None = never, or not told.
        reported_size: HubSpot's count: late and approximate, a plausibility check only (HS 10.2).
        settled: Whether HubSpot says that no evaluation of members is under way (HS 10.4).

    """

    member_added_time: datetime | None
    member_removed_time: datetime | None
    reported_size: int | None
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpotList:
    """A list of contacts as HubSpot shows it.

    Attributes:
        list_id: The ILS id, digits (HS 5.3).
        name: Its name in HubSpot.
        object_type_id: Always that of contacts.
        processing_type: One of `contact_lists.PROCESSING_TYPES`.
        signals: See `ListSignals`.

    """

    list_id: str
    name: str
    object_type_id: str
    processing_type: str
    signals: ListSignals


@dataclass(frozen=True, slots=True)
class HubSpotListPage:
    """A page of lists in HubSpot's order. `next_offset` continues; None on the last page.

    A page may hold fewer lists than asked for and still not be the last: unsuitable ones are left out.
    """

    lists: tuple[HubSpotList, ...]
    next_offset: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineIdReading:
    """What HubSpot knows of the contacts asked for. Each asked record id is in `line_ids` or in `missing`.

    Attributes:
        line_ids: The raw property value per asked record id, neither trimmed nor checked; None = no value.
        merged_into: For asked ids that were merged away (HS 10.14), the record id that answers now.
        missing: Asked ids without a contact: archived, purged, unknown (HS 10.15).

    """

    line_ids: Mapping[str, str | None]
    merged_into: Mapping[str, str]
    missing: frozenset[str]


class ContactSource(Protocol):
    """HubSpot as this service sees it. Methods wait and retry by themselves within their limits."""

    async def check_access(self, credentials: HubSpotCredentials, *, line_id_property: str) -> None:
        """Make sure that lists, contacts and the LINE id property can be read.

        Raises:
            TokenRefusedError: the token is not valid.
            ScopeMissingError: one or more scopes are missing; all of them are named.
            PropertyMissingError: there is no contact property `line_id_property`.

        """
        ...

    async def list_lists(
        self, credentials: HubSpotCredentials, *, query: str = "", offset: int = 0, count: int = 50
    ) -> HubSpotListPage:
        """Return lists of contacts whose names hold all words of `query` (all lists when empty).

        `offset` is 0 or the `next_offset` of the page before; `count` is 1 to LARGEST_LIST_PAGE.
        """
        ...

    async def get_list(self, credentials: HubSpotCredentials, list_id: str) -> HubSpotList:
        """Return one list with fresh signals.

        Raises:
            ListGoneError: it does not exist or was deleted.
            ListUnsuitableError: it is not a list of contacts of a known kind.

        """
        ...

    def walk_members(self, credentials: HubSpotCredentials, list_id: str) -> AsyncIterator[tuple[str, ...]]:
        """Yield all record ids of a list in ascending order, in pages of up to 250 that are never empty.

        HubSpot promises no snapshot (HS 10.3): compare the signals before and after. Ids may be stale: archived or
        merged since.

        Raises:
            ListGoneError: the list is gone, or goes in the middle of the walk.

        """
        ...

    async def read_line_ids(
        self, credentials: HubSpotCredentials, record_ids: Sequence[str], *, line_id_property: str
    ) -> LineIdReading:
        """Read the LINE id property of up to LARGEST_READ contacts.

        Raises:
            ValueError: more than LARGEST_READ record ids.

        """
        ...
