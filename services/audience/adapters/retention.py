"""How long rows of the audience database are kept: every table, and why."""

from datetime import timedelta

from audience.adapters.tables import AUDIENCES, CHANNEL_NAMES, CHANNELS, CONTACT_LISTS, LIST_MEMBERS, TOKEN_ISSUES
from kit import retention
from kit.store.retention import KeptForGood, Retention, Rule

RULES: tuple[Rule, ...] = (
    *retention.RULES,
    Retention(
        table=TOKEN_ISSUES,
        column=TOKEN_ISSUES.c.issue_time,
        keep=timedelta(days=90),
        why="Tells who was given LINE tokens of which channel, for an investigation after an incident.",
        business=True,
    ),
    KeptForGood(table=CHANNELS, why="A channel lives until somebody deletes it."),
    KeptForGood(table=CHANNEL_NAMES, why="A name is given once: other services' ledgers know channels by name."),
    KeptForGood(
        table=AUDIENCES, why="Follows LINE's catalog, at most 1,000 for each channel; what is gone is shown so."
    ),
    KeptForGood(table=CONTACT_LISTS, why="A binding lives until somebody ends it."),
    KeptForGood(table=LIST_MEMBERS, why="Each reading of a list replaces the members of the one before."),
)
