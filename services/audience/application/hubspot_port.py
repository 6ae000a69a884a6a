"""The port to HubSpot: where contact lists, their members and the members' LINE user ids come from.

Every method raises `HubSpotRefused` when HubSpot does not take the credentials for what it is asked, and
`VendorUnavailable` when it gives no useful answer: `HubSpotRateLimited` and `DailyLimitReached` where its limits are
used up.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

# Most contacts that one call reads (HS 6.1).
LARGEST_READ: Final = 100
# Most lists in one page of `list_lists` (HS 5.1).
LARGEST_LIST_PAGE: Final = 500


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
        settled: Whether HubSpot says that no evaluation of members is under way (HS 10.4); None = not told.

    """

    member_added_time: datetime | None
    member_removed_time: datetime | None
    reported_size: int | None
    settled: bool | None


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

    A page may hold fewer lists than asked for and still not be the last: unsuitable ones are left out, and those that
    can't be read are counted in `unreadable_count`.
    """

    lists: tuple[HubSpotList, ...]
    next_offset: int | None
    unreadable_count: int = 0


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
            HubSpotTokenRefused: the token is not valid.
            HubSpotScopeMissing: one or more scopes are missing; all of them are named.
            HubSpotPropertyMissing: there is no contact property `line_id_property`.

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
            HubSpotListNotFound: it does not exist or was deleted.
            HubSpotListUnsuitable: it is not a list of contacts of a known kind.

        """
        ...

    def walk_members(self, credentials: HubSpotCredentials, list_id: str) -> AsyncIterator[tuple[str, ...]]:
        """Yield all record ids of a list in ascending order, in pages of up to 250 that are never empty.

        HubSpot promises no snapshot (HS 10.3): compare the signals before and after. Ids may be stale: archived or
        merged since.

        Raises:
            HubSpotListNotFound: the list is gone, or goes in the middle of the walk.

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
