"""Kinds of no answer from HubSpot that only this adapter tells apart; everybody else sees `VendorUnavailable`.

VendorUnavailable
├── PassingError            an outage, overload or broken connection: the next attempt may get an answer
├── MovingError             the account moves to another data centre
└── UnexpectedAnswerError   no rule fits: wrong address, changed contract or a bug here
    └── NothingThereError   404 in HubSpot's own form
"""

from datetime import timedelta

from audience.domain.errors import VendorUnavailable


class PassingError(VendorUnavailable):
    """A trouble that may have passed at the next attempt (HS 3); `retry_after` is None when nothing is known."""

    def __init__(self, *, retry_after: timedelta | None = None) -> None:
        super().__init__("hubspot", retry_after=retry_after)


class MovingError(VendorUnavailable):
    """The account moves between data centres, for up to about 24 hours (HS 3, 477)."""

    def __init__(self, *, retry_after: timedelta | None = None) -> None:
        super().__init__("hubspot", retry_after=retry_after)


class UnexpectedAnswerError(VendorUnavailable):
    """An answer that no rule fits; repeating it does not help. `problem` holds nothing of the answer."""

    def __init__(self, problem: str) -> None:
        super().__init__("hubspot")
        self.problem = problem


class NothingThereError(UnexpectedAnswerError):
    """A 404 in HubSpot's own form; the caller knows what is missing. A 404 page means a wrong address instead."""
