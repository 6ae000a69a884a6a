"""The catalog of a channel's LINE audiences: what LINE says of them, and what of that may be shown."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from audience.domain.counts import Count, show_computed, show_exact

PUBLICATION_INTERVAL = timedelta(days=1)
"""A LINE-computed size is shown anew at most this often (architecture 7, V7)."""


class Kind(Enum):
    """How an audience came to be: LINE's 14 types (LP 3.2), and one for types that LINE adds later (LP 1.10)."""

    UPLOAD = auto()
    CLICK = auto()
    IMP = auto()
    CHAT_TAG = auto()
    FRIEND_PATH = auto()
    RESERVATION = auto()
    RICHMENU_IMP = auto()
    RICHMENU_CLICK = auto()
    WEBTRAFFIC = auto()
    TRACKINGTAG_WEBTRAFFIC = auto()
    APP_EVENT = auto()
    VIDEO_VIEW = auto()
    IMAGE_CLICK = auto()
    POP_AD_IMP = auto()
    OTHER_KIND = auto()


class State(Enum):
    """LINE's status (LP 3.8), REMOVED for what LINE no longer lists, and one for statuses that LINE adds later."""

    IN_PROGRESS = auto()
    READY = auto()
    FAILED = auto()
    EXPIRED = auto()
    INACTIVE = auto()
    ACTIVATING = auto()
    REMOVED = auto()
    OTHER_STATE = auto()


class Permission(Enum):
    """What the channel may do with an audience (LP 3.6), and one for permissions that LINE adds later."""

    READ = auto()
    READ_WRITE = auto()
    OTHER_PERMISSION = auto()


KINDS_WITH_JOBS = frozenset({Kind.UPLOAD, Kind.OTHER_KIND})
"""Members are added to uploads by jobs (LP 3.7); of kinds that LINE adds later nobody knows."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What LINE said of an audience's jobs at `observe_time`: whether members are still being added (LP 3.8)."""

    unfinished: bool
    observe_time: datetime


@dataclass(frozen=True, slots=True)
class ObservedAudience:
    """What LINE said of one audience at `observe_time`; `line_count` 0 means 0 to 19 unless it is exact (LP 3.9).

    `jobs` is None where LINE did not tell: its list does not (LP 3.7). Not known is neither finished nor unfinished.
    """

    audience_id: int
    display_name: str
    kind: Kind
    state: State
    line_count: int
    permission: Permission
    create_route: str
    ifa: bool
    owned: bool
    create_time: datetime
    expire_time: datetime | None
    jobs: Jobs | None
    observe_time: datetime


@dataclass(frozen=True, slots=True)
class Audience:
    """One entry of the catalog: the last observation, and the size as it was last published."""

    name: str
    observed: ObservedAudience
    published_size: Count
    publish_time: datetime

    @property
    def exact(self) -> bool:
        """Whether LINE's count is exact however small (LP 3.9)."""
        return is_exact(self.observed)

    @property
    def restricted(self) -> bool:
        """Whether LINE's minimum of 50 applies: all but own user-id uploads and own chat tags (LP 4.5)."""
        return not (self.observed.owned and is_exact(self.observed))

    @property
    def oldest_time(self) -> datetime:
        """When LINE told the oldest part of what is known of the entry; jobs may be older than the rest."""
        observed = self.observed
        return (
            observed.observe_time if observed.jobs is None else min(observed.observe_time, observed.jobs.observe_time)
        )


def is_exact(observed: ObservedAudience) -> bool:
    """Tell whether LINE counts this audience exactly: uploads of user ids, and chat tags (LP 3.9)."""
    uploaded = observed.kind is Kind.UPLOAD and not observed.ifa
    return uploaded or observed.kind is Kind.CHAT_TAG


def enter(channel: str, observed: ObservedAudience) -> Audience:
    """Make the catalog's first entry of an audience; its size is published at once."""
    return Audience(
        name=f"{channel}/audiences/{observed.audience_id}",
        observed=observed,
        published_size=_show(observed),
        publish_time=observed.observe_time,
    )


def renew(known: Audience, observed: ObservedAudience) -> Audience:
    """Bring an entry up to date; a computed size is published anew only after a day (V7).

    What was known of the jobs stays, with its own time, where this observation does not tell them.
    """
    entry = replace(known, observed=replace(observed, jobs=observed.jobs or known.observed.jobs))
    if not entry.exact and observed.observe_time < known.publish_time + PUBLICATION_INTERVAL:
        return entry
    return replace(entry, published_size=_show(observed), publish_time=observed.observe_time)


def remove(known: Audience, *, observe_time: datetime) -> Audience:
    """Mark an entry that LINE no longer lists."""
    return replace(known, observed=replace(known.observed, state=State.REMOVED, observe_time=observe_time))


def _show(observed: ObservedAudience) -> Count:
    return show_exact(observed.line_count) if is_exact(observed) else show_computed(observed.line_count)
