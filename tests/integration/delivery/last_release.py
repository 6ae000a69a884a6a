"""What the last release wrote into the database, and how it looked for work there (revision 0002)."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from delivery.adapters.store.documents import write_content
from delivery.adapters.targeting_json import write_targeting
from kit.clock import machine_now
from tests.strategies.policy import MESSAGES, make_content, make_targeting

REVISION = "0002"
NOW = machine_now()
"""Business time of these tests: the age of keys is measured by the database's clock too."""

HOUR = timedelta(hours=1)
BODY = b'{"messages":[],"recipient":{"audienceGroupId":101,"type":"audience"}}'
SHA256 = hashlib.sha256(BODY).hexdigest()

CLAIM = """
    SELECT name FROM send_requests
    WHERE (state IN ('READY', 'CALLING') OR state = 'ACCEPTED') AND next_time <= $1
        AND (claim_expire_time IS NULL OR claim_expire_time < now())
    ORDER BY name
"""
"""Which rows it would take: to call LINE for, and to follow."""

_INSERT_CAMPAIGN = """
    INSERT INTO campaigns (name, channel, display_name, targeting, messages, content, notification_disabled, state,
                           revision, version, acknowledgements, create_time, update_time, accept_time)
    VALUES ($1, split_part($1, '/campaigns/', 1), 'May', $2, $3, $4, false, $5, 1, 2, '[]', $6, $6, $7)
"""
_INSERT_ROW = """
    INSERT INTO send_requests (name, campaign, state, next_time, generation, body, sha256, in_doubt, first_attempt_time,
                               attempt_count, line_request_id, accept_time, complete_time, failure, claim_number,
                               claim_expire_time)
    VALUES ($1 || '/requests/1', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRow:
    """A campaign with its row, as the last release stored them; `attempted` an hour before `NOW`."""

    campaign: str
    state: str
    is_open: bool = True
    attempted: bool = False
    generation: int = 1
    line_request_id: str | None = None
    failure: str | None = None
    claimed_until: datetime | None = None

    @property
    def name(self) -> str:
        """The row's name."""
        return f"{self.campaign}/requests/1"

    @property
    def retry_key(self) -> uuid.UUID:
        """The key that the last release made, of the name."""
        return uuid.uuid5(uuid.UUID("6f2c1f6e-2f2c-5d6b-9d2e-0c5d8d6f5a10"), f"{self.name}#{self.generation}")


async def store(connection: "asyncpg.Connection[asyncpg.Record]", row: OldRow, *, ordered: datetime) -> None:
    """Write a campaign that was ordered then, and its row."""
    accepted = ordered if row.state in ("ACCEPTED", "DELIVERED") else None
    documents = (json.dumps(write_targeting(make_targeting())), MESSAGES, json.dumps(write_content(make_content())))
    state = "SENDING" if row.is_open else {"DELIVERED": "SUCCEEDED", "REFUSED": "FAILED"}.get(row.state, row.state)
    await connection.execute(_INSERT_CAMPAIGN, row.campaign, *documents, state, ordered, accepted)
    attempt: tuple[Any, ...] = (None, None, False, None, 0)
    if row.attempted:
        in_doubt = row.state in ("CALLING", "UNCERTAIN")
        attempt = (BODY, SHA256, in_doubt, NOW - HOUR, 1)
    ended = None if row.is_open else ordered
    due = ordered if row.is_open else None
    outcome = (row.line_request_id, accepted, ended, row.failure, row.claimed_until)
    await connection.execute(_INSERT_ROW, row.campaign, row.state, due, row.generation, *attempt, *outcome)
