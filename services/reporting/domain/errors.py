"""What can go wrong in the reporting service.

kit.errors.ServiceError
└── ReportNotFound         for callers to see

ObservationError           for the background work alone
├── NothingToObserve       delivery says that LINE has accepted nothing of the campaign
└── ObservationPostponed   no figures now; another time there may be

ListError                  for those who list sends
├── SendsUnavailable       delivery gives no list now
│   └── ListNotOffered     delivery is of a release that has none
└── PageTokenRefused       the list has to be read from its beginning
"""

from datetime import timedelta

from kit.errors import NotFound


class ReportNotFound(NotFound):
    """Nothing is known of such a campaign."""


class ObservationError(Exception):
    """LINE's figures of a campaign could not be had."""


class NothingToObserve(ObservationError):  # noqa: N818 - reads as what delivery answered
    """Delivery knows no such campaign, or none that LINE accepted."""


class ObservationPostponed(ObservationError):  # noqa: N818 - reads as what to do
    """LINE or delivery gives no figures now; `wait` is how long to leave them alone, where that was said."""

    def __init__(self, reason: str, *, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class ListError(Exception):
    """Delivery's list of sends could not be had."""


class SendsUnavailable(ListError):  # noqa: N818 - reads as what is the matter
    """Delivery gives no list now; `wait` is how long to leave it alone, where that was said."""

    def __init__(self, reason: str, *, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class ListNotOffered(SendsUnavailable):
    """Delivery is of the release before this one, which has no such list."""


class PageTokenRefused(ListError):  # noqa: N818 - reads as what happened
    """Delivery does not take the page token any more."""
