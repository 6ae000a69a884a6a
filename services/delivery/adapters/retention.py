"""How long rows of the delivery database are kept: every table, and why."""

from datetime import timedelta

from sqlalchemy import exists, select

from delivery.adapters.tables import (
    CAMPAIGN_NAMES,
    CAMPAIGNS,
    INSIGHT_CALLS,
    LANES,
    LEDGER_STATE,
    OPEN_STATES,
    QUOTA_USAGES,
    RESOLUTIONS,
    SEND_ATTEMPTS,
    SEND_REQUESTS,
)
from kit import retention
from kit.store.retention import CUTOFF, KeptForGood, Retention, Rule

_UNSETTLED = (*OPEN_STATES, "UNCERTAIN")

_OWN, _SIBLING = SEND_REQUESTS.alias("own"), SEND_REQUESTS.alias("sibling")

# An attempt goes when its campaign ended long ago too; of a campaign with a row that is open or waits for a person, all
# are kept.
_OF_A_CAMPAIGN_THAT_ENDED = exists(
    select(_OWN.c.name)
    .join(CAMPAIGNS, CAMPAIGNS.c.name == _OWN.c.campaign)
    .where(
        _OWN.c.name == SEND_ATTEMPTS.c.request,
        CAMPAIGNS.c.complete_time < CUTOFF,
        ~exists(
            select(_SIBLING.c.name).where(_SIBLING.c.campaign == _OWN.c.campaign, _SIBLING.c.state.in_(_UNSETTLED))
        ),
    )
)

RULES: tuple[Rule, ...] = (
    *retention.RULES,
    Retention(
        table=SEND_ATTEMPTS,
        column=SEND_ATTEMPTS.c.time,
        keep=timedelta(days=90),
        why="The evidence of what was attempted and answered, for whoever decides or asks about a campaign.",
        business=True,
        when=_OF_A_CAMPAIGN_THAT_ENDED,
    ),
    Retention(
        table=INSIGHT_CALLS,
        column=INSIGHT_CALLS.c.call_time,
        keep=timedelta(days=1),
        why="The budget counts the last hour; a channel in use forgets older calls by itself.",
        business=True,
    ),
    KeptForGood(table=CAMPAIGNS, why="A campaign lives until somebody deletes it; reports go by it."),
    KeptForGood(table=CAMPAIGN_NAMES, why="A name is given once: keys and reports must never meet another campaign."),
    KeptForGood(table=SEND_REQUESTS, why="One or a few for each campaign; they forbid that anything is sent twice."),
    KeptForGood(table=RESOLUTIONS, why="Who decided what about a send in doubt is asked for long after."),
    KeptForGood(table=LANES, why="One for each endpoint of a channel."),
    KeptForGood(table=LEDGER_STATE, why="One row, by which a restore of the database is noticed."),
    KeptForGood(table=QUOTA_USAGES, why="One for each Official Account."),
)
