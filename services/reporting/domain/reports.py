"""Reports: the last publication of a campaign beside how far its counting is."""

from dataclasses import dataclass
from datetime import datetime

from reporting.domain.campaigns import Campaign, ReportState
from reporting.domain.thresholds import NEVER_TOLD, NOTHING_YET, Publishable, close


@dataclass(frozen=True, slots=True)
class Publication:
    """One line of a campaign's publication ledger, which is only ever appended to (V4), for one slot of one round."""

    campaign: str
    round: int
    day: int
    publish_time: datetime
    figures: Publishable


@dataclass(frozen=True, slots=True)
class Report:
    """What a caller may see of a campaign; `publication` is its last one."""

    campaign: Campaign
    publication: Publication | None

    @property
    def publish_time(self) -> datetime | None:
        """When the figures were published; None before the first time."""
        return None if self._shown is None else self._shown.publish_time

    @property
    def figures(self) -> Publishable:
        """The figures."""
        if self.campaign.state is ReportState.NO_FIGURES:
            return NEVER_TOLD
        shown = NOTHING_YET if self._shown is None else self._shown.figures
        return close(shown) if self.campaign.state is ReportState.FINAL else shown

    @property
    def _shown(self) -> Publication | None:
        """The last publication, unless it turned out that there is nothing to count."""
        hidden = (ReportState.NOT_DELIVERED, ReportState.NO_FIGURES)
        return None if self.campaign.state in hidden else self.publication
