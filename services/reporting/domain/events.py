"""Facts of the reporting service, as they are published (architecture 8)."""

from dataclasses import dataclass

from reporting.domain.campaigns import ReportState
from reporting.domain.reports import Publication


@dataclass(frozen=True, slots=True)
class ReportPublished:
    """A campaign's report was published."""

    publication: Publication
    state: ReportState
