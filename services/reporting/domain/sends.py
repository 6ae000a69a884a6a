"""What delivery's list tells of one ordered campaign: the same facts as events do."""

from dataclasses import dataclass

from reporting.domain.rounds import Fact

NOBODY_KNOWS = ("GIVEN_UP", "OUTCOME_UNKNOWN")
"""Delivery's reasons of a failure under which people may have got it; the second one is of releases before this."""


@dataclass(frozen=True, slots=True)
class Send:
    """One ordered campaign, as delivery knows it; `facts` is never empty."""

    campaign: str
    facts: tuple[Fact, ...]
