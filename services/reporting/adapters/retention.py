"""How long rows of the reporting database are kept: every table, and why."""

from kit import retention
from kit.store.retention import KeptForGood, Rule
from reporting.adapters.tables import CAMPAIGNS, OBSERVATIONS, PUBLICATIONS, RECONCILIATIONS

RULES: tuple[Rule, ...] = (
    *retention.RULES,
    KeptForGood(table=CAMPAIGNS, why="What reports go by; one row for each campaign that was heard of."),
    KeptForGood(table=PUBLICATIONS, why="What was shown once decides what may be shown later (V4, V8)."),
    KeptForGood(table=OBSERVATIONS, why="LINE forgets its figures; at most a few rows for each campaign."),
    KeptForGood(table=RECONCILIATIONS, why="One row for each service that is listened to."),
)
