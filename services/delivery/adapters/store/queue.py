"""Queries of the queue: which channel is served next, when a channel is looked at again, which place a row has.

Channels are served in turn, so that none with many rows, and none that answers slowly, holds up the others
(architecture 5). `lanes.due_time` is when a channel asks for its turn: never later than its rows do, and earlier only
until a claim has looked. So a claim costs the same however many rows and channels there are.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Interval,
    Select,
    Update,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from delivery.adapters.tables import LANES, OPEN_STATES, SEND_REQUESTS
from delivery.domain.sending.lanes import Capacity, Endpoint
from delivery.domain.sending.values import RowState

MOST_PASSED_OVER = 100
"""Channels without anything to do that one statement looks at."""

_ROW = SEND_REQUESTS.c
_LANE = LANES.c
_IS_ACCEPTED = _ROW.state == RowState.ACCEPTED.name
_IS_FREE = or_(_ROW.claim_expire_time.is_(None), _ROW.claim_expire_time <= func.now())
_IS_CLAIMED = _ROW.claim_expire_time > func.now()


def leads_to(endpoint: Endpoint) -> ColumnElement[bool]:
    """Tell the rows for which an endpoint is called; what LINE took under no known id is sent again for it (I6)."""
    if endpoint is Endpoint.PROGRESS:
        return and_(_IS_ACCEPTED, _ROW.line_request_id.is_not(None))
    undecided = _ROW.state.in_([RowState.READY.name, RowState.CALLING.name])
    return or_(undecided, and_(_IS_ACCEPTED, _ROW.line_request_id.is_(None)))


def is_due(endpoint: Endpoint, now: datetime) -> ColumnElement[bool]:
    """Tell the rows that are to be worked on; `order_time` bounds the walk along the queue."""
    return and_(leads_to(endpoint), _ROW.order_time <= now, _ROW.due_time <= now)


def has_room(endpoint: Endpoint, capacity: Capacity) -> ColumnElement[bool]:
    """Tell the lanes whose calls in flight are fewer than the channel may have."""
    is_in_flight = and_(_ROW.channel == _LANE.channel, leads_to(endpoint), _IS_CLAIMED)
    in_flight = select(func.count()).where(is_in_flight).correlate(LANES).scalar_subquery()
    return in_flight < case((_LANE.trouble_count > 0, 1), else_=capacity.in_flight)


def select_turn(endpoint: Endpoint, capacity: Capacity, now: datetime) -> Select[Any]:
    """Select the channel whose turn it is, and keep others from serving it until the transaction ends."""
    return (
        select(_LANE.channel)
        .where(_LANE.endpoint == endpoint.name, _LANE.turn_time <= now, has_room(endpoint, capacity))
        .order_by(_LANE.turn_time, _LANE.last_claim_time.asc().nulls_first())
        .limit(1)
        .with_for_update(of=LANES, skip_locked=True)
    )


def end_turn(channel: str, endpoint: Endpoint, *, now: datetime, lease: timedelta) -> Update:
    """Let a channel that was served wait for its next turn."""
    is_lane = and_(_LANE.channel == channel, _LANE.endpoint == endpoint.name)
    served = {"due_time": _look_again(endpoint, now, lease), "last_claim_time": func.clock_timestamp()}
    return update(LANES).where(is_lane).values(served)


def pass_over(endpoint: Endpoint, *, now: datetime, lease: timedelta) -> Update:
    """Let the first channels of the queue that have nothing to do wait until they have."""
    idle = (
        select(_LANE.channel)
        .where(_LANE.endpoint == endpoint.name, _LANE.turn_time <= now, ~_has_work(endpoint, now))
        .order_by(_LANE.turn_time)
        .limit(MOST_PASSED_OVER)
        .with_for_update(of=LANES, skip_locked=True)
        .cte("idle")
    )
    return (
        update(LANES)
        .where(_LANE.channel == idle.c.channel, _LANE.endpoint == endpoint.name)
        .values(due_time=_look_again(endpoint, now, lease))
    )


def _look_again(endpoint: Endpoint, now: datetime, lease: timedelta) -> ColumnElement[Any]:
    """Return when a channel is looked at again; NULL when nothing of it is open.

    Now if a free row is due, else when the next one is. Rows that are claimed announce themselves when they are
    released; should that never happen, they are looked at when the lease has run out.
    """
    rows = and_(_ROW.channel == _LANE.channel, leads_to(endpoint), _ROW.order_time <= now)
    times = [
        select(func.min(_ROW.due_time)).where(rows, _IS_FREE),
        select(func.min(literal(now) + literal(lease, Interval()))).where(rows, _IS_CLAIMED),
    ]
    if endpoint is Endpoint.NARROWCAST:
        # The first of those that are scheduled: an index knows it, however many there are.
        is_scheduled = and_(_ROW.channel == _LANE.channel, _ROW.order_time > now, _ROW.state.in_(OPEN_STATES))
        times.append(select(func.min(_ROW.order_time)).where(is_scheduled))
    next_look = func.least(*(time.correlate(LANES).scalar_subquery() for time in times))
    return case((_has_work(endpoint, now), now), else_=next_look)


def _has_work(endpoint: Endpoint, now: datetime) -> ColumnElement[bool]:
    return exists().where(_ROW.channel == _LANE.channel, is_due(endpoint, now), _IS_FREE).correlate(LANES)


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
