"""What LINE does not publish, as named switches with a default each (LP 11.4, LP 12).

A test that must hold whatever LINE really does runs with both values of a switch.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_type_hints

from sandbox.switches import fits

_FURTHEST_ZONE_HOURS = 14
FAILED_DESCRIPTIONS = (
    "Internal error",
    "Not enough recipients",
    "Conflict with an accepted request",
    "An audience has fewer than 50 recipients",
    "Partial delivery is forbidden",
)
NARROWCAST_CHECKS = ("form", "retry_key", "references", "reach", "quota")


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Unconfirmed vendor facts. Durations are in seconds of the sandbox clock."""

    # Tokens
    stateless_honours_token_exp: bool = False
    """Whether `token_exp` of an assertion shortens a stateless token (LP 2.3)."""
    long_lived_expires_in: int = 2_147_483_647
    """`expires_in` that verifying shows of a token without an end (LP 2.2)."""
    token_scope: str | None = None
    """`scope` that verifying shows; None: left out, as LINE does at times (LP 2.2)."""

    # Audiences
    ready_delay: float = 3.0
    """From creation until an audience that can be built is READY (LP 3.8)."""
    job_queue_time: float = 1.0
    """A job is QUEUED this long before it is WORKING (LP 3.7)."""
    job_work_time: float = 2.0
    """A job is WORKING this long before it is FINISHED."""
    expired_kept: float = 30 * 86_400.0
    """From EXPIRED until the audience is gone: "one month" (LP 3.3)."""
    adding_extends_expiry: bool = False
    """Whether adding ids starts the 180 days anew (LP 3.3)."""
    unknown_upload_ids: Literal["kept", "dropped", "refused"] = "kept"
    """A well-formed id of nobody in an upload (LP 3.4, LP 12.9)."""
    message_audiences_grow: bool = False
    """Whether CLICK and IMP audiences take in people who act after READY."""
    duplicate_names_refused: bool = False
    """Whether a second audience of the same name is refused (LP 3.3)."""
    duplicate_upload_ids: Literal["once", "refused"] = "once"
    """An id that is twice in one upload (LP 3.3, 11.4): counted once, or a bad id."""
    audience_cap: Literal["account", "channel"] = "account"
    """Whose audiences the 1,000 of LP 3.3 are: all that the OA owns, or those that the channel made."""
    read_only_refusal: Literal["not_found", "forbidden"] = "not_found"
    """The answer to a change of a READ audience (LP 3.2): 400 as if it were unknown, or 403."""
    ifa_audiences_allowed: bool = True
    """Whether the OA has the corporate application that advertising ids need (LP 3.1)."""
    inactivation_name: Literal["inactivatedTimestamp", "inactiveTimestamp"] = "inactivatedTimestamp"
    """The spelling of that property (LP 3.6, 12.2)."""
    message_audience_recount: float = 3600.0
    """How often a CLICK or IMP audience that is not READY yet takes in who acted since (LP 3.8)."""
    list_order: Literal["newest_first", "oldest_first"] = "newest_first"
    """The order of `audienceGroup/list` (LP 3.5)."""
    audience_operations_at_once: int = 10
    """Operations in flight per audience (LP 1.6); published, here so that tests may lower it."""
    concurrency_text: str = "Too many concurrent operations on the audience."
    """`message` of the 429 over that number (LP 1.7, 11.4)."""

    # Narrowcast
    narrowcast_checks: tuple[str, ...] = NARROWCAST_CHECKS
    """The order in which a send is checked after token and rate limit (LP 4.9)."""
    waiting_time: float = 1.0
    """Phase `waiting` (LP 4.8)."""
    sending_time: float = 1.0
    """Phase `sending` (LP 4.8)."""
    quota_failure: Literal["request", "delivery"] = "request"
    """When a reservation that can't be made fails: 429 at once, or `failed` later (LP 4.7)."""
    quota_month_utc_offset_hours: float = 9.0
    """The time zone in which the quota's month begins; JST is the natural reading (LP 6.2)."""
    quota_error_code: int = 1
    """`errorCode` of a quota failure at delivery (LP 4.7)."""
    retry_race: Literal["never", "later_fails", "earlier_fails", "both_deliver"] = "never"
    """What becomes of a second attempt soon after one that was accepted under its key (LP 1.9): refused with 409, or
    both are accepted, and one of them ends `failed` with code 3, or none. The earlier one fails only while it waits."""
    retry_race_time: float = 60.0
    """How soon that is."""
    not_matches_unknown: bool = False
    """Whether `not` over an attribute reaches people whose attribute is unknown (LP 4.4)."""
    operators_count_as_conditions: bool = False
    """Whether demographic operators count towards the 10 objects (LP 4.4)."""
    redelivery_restricted: bool = False
    """Whether a plain redelivery of an unrestricted send is subject to the minimum of 50 (LP 4.5)."""
    minimum_after_limit: bool = False
    """Whether T2 looks at the recipients after `limit` cut them (the worked case `max` 30 of LP 4.7 says no)."""
    reach_caps_recipients: bool = False
    """Whether a send without `limit` stops at target reach, its reservation (LP 4.7)."""
    failed_descriptions: tuple[str, ...] = FAILED_DESCRIPTIONS
    """`failedDescription` of `errorCode` 1 to 5, whose texts are not published (LP 4.8)."""
    failed_target_count: Literal["zero", "matched"] = "zero"
    """`targetCount` of a failed send (LP 4.8 says only that it is there)."""
    attribute_lag_days: int = 3
    """Attributes of people who became friends later than this are not known yet (LP 4.4)."""
    unknown_properties_refused: bool = False
    """Whether an unknown property of a request body is refused (LP 11.2)."""

    # Push and multicast
    duplicate_recipients: Literal["once", "refused"] = "once"
    """An id that is twice in `to` (LP 5.1)."""
    foreign_recipients: Literal["ignored", "refused"] = "ignored"
    """A well-formed id of another provider in a multicast: 200 without delivery, or 400 (LP 12.3)."""

    # Webhooks
    webhook_active_at_first: bool = True
    """Whether a channel uses its endpoint before anybody says so ("use webhook" of the console, LP 8.8)."""
    webhook_plain_http: Literal["loopback", "anywhere", "refused"] = "loopback"
    """Where an endpoint may do without https: LINE refuses it (LP 8.1), but the sandbox is for machines without TLS."""
    webhook_timeout: float = 2.0
    """Seconds of machine time until a POST is a `request_timeout` (LP 8.1)."""
    webhook_events_at_once: int = 100
    """Most events of the same moment in one POST (LP 8.1); 1: they never share."""
    webhook_redeliveries: int = 3
    """How often an event is sent again when no 2xx came, where redelivery is on (LP 8.5)."""
    webhook_redelivery_interval: float = 60.0
    """From one attempt to the next (LP 8.5)."""
    webhook_test_status_without_answer: int = 0
    """`statusCode` of a webhook test that got no answer (LP 8.8)."""
    reply_token_life: float = 60.0
    """How long a reply token holds from its receipt; longer than a minute is "not guaranteed" (LP 8.6)."""

    # Friends
    short_follower_pages: bool = False
    """Whether a page of followers' ids may be short although `next` is there (LP 6.4)."""

    # Limits
    limits_on: bool = True
    """Whether rate limits are applied (LP 1.6)."""
    bucket_capacity: int | None = None
    """Tokens of a full bucket; None: the published count (LP 1.6)."""
    hourly_bucket_capacity: int | None = None
    """The same of the endpoints that are limited by the hour, as narrowcast; None: as the others (LP 1.6)."""

    # Statistics
    insight_delay: float = 0.0
    """From delivery until interactions appear in message statistics (LP 7.4)."""
    statistics_kept_days: float = 365.0
    """How long message statistics can be fetched after a send (LP 7.4)."""
    daily_delay_days: int = 1
    """Days until a JST day's numbers are ready (LP 6.4)."""
    unknown_statistics: Literal["empty", "not_found"] = "empty"
    """Message statistics of an unknown request id (LP 7.2)."""
    click_seq: Literal["bubble", "url"] = "bubble"
    """What `clicks[].seq` numbers (LP 7.2)."""

    def change(self, values: dict[str, Any]) -> "LineSettings":
        """Return a copy with some switches set, as the control face takes them.

        Raises:
            ValueError: an unknown switch or a value of another type; the text names the switch.

        """
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown switch: {name}")
            if not _fits(name, value):
                raise ValueError(f"{name}: this value has no meaning")
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return replace(self, **values)


def _fits(name: str, value: Any) -> bool:
    """Whether a value has the type and range of a switch."""
    if name == "narrowcast_checks":
        return isinstance(value, list) and sorted(map(str, value)) == sorted(NARROWCAST_CHECKS)
    if name == "failed_descriptions":
        return isinstance(value, list) and len(value) == len(FAILED_DESCRIPTIONS) and all(type(t) is str for t in value)
    if name == "quota_month_utc_offset_hours":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _FURTHEST_ZONE_HOURS
    return fits(_HINTS[name], value)


_HINTS = get_type_hints(LineSettings)
