"""What policy needs to know of a channel, its audiences and its contact lists, and when it was observed.

None is said of what is not known now, and later may be: neither yes nor no follows from it, so nothing that a send
depends on is judged before it is known (`FactsUnknown`). What nobody may ever tell is usable as it is: a size that is
not shown bounds nothing, a channel without a target reach is judged by LINE itself (LP T1), an audience without an
expiry does not expire.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from delivery.domain.targeting.sizes import Size


class FactsUnknown(Exception):  # noqa: N818 - reads as the state that it reports
    """Something that decides on a send is not known; it is waited for, since not known is not no.

    Attributes:
        names: Of the audiences, the lists and the channel that it is not known of.

    """

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class Basis(Enum):
    """Whose figures the facts hold.

    `PUBLISHED` ones may be shown to callers, and so may what follows from them; `OBSERVED` ones serve the dispatcher's
    decisions only, and a finding that rests on them names no figure of people (V7).
    """

    PUBLISHED = "PUBLISHED"
    OBSERVED = "OBSERVED"


class AudienceState(Enum):
    """Whether an audience can be sent to (LP 3.8); `REMOVED` and `OTHER_STATE` are our words."""

    IN_PROGRESS = "IN_PROGRESS"
    READY = "READY"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    INACTIVE = "INACTIVE"
    ACTIVATING = "ACTIVATING"
    REMOVED = "REMOVED"
    OTHER_STATE = "OTHER_STATE"


class ContactListState(Enum):
    """How a contact list is."""

    SYNCING = "SYNCING"
    READY = "READY"
    FAILED = "FAILED"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class AudienceFacts:
    """What is known of one audience.

    Attributes:
        name: `channels/{channel}/audiences/{audience}`.
        state: LINE's status; None: not known.
        size: People in it.
        restricted: Whether LINE's minimum of 50 applies to it (LP 4.5).
        jobs_unfinished: Whether members are still being added; a send now would miss them (LP 3.8). None: not known.
        expire_time: When it stops being usable; None when LINE names no time.
        observe_time: When LINE was asked.

    """

    name: str
    state: AudienceState | None
    size: Size
    restricted: bool
    jobs_unfinished: bool | None
    expire_time: datetime | None
    observe_time: datetime


@dataclass(frozen=True, slots=True)
class ContactListFacts:
    """What is known of one contact list, `channels/{channel}/contactLists/{contact_list}`; no state: it is not known.

    Its contacts play no part while LINE alone decides who receives (R5), so nothing of them is here.
    """

    name: str
    state: ContactListState | None


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What is known of the channel.

    Attributes:
        channel: `channels/{channel}`.
        reach: LINE's target reach of the last Japanese day that is ready (LP 6.4); None while LINE has told none.
        area_prefix: Prefix of the areas that LINE has for this Official Account, as `jp`; None: not known.
        order_lifetime: How long an order lasts whose caller names no end (R11).
        account: The Official Account's own id; the month's messages are shared per account (R14).

    """

    channel: str
    reach: int | None
    area_prefix: str | None
    order_lifetime: timedelta
    account: str


@dataclass(frozen=True, slots=True)
class TargetingFacts:
    """Everything known of what one targeting names; the mappings are keyed by name and lack what does not exist."""

    basis: Basis
    channel: ChannelFacts
    audiences: Mapping[str, AudienceFacts]
    contact_lists: Mapping[str, ContactListFacts]

    def sizes(self) -> dict[str, Size]:
        """Return the sizes of the audiences, keyed by name."""
        return {name: facts.size for name, facts in self.audiences.items()}

    def name_unknown(self, *, uses_areas: bool) -> tuple[str, ...]:
        """Return what of which something is not known that decides on a send; `uses_areas`: it names areas of LINE."""
        audiences = (
            name
            for name, facts in self.audiences.items()
            if facts.state is None or (facts.state is AudienceState.READY and facts.jobs_unfinished is None)
        )
        contact_lists = (name for name, facts in self.contact_lists.items() if facts.state is None)
        channel = (self.channel.channel,) if uses_areas and self.channel.area_prefix is None else ()
        return (*audiences, *contact_lists, *channel)

    def name_stale_audiences(self, *, at: datetime, oldest: timedelta) -> tuple[str, ...]:
        """Return the audiences of which LINE was last asked more than `oldest` before `at` (architecture 4)."""
        return tuple(name for name, facts in self.audiences.items() if at - facts.observe_time > oldest)
