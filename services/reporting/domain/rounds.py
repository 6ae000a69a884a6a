"""What was heard of a campaign, and the rounds that it makes: an order each, with what came of it.

Facts are kept as a set, since they come in any order and more than once (ST 3.4); all else is worked out from it. A
person may have a campaign sent again whose outcome can't be known (architecture 5, I8), hence several rounds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

CLOCK_SKEW = timedelta(minutes=5)
"""LINE's clock may be behind delivery's by this much: what LINE dates a little before an order still belongs to it."""


class FactKind(Enum):
    """What may be heard; the names are stored."""

    ORDERED = "ORDERED"
    """Delivery began to send it, or to send it again."""

    ACCEPTED = "ACCEPTED"
    """LINE took it, at a time by delivery's clock."""

    CONFIRMED = "CONFIRMED"
    """LINE took it, at the time that LINE itself tells."""

    SENT = "SENT"
    """It was sent, as LINE says or a person decided."""

    UNCERTAIN = "UNCERTAIN"
    """It can't be known whether, or how often, it was sent; a person has to decide."""

    GIVEN_UP = "GIVEN_UP"
    """It is not tried any more without anybody knowing; what LINE had taken, people may have got."""

    ENDED = "ENDED"
    """It was not sent: it failed, was cancelled, or passed its end."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was heard, with the time that it tells."""

    kind: FactKind
    time: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """One order.

    Attributes:
        order_time: when it was given; None where only its consequences were heard.
        accept_time: when LINE took it, by LINE's clock as soon as that was told; None while it is not known to have.
        sent: whether it is known to have been sent.
        ended: whether nobody got it.

    """

    order_time: datetime | None
    accept_time: datetime | None
    sent: bool
    ended: bool

    @property
    def counted(self) -> bool:
        """Whether people may have got it, so that LINE may tell figures."""
        return self.accept_time is not None and not self.ended

    @property
    def decided(self) -> bool:
        """Whether no first acceptance is to be awaited."""
        return self.counted or self.sent or self.ended


@dataclass(frozen=True, slots=True)
class Heard:
    """All that was heard of a campaign.

    Attributes:
        facts: what was heard.
        rounds: what follows from it, the oldest first.

    """

    facts: frozenset[Fact] = frozenset()
    rounds: Sequence[Round] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Work the rounds out, once: they are looked at for every part of a report."""
        object.__setattr__(self, "rounds", _make_rounds(self.facts))

    def add(self, *facts: Fact) -> "Heard":
        """Return what is known with further facts; those known already change nothing."""
        new = self.facts.union(facts)
        return self if new == self.facts else Heard(new)

    @property
    def last_counted(self) -> Round | None:
        """The last round that people may have got."""
        return next((part for part in reversed(self.rounds) if part.counted), None)

    def find_round(self, accept_time: datetime) -> Round | None:
        """Return the round that an acceptance belongs to; None when nothing is known of that round."""
        orders = [part.order_time for part in self.rounds if part.order_time is not None]
        order = _find_order(orders, accept_time)
        return next((part for part in self.rounds if part.order_time == order), None)


def _make_rounds(facts: Iterable[Fact]) -> Sequence[Round]:
    orders = sorted(fact.time for fact in facts if fact.kind is FactKind.ORDERED)
    parts: dict[datetime | None, list[Fact]] = {order: [] for order in orders}
    for fact in facts:
        parts.setdefault(_find_order(orders, fact.time), []).append(fact)
    begun = [_make_round(order, parts[order]) for order in orders]
    return [_make_round(None, parts[None]), *begun] if None in parts else begun


def _find_order(orders: Sequence[datetime], time: datetime) -> datetime | None:
    """Return the last order that can have led to what happened at `time`."""
    return max((order for order in orders if order <= time + CLOCK_SKEW), default=None)


def _make_round(order_time: datetime | None, facts: Sequence[Fact]) -> Round:
    times = {kind: [fact.time for fact in facts if fact.kind is kind] for kind in FactKind}
    # LINE's own time counts; of several requests the first one begins the count of days.
    accept_time = min(times[FactKind.CONFIRMED] or times[FactKind.ACCEPTED], default=None)
    ended = bool(times[FactKind.ENDED]) or (bool(times[FactKind.GIVEN_UP]) and accept_time is None)
    return Round(order_time, accept_time, sent=bool(times[FactKind.SENT]), ended=ended)
