"""Queries for rows that end without another call, each by an index of its own (`domain/sending/settling.py`)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from delivery.adapters.tables import SEND_REQUESTS
from delivery.domain.sending.settling import CREDENTIALS_PATIENCE
from delivery.domain.sending.values import KEY_LIFETIME, LONGEST_CALL, RowState, WaitReason

_ROW = SEND_REQUESTS.c
_IS_READY = _ROW.state == RowState.READY.name
_IS_CALLING = _ROW.state == RowState.CALLING.name
_IS_FREE = or_(_ROW.claim_expire_time.is_(None), _ROW.claim_expire_time <= func.now())


def select_ended(now: datetime) -> tuple[Select[Any], ...]:
    """Select rows that nobody works on and that have ended by `now`, one of each kind, held.

    The kinds are orders that are over, rows in doubt that nothing can decide any more, and refused credentials.
    """
    is_over = _ROW.end_time <= now + LONGEST_CALL
    is_hopeless = or_(
        _ROW.cancel_time.is_not(None),
        and_(_ROW.end_is_callers, is_over),
        _ROW.first_attempt_time <= now - KEY_LIFETIME,
    )
    is_refused = and_(
        _ROW.wait_reason == WaitReason.CREDENTIALS_REFUSED.name, _ROW.wait_since <= now - CREDENTIALS_PATIENCE
    )
    kinds = (
        select(SEND_REQUESTS).where(_IS_READY, is_over).order_by(_ROW.end_time),
        select(SEND_REQUESTS).where(_IS_CALLING, is_hopeless).order_by(_ROW.first_attempt_time),
        select(SEND_REQUESTS).where(_IS_READY, is_refused).order_by(_ROW.wait_since),
    )
    return tuple(kind.where(_IS_FREE).limit(1).with_for_update(skip_locked=True) for kind in kinds)
