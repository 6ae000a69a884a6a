"""Queries of the queue: which channel is served next, and which place a row has in it.

Channels are served in turn, the one that waited longest first, so that none with many rows, and none that answers
slowly, holds up the others (architecture 5).
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
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

from delivery.adapters.tables import LANES, SEND_REQUESTS
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.values import RowState

MOST_IN_FLIGHT = 2
"""Calls of one channel to one endpoint at once, over all replicas; one while the channel is in trouble."""

_ROW = SEND_REQUESTS.c
_LANE = LANES.c
_IS_ACCEPTED = _ROW.state == RowState.ACCEPTED.name


def leads_to(endpoint: Endpoint) -> ColumnElement[bool]:
    """Tell the rows for which an endpoint is called; what LINE took under no known id is sent again for it (I6)."""
    has_end = _ROW.end_time.is_not(None)
    if endpoint is Endpoint.PROGRESS:
        return and_(has_end, _IS_ACCEPTED, _ROW.line_request_id.is_not(None))
    undecided = _ROW.state.in_([RowState.READY.name, RowState.CALLING.name])
    return and_(has_end, or_(undecided, and_(_IS_ACCEPTED, _ROW.line_request_id.is_(None))))


def select_channel(endpoint: Endpoint, now: datetime) -> Select[Any]:
    """Select the channel to serve next, and keep others from serving it until the transaction ends."""
    rows = and_(_ROW.channel == _LANE.channel, leads_to(endpoint))
    in_flight = select(func.count()).where(rows, _ROW.claim_expire_time > func.now()).scalar_subquery()
    is_free = or_(_ROW.claim_expire_time.is_(None), _ROW.claim_expire_time <= func.now())
    return (
        select(_LANE.channel)
        .where(
            _LANE.endpoint == endpoint.name,
            _LANE.due_time <= now,
            or_(_LANE.open_time.is_(None), _LANE.open_time <= now),
            or_(_LANE.rest_until.is_(None), _LANE.rest_until <= now),
            exists().where(rows, _ROW.next_time <= now, is_free),
            in_flight < case((_LANE.trouble_count > 0, 1), else_=MOST_IN_FLIGHT),
        )
        .order_by(_LANE.last_claim_time.asc().nulls_first())
        .limit(1)
        .with_for_update(of=LANES, skip_locked=True)
    )


def note_service(channel: str, endpoint: Endpoint) -> Update:
    """Let a channel wait for its next turn."""
    is_lane = and_(_LANE.channel == channel, _LANE.endpoint == endpoint.name)
    return update(LANES).where(is_lane).values(last_claim_time=func.clock_timestamp())


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
        _LANE.trouble_count,
        _LANE.rest_until,
        before.scalar_subquery().label("position"),
    ).select_from(newest.outerjoin(LANES, is_lane))
