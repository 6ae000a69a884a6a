"""Facts of the reporting service, as they are published (architecture 8)."""

from dataclasses import dataclass

from reporting.domain.campaigns import ReportState
from reporting.domain.reports import Publication
from reporting.domain.thresholds import Publishable, close


@dataclass(frozen=True, slots=True)
class ReportPublished:
    """A campaign's report was published."""

    publication: Publication
    state: ReportState

    @property
    def figures(self) -> Publishable:
        """The figures, as the report shows them from now on."""
        return close(self.publication.figures) if self.state is ReportState.FINAL else self.publication.figures
