"""Queries of the queue: which channel is served next, when a channel is looked at again, which place a row has.

Channels are served in turn, so that none with many rows, and none that answers slowly, holds up the others
(architecture 5). `lanes.due_time` is when a channel asks for its turn: never later than its rows do, and earlier only
until a claim has looked. So a claim costs the same however many rows and channels there are.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Interval,
    ScalarSelect,
    Select,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.sql.dml import ReturningUpdate

from delivery.adapters.store.ledger_state import is_open
from delivery.adapters.tables import LANES, SEND_REQUESTS
from delivery.domain.sending.lanes import Capacity, Endpoint
from delivery.domain.sending.values import RowState
from kit.store.claims import claim_first

MOST_PASSED_OVER = 100
"""Channels without anything to do that one statement looks at."""

# The statements of a claim are built once; this is what they are given each time (no column may be called so).
NOW = bindparam("now", type_=DateTime(timezone=True))
CHANNEL = bindparam("its_channel", type_=Text())
LEASE = bindparam("lease", type_=Interval())

_ROW = SEND_REQUESTS.c
_LANE = LANES.c
_IS_ACCEPTED = _ROW.state == RowState.ACCEPTED.name
_HAS_TIME = _ROW.due_time.is_not(None)
_IS_FREE = or_(_ROW.claim_expire_time.is_(None), _ROW.claim_expire_time <= func.now())
_IS_CLAIMED = _ROW.claim_expire_time > func.now()


def leads_to(endpoint: Endpoint) -> ColumnElement[bool]:
    """Tell the rows for which an endpoint is called; what LINE took under no known id is sent again for it (I6)."""
    if endpoint is Endpoint.PROGRESS:
        return and_(_IS_ACCEPTED, _ROW.line_request_id.is_not(None))
    undecided = _ROW.state.in_([RowState.READY.name, RowState.CALLING.name])
    return or_(undecided, and_(_IS_ACCEPTED, _ROW.line_request_id.is_(None)))


def is_due(endpoint: Endpoint) -> ColumnElement[bool]:
    """Tell the rows that are to be worked on `now`; `order_time` bounds the walk along the queue."""
    return and_(leads_to(endpoint), _ROW.order_time <= NOW, _ROW.due_time <= NOW)


def has_room(endpoint: Endpoint, capacity: Capacity) -> ColumnElement[bool]:
    """Tell the lanes whose calls in flight are fewer than the channel may have."""
    is_in_flight = and_(_ROW.channel == _LANE.channel, leads_to(endpoint), _IS_CLAIMED)
    in_flight = select(func.count()).where(is_in_flight).correlate(LANES).scalar_subquery()
    return in_flight < case((_LANE.trouble_count > 0, 1), else_=capacity.in_flight)


@cache
def select_turn(endpoint: Endpoint, capacity: Capacity) -> Select[Any]:
    """Select the channel whose turn it is `now`, and keep others from serving it until the transaction ends.

    None is served by calls that send while the ledger is closed.
    """
    may_serve = [is_open()] if endpoint is Endpoint.NARROWCAST else []
    return (
        select(_LANE.channel)
        .where(_LANE.endpoint == endpoint.name, _LANE.turn_time <= NOW, has_room(endpoint, capacity), *may_serve)
        .order_by(_LANE.turn_time, _LANE.last_claim_time.asc().nulls_first())
        .limit(1)
        .with_for_update(of=LANES, skip_locked=True)
    )


@cache
def claim_oldest(endpoint: Endpoint, capacity: Capacity) -> ReturningUpdate[Any]:
    """Claim the oldest row of `its_channel` that is due `now`, for a `lease`, if the channel has room for a call."""
    is_lane = and_(_LANE.channel == CHANNEL, _LANE.endpoint == endpoint.name)
    due = (
        select(_ROW.name)
        .where(_ROW.channel == CHANNEL, is_due(endpoint), _IS_FREE)
        .where(exists().where(is_lane, has_room(endpoint, capacity)))
        .order_by(_ROW.order_time, _ROW.number)
    )
    return claim_first(SEND_REQUESTS, due)


@cache
def end_turn(endpoint: Endpoint) -> Update:
    """Let `its_channel`, which was served `now`, wait for its next turn."""
    is_lane = and_(_LANE.channel == CHANNEL, _LANE.endpoint == endpoint.name)
    served = {"due_time": _look_again(endpoint), "last_claim_time": func.clock_timestamp()}
    return update(LANES).where(is_lane).values(served)


@cache
def pass_over(endpoint: Endpoint) -> Update:
    """Let those of the first channels of the queue that have nothing to do `now` wait until they have."""
    first = (
        select(_LANE.channel)
        .where(_LANE.endpoint == endpoint.name, _LANE.turn_time <= NOW)
        .order_by(_LANE.turn_time, _LANE.last_claim_time.asc().nulls_first())
        .limit(MOST_PASSED_OVER)
        .cte("first")
    )
    idle = (
        select(_LANE.channel)
        .where(_LANE.channel == first.c.channel, _LANE.endpoint == endpoint.name, _find_work(endpoint).is_(None))
        .with_for_update(of=LANES, skip_locked=True)
        .cte("idle")
    )
    is_idle = and_(_LANE.channel == idle.c.channel, _LANE.endpoint == endpoint.name)
    return update(LANES).where(is_idle).values(due_time=_look_again(endpoint))


def _look_again(endpoint: Endpoint) -> ColumnElement[Any]:
    """Return when a channel is looked at again; NULL when nothing of it is open.

    Now if a free row is due, else when the next one is. Rows that are claimed announce themselves when they are
    released; should that never happen, they are looked at when the `lease` has run out.
    """
    rows = and_(_ROW.channel == _LANE.channel, _HAS_TIME, _ROW.order_time <= NOW, leads_to(endpoint))
    times = [
        # Of an expression: for the least of a column the planner walks that column's index, past all other channels.
        select(func.min(func.greatest(_ROW.due_time, NOW))).where(rows, _IS_FREE),
        select(func.min(NOW + LEASE)).where(rows, _IS_CLAIMED),
    ]
    if endpoint is Endpoint.NARROWCAST:
        # The first of those that are scheduled: an index knows it, however many there are.
        is_scheduled = and_(_ROW.channel == _LANE.channel, _HAS_TIME, _ROW.order_time > NOW)
        times.append(select(func.min(_ROW.order_time)).where(is_scheduled))
    next_look = func.least(*(time.correlate(LANES).scalar_subquery() for time in times))
    return case((_find_work(endpoint).is_not(None), NOW), else_=next_look)


def _find_work(endpoint: Endpoint) -> ScalarSelect[Any]:
    """Find a row of a lane's channel that can be claimed; for EXISTS the planner would join all that is due."""
    work = select(_ROW.number).where(_ROW.channel == _LANE.channel, is_due(endpoint), _IS_FREE)
    return work.order_by(_ROW.order_time, _ROW.number).limit(1).correlate(LANES).scalar_subquery()


