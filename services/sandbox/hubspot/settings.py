"""The switches of the HubSpot stand-in: what HS 11 lists, and what HS 13 calls unconfirmed."""

import enum
from dataclasses import dataclass


class RateLimitBody(enum.Enum):
    """Which of the two 429 bodies seen in the wild is answered (HS 4.3)."""

    POLICY = "policy"
    CATEGORY = "category"


class DeletedList(enum.Enum):
    """What a list in its 90-day bin answers (HS 10.10, unconfirmed)."""

    NOT_FOUND = "not_found"
    WITH_DELETED_AT = "with_deleted_at"


class MissingIds(enum.Enum):
    """What a batch read answers for ids it does not know (HS 6.1, unconfirmed)."""

    PARTIAL = "partial"
    SILENT = "silent"


class EmptyProperty(enum.Enum):
    """How a defined property without a value appears (HS 6.1: both are documented)."""

    NULL = "null"
    ABSENT = "absent"


class OverLimit(enum.Enum):
    """What a `limit` above the maximum of a page does (HS 5.4, unconfirmed)."""

    REFUSE = "refuse"
    CLAMP = "clamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpotSettings:
    """One value per switch; every default is the one that HS 11 names, or the harder one for a client.

    Attributes:
        burst_limit: Requests per app and window; None switches the limit off (HS 4.1).
        burst_window_seconds: Length of the rolling window.
        oauth_burst_limit: The same for an OAuth app and installing account, to which no daily figure applies.
        oauth_token_seconds: Life of an OAuth access token (HS 2.2).
        day_limit: Requests per account and day, None = off. The day ends at the account's midnight.
        search_limit: Search requests per account and second, outside the burst window, None = off.
        list_search_is_search: Whether `lists/search` counts under the search limit (HS 4.1, unconfirmed).
        rate_limit_body: Shape of a 429.
        retry_after_seconds: `Retry-After` on a 429; None = absent.
        rate_headers_on_search: Whether search answers carry the rate headers.
        size_lag_seconds: How far `size` and `hs_list_size` run behind the members (HS 10.2).
        evaluation_delay_seconds: How long a change of a DYNAMIC list's members stays invisible (HS 10.4).
        evaluating_status: The `processingStatus` shown meanwhile.
        cursor_life_seconds: How long a paging cursor holds; None = for ever (HS 5.4, unconfirmed).
        missing_lists: Ids that `GET /lists` does not know: left out, or a 404 (HS 5.1, unconfirmed).
        duplicate_list_status: Status of the refusal of a list's name in use (unconfirmed).
        dynamic_write_status: Status of the refusal to write members of a DYNAMIC list (HS 5.1, unconfirmed).
        record_memberships_cap: Most inputs of `records/memberships/batch/read` (HS 5.1, unconfirmed).
        all_lists_outside_beta: Whether `/crm/lists/2026-09/all` answers, besides the beta path (HS 13, unconfirmed).
        membership_write_cap: Most records of one membership call; None = any number (HS 5.1, unconfirmed).
        churn_every_pages: Each n-th page of a membership walk, one member leaves or comes back; 0 = off.
        deleted_list: See `DeletedList`.
        missing_ids: See `MissingIds`.
        empty_property: See `EmptyProperty`.
        over_limit: See `OverLimit`.
        archived_stay_members: Whether archived contacts stay listed (HS 13, unconfirmed).
        merged_stay_members: Whether the old ids of merged contacts stay listed beside the new one.
        merged_ids_readable: Whether a batch read by an old id answers the surviving contact (HS 10.14).
        unauthorized_category: `category` of a 401 (unconfirmed).
        conflict_category: `category` of a 409 (unconfirmed).
        search_delay_seconds: How long searches do not see a new contact or value (HS 6.3: eventually consistent).
        history_page_limit: Most contacts of a page with history, which lowers the 100 (HS 6.1, figure unconfirmed).
        not_found_category: `category` of a JSON 404 (unconfirmed).
        developer_key: The `hapikey` that opens the webhooks API of HS 12.
        private_webhooks_carry_v3: Whether webhooks of private apps are signed by v3 too (HS 13, unconfirmed).
        webhook_timeout_seconds: Machine time in which a webhook is to be answered (HS 8).
        webhook_retry_seconds: From one attempt to the next; ten fill a day (HS 8).
        account_utc_offset_hours: The account's time zone, for the end of its day.
        seed: Seed of correlation ids and of churn, so that equal calls read back equal.

    """

    burst_limit: int | None = 100
    burst_window_seconds: float = 10.0
    oauth_burst_limit: int | None = 110
    oauth_token_seconds: float = 1800.0
    day_limit: int | None = 250_000
    search_limit: int | None = 5
    list_search_is_search: bool = True
    rate_limit_body: RateLimitBody = RateLimitBody.POLICY
    retry_after_seconds: int | None = None
    rate_headers_on_search: bool = False
    size_lag_seconds: float = 0.0
    evaluation_delay_seconds: float = 0.0
    evaluating_status: str = "PROCESSING"
    cursor_life_seconds: float | None = None
    missing_lists: MissingIds = MissingIds.SILENT
    duplicate_list_status: int = 400
    dynamic_write_status: int = 400
    record_memberships_cap: int = 100
    all_lists_outside_beta: bool = True
    membership_write_cap: int | None = None
    churn_every_pages: int = 0
    deleted_list: DeletedList = DeletedList.NOT_FOUND
    missing_ids: MissingIds = MissingIds.PARTIAL
    empty_property: EmptyProperty = EmptyProperty.NULL
    over_limit: OverLimit = OverLimit.REFUSE
    archived_stay_members: bool = True
    merged_stay_members: bool = True
    merged_ids_readable: bool = True
    unauthorized_category: str = "INVALID_AUTHENTICATION"
    not_found_category: str = "OBJECT_NOT_FOUND"
    conflict_category: str = "CONFLICT"
    search_delay_seconds: float = 0.0
    history_page_limit: int = 50
    developer_key: str = "sandbox-developer-key"
    private_webhooks_carry_v3: bool = True
    webhook_timeout_seconds: float = 5.0
    webhook_retry_seconds: float = 9_600.0
    account_utc_offset_hours: int = 9
    seed: int = 0
