"""Rows of the send ledger for tests, and what policy clears for them."""

import uuid
from datetime import UTC, datetime, timedelta

from delivery.domain.policy.clearance import Cleared, clear, clear_repeat
from delivery.domain.sending.row import SendRow, open_row
from delivery.domain.sending.values import Deadline
from tests.strategies.policy import MESSAGES, make_facts, make_subject

START = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
CHANNEL = "channels/acme"
CAMPAIGN = f"{CHANNEL}/campaigns/may"
UID = uuid.UUID("b1d8a0c2-5f0a-4c53-9c3e-0a9b1f6f7d10")
LIFETIME = timedelta(hours=24)


def make_row(
    *, end: timedelta = LIFETIME, callers_own: bool = False, campaign: str = CAMPAIGN, at: datetime = START
) -> SendRow:
    """Return a new row that was ordered at `at` and ends after `end`."""
    return open_row(campaign, uid=UID, number=1, deadline=Deadline(at + end, callers_own=callers_own), at=at)


def clear_row(row: SendRow, *, notification_disabled: bool = False) -> Cleared:
    """Return what policy clears for a row: fresh bytes, or those of its first attempt."""
    if row.repeats:
        attempt = row.require_attempt()
        return clear_repeat(channel=row.channel, row=row.name, body=attempt.body, sha256=attempt.sha256)
    return clear(
        make_subject(notification_disabled=notification_disabled),
        make_facts(),
        at=START,
        acknowledgements=frozenset(),
        messages=MESSAGES,
        row=row.name,
    )


def begin(row: SendRow, *, at: datetime = START, age: timedelta | None = None) -> SendRow:
    """Begin an attempt."""
    return row.begin(clear_row(row), at=at, age=age)