def select_newest(campaigns: Collection[str]) -> Select[Any]:
    """Select the newest row of each campaign."""
    return (
        select(SEND_REQUESTS)
        .where(_ROW.campaign == any_(bindparam("campaigns", list(campaigns), type_=ARRAY(_ROW.campaign.type))))
        .ext(distinct_on(_ROW.campaign))
        .order_by(_ROW.campaign, _ROW.number.desc())
    )


def select_places(campaigns: Collection[str]) -> Select[Any]:
    """Select the newest row of each campaign with its lane to LINE, and how many rows of its channel go before it."""
    newest = select_newest(campaigns).subquery("newest")
    before = select(func.count()).where(
        _ROW.channel == newest.c.channel,
        _HAS_TIME,
        _ROW.state == RowState.READY.name,
        tuple_(_ROW.order_time, _ROW.name) < tuple_(newest.c.order_time, newest.c.name),
    )
    is_lane = and_(_LANE.channel == newest.c.channel, _LANE.endpoint == Endpoint.NARROWCAST.name)
    return select(
        newest,
        _LANE.full_time,
        _LANE.shut_time,
        _LANE.trouble_count,
        _LANE.rest_until,
        before.scalar_subquery().label("position"),
    ).select_from(newest.outerjoin(LANES, is_lane))
